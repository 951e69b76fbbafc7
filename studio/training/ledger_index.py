"""Looking up rollouts in a reward ledger of any length: an index of byte offsets in SQLite, kept in the workspace's .kardia/.

The ledger grows while a run trains, and is cut where a run resumes from an earlier checkpoint. Each row is indexed with a
check sum of its line: those that still stand there are a prefix of the file, whose end is found by bisection.
"""

import os
import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

from pydantic import ValidationError

from graphs.records import BadFile
from graphs.rubric import Rubric
from train.ledger.ledger import LEDGER, ledger_header
from train.rows import Rollout
from train.running.run_lines import object_of

PAGE = 50
_BATCH = 500
_SCHEMA = """
create table if not exists rows (
  n integer primary key, at integer, size integer, crc integer, step integer, grp integer, candidate integer, example text,
  reward real, format real, emotion real, outcome real, advantage real, violations integer, failed integer,
  predicted text, gold text, tokens integer
);
create index if not exists by_place on rows (step, grp, candidate);
create index if not exists by_example on rows (example, step);
create index if not exists by_reward on rows (reward);
"""
_INSERT = f"insert into rows values (null, {', '.join('?' * 17)})"
Order = Literal["newest", "oldest", "best", "worst", "moved most"]
_ORDERS: dict[Order, str] = {
    "newest": "step desc, grp, candidate",
    "oldest": "step, grp, candidate",
    "best": "reward desc, n",
    "worst": "reward is null, reward, n",
    "moved most": "abs(advantage) desc, n",
}
ORDERS: tuple[Order, ...] = tuple(_ORDERS)


class Sought(NamedTuple):
    """What is looked for; None and empty is anything."""

    steps: tuple[int, int] | None = None
    example: str = ""
    group: int | None = None
    candidate: int | None = None
    rewards: tuple[float, float] | None = None
    failed: bool = False
    """Only candidates whose judge failed."""
    broken: bool = False
    """Only those that break the format."""
    misnamed: bool = False
    """Only those that name another emotion than the gold label."""
    order: Order = "newest"


class Entry(NamedTuple):
    """A rollout in the index: enough for a table, and where its line stands."""

    at: int
    size: int
    crc: int
    step: int
    group: int
    candidate: int
    example: str
    reward: float | None
    format: float
    emotion: float
    outcome: float | None
    advantage: float
    violations: int
    failed: bool
    predicted: str
    gold: str
    tokens: int


class Reach(NamedTuple):
    """How far the index is."""

    rows: int
    read: int
    size: int
    damaged: int
    """Lines that are no rollout."""
    last_step: int | None
    is_whole: bool
    """Whether nothing was left to take in."""


class LedgerIndex:
    """The index of one run's ledger."""

    def __init__(self, run: Path, index: Path):
        self._ledger = run / LEDGER
        self._index = index

    def refresh(self, seconds: float) -> Reach:
        """Take in what is new, for so long at most; several may do so at once.

        A last line that is still being written waits for its end.
        """
        self._index.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        until = time.monotonic() + seconds
        with self._open() as db:
            db.executescript(_SCHEMA)
            try:
                file = self._ledger.open("rb")
            except FileNotFoundError:
                return Reach(0, 0, 0, 0, None, is_whole=True)
            with file:
                more = True
                while more and time.monotonic() < until:
                    with _turn(db):
                        more = _take_in(db, file)
                return _reach(db, os.fstat(file.fileno()).st_size, is_whole=not more)

    def steps(self) -> list[int]:
        """The steps at which rollouts were made."""
        with self._open() as db:
            return [
                step for (step,) in db.execute("select distinct step from rows where step is not null order by step")
            ]

    def groups(self, step: int) -> list[int]:
        """The groups of a step's batch."""
        with self._open() as db:
            return [grp for (grp,) in db.execute("select distinct grp from rows where step = ? order by grp", (step,))]

    def count(self, sought: Sought) -> int:
        """How many rollouts are found."""
        where, values = _where(sought)
        with self._open() as db:
            return db.execute(f"select count(*) from rows where {where}", values).fetchone()[0]

    def find(self, sought: Sought, limit: int = PAGE, offset: int = 0) -> list[Entry]:
        """A page of what is found."""
        where, values = _where(sought)
        columns = "at, size, crc, step, grp, candidate, example, reward, format, emotion, outcome, advantage, violations, failed, predicted, gold, tokens"
        query = f"select {columns} from rows where {where} order by {_ORDERS[sought.order]} limit ? offset ?"
        with self._open() as db:
            rows = db.execute(query, (*values, limit, offset)).fetchall()
        return [Entry(*row)._replace(failed=bool(row[13])) for row in rows]

    def read(self, entry: Entry) -> Rollout:
        """A rollout as the ledger has it.

        Raises:
            BadFile: its line is no rollout, or has changed since it was indexed.
        """
        with self._ledger.open("rb") as file:
            line = _line_at(file, entry.at, entry.size)
        if zlib.crc32(line) != entry.crc:
            raise BadFile(f"{self._ledger}: changed on disk, for the run was resumed; reload the page")
        try:
            return Rollout.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "rollout"
            raise BadFile(
                f"{self._ledger}: byte {entry.at}: {where}: {first['msg']}; kardia train verify-ledger says more"
            ) from error

    def rubric(self) -> Rubric:
        """The rubric that its outcomes were judged by.

        Raises:
            BadFile: the ledger has no header.
        """
        return ledger_header(self._ledger).rubric

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._index, timeout=10, isolation_level=None)) as db:
            yield db


