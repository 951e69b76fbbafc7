"""answers.sqlite of an examination: every reply and every judge's marks, committed before anything else is asked.

What is committed outlives the process however it ends. Only a machine that loses its power may lose the last seconds: they
are asked again, and nothing is damaged.
"""

import json
import sqlite3
from pathlib import Path
from typing import Any, Literal, NamedTuple

from graphs.once import database_once
from graphs.records import BadFile
from graphs.schema import Mark, Record, one_line, printable
from graphs.sqlite_faults import passing_fault
from measure.examination.questions import Place
from measure.judge import JudgeSees

ANSWERS = "answers.sqlite"
NOTHING_SAID = "The reply is empty: there is nothing to score."
"""The reason of marks that no judge gave."""
_TABLES = """
pragma journal_mode=wal;
pragma synchronous=normal;
create table if not exists replies (
    dialogue text, turn int, history text, reply text, ended text, failure text, retriable int,
    tokens_in int, tokens_out int, cost_usd real, latency_s real,
    primary key (dialogue, turn, history)) without rowid;
create table if not exists judges (name text primary key, settings text) without rowid;
create table if not exists marks (
    judge text, dialogue text, turn int, marks text, failure text, cost_usd real,
    primary key (judge, dialogue, turn)) without rowid;
"""

_KEEP_REPLY = """
insert into replies values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (dialogue, turn, history) do update set
    reply = excluded.reply, ended = excluded.ended, failure = excluded.failure, retriable = excluded.retriable,
    tokens_in = excluded.tokens_in, tokens_out = excluded.tokens_out, cost_usd = cost_usd + excluded.cost_usd,
    latency_s = excluded.latency_s
"""
_KEEP_MARKS = """
insert into marks values (?, ?, ?, ?, ?, ?)
on conflict (judge, dialogue, turn) do update set
    marks = excluded.marks, failure = excluded.failure, cost_usd = cost_usd + excluded.cost_usd
"""
_KEEP_JUDGE = "insert or replace into judges values (?, ?)"

Ended = Literal["stop", "cut", "empty", "refused", "failed"]
"""How a reply ended: by itself, at max_tokens, with nothing, as a refusal in words; or the call failed."""


class Reply(NamedTuple):
    """What came of one call. A model that says too much, nothing or no has replied; a failed call has not."""

    place: Place
    text: str | None
    """None where the call failed."""
    ended: Ended
    failure: str = ""
    """Why there is no reply."""
    retriable: bool = False
    """Whether the next start asks again by itself."""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = None
    """Read back, of every call for this place together; None as soon as one of them is unknown."""
    latency_s: float = 0.0


class JudgeSettings(Record):
    """Who judged, and how: frozen at the judge's first start."""

    model: str
    sees: JudgeSees = "response"
    prompt_sha256: str
    demonstration: bool = False

    @property
    def name(self) -> str:
        """What its marks stand under."""
        return self.model if self.sees == "response" else f"{self.model} (sees the whole reply)"


class Marked(NamedTuple):
    """A judge's marks of one turn, or why there are none."""

    dialogue: str
    turn: int
    marks: dict[str, Mark] | None
    failure: str = ""
    cost_usd: float | None = None
    """Read back, of every judgement of this turn together; None as soon as one of them is unknown."""


class Answers:
    """The file, open in one thread."""

    def __init__(self, path: Path, *, readonly: bool = False):
        """Open the file, making it unless `readonly`.

        Raises:
            BadFile: it is no such file.
            DiskFull: there is no room for it.
        """
        self.path = path
        address = f"{path.resolve().as_uri()}?mode={'ro' if readonly else 'rwc'}"
        try:
            if not readonly:
                database_once(path, _TABLES)
            self._db = sqlite3.connect(address, uri=True, timeout=30, isolation_level=None)
            if not readonly:
                self._db.executescript(_TABLES)
            self._db.execute("select count(*) from replies").fetchone()
        except sqlite3.DatabaseError as error:
            raise self._said(error) from error

    def keep(self, reply: Reply) -> None:
        """Keep what came of a call; where an earlier one failed, its cost is added.

        Raises:
            DiskFull: nothing more can be written.
        """
        text = None if reply.text is None else printable(reply.text)
        self._write(_KEEP_REPLY, (*reply.place, text, *reply[2:]))

    def replies(self) -> dict[Place, Reply]:
        """Everything that was asked, by place."""
        rows = self._db.execute("select * from replies")
        return {place: Reply(place, *_reply(row[3:])) for row in rows if (place := Place(*row[:3]))}

    def judges(self) -> list[JudgeSettings]:
        """Who judged so far."""
        rows = self._db.execute("select settings from judges order by name")
        return [JudgeSettings.model_validate_json(row[0]) for row in rows]

    def keep_judge(self, settings: JudgeSettings) -> None:
        self._write(_KEEP_JUDGE, (settings.name, settings.model_dump_json()))

    def keep_marks(self, judge: str, marked: Marked) -> None:
        """Keep what a judge said of a turn, or that it failed; what failing has cost before is added."""
        marks = None
        if marked.marks is not None:
            marks = json.dumps({name: mark.model_dump() for name, mark in marked.marks.items()})
        self._write(_KEEP_MARKS, (judge, marked.dialogue, marked.turn, marks, marked.failure, marked.cost_usd))

    def marks(self, judge: str) -> dict[tuple[str, int], Marked]:
        """What a judge said, by dialogue and turn."""
        rows = self._db.execute("select dialogue, turn, marks, failure, cost_usd from marks where judge = ?", (judge,))
        return {(row[0], row[1]): Marked(row[0], row[1], self._marks_of(row), *row[3:]) for row in rows}

    def _marks_of(self, row: tuple[Any, ...]) -> dict[str, Mark] | None:
        dialogue, turn, text = row[:3]
        try:
            return (
                None if text is None else {name: Mark.model_validate(mark) for name, mark in json.loads(text).items()}
            )
        except (ValueError, AttributeError) as error:
            where = f"{self.path}: marks of {dialogue}, turn {turn}"
            raise BadFile(
                f"{where}: cannot be read ({one_line(str(error))[:80]}); delete that row, and it is judged anew"
            ) from error

    def close(self) -> None:
        self._db.close()

    def _write(self, statement: str, row: tuple[Any, ...]) -> None:
        try:
            self._db.execute(statement, row)
        except sqlite3.DatabaseError as error:
            raise self._said(error) from error

    def _said(self, error: sqlite3.DatabaseError) -> Exception:
        damaged = BadFile(f"{self.path}: {error}; name a directory that `kardia evaluate run --out` made")
        return passing_fault(self.path, error) or damaged


def _reply(row: tuple[Any, ...]) -> tuple[Any, ...]:
    text, ended, failure, retriable, *figures = row
    return text, ended, failure, bool(retriable), *figures
