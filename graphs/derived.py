"""Derived files of a run: trajectories.jsonl and failures.jsonl, written from the journal, in pairing order.

They hold no time, latency, cost, host or commit: the same journal gives the same bytes at any concurrency.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from graphs.journal import Journal
from graphs.records import replacing
from graphs.runs import FAILURES, TRAJECTORIES, Run
from graphs.schema import SCHEMA_VERSION, Pairing, Trajectory, compact


class Exported(NamedTuple):
    """How many dialogues stand in each derived file."""

    trajectories: int
    failures: int


def export(run: Run, journal: Journal) -> Exported:
    """Write both derived files anew, each whole or not at all."""
    count = 0
    with replacing(run.path / TRAJECTORIES) as file:
        file.write(_header(run, "trajectories"))
        for row in _rows(run, journal):
            file.write(compact(row) + b"\n")
            count += 1
    failures = journal.failures()
    with replacing(run.path / FAILURES) as file:
        file.write(_header(run, "failures"))
        for failure in failures:
            file.write(compact(failure._asdict()) + b"\n")
    return Exported(count, len(failures))


def trajectory(journal: Journal, pairing: Pairing) -> Trajectory | None:
    """The finished dialogue of a pairing, read from the journal."""
    outcome = journal.outcome(pairing.id)
    return Trajectory.model_validate(pairing.model_dump(mode="json") | outcome) if outcome else None


def _rows(run: Run, journal: Journal) -> Iterator[dict[str, Any]]:
    """Finished dialogues in pairing order, up to the last one that the run wanted."""
    finished, accepted = journal.finished(), 0
    for pairing in run.pairings():
        if run.config.accepted is not None and accepted >= run.config.accepted:
            return
        if pairing.id in finished:
            accepted += finished[pairing.id]
            yield pairing.model_dump(mode="json", exclude_defaults=True) | (journal.outcome(pairing.id) or {})


def _header(run: Run, kind: str) -> bytes:
    return compact({"header": {"schema_version": SCHEMA_VERSION, **run.header(kind)}}) + b"\n"
