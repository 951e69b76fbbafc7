"""Forks as the pages make them: edited texts become files, the fork a run of its own. `kardia synth fork` does the same."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from graphs.branches import Branch
from graphs.course import Course
from graphs.forks import Change, fork
from graphs.journal import Call, Slot
from graphs.records import replacing
from graphs.runs import Run
from graphs.schema import digest


class Expected(NamedTuple):
    """What a fork will take, if it goes as long as its parent did."""

    calls: int
    cost_usd: float | None
    """None where a call's price is not known."""


def slot_of(role: str, turn: int, attempt: int) -> Slot:
    """The slot at which a change of a role's prompt takes hold."""
    return Slot(turn, 0 if role == "user_simulator" else attempt, role)


def expected(course: Course, slot: Slot) -> Expected:
    """Calls and cost of the parent from a slot on."""
    calls = [call for step in course.steps if step.slot.order >= slot.order for call in step.calls]
    return Expected(len(calls), total_cost(calls))


def total_cost(calls: Iterable[Call]) -> float | None:
    """What calls cost together, in US dollars; None where a price is not known. A person's words cost nothing."""
    costs = [call.cost_usd for call in calls if call.status != "edited"]
    return None if None in costs else sum(cost for cost in costs if cost is not None)


def template_text(run: Run, role: str) -> str:
    """A role's template as the run uses it."""
    return (run.path / "packs" / run.config.pack_hash / f"{role}.md").read_text(encoding="utf-8")


def fork_with(
    edits: Path, run: Run, thread: str, slot: Slot, templates: Mapping[str, str], utterance: str | None = None
) -> Run:
    """Make the fork of a dialogue at a slot, with edited templates and words; nothing is played yet.

    Args:
        edits: where the edited templates are written, each under its hash.
        templates: role -> text; a text equal to the run's own changes nothing.

    Raises:
        BadPack: an edited template is wrong; with file and line.
        WrongUse: the slot was never reached, or the change does not fit it.
    """
    changed = {role: text for role, text in templates.items() if text != template_text(run, role)}
    files = {role: _written(edits, role, text) for role, text in changed.items()}
    return fork(run, thread, slot, Change(files, utterance))


def _written(edits: Path, role: str, text: str) -> Path:
    path = edits / f"{role}-{digest(text)[:16]}.md"
    with replacing(path) as file:
        file.write(text.encode())
    return path


def branch_title(branch: Branch) -> str:
    """What a branch is called: where it left its parent and what it changed."""
    record = branch.fork
    if record is None:
        return "Parent"
    what = ", ".join(_change(name, value) for name, value in record.changes.items())
    return f"Turn {record.turn}{f', attempt {record.attempt}' if record.attempt else ''}: {what}"


def _change(name: str, value: str) -> str:
    """One change in words: an edited template by its role and hash, a model by its name."""
    kind, _, role = name.partition(" ")
    if kind == "template":
        return f"{role.replace('_', ' ')} prompt {value[:4]}"
    return {"utterance": "other words", "draw": "another draw"}.get(kind, f"{role.replace('_', ' ')} by {value}")
