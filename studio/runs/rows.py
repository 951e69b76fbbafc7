"""The runs of a workspace as rows and cards: what the page Runs shows of each, and `kardia synth runs` prints."""

import re
from collections import Counter
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from graphs.journal import Journal
from graphs.records import BadFile
from graphs.runs import JOURNAL, RunConfig, open_run
from graphs.schema import Decision
from graphs.watching.progress import Figures
from graphs.watching.standing import Standing, held_by
from studio.runs import jobs
from studio.wording import NOTHING, counted, duration, listed, moment, money, rate, share
from studio.workspace import Workspace, written_at

_SLOT = re.compile(r"turn (\d+), attempt (\d+), (\w+)")


class RunRow(NamedTuple):
    """One run: where it stands and what it is played with."""

    name: str
    path: Path
    standing: Standing
    config: RunConfig | None
    """None where its process has not made it yet, or never did."""
    started: str

    @property
    def pack(self) -> str:
        return f"{self.config.pack}@{self.config.pack_hash[:4]}" if self.config else NOTHING

    @property
    def models(self) -> str:
        return ", ".join(dict.fromkeys(self.config.models.values())) if self.config else NOTHING

    @property
    def state(self) -> str:
        """The state in a word or two."""
        standing = self.standing
        if standing.state == "stopped" and standing.ended:
            return {"you": "stopped", "refused": "refused", "broken": "broken"}.get(
                standing.ended, f"stopped: {standing.ended}"
            )
        return "pausing" if standing.stopping else standing.state


class Number(NamedTuple):
    """A figure on a card, with a quiet second line, and why it is missing if it is."""

    label: str
    value: str
    note: str = ""
    why: str = ""


class FailureRow(NamedTuple):
    """A dialogue that could not be finished."""

    dialogue: str
    turn: int | None
    attempt: int | None
    role: str
    kind: str
    reason: str
    again: bool
    """Whether resuming tries it again by itself."""


def run_names(workspace: Workspace) -> list[str]:
    """Runs by name, the newest first; also those that were started here and never came to be."""
    touched = {workspace.name(path): written_at(path / "run.yaml") for path in workspace.runs()}
    for name, job in jobs.jobs(workspace).items():
        if jobs.is_unmade(workspace, _place(workspace, name)):
            touched[name] = datetime.fromisoformat(job.launched).timestamp()
    return sorted(touched, key=lambda name: -touched[name])


def live_names(workspace: Workspace) -> list[str]:
    """Names of what plays or starts now, forks that were started here included."""
    started = jobs.jobs(workspace)
    names = dict.fromkeys([*started, *map(workspace.name, workspace.runs())])
    return [
        name
        for name in names
        if held_by(_place(workspace, name)) or (name in started and started[name].process.is_ours)
    ]


def run_row(workspace: Workspace, name: str) -> RunRow:
    """One run by its name.

    Raises:
        BadFile: there is none, and none was started.
    """
    path = _place(workspace, name)
    if not (path / "run.yaml").is_file() and jobs.read_job(workspace, path) is None:
        raise BadFile(f"runs/{name}: no such run in {workspace.root}; choose one of the table")
    standing = jobs.standing(path, workspace)
    config, started = _frozen(path, _stamp(path))
    return RunRow(name, path, standing, config, started or standing.since)


def run_rows(workspace: Workspace, names: list[str]) -> list[RunRow]:
    """Rows of these runs; one that vanished meanwhile, or is damaged, is left out."""
    rows: list[RunRow] = []
    for name in names:
        try:
            rows.append(run_row(workspace, name))
        except BadFile:
            continue
    return rows


def as_data(row: RunRow) -> dict[str, Any]:
    """A row for --json."""
    standing = row.standing
    return {
        "run": str(row.path),
        "state": standing.state,
        "why": standing.ended,
        "reason": standing.reason,
        "pid": standing.pid if standing.is_live else None,
        "since": standing.since,
        "pack": row.pack,
        "models": row.models,
        **standing.progress.model_dump(mode="json"),
    }


def as_line(row: RunRow) -> str:
    """A row for a terminal."""
    done = row.standing.progress
    return (
        f"{row.name}  {row.state}  {done.finished:,}/{done.total:,}  {money(done.cost_usd)}  {row.pack}  {row.models}  "
        f"{moment(row.started)}"
    )


