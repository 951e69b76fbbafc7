"""A person speaks as the user: each turn's utterance is a line that somebody writes while the dialogue plays.

Line n of a file is turn n, so that a run which was stopped finds its words again; at a terminal the next line is.
"""

import asyncio
import os
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from graphs.journal import Slot
from graphs.llm.errors import RunStopped
from graphs.rubric import LONGEST_UTTERANCE, UserAnswer
from graphs.schema import canonical, one_line, printable
from graphs.spans import strip_tags

PATIENCE_S = 1800.0
LOOK_EVERY_S = 0.1
_SAID_BEFORE = "(said before)"


class Unsayable(ValueError):
    """A text that cannot stand as an utterance; says why."""


class Silence(RunStopped):
    """Nobody spoke for as long as the run was to wait, or nobody can any more."""


class Words(Protocol):
    """Where a person's words come from."""

    @property
    def name(self) -> str:
        """How a person knows the place."""
        ...

    def at(self, turn: int) -> str | None:
        """The words of a turn, cleaned; None while they are not there.

        Raises:
            Unsayable: what stands there cannot be said.
            EOFError: nobody will say anything any more.
        """
        ...


def cleaned(text: str) -> str:
    """A text as an utterance: on one line, without span tags.

    Raises:
        Unsayable: it is empty, or longer than an utterance may be.
    """
    if not (words := one_line(strip_tags(printable(text)))):
        raise Unsayable("is empty")
    if len(words) > LONGEST_UTTERANCE:
        raise Unsayable(f"has {len(words)} characters; at most {LONGEST_UTTERANCE} are allowed")
    return words


def as_answer(words: str, felt: UserAnswer | None = None) -> str:
    """Words as the user simulator would answer them; what it felt about the last response is nothing, or as it was."""
    events, tells = (felt.events, felt.tells) if felt else ((), "")
    return canonical({"events": events, "tells": tells, "message": words}).decode()


class WordsFile:
    """A file that grows: its n-th line that says anything is turn n. A line counts once it is ended."""

    def __init__(self, path: Path):
        self._path = path

    @property
    def name(self) -> str:
        return str(self._path)

    def at(self, turn: int) -> str | None:
        said = self.lines()
        try:
            return cleaned(said[turn - 1]) if len(said) >= turn else None
        except Unsayable as error:
            raise Unsayable(f"{self._path}: what is said in turn {turn} {error}") from error

    def lines(self) -> list[str]:
        """What was said so far, a turn each."""
        raw = self._path.read_bytes() if self._path.exists() else b""
        return _lines(raw)

    def say(self, turn: int, text: str) -> bool:
        """Append a turn's words; False where that turn was said already.

        Earlier turns that the file lacks were said elsewhere and are on record; a mark stands in for each.

        Raises:
            Unsayable: the text is empty or too long.
        """
        words, said = cleaned(text), len(self.lines())
        if said >= turn:
            return False
        missing = [_SAID_BEFORE] * (turn - 1 - said)
        with self._path.open("ab") as file:
            file.write(b"".join(b"\n" + line.encode() for line in [*missing, words]) + b"\n")
        return True


class Terminal:
    """Standard input: the next line is the next turn, whichever that is."""

    name = "the terminal"

    def __init__(self, tell: Callable[[str], None], descriptor: int = 0):
        """
        Args:
            tell: says to the person why a line cannot stand.
        """
        self._tell = tell
        self._descriptor = descriptor
        self._came = b""
        self._taken = 0
        self._over = False
        self._reader: threading.Thread | None = None

    def at(self, turn: int) -> str | None:
        if self._reader is None:
            self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
            self._reader.start()
        over = self._over
        said = _lines(self._came + b"\n" * over)[self._taken :]
        if not said and over:
            raise EOFError
        self._taken += bool(said)
        try:
            return cleaned(said[0]) if said else None
        except Unsayable as error:
            self._tell(f"that {error}; say it otherwise")
            return None

    def _read(self) -> None:
        """Read without a buffer of Python's: its lock would hold up the end of the process."""
        with suppress(OSError):
            while piece := os.read(self._descriptor, 65536):
                self._came += piece
        self._over = True


class Person:
    """Says the user's part of one dialogue."""

    def __init__(
        self, words: Words, patience_s: float = PATIENCE_S, asked: Callable[[int], Awaitable[None]] | None = None
    ):
        """
        Args:
            patience_s: how long to wait for a turn's words.
            asked: called before a turn's words are waited for, to show what they answer to.
        """
        self.words = words
        self._patience_s = patience_s
        self._asked = asked
        self._stopped: Exception | None = None

    async def answer(self, slot: Slot) -> str:
        """Wait for the words of a turn, as the user simulator would answer them.

        Raises:
            Silence: nobody spoke, or what was said cannot stand; the same command goes on.
        """
        if self._asked:
            await self._asked(slot.turn)
        until = time.monotonic() + self._patience_s
        while (words := self._heard(slot.turn)) is None:
            if self._stopped:
                raise self._stopped
            if time.monotonic() > until:
                waited = f"{self._patience_s / 60:g} minutes"
                raise Silence(f"nobody spoke for {waited}, turn {slot.turn} waits; the same command goes on from here")
            await asyncio.sleep(LOOK_EVERY_S)
        return as_answer(words)

    def stop(self, reason: Exception) -> None:
        """Wait no longer: whoever waits is told the reason."""
        self._stopped = self._stopped or reason

    def _heard(self, turn: int) -> str | None:
        try:
            return self.words.at(turn)
        except Unsayable as error:
            raise Silence(f"{error}; mend it, and the same command goes on from here") from error
        except EOFError as error:
            raise Silence(f"{self.words.name} was closed at turn {turn}; the same command goes on from here") from error
        except OSError as error:
            raise Silence(f"{self.words.name}: cannot be read ({error}); see to it and run the same command") from error


def _lines(raw: bytes) -> list[str]:
    """Lines that are ended and say something; only a line feed ends one, whatever else Unicode breaks lines at."""
    whole = raw.rpartition(b"\n")[0].split(b"\n")
    texts = (line.decode("utf-8", "replace") for line in whole)
    return [text for text in texts if one_line(strip_tags(text))]
