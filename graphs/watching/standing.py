"""Where a run stands, for whoever looks: who holds its lock, what its process noted last, what its journal holds."""

import fcntl
import json
from pathlib import Path
from typing import Literal, NamedTuple

from graphs.journal import Journal
from graphs.runs import JOURNAL, LOCK, Run, open_run
from graphs.watching.notes import Ended, Note, read_note
from graphs.watching.processes import Process
from graphs.watching.progress import Figures

State = Literal["starting", "running", "finished", "stopped", "lost"]
"""`lost`: its process is gone without a word, killed or with its machine. What it bought is in the journal."""

_KILLED = "its process is gone without a word: killed, or the machine went down; what it bought is kept"
_UNNOTED = "nothing was noted of how it ended"
_UNPLAYED = "not played yet"


class Holder(NamedTuple):
    """Who plays a run: what its lock file says while the lock is held."""

    process: Process | None
    """None for the moment before it has said so."""
    since: str


class Standing(NamedTuple):
    """Where a run stands."""

    state: State
    progress: Figures
    process: Process | None = None
    """Who plays it, or played it last."""
    since: str = ""
    """When the session that plays, or played last, was started."""
    ended: Ended | None = None
    """Why the last session ended."""
    reason: str = ""
    """The same in words."""
    stopping: bool = False

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    @property
    def is_live(self) -> bool:
        return self.state in ("starting", "running")


def standing(path: Path) -> Standing:
    """Where the run in a directory stands; disturbs nobody who plays it or is about to.

    Raises:
        BadFile: it is no run.
    """
    holder, note = held_by(path), read_note(path)
    if holder is None and note and note.ended is None:
        holder, note = held_by(path), read_note(path)  # it may have begun between the two looks
    if holder is not None:
        return _live(path, holder, note)
    if note is None:
        return _unnoted(open_run(path))
    if note.ended is None:
        return Standing("lost", _counted(path, note.figures), note.process, note.started, reason=_KILLED)
    state: State = "finished" if note.ended == "done" else "stopped"
    return Standing(state, note.figures, note.process, note.started, note.ended, note.reason)


def held_by(path: Path) -> Holder | None:
    """Who holds the lock of a run; None where nobody does.

    The lock is asked for as one reader among many and given back at once, so a process that takes it at that very
    moment needs no more than its second try (see `Run.locked`).
    """
    try:
        with (path / LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return _holder(path)
    return None


def _holder(path: Path) -> Holder:
    try:
        said = json.loads((path / LOCK).read_text())
        return Holder(Process(int(said["pid"]), str(said["host"]), said.get("born")), str(said["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Holder(None, "")


def _live(path: Path, holder: Holder, note: Note | None) -> Standing:
    if note is None or note.process != holder.process or note.started < holder.since:
        figures = _counted(path, note.figures if note else Figures(total=open_run(path).config.pairings))
        return Standing("starting", figures, holder.process, holder.since)
    return Standing("running", note.figures, holder.process, holder.since, stopping=note.stopping)


def _unnoted(run: Run) -> Standing:
    """A run that was never played, or by a program that took no notes."""
    counted = _counted(run.path, Figures(total=run.config.pairings))
    wanted = run.config.accepted
    if counted.share == 1 or (wanted is not None and counted.accepted >= wanted):
        return Standing("finished", counted)
    return Standing("stopped", counted, reason=_UNNOTED if _was_played(run.path) else _UNPLAYED)


def _was_played(path: Path) -> bool:
    lock = path / LOCK
    return lock.exists() and lock.stat().st_size > 0


def _counted(path: Path, noted: Figures) -> Figures:
    """Figures with what the journal says itself, which the last note may not know yet."""
    if not (path / JOURNAL).exists():
        return noted
    journal = Journal(path / JOURNAL, readonly=True)
    try:
        finished, failed = journal.finished(), len(journal.failures())
    finally:
        journal.close()
    counts = {"finished": len(finished), "accepted": sum(finished.values()), "failed": failed}
    return noted.model_copy(update={**counts, "live": 0, "eta_s": None})