def numbers(standing: Standing) -> list[Number]:
    """The six figures of a run's card."""
    done = standing.progress
    return [_rate(standing), _left(standing), _cost(done), _solved(done), _fails(done), _errors(done)]


def _rate(standing: Standing) -> Number:
    done = standing.progress
    note = f"{counted(done.live, 'dialogue')} live" if standing.is_live else "in its last session"
    if done.calls is not None:
        note = f"{done.live:,} live, {done.calls:,} calls" if standing.is_live else f"{done.calls:,} calls"
    return Number("Rate", rate(done.per_minute), note, "" if done.per_minute else "Nothing was finished yet.")


def _left(standing: Standing) -> Number:
    done = standing.progress
    left = max(done.total - done.finished - done.failed, 0)
    if standing.is_live:
        why = "" if done.eta_s is not None else "Known when the first dialogue is finished."
        return Number("Left", duration(done.eta_s), counted(left, "dialogue"), why)
    return Number("Left", f"{left:,}", "dialogue" if left == 1 else "dialogues")


def _cost(done: Figures) -> Number:
    note = f"of {money(done.budget_usd)} budget" if done.budget_usd is not None else "no budget"
    why = "" if done.cost_usd is not None else "The price of a model is not known, or nothing was noted."
    return Number("Cost", money(done.cost_usd), note, why)


def _solved(done: Figures) -> Number:
    note = f"{done.accepted:,} of {done.finished:,} pass screening" if done.finished else ""
    return Number(
        "Solved", share(done.solved, done.finished), note, "" if done.solved is not None else "Nothing was noted."
    )


def _fails(done: Figures) -> Number:
    value = NOTHING if done.fails_a_turn is None else f"{done.fails_a_turn:.2f}"
    order = (Decision.SOLVED.value, Decision.PASS.value, Decision.FAIL.value)
    note = ", ".join(f"{done.decisions[name]:,} {name.lower()}" for name in order if name in done.decisions)
    return Number("Fails a turn", value, note if done.turns else "", "" if done.turns else "No turn was closed yet.")


def _errors(done: Figures) -> Number:
    if done.calls is None:
        return Number("Errors", NOTHING, "", "Nothing was noted.")
    return Number("Errors", f"{sum(done.errors.values()):,}", listed(done.errors, 2).replace("_", " ") or "none")


def headline(standing: Standing) -> str:
    """How far a run is, over its bar."""
    done = standing.progress
    if not done.total:
        return "Not begun"
    failed = f", {done.failed:,} failed" if done.failed else ""
    return f"{done.finished:,} of {done.total:,} dialogues{failed}"


def failure_rows(run: Path) -> list[FailureRow]:
    """The dialogues of a run that could not be finished, in the order of its pairings."""
    if not (run / JOURNAL).exists():
        return []
    journal = Journal(run / JOURNAL, readonly=True)
    try:
        found = journal.failures()
    finally:
        journal.close()
    return [
        FailureRow(one.thread, *_slot(one.slot), kind=one.kind, reason=one.reason, again=one.retriable) for one in found
    ]


def kinds(failures: list[FailureRow]) -> dict[str, int]:
    """How many failures there are of each class, the most frequent first."""
    return dict(Counter(failure.kind for failure in failures).most_common())


def _slot(text: str) -> tuple[int | None, int | None, str]:
    found = _SLOT.fullmatch(text)
    return (int(found[1]), int(found[2]), found[3].replace("_", " ")) if found else (None, None, text)


def _place(workspace: Workspace, name: str) -> Path:
    """Where a run of this name lies or will lie; never outside the workspace's runs."""
    top = (workspace.root / "runs").resolve()
    path = (top / name).resolve()
    if path == top or not path.is_relative_to(top):
        raise BadFile(f"{name!r}: not the name of a run; choose one of the table")
    return path


def _stamp(path: Path) -> int:
    file = path / "run.yaml"
    return file.stat().st_mtime_ns if file.exists() else 0


@lru_cache(maxsize=512)
def _frozen(path: Path, stamp: int) -> tuple[RunConfig | None, str]:
    """What a run froze, and when it was started first."""
    if not stamp:
        return None, ""
    raw: Any = yaml.load((path / "run.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    sessions = raw.get("sessions") if isinstance(raw, dict) else None
    return open_run(path).config, str(sessions[0].get("started", "")) if sessions else ""
