"""What people's corrections mean for a dialogue (paper §3.2): the one row that annotation writes and release reads.

A correction replaces y_t only: x_{t+1} was said to the old reply and stays, so every later turn is marked. A dropped turn
keeps its place as history and is not scored. A dialogue whose first turn, or more than half of whose turns, is dropped
is dropped whole: what is left would be no dialogue (our choice; the paper does not say).
"""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from pydantic import Field

from graphs.schema import Id, Line, Record, Text, Trajectory, digest
from graphs.spans import MalformedReply, parse_spans, span_of

Verdict = Literal["correct", "corrected", "drop"]
By = Literal["one", "agreement", "discussion", "person", "model"]
"""How a turn was settled: by its only annotator, by their agreement, after a second round, by a named person, by a model."""


class Judgement(Record):
    """What one annotator (a pseudonym), adjudicator or model said of a turn; all of them are kept."""

    who: Id
    round: int = Field(ge=1)
    verdict: Verdict
    reply: Text
    changed: dict[str, str] = Field(default_factory=dict)
    """What was changed, by span, as `[-words taken out-]{+words put in+}`; empty where nothing was."""
    scores: dict[str, int] = Field(default_factory=dict)
    comment: Line = ""
    at: str = ""
    by_model: bool = False


class CorrectedTurn(Record):
    """A turn of a test dialogue after people looked at it: the gold turn with its history."""

    trajectory: Id
    turn: int = Field(ge=1)
    original_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Of the reply as it was played: a correction of another reply is refused."""
    verdict: Verdict
    reply: Text
    """y_t that stands, all four spans; the original where it was correct or dropped."""
    by: By
    history: tuple[Judgement, ...] = Field(min_length=1)


class WrongCorrection(ValueError):
    """A correction that does not fit the dialogue: says which, why, and what to do."""


class GoldTurn(NamedTuple):
    """A turn as it is released and scored."""

    utterance: str
    reply: str
    emotion: str
    """The label to match here (Eq. 11): the one that people put there, else the dialogue's."""
    verdict: Verdict | None
    """None where nobody looked."""
    after_correction: bool
    """The utterance answers a reply that was replaced."""

    @property
    def is_scored(self) -> bool:
        return self.verdict != "drop"


def reply_sha256(reply: str) -> str:
    """What a correction knows the reply by that it corrects."""
    return digest(reply)


def gold_turns(trajectory: Trajectory, corrections: Mapping[int, CorrectedTurn]) -> tuple[GoldTurn, ...]:
    """The turns of a dialogue with people's corrections in place.

    Args:
        corrections: by turn, from 1.

    Raises:
        WrongCorrection: a correction is of another reply, of no turn, or breaks the four spans.
    """
    if beyond := [turn for turn in corrections if turn > len(trajectory.turns)]:
        raise WrongCorrection(f"{trajectory.id}: turn {beyond[0]} is corrected, and it has {len(trajectory.turns)}")
    gold: list[GoldTurn] = []
    for number, turn in enumerate(trajectory.turns, start=1):
        found = corrections.get(number)
        _check(trajectory, number, turn.reply, found)
        changed = any(one.verdict == "corrected" for t, one in corrections.items() if t < number)
        reply = found.reply if found and found.verdict == "corrected" else turn.reply
        emotion = _corrected_label(turn.reply, reply) or trajectory.situation.emotion
        gold.append(GoldTurn(turn.utterance, reply, emotion, found.verdict if found else None, changed))
    return tuple(gold)


def _corrected_label(before: str, after: str) -> str | None:
    """The label that people put in another's place; None where they left it: a model's own label is no gold for its being left."""
    label = parse_spans(after).emotion if after != before else None
    return None if label == span_of(before, "emotion") else label


def dropped_because(turns: Iterable[GoldTurn]) -> str:
    """Why a dialogue is out as a whole; empty where it stands."""
    scored = [turn.is_scored for turn in turns]
    if not scored[0]:
        return "its first turn is dropped"
    if sum(scored) * 2 < len(scored):
        return "more than half of its turns are dropped"
    return ""


def by_trajectory(rows: Iterable[CorrectedTurn]) -> dict[str, dict[int, CorrectedTurn]]:
    """Corrections by dialogue and turn.

    Raises:
        WrongCorrection: a turn is corrected twice.
    """
    found: dict[str, dict[int, CorrectedTurn]] = {}
    for row in rows:
        turns = found.setdefault(row.trajectory, {})
        if row.turn in turns:
            raise WrongCorrection(f"{row.trajectory}: turn {row.turn} is corrected twice; pull the corrections again")
        turns[row.turn] = row
    return found


def _check(trajectory: Trajectory, number: int, reply: str, found: CorrectedTurn | None) -> None:
    if found is None:
        return
    if found.original_sha256 != reply_sha256(reply):
        raise WrongCorrection(
            f"{trajectory.id}, turn {number}: the correction is of another reply; build from the runs that were pushed"
        )
    if found.verdict == "corrected":
        try:
            parse_spans(found.reply)
        except MalformedReply as error:
            raise WrongCorrection(f"{trajectory.id}, turn {number}: {error}; send the turn back") from error