@contextmanager
def _turn(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("begin immediate")
    try:
        yield
    except BaseException:
        db.execute("rollback")
        raise
    db.execute("commit")


def _take_in(db: sqlite3.Connection, file: IO[bytes]) -> bool:
    """One batch of lines; returns whether there may be more."""
    at = _still_standing(db, file)
    file.seek(at)
    lines = [line for line in islice(file, _BATCH) if line.endswith(b"\n")]
    for line in lines:
        db.execute(_INSERT, _row(at, line))
        at += len(line)
    return len(lines) == _BATCH


def _row(at: int, line: bytes) -> tuple[Any, ...]:
    """A line as a row of the index. Header and damaged lines are kept without a step, for their check sum."""
    place = (at, len(line), zlib.crc32(line))
    try:
        one = object_of(line) or {}
        rewards = (one[name] for name in ("reward", "format_reward", "emotion_reward", "outcome_reward", "advantage"))
        return (
            *place, int(one["step"]), int(one["group"]), int(one["candidate"]), str(one["example"]),
            *(None if value is None else float(value) for value in rewards),
            sum(one["constraint_bits"]), int(bool(one.get("failure"))), str(one["predicted"]), str(one["emotion"]), int(one["tokens"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        return (*place, *(None,) * 14)


def _still_standing(db: sqlite3.Connection, file: IO[bytes]) -> int:
    """Forget rows whose lines no longer stand in the file; returns the byte from which on to read."""
    count = db.execute("select coalesce(max(n), 0) from rows").fetchone()[0]
    if count and not _stands(db, file, count):
        low, high = 0, count
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _stands(db, file, middle) else (low, middle)
        db.execute("delete from rows where n > ?", (low,))
        count = low
    end = db.execute("select at + size from rows where n = ?", (count,)).fetchone()
    return end[0] if end else 0


def _stands(db: sqlite3.Connection, file: IO[bytes], n: int) -> bool:
    at, size, crc = db.execute("select at, size, crc from rows where n = ?", (n,)).fetchone()
    return zlib.crc32(_line_at(file, at, size)) == crc


def _line_at(file: IO[bytes], at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)


def _reach(db: sqlite3.Connection, size: int, *, is_whole: bool) -> Reach:
    rows, last, read = db.execute("select count(step), max(step), coalesce(max(at + size), 0) from rows").fetchone()
    damaged = db.execute("select count(*) from rows where step is null and at > 0").fetchone()[0]
    return Reach(rows, read, size, damaged, last, is_whole)


def _where(sought: Sought) -> tuple[str, list[Any]]:
    """The condition and its values; texts are only ever bound."""
    parts: list[tuple[str, list[Any]]] = [("step is not null", [])]
    if sought.steps:
        parts.append(("step between ? and ?", list(sought.steps)))
    if sought.example:
        parts.append(("example = ?", [sought.example]))
    for column, value in (("grp", sought.group), ("candidate", sought.candidate)):
        if value is not None:
            parts.append((f"{column} = ?", [value]))
    if sought.rewards:
        parts.append(("reward between ? and ?", list(sought.rewards)))
    flags = ((sought.failed, "failed = 1"), (sought.broken, "violations > 0"), (sought.misnamed, "emotion = 0"))
    parts += [(condition, []) for wanted, condition in flags if wanted]
    return " and ".join(condition for condition, _ in parts), [value for _, values in parts for value in values]
