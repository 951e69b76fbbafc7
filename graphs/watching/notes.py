"""What a playing process notes of its run once a second, for whoever looks: progress.json in the run's directory.

The note is for looking only. Nothing is played by it, and a run goes on where it cannot be written.
"""

import json
import os
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from graphs.records import replacing
from graphs.schema import Record, printable
from graphs.watching.processes import Process, this_process
from graphs.watching.progress import Figures

NOTE = "progress.json"
EVERY_S = 1.0

Ended = Literal["done", "you", "budget", "disk", "endpoint", "refused", "broken"]
"""Why a session ended. `you`: somebody stopped it; `refused`: a key, model, address or request; `broken`: an error of ours."""


class Note(Record):
    """What a session said of its run last."""

    process: Process
    started: str
    at: str
    stopping: bool = False
    ended: Ended | None = None
    reason: str = ""
    figures: Figures


class Notes:
    """A session's notes: the first at once, one a second from a thread of its own, and the last when it ends."""

    def __init__(self, run: Path, first: Figures):
        self._path = run / NOTE
        self._note = Note(process=this_process(), started=_now(), at=_now(), figures=first)
        self._over = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._write_on, name="notes", daemon=True)
        self._write()
        self._thread.start()

    @property
    def figures(self) -> Figures:
        return self._note.figures

    def see(self, figures: Figures, *, stopping: bool) -> None:
        """Take in where the session stands; it is written within a second, and at once that it was told to stop."""
        told_now = stopping and not self._note.stopping
        self._note = self._note.model_copy(update={"figures": figures, "stopping": stopping})
        if told_now:
            self._wake.set()

    def end(self, ended: Ended, reason: str = "") -> None:
        """Write the last note: how the session ended, and why it stopped early, if it did."""
        self._over = True
        self._wake.set()
        self._thread.join()
        figures = self._note.figures.model_copy(update={"live": 0, "eta_s": None})
        last = {"ended": ended, "reason": printable(reason), "figures": figures}
        self._note = self._note.model_copy(update=last)
        self._write()

    def _write_on(self) -> None:
        while not self._over:
            self._wake.wait(EVERY_S)
            self._wake.clear()
            if not self._over:
                self._write()

    def _write(self) -> None:
        text = self._note.model_copy(update={"at": _now()}).model_dump_json(exclude_none=True).encode()
        try:
            with replacing(self._path) as file:
                file.write(text)
        except OSError:
            with suppress(OSError):
                _overwrite(self._path, text)


def _overwrite(path: Path, text: bytes) -> None:
    """Write over the old note in place: a full disk has room for that, though not for a new file."""
    with path.open("r+b") as file:
        file.write(text.ljust(os.fstat(file.fileno()).st_size))


def read_note(run: Path) -> Note | None:
    """The last note of a run; None where none was written yet, or it cannot be read."""
    try:
        return Note.model_validate(json.loads((run / NOTE).read_bytes()))
    except (OSError, ValueError, ValidationError):
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
