"""What came of a comparison's trials, and where it stands, for whoever looks."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from graphs.journal import Call, Journal
from graphs.runs import JOURNAL
from graphs.schema import Attempt
from graphs.trials.trials import Arm, Comparison, Trial, open_comparison
from graphs.watching.notes import read_note
from graphs.watching.progress import Figures
from graphs.watching.standing import Standing, State, held_by

_LOST = "its process is gone without a word: killed, or the machine went down; what it bought is kept"


class Played(NamedTuple):
    """What came of a trial, what the responder took for it, and what it cost with its evaluation."""

    trial: Trial
    attempt: Attempt | None
    fault: str
    """Why there is no attempt."""
    tokens_in: int
    tokens_out: int
    cost_usd: float | None
    paid_usd: float | None

    @property
    def arm(self) -> Arm:
        return self.trial.arm


def read_trials(comparison: Comparison, state: str | None = None) -> list[Played]:
    """What came of every trial that is done or could not be; the others are left out.

    Args:
        state: only the trials of this one.
    """
    if not (comparison.path / JOURNAL).exists():
        return []
    journal = comparison.journal(readonly=True)
    try:
        faults = {each.thread: f"{each.slot}: {each.kind}: {each.reason}" for each in journal.failures()}
        done = {*journal.finished(), *faults}
        trials = (trial for trial in comparison.trials() if state in (None, trial.state.id))
        return [_played(trial, journal, faults.get(trial.thread, "")) for trial in trials if trial.thread in done]
    finally:
        journal.close()


def _played(trial: Trial, journal: Journal, fault: str) -> Played:
    outcome = None if fault else journal.outcome(trial.thread)
    attempt = Attempt.model_validate(outcome["turns"][0]["attempts"][0]) if outcome else None
    calls = journal.calls(trial.thread)
    own = [call for call in calls if call.slot.role == "responder"]
    read, written = sum(call.tokens_in for call in own), sum(call.tokens_out for call in own)
    return Played(trial, attempt, fault, read, written, _cost(own), _cost(calls))


def _cost(calls: Iterable[Call]) -> float | None:
    """What calls cost; None where one's price is not known."""
    costs = [call.cost_usd for call in calls]
    return None if None in costs else sum(cost for cost in costs if cost is not None)


def comparison_standing(path: Path) -> Standing:
    """Where a comparison stands; disturbs nobody who plays it.

    Raises:
        BadFile: it is no comparison.
    """
    comparison = open_comparison(path)
    holder, note = held_by(path), read_note(path)
    if holder is None and note and note.ended is None:
        holder, note = held_by(path), read_note(path)  # it may have begun between the two looks
    if holder is not None and note and note.process == holder.process:
        return Standing("running", note.figures, holder.process, holder.since, stopping=note.stopping)
    figures = _counted(comparison, note.figures if note else Figures(total=comparison.total))
    if holder is not None:
        return Standing("starting", figures, holder.process, holder.since)
    if note is None:
        return Standing("stopped", figures, reason="not played yet")
    if note.ended is None:
        return Standing("lost", figures, note.process, note.started, reason=_LOST)
    state: State = "finished" if note.ended == "done" else "stopped"
    return Standing(state, figures, note.process, note.started, note.ended, note.reason)


def _counted(comparison: Comparison, noted: Figures) -> Figures:
    """Figures with what the journal says itself, which the last note may not know yet."""
    if not (comparison.path / JOURNAL).exists():
        return noted
    journal = comparison.journal(readonly=True)
    try:
        counts = {"finished": len(journal.finished()), "failed": len(journal.failures())}
    finally:
        journal.close()
    return noted.model_copy(update={**counts, "live": 0, "eta_s": None})
