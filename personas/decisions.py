"""What people decided about personas: a log that is only ever added to, one JSON line for each verdict.

Every line is written in one piece, under a lock, and is on the disk before the person is told so. An undo is a line too. A
line that a crash tore off is left where it is, counted, and the next one begins on a line of its own.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, StringConstraints, ValidationError

from graphs.records import BadFile, row_bytes
from graphs.schema import SCHEMA_VERSION, Id, Line, Persona, Record, compact, digest

Word = Literal["accept", "reject", "undo"]
Stands = Literal["accepted", "rejected", "disputed", "undecided"]


class BadDecision(ValueError):
    """A verdict that cannot be taken: says what it lacks."""


class Verdict(Record):
    """One line: who decided what about which row, when and why."""

    persona: Id
    row: str
    """Digest of the persona as it was then: a verdict holds for these words, not for what they become."""
    verdict: Word
    reason: Annotated[Line, StringConstraints(max_length=500)] = ""
    reviewer: Annotated[Line, Field(min_length=1, max_length=64)]
    at: str
    """UTC, to the second."""


class Log(NamedTuple):
    """The verdicts of a file in the order in which they were written, and how many lines cannot be read."""

    verdicts: tuple[Verdict, ...] = ()
    damaged: int = 0


class Standing(NamedTuple):
    """What is decided about a row: the last word of each reviewer, unless taken back."""

    stands: Stands = "undecided"
    by: tuple[Verdict, ...] = ()
    changed: bool = False
    """The row was decided, and has changed since: it is undecided again."""


def row_digest(persona: Persona) -> str:
    """What a verdict is about: every word of the row."""
    return digest(persona.model_dump(mode="json"))[:16]


def read_decisions(path: Path) -> Log:
    """Read a log of decisions; none yet where there is no file. Torn lines are counted, the others hold.

    Raises:
        BadFile: the file cannot be opened.
    """
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return Log()
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}; name a file that can be read") from error
    read = [_verdict(line) for line in lines if line.strip() and not line.startswith(b'{"header"')]
    verdicts = tuple(verdict for verdict in read if verdict is not None)
    return Log(verdicts, len(read) - len(verdicts))


def verdict_on(persona: Persona, word: Word, reviewer: str, reason: str = "") -> Verdict:
    """A verdict as of now, not yet on record.

    Raises:
        BadDecision: no reviewer, a rejection without a reason, or texts that are too long.
    """
    if not reviewer.strip():
        raise BadDecision("a verdict needs the name of who gives it; say it with --reviewer, or on the page")
    if word == "reject" and not reason.strip():
        raise BadDecision(f"{persona.id}: a rejection needs its reason; say it with --because")
    at = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        return Verdict(
            persona=persona.id, row=row_digest(persona), verdict=word, reason=reason, reviewer=reviewer, at=at
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise BadDecision(f"{'.'.join(map(str, first['loc']))}: {first['msg']}; say it shorter") from error


def decide(path: Path, persona: Persona, word: Word, reviewer: str, reason: str = "") -> Verdict | None:
    """Add a verdict to a log; None if this reviewer had said the same already, or has nothing to take back.

    Raises:
        BadDecision: no reviewer, a rejection without a reason, or texts that are too long.
        BadFile: the log cannot be written.
    """
    verdict = verdict_on(persona, word, reviewer, reason)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            said = _last_words(read_decisions(path).verdicts).get((verdict.persona, verdict.row, verdict.reviewer))
            if _says_nothing_new(verdict, said):
                return None
            _append(file.fileno(), path, verdict)
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}; the verdict was not kept, name a file that can be written") from error
    return verdict


def standings(personas: Iterable[Persona], log: Log) -> list[Standing]:
    """What is decided about each row. Reviewers who disagree leave it disputed: neither in nor settled."""
    held: dict[tuple[str, str], list[Verdict]] = {}
    for (persona, row, _), verdict in _last_words(log.verdicts).items():
        if verdict.verdict != "undo":
            held.setdefault((persona, row), []).append(verdict)
    known = {persona for persona, _ in held}
    return [_standing(held, persona) if persona.id in known else Standing() for persona in personas]


def last_of(log: Log, reviewer: str) -> Verdict | None:
    """The verdict that a reviewer's undo would take back: the last of theirs that still holds."""
    mine = [verdict for (*_, name), verdict in _last_words(log.verdicts).items() if name == reviewer.strip()]
    held = [verdict for verdict in mine if verdict.verdict != "undo"]
    return held[-1] if held else None


def _standing(held: Mapping[tuple[str, str], list[Verdict]], persona: Persona) -> Standing:
    verdicts = held.get((persona.id, row_digest(persona)), [])
    words = {verdict.verdict for verdict in verdicts}
    if not words:
        return Standing(changed=True)
    stands: Stands = "disputed" if len(words) > 1 else "accepted" if words == {"accept"} else "rejected"
    return Standing(stands, tuple(verdicts))


def _last_words(verdicts: Iterable[Verdict]) -> Mapping[tuple[str, str, str], Verdict]:
    """The last verdict of each reviewer on each row, in the order in which these were written."""
    last: dict[tuple[str, str, str], Verdict] = {}
    for verdict in verdicts:
        key = (verdict.persona, verdict.row, verdict.reviewer)
        last.pop(key, None)
        last[key] = verdict
    return last


def _says_nothing_new(verdict: Verdict, said: Verdict | None) -> bool:
    if verdict.verdict == "undo":
        return said is None or said.verdict == "undo"
    return said is not None and (said.verdict, said.reason) == (verdict.verdict, verdict.reason)


def _append(handle: int, path: Path, verdict: Verdict) -> None:
    size = os.fstat(handle).st_size
    head = b"" if size else compact({"header": {"schema_version": SCHEMA_VERSION, "kind": "persona decisions"}}) + b"\n"
    gap = b"\n" if size and os.pread(handle, 1, size - 1) != b"\n" else b""
    line = gap + head + row_bytes(verdict) + b"\n"
    written = 0
    while written < len(line):
        written += os.write(handle, line[written:])
    os.fsync(handle)
    if not size:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """A new file's name is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _verdict(line: bytes) -> Verdict | None:
    try:
        return Verdict.model_validate(json.loads(line))
    except (ValueError, RecursionError):
        return None
