"""From a run's journals into the catalogue: what is new, changed or gone since the last time, batch by batch."""

import json
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from pydantic import ValidationError

from graphs.derived import trajectory
from graphs.journal import Bill, Journal, Mark
from graphs.records import BadFile
from graphs.runs import JOURNAL, PAIRINGS, open_run
from graphs.schema import Pairing
from studio.browse.dialogue_rows import DialogueRow, dialogue_row

BATCH = 64
_COLUMNS = ", ".join(DialogueRow._fields)
_MARKS = ", ".join("?" * (1 + len(DialogueRow._fields)))

T = TypeVar("T")


def catch_up(db: sqlite3.Connection, name: str, path: Path) -> Iterator[None]:
    """Bring a run's part of the catalogue up to its journals; may be left after any batch and goes on there.

    A run that cannot be read is noted with the reason, and looked at again when it has changed.
    """
    stamp = _stamp(path)
    if db.execute("select stamp from runs where name = ?", (name,)).fetchone() == (stamp,):
        return
    number = _number(db, name)
    try:
        with RunReader(path) as reader:
            _note(db, number, labels=json.dumps(reader.labels), wanted=reader.wanted)
            yield from _take_in(db, number, reader)
    except BadFile as error:
        _note(db, number, fault=str(error), waiting=0, stamp=stamp)
    else:
        _note(db, number, fault=None, waiting=0, stamp=stamp)


def forget(db: sqlite3.Connection, number: int) -> Iterator[None]:
    """Take a run that is no more out of the catalogue; it is out of sight at once."""
    _note(db, number, name=None)
    yield from _drop(db, number, [id_ for (id_,) in db.execute("select id from dialogues where run = ?", (number,))])
    with transaction(db):
        db.execute("delete from runs where run = ?", (number,))


@contextmanager
def transaction(db: sqlite3.Connection) -> Generator[None]:
    """All or nothing; what was counted before no longer holds."""
    db.execute("begin immediate")
    try:
        yield
        db.execute("update state set filled = filled + 1")
    except BaseException:
        db.execute("rollback")
        raise
    db.execute("commit")


class RunReader:
    """A run's journals, opened for reading: its own, and those of workers who play right now."""

    def __init__(self, path: Path):
        """
        Raises:
            BadFile: the directory is no run, or its journal is none.
        """
        run = open_run(path)
        self._path = path
        self.labels = list(run.pack.settings.labels)
        self.wanted = run.config.accepted
        self._journals = list(_journals(path))
        with self._readable():
            self._found = [journal.marks() for journal in self._journals]
        self.marks: dict[str, Mark] = {thread: mark for found in self._found for thread, mark in found.items()}
        self._offsets = _offsets(path / PAIRINGS)

    def __enter__(self) -> "RunReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for journal in self._journals:
            journal.close()

    def rows(self, threads: Sequence[str]) -> list[tuple[DialogueRow, str]]:
        """Finished dialogues as rows of the catalogue, each with its words.

        Raises:
            BadFile: a dialogue or its pairing cannot be read.
        """
        with self._readable(), (self._path / PAIRINGS).open("rb") as pairings:
            return [self._row(thread, self._pairing(pairings, thread)) for thread in threads]

    def _row(self, thread: str, pairing: Pairing) -> tuple[DialogueRow, str]:
        journal = next(j for j, found in zip(self._journals, self._found, strict=True) if thread in found)
        whole = trajectory(journal, pairing)
        if whole is None:
            raise BadFile(f"{journal.path}: {thread} is no longer in it")
        return dialogue_row(whole, self.marks[thread], self._bills(thread), self.labels)

    def _pairing(self, file: Any, thread: str) -> Pairing:
        position = self.marks[thread].position
        file.seek(self._offsets[position])
        pairing = Pairing.model_validate_json(file.readline())
        if pairing.id != thread:
            raise BadFile(
                f"{self._path / PAIRINGS}: row {position + 1} is {pairing.id}, not {thread}; put the run's own file back"
            )
        return pairing

    def _bills(self, thread: str) -> list[Bill]:
        made: dict[tuple[int, int, int, int], Bill] = {}
        for journal in self._journals:
            made |= journal.bills(thread)
        return list(made.values())

    @contextmanager
    def _readable(self) -> Generator[None]:
        """What can be wrong with a run's files is the run's fault, not the catalogue's."""
        try:
            yield
        except (sqlite3.DatabaseError, ValidationError, LookupError, OSError) as error:
            raise BadFile(f"{self._path}: cannot be read ({error}); restore it from a copy") from error


def _take_in(db: sqlite3.Connection, number: int, reader: RunReader) -> Iterator[None]:
    known = {
        id_: Mark(position, mark)
        for id_, position, mark in db.execute("select id, position, mark from dialogues where run = ?", (number,))
    }
    yield from _drop(db, number, [id_ for id_, mark in known.items() if reader.marks.get(id_) != mark])
    new = sorted((mark.position, id_) for id_, mark in reader.marks.items() if known.get(id_) != mark)
    _note(db, number, waiting=len(new))
    for batch in _batches([id_ for _, id_ in new]):
        rows = reader.rows(batch)
        with transaction(db):
            for row, said in rows:
                found = db.execute(f"insert into dialogues (run, {_COLUMNS}) values ({_MARKS})", (number, *row))
                db.execute("insert into words (rowid, said) values (?, ?)", (found.lastrowid, said))
            db.execute("update runs set waiting = waiting - ? where run = ?", (len(rows), number))
        yield


def _drop(db: sqlite3.Connection, number: int, ids: list[str]) -> Iterator[None]:
    for batch in _batches(ids):
        which = f"run = ? and id in ({','.join('?' * len(batch))})"
        with transaction(db):
            db.execute(f"delete from words where rowid in (select n from dialogues where {which})", (number, *batch))
            db.execute(f"delete from dialogues where {which}", (number, *batch))
        yield


def _number(db: sqlite3.Connection, name: str) -> int:
    with transaction(db):
        db.execute("insert or ignore into runs (name, waiting) values (?, 0)", (name,))
    return db.execute("select run from runs where name = ?", (name,)).fetchone()[0]


def _note(db: sqlite3.Connection, number: int, **columns: object) -> None:
    with transaction(db):
        changes = ", ".join(f"{column} = ?" for column in columns)
        db.execute(f"update runs set {changes} where run = ?", (*columns.values(), number))


def _journals(path: Path) -> Iterator[Journal]:
    if (path / JOURNAL).exists():
        yield Journal(path / JOURNAL, readonly=True)
    for shard in sorted(path.glob("shard-*.sqlite")):
        with suppress(BadFile):  # a worker is about to make it, or its parent has just taken it in
            yield Journal(shard, readonly=True)


def _stamp(path: Path) -> str:
    """Changes whenever something was written to a run's journals."""
    files = [path / PAIRINGS, *sorted((*path.glob(f"{JOURNAL}*"), *path.glob("shard-*.sqlite*")))]
    found: list[str] = []
    for file in files:
        with suppress(OSError):
            known = file.stat()
            if not file.name.endswith("-shm"):
                found.append(f"{file.name} {known.st_ino} {known.st_size} {known.st_mtime_ns}")
    return "\n".join(found)


def _offsets(path: Path) -> list[int]:
    """Where each pairing's line begins."""
    offsets: list[int] = []
    at = 0
    with path.open("rb") as file:
        for number, line in enumerate(file):
            if line.strip() and not (number == 0 and "header" in json.loads(line)):
                offsets.append(at)
            at += len(line)
    return offsets


def _batches(items: Sequence[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
