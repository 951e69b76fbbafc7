"""The journal: one row per call slot, committed before its answer is used. It is the one truth of a run.

A slot is (thread, turn, attempt, role); `draw` counts the answers bought for it. Prompts are not stored: they are
rendered again and proven by the request's hash. Commits of all live dialogues are grouped; each caller waits for its own.
"""

import asyncio
import json
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

from graphs.llm.errors import DiskFull, RunStopped
from graphs.once import database_once
from graphs.records import BadFile
from graphs.schema import Trajectory, compact, printable

COMMIT_EVERY_S = 0.004
_LOOK_S, _LOOKS = 0.02, 50
"""About as long as a page's look at a journal takes, and how often `close` lets one pass."""
ROLE_ORDER: tuple[str, ...] = ("user_simulator", "responder", "rubric_evaluator", "screener")
PLAYING: tuple[str, ...] = ROLE_ORDER[:3]
"""The roles of every dialogue; the screener speaks only where the model check is on."""

Status = Literal["answered", "unusable", "transient", "refused", "edited"]

_TABLES = """
pragma journal_mode=wal;
pragma synchronous=normal;
create table if not exists calls (
    thread text, turn int, attempt int, role int, draw int, request blob, status text, answer blob, reason text,
    tokens_in int, tokens_out int, cost_usd real, latency_s real,
    primary key (thread, turn, attempt, role, draw)) without rowid;
create table if not exists dialogues (
    thread text primary key, position int, accepted int, turns blob) without rowid;
create table if not exists failures (
    thread text primary key, position int, kind text, reason text, slot text, retriable int) without rowid;
"""
_CALL = "insert or replace into calls values (?,?,?,?,?,?,?,?,?,?,?,?,?)"


class Slot(NamedTuple):
    """A place in a dialogue at which a model is asked. `attempt` is 0 for the user simulator."""

    turn: int
    attempt: int
    role: str

    @property
    def order(self) -> tuple[int, int, int]:
        """Where the slot comes in the course of its dialogue."""
        return self.turn, self.attempt, ROLE_ORDER.index(self.role)

    def __str__(self) -> str:
        return f"turn {self.turn}, attempt {self.attempt}, {self.role}"


class Departure(NamedTuple):
    """What differs at a slot where a fork left its parent."""

    first_draw: int = 0
    """Draws below this belong to the parent."""
    edited: str | None = None
    """An answer written by a person, taken in place of a call."""


class Call(NamedTuple):
    """One row: what was asked (by hash) and what came."""

    thread: str
    slot: Slot
    draw: int
    request: bytes
    status: Status
    answer: str = ""
    reason: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = None
    latency_s: float = 0.0


class Mark(NamedTuple):
    """A finished dialogue as an index knows it: its place among the pairings, and a checksum of its head and size."""

    position: int
    content: int


class Bill(NamedTuple):
    """What one call took; a cost that nobody knows is None."""

    tokens: int
    cost_usd: float | None


class Failure(NamedTuple):
    """Why a dialogue could not be finished; a retriable one is tried again at the next resume."""

    thread: str
    position: int
    kind: str
    reason: str
    slot: str
    retriable: bool


