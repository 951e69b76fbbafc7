"""How far a run is: what one session did, what stands in the journal from before, and both together."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from pydantic import Field

from graphs.journal import Journal
from graphs.schema import Decision, End, Record, Trajectory


@dataclass
class Progress:
    """Where a session stands. Counts are of dialogues unless they say calls."""

    total: int
    finished: int = 0
    accepted: int = 0
    failed: int = 0
    live: int = 0
    calls: int = 0
    cost_usd: float = 0.0
    priced: bool = True
    """Whether the price of every model is known; what calls of an unknown price cost is not in `cost_usd`."""
    decisions: dict[str, int] = field(default_factory=lambda: {decision.value: 0 for decision in Decision})
    started: float = field(default_factory=time.monotonic)
    finished_before: int = 0
    accepted_before: int = 0
    failed_before: int = 0
    turns: int = 0
    """Turns of the dialogues that this session finished."""
    solved: int = 0
    errors: dict[str, int] = field(default_factory=dict[str, int])
    """Answers that could not stand and calls that gave none, by class."""
    stopping: bool = False
    """It was told to stop and lets calls under way come home."""

    @property
    def per_minute(self) -> float:
        """Dialogues finished a minute in this session."""
        return (self.finished - self.finished_before) * 60 / max(time.monotonic() - self.started, 1e-6)

    @property
    def eta_s(self) -> float | None:
        """Seconds to go at this rate; None before anything is finished."""
        rate = self.per_minute / 60
        return (self.total - self.finished - self.failed) / rate if rate else None

    @property
    def paid_usd(self) -> float | None:
        """What was paid, None where nobody knows."""
        return self.cost_usd if self.priced else None

    def count(self, trajectory: Trajectory) -> None:
        """Count a dialogue that was finished now."""
        self.finished += 1
        self.accepted += not trajectory.removals
        self.turns += len(trajectory.turns)
        self.solved += trajectory.end is End.SOLVED
        for turn in trajectory.turns:
            for attempt in turn.attempts:
                self.decisions[attempt.decision.value] += 1


class Tally(NamedTuple):
    """What stood in a run's journal before a session."""

    calls: int = 0
    cost_usd: float = 0.0
    turns: int = 0
    solved: int = 0
    decisions: Mapping[str, int] = MappingProxyType({})
    errors: Mapping[str, int] = MappingProxyType({})


class Figures(Record):
    """How far a run is, all its sessions together. What nobody counted is None or empty, never 0."""

    total: int
    finished: int = 0
    accepted: int = 0
    failed: int = 0
    live: int = 0
    calls: int | None = None
    cost_usd: float | None = None
    """None where a model's price is not known."""
    budget_usd: float | None = None
    turns: int | None = None
    solved: int | None = None
    decisions: dict[str, int] = Field(default_factory=dict)
    errors: dict[str, int] = Field(default_factory=dict)
    per_minute: float | None = None
    """Dialogues finished a minute in the last session."""
    eta_s: float | None = None

    @property
    def share(self) -> float:
        """How much of the run is done, in [0, 1]."""
        return min(1.0, (self.finished + self.failed) / self.total) if self.total else 1.0

    @property
    def fails_a_turn(self) -> float | None:
        """Attempts that failed for each turn; None before a dialogue is finished."""
        return self.decisions.get(Decision.FAIL.value, 0) / self.turns if self.turns else None


def figures(now: Progress, before: Tally, budget_usd: float | None) -> Figures:
    """What stood before a session and what it did, together."""
    return Figures(
        total=now.total,
        finished=now.finished,
        accepted=now.accepted,
        failed=now.failed,
        live=now.live,
        calls=before.calls + now.calls,
        cost_usd=now.paid_usd,
        budget_usd=budget_usd,
        turns=before.turns + now.turns,
        solved=before.solved + now.solved,
        decisions={name: before.decisions.get(name, 0) + count for name, count in now.decisions.items()},
        errors=dict((Counter(before.errors) + Counter(now.errors)).most_common()),
        per_minute=now.per_minute,
        eta_s=now.eta_s,
    )


def tally(journal: Journal, noted: Figures | None = None) -> Tally:
    """Count what stands in a journal; reading every dialogue is spared where the last note knows them all.

    Args:
        noted: what the last session said at its end, or before it was killed.
    """
    totals, finished = journal.totals(), journal.finished()
    bought = (totals["calls"], totals["cost_usd"])
    if noted and noted.turns is not None and noted.solved is not None and noted.finished == len(finished):
        return Tally(*bought, noted.turns, noted.solved, noted.decisions, noted.errors)
    turns = solved = 0
    decisions: Counter[str] = Counter()
    for thread in finished:
        outcome = journal.outcome(thread) or {}
        turns += len(outcome["turns"])
        solved += outcome["end"] == End.SOLVED.value
        decisions.update(attempt["decision"] for turn in outcome["turns"] for attempt in turn["attempts"])
    return Tally(*bought, turns, solved, decisions, journal.errors())
