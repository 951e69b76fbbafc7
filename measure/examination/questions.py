"""An examination: every scored test turn of a release put to a served model (paper §5.1, App. B.1). It is a directory.

NAME/
  examination.yaml    what is frozen, then one entry for each start
  dialogues.jsonl     the test dialogues, whole: the release may go
  packs/HASH/         the pack as it was used
  answers.sqlite      every answer and every mark; the one truth
  run.lock            who writes it now

The model is asked with teacher-forced history: whatever it said itself, the next turn's history is the release's.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from graphs.corrections import Verdict
from graphs.policy_context import HistorySpans, PolicySees, policy_context, turns_of
from graphs.prompts import PromptWriter
from graphs.released import DECISIONS, DecisionRow, Message, ReleaseError, Row, read_decisions, read_split
from graphs.runs import Hash
from graphs.schema import SCHEMA_VERSION, Id, Line, Record, Split, Text, digest
from measure.emotion_accuracy import label_of

HISTORIES: tuple[HistorySpans, ...] = ("response", "all")
"""Both history settings; the first one's replies are judged and stand in the table, for the second shows earlier gold labels."""


class SaidMessage(Record):
    """One message of a test dialogue."""

    role: str
    content: Text


class ExaminedDialogue(Record):
    """A test dialogue with what its turns are scored by; one line of dialogues.jsonl."""

    id: Id
    """First 16 hex digits of the row's digest."""
    person: Text
    emotion: str
    situation: Text
    persona: str
    """The row's `anon_username`: what intervals cluster by."""
    messages: tuple[SaidMessage, ...]
    gold: tuple[str, ...]
    """The label to match per turn (Eq. 11)."""
    verdicts: tuple[Verdict | None, ...] = ()
    after_correction: tuple[bool, ...] = ()

    @property
    def row(self) -> Row:
        """The dialogue as a released row."""
        messages: list[Message] = [
            {"role": "assistant" if said.role == "assistant" else "user", "content": said.content}
            for said in self.messages
        ]
        return Row(
            person=self.person,
            mbti="",
            emotion=self.emotion,
            situation=self.situation,
            anon_username=self.persona,
            messages=messages,
        )

    @property
    def scored(self) -> list[int]:
        """Turns that count, from 1; what annotators dropped stays as history only."""
        verdicts = self.verdicts or (None,) * len(self.gold)
        return [number for number, verdict in enumerate(verdicts, start=1) if verdict != "drop"]


class Majority(Record):
    """The label that a guesser would always say."""

    label: str
    of: Split
    """The split it is the most frequent of; test only where there is no train split to count."""


class ExaminationConfig(Record):
    """What is frozen when an examination starts."""

    schema_version: int = SCHEMA_VERSION
    release: str
    """The release's directory, as it was given; its content is known by the next field."""
    dialogues_hash: Hash
    dialogues: int = Field(ge=1)
    limit: int | None = None
    decisions: bool
    """Whether the release's private decisions were there: gold labels of corrected turns, and which turns are dropped."""
    model: str
    name: Line
    """What the system is called in the table."""
    histories: tuple[HistorySpans, ...] = Field(default=HISTORIES, min_length=1)
    persona: bool = True
    situation: bool = True
    temperature: float = 0.0
    """App. B.1."""
    max_tokens: int = Field(ge=1)
    pack: str
    pack_hash: Hash
    majority: Majority
    demonstration: bool = False

    def sees(self, history: HistorySpans) -> PolicySees:
        """What the policy is shown under a history setting."""
        return PolicySees(persona=self.persona, situation=self.situation, history_spans=history)


class Place(NamedTuple):
    """Which turn of which dialogue is asked, under which history setting."""

    dialogue: str
    turn: int
    history: HistorySpans


class Question(NamedTuple):
    """One call: c_t of Eq. 5."""

    place: Place
    messages: tuple[Message, ...]


def asked_at(dialogue: str, turn: int, history: HistorySpans, histories: Sequence[HistorySpans]) -> Place:
    """Where the answer to a turn stands: turn 1 has no history, so it is asked once for all settings."""
    return Place(dialogue, turn, history if turn > 1 else histories[0])


def places(dialogues: Iterable[ExaminedDialogue], histories: Sequence[HistorySpans]) -> Iterator[Place]:
    """Every call of an examination, in order."""
    for dialogue in dialogues:
        for turn in dialogue.scored:
            yield from dict.fromkeys(asked_at(dialogue.id, turn, history, histories) for history in histories)


def question(config: ExaminationConfig, writer: PromptWriter, dialogue: ExaminedDialogue, place: Place) -> Question:
    """What is asked at a place."""
    return Question(place, tuple(policy_context(writer, dialogue.row, place.turn, config.sees(place.history))))


def copied_label(dialogue: ExaminedDialogue, turn: int) -> str:
    """What "copy the last label" says: the label in the gold reply before; empty at turn 1, where there is none."""
    return label_of(turns_of(dialogue.row)[turn - 2][1]) if turn > 1 else ""


def read_dialogues(release: Path, limit: int | None) -> list[ExaminedDialogue]:
    """The test dialogues of a release with at least one scored turn.

    Args:
        limit: at most so many, taken one persona after the other.

    Raises:
        ReleaseError: there is nothing to ask.
    """
    decisions = read_test_decisions(release)
    found = [_examined(row, decisions.get(digest(row))) for row in read_split(release, "test")]
    found = [dialogue for dialogue in found if dialogue.scored]
    if not found:
        raise ReleaseError(f"{release}: no scored turn in its test split; build a release with test personas")
    return found if limit is None else _spread(found)[:limit]


def read_test_decisions(release: Path) -> dict[str, DecisionRow]:
    """The private decisions of the test rows by the row's digest; empty where the release was handed on without them."""
    if not (release / DECISIONS).exists():
        return {}
    return {row.row_sha256: row for row in read_decisions(release) if row.split == "test"}


def _examined(row: Row, decided: DecisionRow | None) -> ExaminedDialogue:
    turns = len(turns_of(row))
    return ExaminedDialogue(
        id=digest(row)[:16],
        person=row["person"],
        emotion=row["emotion"],
        situation=row["situation"],
        persona=row["anon_username"],
        messages=tuple(SaidMessage.model_validate(said) for said in row["messages"] if said["role"] != "system"),
        gold=decided.gold_emotions if decided else (row["emotion"],) * turns,
        verdicts=decided.verdicts if decided else (),
        after_correction=decided.after_correction if decided else (),
    )


def _spread(dialogues: Sequence[ExaminedDialogue]) -> list[ExaminedDialogue]:
    """One dialogue of every persona before a second of the same."""
    by_persona: dict[str, list[ExaminedDialogue]] = {}
    for dialogue in dialogues:
        by_persona.setdefault(dialogue.persona, []).append(dialogue)
    return [dialogue for one_each in zip_longest(*by_persona.values()) for dialogue in one_each if dialogue]


def majority(release: Path, dialogues: Sequence[ExaminedDialogue]) -> Majority:
    """The most frequent label by turns: of the train split, or of the test dialogues where that is empty."""
    labels: Counter[str] = Counter()
    for row in read_split(release, "train"):
        labels[row["emotion"]] += len(turns_of(row))
    if labels:
        return Majority(label=_first(labels), of="train")
    return Majority(label=_first(Counter(label for one in dialogues for label in one.gold)), of="test")


def _first(labels: Mapping[str, int]) -> str:
    """The most frequent; of equals the first in the alphabet."""
    return min(labels, key=lambda label: (-labels[label], label))
