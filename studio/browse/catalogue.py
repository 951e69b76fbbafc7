"""The catalogue: an index in SQLite over the finished dialogues of all runs of a workspace, read from their journals.

It holds nothing that is not in the runs, so a damaged one, or one of another version, is thrown away and made again.
Every use holds a shared lock for a moment, whoever throws it away an exclusive one; only one process fills it at a time.
Forks stay out: they belong to the page Replay.
"""

import math
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path
from typing import NamedTuple, TypeVar

from studio.browse.dialogue_rows import DialogueRow
from studio.browse.indexing import catch_up, forget
from studio.workspace import Workspace

VERSION = 1
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_TABLES = f"""
create table runs (run integer primary key, name text unique, stamp text, labels text, wanted int, waiting int, fault text);
create table dialogues (n integer primary key, run int, {", ".join(DialogueRow._fields)}, unique (run, id));
create index by_place on dialogues (run, position);
create index by_id on dialogues (id);
create table state (filled int);
insert into state values (random() / 4);
create virtual table words using fts5(said, tokenize='unicode61 remove_diacritics 2');
"""

T = TypeVar("T")


class OtherVersion(sqlite3.DatabaseError):
    """The index was made by another version of this program."""


class Backlog(NamedTuple):
    """How far the catalogue is."""

    indexed: int
    waiting: int
    """Dialogues known to be finished and not in it yet."""
    is_whole: bool
    """Whether every run was looked at and nothing waits."""
    faults: dict[str, str]
    """Runs that cannot be read, and why."""


class Catalogue(NamedTuple):
    """The index of a workspace, `.kardia/catalogue.sqlite`."""

    workspace: Workspace

    @property
    def path(self) -> Path:
        return self.workspace.state / "catalogue.sqlite"

    def state(self) -> int:
        """A number that is another one whenever something was written to the index."""
        return self.ask(lambda db: db.execute("select filled from state").fetchone()[0])

    def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Read from the index; a damaged one is begun anew, and filled for a moment first."""
        return self._mending(lambda: self._asked(question), lambda: self._refreshed(time.monotonic() + 1))

    def refresh(self, seconds: float = math.inf, tell: Callable[[Backlog], None] = lambda _: None) -> Backlog:
        """Take in what is new in the runs, for about so many seconds at most; the rest comes at the next time.

        Where another process is at it, nothing is done here.
        """
        return self._mending(lambda: self._refreshed(time.monotonic() + seconds, tell))

    def fill_in_background(self) -> None:
        """Take in what is new in a process of its own, unless one is at it."""
        with self._filling() as mine:
            if not mine:
                return
        subprocess.Popen(
            [sys.executable, "-m", "studio.cli", "synth", "index", "--workspace", str(self.workspace.root)],
            cwd=Path(__file__).resolve().parents[2],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _asked(self, question: Callable[[sqlite3.Connection], T]) -> T:
        with self._opened() as db:
            return question(db)

    def _refreshed(self, deadline: float, tell: Callable[[Backlog], None] = lambda _: None) -> Backlog:
        with self._filling() as mine, self._opened() as db:
            if not mine:
                return _backlog(db, is_whole=False)
            for _ in self._fill(db):
                tell(_backlog(db, is_whole=False))
                if time.monotonic() > deadline:
                    return _backlog(db, is_whole=False)
            return _backlog(db, is_whole=True)

    def _fill(self, db: sqlite3.Connection) -> Generator[None]:
        runs = {self.workspace.name(path): path for path in self.workspace.runs()}
        for number, name in db.execute("select run, name from runs").fetchall():
            if name not in runs:
                yield from forget(db, number)
        for name, path in runs.items():
            yield from catch_up(db, name, path)

    def _mending(self, work: Callable[[], T], begin_anew: Callable[[], object] = lambda: None) -> T:
        """Do something with the index; where it turns out to be damaged, throw it away and do it once more."""
        with self.path.open("ab") as held:  # while it is held, no other file can have its number
            try:
                return work()
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
            self._discard(os.fstat(held.fileno()).st_ino)
        begin_anew()
        return work()

    def _discard(self, inode: int) -> None:
        """Throw the index away when nobody uses it; whoever comes second finds another file and leaves it."""
        with self._lock("catalogue.lock").open("a") as lock:
            flock(lock, LOCK_EX)
            with suppress(FileNotFoundError):
                if self.path.stat().st_ino == inode:
                    for suffix in ("-wal", "-shm", ""):
                        self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    @contextmanager
    def _opened(self) -> Generator[sqlite3.Connection]:
        with self._lock("catalogue.lock").open("a") as lock:
            flock(lock, LOCK_SH)
            db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            try:
                if _version(db) != VERSION:
                    self._make_tables(db)
                yield db
            finally:
                db.close()

    def _make_tables(self, db: sqlite3.Connection) -> None:
        """Make the tables, one process at a time: of two that turn a file to WAL, SQLite fails one and does not wait."""
        with self._lock("catalogue.making").open("a") as turn:
            flock(turn, LOCK_EX)
            _prepare(db)

    @contextmanager
    def _filling(self) -> Generator[bool]:
        """Whether this is the one process that fills the index."""
        with self._lock("catalogue.filling").open("a") as lock:
            try:
                flock(lock, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def _lock(self, name: str) -> Path:
        return self.path.with_name(name)


def _prepare(db: sqlite3.Connection) -> None:
    """Make the tables of a new index.

    Raises:
        OtherVersion: it has those of another version.
    """
    if (version := _version(db)) == VERSION:
        return
    if version:
        raise OtherVersion(f"version {version} instead of {VERSION}")
    db.execute("pragma journal_mode = wal")
    db.execute("begin immediate")
    if _version(db) == 0:
        for statement in _TABLES.split(";\n"):
            db.execute(statement)
        db.execute(f"pragma user_version = {VERSION}")
    db.execute("commit")


def _version(db: sqlite3.Connection) -> int:
    return db.execute("pragma user_version").fetchone()[0]


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether an error means that the index is no good, rather than busy, or its disk full."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    tables = isinstance(error, sqlite3.OperationalError) and str(error).startswith(("no such", "table "))
    return code in _DAMAGE or tables or isinstance(error, OtherVersion)


def _backlog(db: sqlite3.Connection, *, is_whole: bool) -> Backlog:
    indexed = db.execute("select count(*) from dialogues").fetchone()[0]
    waiting = db.execute("select total(waiting) from runs where name is not null").fetchone()[0]
    faults = dict(db.execute("select name, fault from runs where fault is not null and name is not null"))
    return Backlog(indexed, int(waiting), is_whole, faults)
