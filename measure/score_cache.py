"""The judge's cache: answers kept by the hash of what was asked, in one SQLite file that several processes may share.

Only answers that could be read are kept, as they came: a failed call is asked again. What is committed outlives the
process however it ends.
"""

import sqlite3
from pathlib import Path

from graphs.once import database_once
from graphs.records import BadFile
from graphs.sqlite_faults import passing_fault

LONGEST_WAIT_S = 30.0
"""How long to wait for another process that is writing."""
_TABLE = """
pragma journal_mode=wal;
create table if not exists scores (request blob primary key, model text, answer text) without rowid;
"""


class ScoreCache:
    """judge.sqlite: request hash -> the judge's answer."""

    def __init__(self, path: Path):
        """Open or make the file.

        Raises:
            BadFile: it is no such cache, or cannot be made.
            DiskFull: there is no room for it.
            FileBusy: another process keeps it.
        """
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            database_once(path, _TABLE)  # so that several processes at once find it in WAL mode: none waits to turn it
            self._db = sqlite3.connect(path, timeout=LONGEST_WAIT_S, isolation_level=None, check_same_thread=False)
            self._db.execute("pragma synchronous=normal")
            self._db.executescript(_TABLE)
            self._db.execute("select request, model, answer from scores limit 1").fetchone()
        except sqlite3.DatabaseError as error:
            raise self._said(error) from error

    def get(self, request: bytes) -> str | None:
        """The answer to a request, None where there is none yet."""
        row = self._db.execute("select answer from scores where request = ?", (request,)).fetchone()
        return row[0] if row else None

    def put(self, request: bytes, model: str, answer: str) -> None:
        """Keep an answer; one that another process kept first stands.

        Raises:
            DiskFull, FileBusy: it cannot be written now.
        """
        try:
            self._db.execute("insert or ignore into scores values (?, ?, ?)", (request, model, answer))
        except sqlite3.DatabaseError as error:
            raise self._said(error) from error

    def drop(self, request: bytes) -> None:
        """Forget an answer that cannot be read any more."""
        self._db.execute("delete from scores where request = ?", (request,))

    def __len__(self) -> int:
        return int(self._db.execute("select count(*) from scores").fetchone()[0])

    def close(self) -> None:
        self._db.close()

    def _said(self, error: sqlite3.DatabaseError) -> Exception:
        damaged = BadFile(f"{self.path}: not a judge's cache ({error}); move it away, it will be made anew")
        return passing_fault(self.path, error) or damaged
