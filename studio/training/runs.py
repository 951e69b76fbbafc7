"""The training runs of a workspace: which there are, where each stands, and new ones as jobs of their own."""

import os
import re
import signal
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml
from pydantic import ValidationError

from graphs.records import BadFile
from graphs.runs import RunInUse, WrongUse
from graphs.watching import standing
from graphs.watching.processes import process
from studio.runs import jobs
from studio.training.ledger_index import LedgerIndex
from studio.workspace import Workspace, written_at
from train.running.run_folder import CONFIG, FINAL, MANIFEST, PROGRESS, TrainingProgress

FOLDER = "training"
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}")
State = Literal["starting", "training", "stopping", "done", "stopped", "failed", "refused", "lost"]
LIVE: tuple[State, ...] = ("starting", "training", "stopping")
_LOST = "its process is gone without a word: killed, or the machine went down; the last checkpoint, where one was saved, is kept"
_WAY_OUT_S = 20.0
_STOPPING: dict[Path, int] = {}
"""Whom this server told to stop, by run: training ends at the end of a step, and says nothing before."""


class TrainingRow(NamedTuple):
    """One training run and where it stands."""

    name: str
    path: Path
    state: State
    progress: TrainingProgress | None
    reason: str
    config: dict[str, Any]
    """train.yaml; empty where there is none yet."""

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def stage(self) -> str:
        return self.progress.stage if self.progress else str(self.config.get("stage", ""))

    @property
    def settings(self) -> dict[str, Any]:
        """The settings as frozen, flat."""
        return _part(self.config, "settings")

    @property
    def data(self) -> dict[str, Any]:
        """Names and hashes of what it learns from."""
        return _part(self.config, "data")

    @property
    def started(self) -> str:
        return self.progress.started if self.progress else ""


def training_names(workspace: Workspace) -> list[str]:
    """Training runs by name, the one that was written to last first; also those that were started here and never came to be."""
    top = workspace.root / FOLDER
    touched = {
        found.parent.relative_to(top).as_posix(): _touched(found.parent)
        for pattern in (f"*/{CONFIG}", f"*/*/{CONFIG}")
        for found in top.glob(pattern)
    }
    records = workspace.state / FOLDER
    for record in records.rglob("*.json"):
        touched.setdefault(record.relative_to(records).with_suffix("").as_posix(), written_at(record))
    return sorted(touched, key=lambda name: -touched[name])


def training_path(workspace: Workspace, name: str) -> Path:
    """Where a training run of this name lies or will lie; never outside the workspace's training/.

    Raises:
        BadFile: it cannot be a name.
    """
    top = (workspace.root / FOLDER).resolve()
    path = (top / name.replace("\0", "")).resolve()
    if path == top or not path.is_relative_to(top):
        raise BadFile(f"{name!r}: not the name of a training run; choose one of the table")
    return path


def training_row(workspace: Workspace, name: str) -> TrainingRow:
    """One training run by its name.

    Raises:
        BadFile: there is none, and none was started.
    """
    path = training_path(workspace, name)
    seen = _seen(workspace, path)
    if seen.job is None and seen.progress is None and not (path / CONFIG).is_file():
        raise BadFile(f"{FOLDER}/{name}: no such training run in {workspace.root}; choose one of the table")
    state, reason = _state(workspace, path, seen)
    config = _config(path)
    if (path / CONFIG).is_file() and not config:
        reason = f"{CONFIG} cannot be read: restore it, or start a new run"
    return TrainingRow(name, path, state, seen.progress, reason, config)


def training_rows(workspace: Workspace, names: Sequence[str]) -> list[TrainingRow]:
    """Rows of these runs; one that vanished meanwhile is left out."""
    rows: list[TrainingRow] = []
    for name in names:
        try:
            rows.append(training_row(workspace, name))
        except BadFile:
            continue
    return rows


def read_progress(path: Path) -> TrainingProgress | None:
    """progress.json; None where there is none, or it cannot be read."""
    try:
        return TrainingProgress.model_validate_json((path / PROGRESS).read_bytes())
    except (OSError, ValidationError):
        return None


def ledger_of(workspace: Workspace, row: TrainingRow) -> LedgerIndex:
    """The look-up of a run's reward ledger."""
    return LedgerIndex(row.path, workspace.state / "ledgers" / f"{row.name}.sqlite")


def launch(workspace: Workspace, name: str, argv: Sequence[str]) -> Path:
    """Start `kardia ARGV --out DIR` for a new training run, detached.

    Raises:
        WrongUse: it cannot be a name, or is taken. RunInUse: it is being trained.
    """
    if not NAME.fullmatch(name):
        raise WrongUse(f"name {name!r}: write letters, digits, - _ and ., beginning with a letter or digit")
    path = training_path(workspace, name)
    if path.exists() or jobs.read_job(workspace, _job_of(workspace, path)):
        raise WrongUse(f"{name}: there is a training run of this name; resume it, or choose another name")
    jobs.launch(workspace, _job_of(workspace, path), [*argv, "--out", str(path)])
    return path