class Journal:
    """A run's journal.sqlite. Writes go through one thread; reads see what is committed.

    What is committed outlives the process however it ends. Only a machine that loses its power may lose the last
    seconds (SQLite's `synchronous=normal` in WAL mode): they are bought again, and nothing is damaged.
    """

    def __init__(self, path: Path, *, readonly: bool = False):
        """Open a journal, creating it unless `readonly`."""
        self.path = path
        self._readonly = readonly
        self._db = self._open()
        self._reader = self._db if readonly else self._connect()
        self._waiting: list[tuple[str, tuple[Any, ...], asyncio.Future[None]]] = []
        self._flusher: asyncio.Task[None] | None = None
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")

    def _open(self) -> sqlite3.Connection:
        try:
            if not self._readonly:
                database_once(self.path, _TABLES)
            db = self._connect()
            if not self._readonly:
                db.executescript(_TABLES)
            db.execute("select count(*) from dialogues")
            return db
        except sqlite3.OperationalError as error:
            if "full" in str(error):
                raise self._disk_full(error) from error
            raise BadFile(f"{self.path}: {error}; name a run directory that this program made") from error
        except sqlite3.DatabaseError as error:
            raise BadFile(f"{self.path}: not a journal ({error}); restore it, or start a new run") from error

    def _connect(self) -> sqlite3.Connection:
        address = f"{self.path.resolve().as_uri()}?mode={'ro' if self._readonly else 'rwc'}"
        return sqlite3.connect(address, uri=True, check_same_thread=False, timeout=30)

    # Reading

    def calls(self, thread: str) -> list[Call]:
        """All rows of a dialogue, in the order of its course."""
        found = self._reader.execute("select * from calls where thread = ?", (thread,)).fetchall()
        return sorted((self._call(row) for row in found), key=lambda call: (call.slot.order, call.draw))

    def at(self, thread: str, slot: Slot) -> list[Call]:
        """What was bought at one slot, by draw."""
        found = self._reader.execute(
            "select * from calls where thread = ? and turn = ? and attempt = ? and role = ? order by draw",
            (thread, slot.turn, slot.attempt, ROLE_ORDER.index(slot.role)),
        )
        return [self._call(row) for row in found]

    def all_calls(self) -> Iterator[Call]:
        return (
            self._call(row)
            for row in self._reader.execute("select * from calls order by thread, turn, attempt, role, draw")
        )

    def _call(self, row: tuple[Any, ...]) -> Call:
        thread, turn, attempt, role, draw, request, status, answer, *rest = row
        text = _unpack(answer).decode()
        return Call(thread, Slot(turn, attempt, ROLE_ORDER[role]), draw, request, status, text, *rest)

    def finished(self) -> dict[str, bool]:
        """Threads of finished dialogues, and whether screening let them pass."""
        return {
            thread: bool(accepted)
            for thread, accepted in self._reader.execute("select thread, accepted from dialogues")
        }

    def outcome(self, thread: str) -> dict[str, Any] | None:
        """The turns, end and removals of a finished dialogue."""
        found = self._reader.execute("select turns from dialogues where thread = ?", (thread,)).fetchone()
        if found is None:
            return None
        return json.loads(_unpack(found[0]))

    def marks(self) -> dict[str, Mark]:
        """Where each finished dialogue stands, and a number that changes with its content; unpacks nothing."""
        rows = self._reader.execute(
            "select thread, position, accepted, length(turns), substr(turns, 1, 64) from dialogues"
        )
        return {
            thread: Mark(position, zlib.crc32(head, 2 * length + accepted))
            for thread, position, accepted, length, head in rows
        }

    def bills(self, thread: str) -> dict[tuple[int, int, int, int], Bill]:
        """What each call of a dialogue took, by turn, attempt, role and draw; reads no answer."""
        rows = self._reader.execute(
            "select turn, attempt, role, draw, tokens_in + tokens_out, cost_usd from calls where thread = ?", (thread,)
        )
        return {(turn, attempt, role, draw): Bill(*rest) for turn, attempt, role, draw, *rest in rows}

    def failures(self) -> list[Failure]:
        rows = self._reader.execute(
            "select thread, position, kind, reason, slot, retriable from failures order by position"
        )
        return [Failure(*row[:5], retriable=bool(row[5])) for row in rows]

    def totals(self) -> dict[str, Any]:
        """Counts over all calls: by status, tokens, cost and dialogues."""
        row = self._reader.execute(
            "select count(*), total(tokens_in), total(tokens_out), total(cost_usd), sum(cost_usd is null) from calls"
        ).fetchone()
        statuses = dict(self._reader.execute("select status, count(*) from calls group by status"))
        return {
            "calls": row[0],
            "tokens_in": int(row[1]),
            "tokens_out": int(row[2]),
            "cost_usd": row[3],
            "calls_of_unknown_cost": row[4] or 0,
            "by_status": statuses,
        }

    def errors(self) -> dict[str, int]:
        """Answers that could not stand and calls that gave none, counted by class: what stands before the colon."""
        rows = self._reader.execute(
            "select substr(reason, 1, instr(reason || ':', ':') - 1) as kind, count(*) from calls "
            "where status in ('unusable', 'transient', 'refused') group by kind"
        )
        return dict(rows)

    # Writing

    async def keep(self, call: Call) -> None:
        """Commit one row."""
        await self._write(_CALL, self._row(call))

    async def finish(self, trajectory: Trajectory, position: int) -> None:
        """Commit a finished dialogue; a failure noted earlier is gone with it."""
        whole = trajectory.model_dump(mode="json", exclude_defaults=True, include={"turns", "end", "removals"})
        packed = _pack(compact(whole))
        values = (trajectory.id, position, int(not trajectory.removals), packed)
        await asyncio.gather(
            self._write("insert or replace into dialogues values (?,?,?,?)", values),
            self._write("delete from failures where thread = ?", (trajectory.id,)),
        )

    async def fail(self, failure: Failure) -> None:
        """Commit why a dialogue could not be finished."""
        await self._write(
            "insert or replace into failures values (?,?,?,?,?,?)",
            tuple(printable(value) if isinstance(value, str) else value for value in failure),
        )

    def put_now(self, calls: Iterable[Call]) -> None:
        """Commit rows at once, outside of any event loop (forks and merges)."""
        self._db.executemany(_CALL, map(self._row, calls))
        self._db.commit()

    def merge(self, shard: Path) -> None:
        """Take in all rows of a worker's journal, in one transaction.

        Raises:
            BadFile: the shard is missing or no journal; nothing is changed.
        """
        Journal(shard, readonly=True).close()
        self._db.execute("attach ? as shard", (str(shard),))
        try:
            with self._db:
                for table in ("calls", "dialogues", "failures"):
                    self._db.execute(f"insert or replace into main.{table} select * from shard.{table}")
                self._db.execute("delete from failures where thread in (select thread from dialogues)")
        finally:
            self._db.execute("detach shard")

    async def settle(self) -> None:
        """Wait until everything given so far is committed."""
        while self._flusher:
            await asyncio.wait({self._flusher})

    def close(self) -> None:
        """Close; a clean close leaves one file that can be opened without writing a byte."""
        self._writer.shutdown(wait=True)
        if not self._readonly:
            self._reader.close()
            self._leave_one_file()
        self._db.close()

    def _leave_one_file(self) -> None:
        """Take the WAL back into the file. SQLite does not wait for whoever looks just then, so it is asked again."""
        for _ in range(_LOOKS):
            with suppress(sqlite3.OperationalError):
                self._db.execute("pragma journal_mode=delete")
                return
            time.sleep(_LOOK_S)

    def _row(self, call: Call) -> tuple[Any, ...]:
        slot = (call.slot.turn, call.slot.attempt, ROLE_ORDER.index(call.slot.role))
        return (
            call.thread,
            *slot,
            call.draw,
            call.request,
            call.status,
            _pack(printable(call.answer).encode()),
            printable(call.reason),
            *call[7:],
        )

    async def _write(self, statement: str, values: tuple[Any, ...]) -> None:
        loop = asyncio.get_running_loop()
        committed: asyncio.Future[None] = loop.create_future()
        self._waiting.append((statement, values, committed))
        if self._flusher is None:
            self._flusher = loop.create_task(self._flush())
        await committed

    async def _flush(self) -> None:
        while self._waiting:
            await asyncio.sleep(COMMIT_EVERY_S)
            batch, self._waiting = self._waiting, []
            try:
                await asyncio.get_running_loop().run_in_executor(self._writer, self._commit, batch)
            except Exception as error:
                _tell(batch, error)
            else:
                _tell(batch, None)
        self._flusher = None

    def _commit(self, batch: list[tuple[str, tuple[Any, ...], asyncio.Future[None]]]) -> None:
        try:
            with self._db:
                for statement, values, _ in batch:
                    self._db.execute(statement, values)
        except sqlite3.OperationalError as error:
            if "full" in str(error) or "I/O" in str(error):
                raise self._disk_full(error) from error
            raise RunStopped(
                f"{self.path}: cannot be written ({error}); see to it and run the same command again"
            ) from error

    def _disk_full(self, error: Exception) -> DiskFull:
        return DiskFull(
            f"{self.path}: cannot be written ({error}); free some space there (about 25 KiB a dialogue are needed) "
            "and run the same command again"
        )


def _tell(batch: list[tuple[str, tuple[Any, ...], asyncio.Future[None]]], error: Exception | None) -> None:
    for _, _, committed in batch:
        if committed.done():
            continue
        if error:
            committed.set_exception(error)
        else:
            committed.set_result(None)


def _pack(text: bytes) -> bytes:
    packer = zlib.compressobj(6, wbits=-15)
    return packer.compress(text) + packer.flush()


def _unpack(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=-15)
    try:
        text = unpacker.decompress(packed)
    except zlib.error as error:
        raise BadFile(f"the journal is damaged: an answer cannot be read ({error}); restore it from a copy") from error
    if not unpacker.eof:
        raise BadFile("the journal is damaged: an answer is cut; restore it from a copy")
    return text
