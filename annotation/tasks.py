"""What annotators are shown: one task for each turn of a test dialogue (paper §3.2, Appendix B.2).

Nothing in a task tells which model wrote the reply, what the evaluator decided, or which dialogue it is; where it comes
from stands in a row of its own that stays here.
"""

from collections.abc import Iterable, Iterator

from pydantic import Field

from graphs.corrections import reply_sha256
from graphs.prompts import persona_card
from graphs.records import read_rows
from graphs.runs import TRAJECTORIES, Run
from graphs.schema import Id, Line, Record, Text, Trajectory, digest
from graphs.spans import MalformedReply, Spans, parse_spans, response_of


class Said(Record):
    """One message of the dialogue so far."""

    by: Line
    """`user` or `helper`."""
    text: Line


class Task(Record):
    """One turn to look at: the person, what happened, the dialogue so far, and the reply by its spans."""

    id: Id
    persona: Text
    situation: Line
    dialogue: tuple[Said, ...] = Field(min_length=1)
    """Up to x_t, the last message."""
    understanding: Text
    reasoning: Text
    emotion: str
    response: Text
    turn: int
    turns: int = 0
    """Of tasks pushed earlier; not written any more, for a dialogue that ends before its last possible turn was solved."""
    mbti: str = ""

    @property
    def spans(self) -> Spans:
        """The reply as it is prefilled."""
        return Spans(self.understanding, self.reasoning, self.emotion, self.response)


class Origin(Record):
    """Where a task comes from; never shown to annotators."""

    task: Id
    run: str
    pack_hash: str
    trajectory: Id
    turn: int
    reply: Text


def tasks_of(run: Run, name: str) -> Iterator[tuple[Task, Origin]]:
    """The turns of a run's test dialogues that passed screening.

    Args:
        name: what the run is called where its tasks are kept.
    """
    for trajectory in read_rows(run.path / TRAJECTORIES, Trajectory):
        if trajectory.split == "test" and not trajectory.removals:
            yield from _tasks(trajectory, name, run.config.pack_hash)


def _tasks(trajectory: Trajectory, run: str, pack_hash: str) -> Iterator[tuple[Task, Origin]]:
    said: list[Said] = []
    for number, turn in enumerate(trajectory.turns, start=1):
        said.append(Said(by="user", text=turn.utterance))
        spans = _prefilled(turn.reply)
        task = Task(
            id=f"t-{digest([trajectory.id, number, reply_sha256(turn.reply)])[:24]}",
            persona=persona_card(trajectory.persona),
            situation=trajectory.situation.text,
            dialogue=tuple(said),
            **spans._asdict(),
            turn=number,
            mbti=trajectory.persona.mbti,
        )
        yield (
            task,
            Origin(task=task.id, run=run, pack_hash=pack_hash, trajectory=trajectory.id, turn=number, reply=turn.reply),
        )
        said.append(Said(by="helper", text=turn.response))


def _prefilled(reply: str) -> Spans:
    """The spans of a reply; of a malformed one what the user got to read, and three empty ones to fill."""
    try:
        return parse_spans(reply)
    except MalformedReply:
        return Spans("", "", "", response_of(reply))


def only(tasks: Iterable[tuple[Task, Origin]], dialogues: int | None) -> Iterator[tuple[Task, Origin]]:
    """The tasks of the first so many dialogues; of all if None."""
    seen: set[str] = set()
    for task, origin in tasks:
        seen.add(origin.trajectory)
        if dialogues is not None and len(seen) > dialogues:
            return
        yield task, origin
