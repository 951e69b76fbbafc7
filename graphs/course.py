"""The course of a dialogue as far as its journal reaches: what was asked at every slot, and where it stands now.

It is the graph from START on the journal, as in a replay; where the next answer is not on record yet, it stops there.
Reading it never calls a model, and the run may be playing.
"""
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from langsmith import tracing_context

from graphs.asking import DialogueFailed, JournaledAsker, ReplayMiss
from graphs.derived import trajectory
from graphs.dialogue import build_graph, recursion_limit
from graphs.journal import Call, Journal, Slot
from graphs.prompts import Prompt
from graphs.runs import Run
from graphs.schema import Attempt, Pairing, Trajectory, Turn
from graphs.state import Asker, Dialogue

P = TypeVar("P")


class Step(NamedTuple):
    """One slot of the course: who was asked, with which prompt, and every answer that was bought for it."""

    slot: Slot
    model: str
    prompt: Prompt
    calls: tuple[Call, ...]

    @property
    def call(self) -> Call | None:
        """The answer that stands, or the last one if none does; None where nothing came yet."""
        good = [call for call in self.calls if call.status in ("answered", "edited")]
        return (good or list(self.calls) or [None])[-1]


@dataclass(frozen=True)
class Course:
    """A dialogue as it stands."""

    pairing: Pairing
    steps: tuple[Step, ...]
    turns: tuple[Turn, ...]
    """Closed turns."""
    utterance: str = ""
    """Of the open turn; empty while the user has not spoken."""
    attempts: tuple[Attempt, ...] = ()
    """At the open turn."""
    reply: str = ""
    """Of the open turn, while the evaluator reads it."""
    waiting_for: Slot | None = None
    """The slot whose answer is not on record; None when the dialogue has ended."""
    failure: str = ""
    """Why it cannot go on, if an answer on record says so."""
    trajectory: Trajectory | None = None
    """The finished and screened dialogue."""

    def step(self, slot: Slot) -> Step | None:
        return next((step for step in self.steps if step.slot == slot), None)


@dataclass
class _Noting:
    """An asker that notes what passes through it."""

    asker: Asker
    journal: Journal
    steps: list[Step] = field(default_factory=list[Step])

    async def ask(self, thread: str, key: str, slot: Slot, model: str, prompt: Prompt, read: Callable[[str], P]) -> P:
        self.steps.append(Step(slot, model, prompt, tuple(self.journal.at(thread, slot))))
        return await self.asker.ask(thread, key, slot, model, prompt, read)


async def follow(run: Run, journal: Journal, pairing: Pairing) -> Course:
    """Play a dialogue from its journal as far as that reaches.

    Raises:
        SlotMismatch: what would be asked now differs from what was asked.
    """
    asker = _Noting(JournaledAsker([journal], None, run.config.dialogue.draws, run.departures), journal)
    context = Dialogue(run.pack, run.config.dialogue, asker, run.config.seed, run.segments)
    config: Any = {"recursion_limit": recursion_limit(context.settings)}
    state: dict[str, Any] = {"turns": [], "attempts": []}
    waiting_for, failure = None, ""
    with tracing_context(enabled=False):
        try:
            start: Any = {"pairing": pairing, "turns": []}
            async for values in build_graph().astream(start, config, context=context, stream_mode="values"):
                state = values
        except ReplayMiss:
            waiting_for = asker.steps[-1].slot
        except DialogueFailed as error:
            waiting_for, failure = error.slot, f"{error.kind}: {error.reason}"
    return _course(pairing, asker.steps, state, waiting_for, failure, trajectory(journal, pairing))


def _course(
    pairing: Pairing,
    steps: list[Step],
    state: dict[str, Any],
    waiting_for: Slot | None,
    failure: str,
    finished: Trajectory | None,
) -> Course:
    open_turn = len(state["turns"]) + 1
    spoke = waiting_for is not None and waiting_for.turn == open_turn and waiting_for.attempt > 0
    graded = waiting_for is not None and waiting_for.role == "rubric_evaluator"
    return Course(
        pairing=pairing,
        steps=tuple(steps),
        turns=tuple(state["turns"]),
        utterance=state["utterance"] if spoke else "",
        attempts=tuple(state["attempts"]) if spoke else (),
        reply=state["reply"] if graded else "",
        waiting_for=waiting_for,
        failure=failure,
        trajectory=finished,
    )