def resume(workspace: Workspace, row: TrainingRow) -> None:
    """The same command again: training goes on from its last checkpoint.

    Raises:
        RunInUse: it is being trained. WrongUse: it was not started here, so its command is not known.
    """
    job = jobs.read_job(workspace, _job_of(workspace, row.path))
    if held_by(row.path) is not None:
        raise RunInUse(f"{row.path}: being trained; wait for it or stop it")
    if job is None:
        raise WrongUse(f"{row.name}: not started from this page; give the same command again where it was started")
    _see_out(job)
    jobs.launch(workspace, _job_of(workspace, row.path), job.argv)


def _see_out(job: jobs.Job) -> None:
    """Wait a while for a process that has ended its run and is on its way out."""
    until = time.monotonic() + _WAY_OUT_S
    while job.process.is_ours and time.monotonic() < until:
        time.sleep(0.05)


def stop(row: TrainingRow) -> None:
    """Let the step under way end and save a checkpoint; `resume` goes on from there.

    Raises:
        WrongUse: nobody trains it, or not a process of ours.
    """
    pid = held_by(row.path)
    if not pid:
        raise WrongUse(f"{row.name}: nobody trains it")
    if not process(pid).is_ours:
        raise WrongUse(
            f"{row.name}: trained by process {pid}, which is not ours to stop; press Ctrl+C where it was started"
        )
    os.kill(pid, signal.SIGINT)
    _STOPPING[row.path] = pid


def forget(workspace: Workspace, row: TrainingRow) -> None:
    """Take a run that never came to be off the list."""
    jobs.forget(workspace, _job_of(workspace, row.path))


def last_words(workspace: Workspace, row: TrainingRow) -> str:
    """The end of what a run's process said, where it was started here."""
    return jobs.log_tail(workspace, _job_of(workspace, row.path))


def is_ours(workspace: Workspace, row: TrainingRow) -> bool:
    """Whether it was started here, so that it can be resumed here."""
    return jobs.read_job(workspace, _job_of(workspace, row.path)) is not None


def held_by(path: Path) -> int | None:
    """The process that trains in a directory: its id, 0 where it has not said so yet; None where nobody does."""
    holder = standing.held_by(path)
    if holder is None:
        return None
    progress = read_progress(path)
    return holder.process.pid if holder.process else (progress and progress.pid) or 0


class _Seen(NamedTuple):
    """What is known of a run at one look."""

    job: jobs.Job | None
    job_lives: bool
    holder: int | None
    progress: TrainingProgress | None


def _seen(workspace: Workspace, path: Path) -> _Seen:
    """Look at process, lock and note in this order: whoever ended in between has said its last word by then."""
    job = jobs.read_job(workspace, _job_of(workspace, path))
    lives = job is not None and job.process.is_ours
    holder, progress = held_by(path), read_progress(path)
    if holder is None and progress and progress.state == "training":
        holder, progress = held_by(path), read_progress(path)  # it may have begun between the two looks
    return _Seen(job, lives, holder, progress)


def _state(workspace: Workspace, path: Path, seen: _Seen) -> tuple[State, str]:
    job, progress = seen.job, seen.progress
    if seen.holder is not None:
        live = progress is not None and progress.state == "training" and progress.pid in (None, seen.holder)
        return ("stopping" if _STOPPING.get(path) == seen.holder else "training" if live else "starting"), ""
    heard = progress is not None and (job is None or _moment(progress.updated) >= _moment(job.launched))
    if seen.job_lives and not (heard and progress and progress.state != "training"):
        return "starting", ""
    if progress is None or not heard:
        if job and (said := jobs.last_words(workspace, _job_of(workspace, path))):
            return "refused", said
        return _unnoted(path) if progress is None else _ended(progress)
    return _ended(progress)


def _unnoted(path: Path) -> tuple[State, str]:
    """A run whose progress.json is missing or damaged: its last model says whether it came to its end."""
    if (path / FINAL / MANIFEST).is_file():
        return "done", ""
    return "stopped", "nothing was noted of it"


def _ended(progress: TrainingProgress) -> tuple[State, str]:
    if progress.state == "training":
        return "lost", _LOST
    return progress.state, progress.reason or ""


def _moment(iso: str) -> float:
    try:
        return datetime.fromisoformat(iso).timestamp()
    except ValueError:
        return 0.0


def _touched(path: Path) -> float:
    return max(written_at(path / name) for name in (CONFIG, PROGRESS))


def _config(path: Path) -> dict[str, Any]:
    try:
        raw: Any = yaml.load((path / CONFIG).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, yaml.YAMLError, UnicodeDecodeError):
        return {}
    return raw if isinstance(raw, dict) else {}


def _part(config: dict[str, Any], name: str) -> dict[str, Any]:
    part = config.get(name)
    return part if isinstance(part, dict) else {}


def _job_of(workspace: Workspace, path: Path) -> Path:
    """What its job is known by: jobs keep records of what lies in runs/ or .kardia/, and a training run lies in neither."""
    return workspace.state / FOLDER / path.relative_to((workspace.root / FOLDER).resolve())
