"""Jobs: runs that play in processes of their own, which outlive the page and the server that started them.

A job's record (what was started, when, as which process) and its log lie in the workspace's .kardia/jobs/, under the
run's name. Where a run stands is read from the run itself, so that one started on the command line looks the same.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from fcntl import LOCK_EX, flock
from pathlib import Path

from pydantic import ValidationError

from graphs.records import replacing
from graphs.runs import RunInUse, WrongUse
from graphs.schema import Record
from graphs.watching.notes import read_note
from graphs.watching.processes import Process, process
from graphs.watching.progress import Figures
from graphs.watching.standing import Standing, held_by
from graphs.watching.standing import standing as standing_of
from studio.workspace import Workspace, open_workspace

MOMENT_S = 1.0
"""How long `stop` waits for calls under way before it lets them go."""
_PROJECT = Path(__file__).resolve().parents[2]
_LONGEST_TAIL = 20_000


class Job(Record):
    """What was started for a run, and as which process."""

    argv: tuple[str, ...]
    process: Process
    launched: str


def launch(workspace: Workspace, run: Path, argv: Sequence[str]) -> None:
    """Start `kardia ARGV` detached, for a run of the workspace; it lives on when this process ends.

    The environment, and with it the keys, is handed on. Nothing of it is recorded.

    Raises:
        RunInUse: the run is being played, or a job for it is starting.
    """
    record = _record_path(workspace, run)
    record.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with record.with_suffix(".lock").open("w") as turn:
        flock(turn, LOCK_EX)
        _refuse_second(run, read_job(workspace, run))
        started = _start(workspace, argv, record.with_suffix(".log"))
        job = Job(argv=tuple(argv), process=process(started.pid), launched=_now())
        with replacing(record, mode=0o600) as file:
            file.write(job.model_dump_json().encode())
    threading.Thread(target=started.wait, daemon=True).start()


def _refuse_second(run: Path, job: Job | None) -> None:
    if holder := held_by(run):
        who = f"process {holder.process.pid} since {holder.since}" if holder.process else "another process"
        raise RunInUse(f"{run}: in use by {who}; wait for it or stop it")
    if job and job.process.is_ours and not _has_played(run, job):
        raise RunInUse(f"{run}: is being started by process {job.process.pid} since {job.launched}; wait for it")


def _has_played(run: Path, job: Job) -> bool:
    """Whether a job's process has come to its run and given it back; it may still be on its way out."""
    note = read_note(run)
    return note is not None and note.process == job.process and note.ended is not None


def _start(workspace: Workspace, argv: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that no signal to this one's terminal or group reaches it.

    Its log is a new file: the process before it, on its way out, may still be writing to the old one.
    """
    here = os.pathsep.join(filter(None, [str(_PROJECT), os.environ.get("PYTHONPATH")]))
    log.unlink(missing_ok=True)
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "studio.cli", *argv],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=workspace.root,
            env={**os.environ, "PYTHONPATH": here},
            start_new_session=True,
        )


def standing(run: Path, workspace: Workspace | None = None) -> Standing:
    """Where a run stands, whoever started it; also one whose process has not come to its run yet, or never did.

    Raises:
        BadFile: it is no run, and no job was started for it.
    """
    job = read_job(workspace or open_workspace(), run)
    lives = job is not None and job.process.is_ours  # asked first: what a process did before it ended is seen below
    found = standing_of(run) if job is None or (run / "run.yaml").exists() else None
    if job is None or (found and (found.is_live or found.process == job.process or found.since > job.launched)):
        return found or standing_of(run)
    figures = found.progress if found else Figures(total=0)
    if lives:
        return Standing("starting", figures, job.process, job.launched)
    if said := last_words(workspace or open_workspace(), run):
        return Standing("stopped", figures, None, job.launched, "refused", said)
    return found or Standing("lost", figures, None, job.launched, reason="it ended without a word")


def pause(run: Path) -> None:
    """Let the calls under way come home, then end; nothing is bought twice, and `resume` goes on. Twice is as once.

    Raises:
        WrongUse: nobody plays it, or not a process of ours.
    """
    noted = read_note(run)
    holder = held_by(run)
    if noted and noted.stopping and holder and noted.process == holder.process:
        return
    _interrupt(run)


def stop(run: Path, moment_s: float = MOMENT_S) -> None:
    """End now: what has not come after a moment is let go and bought again when `resume` goes on.

    Raises:
        WrongUse: nobody plays it, or not a process of ours.
    """
    first = _interrupt(run)
    until = time.monotonic() + moment_s
    while first.is_ours and time.monotonic() < until:
        time.sleep(0.02)
    if first.is_ours and (holder := held_by(run)) and holder.process == first:
        os.kill(first.pid, signal.SIGINT)


def _interrupt(run: Path) -> Process:
    """Interrupt who plays a run: the one whom the held lock names, and only if it is that very process and ours."""
    holder = held_by(run)
    if holder is None:
        raise WrongUse(f"{run}: nobody plays it")
    who = holder.process
    if who is None or not who.is_ours:
        named = f"process {who.pid} on {who.host}" if who else "a process that has not said its name yet"
        raise WrongUse(f"{run}: played by {named}, which is not ours to stop; press Ctrl+C where it was started")
    os.kill(who.pid, signal.SIGINT)
    return who


def resume(workspace: Workspace, run: Path, options: Sequence[str] = ()) -> None:
    """Go on with a run, as `kardia synth resume` does; one that was never made is started as it was before.

    Args:
        options: what is to differ from the last session, as `--budget-usd 5` or `--retry-failed`.

    Raises:
        RunInUse: it is being played.
    """
    if not (run / "run.yaml").exists() and (job := read_job(workspace, run)):
        launch(workspace, run, job.argv)
        return
    launch(workspace, run, ["synth", "resume", str(run), *options])


def forget(workspace: Workspace, run: Path) -> None:
    """Drop the record and the log of a job; the run itself is not touched."""
    for suffix in (".json", ".log"):
        _record_path(workspace, run).with_suffix(suffix).unlink(missing_ok=True)


def jobs(workspace: Workspace) -> dict[str, Job]:
    """What was started from this workspace, by the run's name."""
    top = workspace.state / "jobs"
    found = {path.relative_to(top).with_suffix("").as_posix(): _read(path) for path in sorted(top.rglob("*.json"))}
    return {name: job for name, job in found.items() if job}


def read_job(workspace: Workspace, run: Path) -> Job | None:
    """What was started last for a run."""
    return _read(_record_path(workspace, run))


def is_unmade(workspace: Workspace, run: Path) -> bool:
    """Whether a run was started here and is not there: it is about to be made, or its start was refused."""
    job = read_job(workspace, run)
    lives = job is not None and job.process.is_ours
    if job is None or (run / "run.yaml").exists():
        return False
    said = log_tail(workspace, run)
    return lives or "error" in said.lower() or not said


def log_tail(workspace: Workspace, run: Path, lines: int = 40) -> str:
    """The end of what a run's job said."""
    try:
        with _record_path(workspace, run).with_suffix(".log").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LONGEST_TAIL))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def last_words(workspace: Workspace, run: Path) -> str:
    """Why a job ended at once: what it said from its last `error:` on; else its last lines."""
    lines = log_tail(workspace, run).splitlines()
    errors = [number for number, line in enumerate(lines) if line.startswith("error: ")]
    return "\n".join(lines[errors[-1] :] if errors else lines[-6:]).removeprefix("error: ")


def _record_path(workspace: Workspace, run: Path) -> Path:
    """Where the record of a job lies: of a run under jobs/, of what the studio keeps itself (a comparison) beside it."""
    path, state = run.resolve(), workspace.state.resolve()
    for top, records in (((workspace.root / "runs").resolve(), state / "jobs"), (state, state)):
        if path != top and path.is_relative_to(top):
            return records / f"{path.relative_to(top).as_posix()}.json"
    raise ValueError(f"{run}: not in runs/ of {workspace.root}; only what lies there is started as a job")


def _read(path: Path) -> Job | None:
    try:
        return Job.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError, ValidationError):
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
