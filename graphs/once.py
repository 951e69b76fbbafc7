"""Files that are made once and seen whole or not at all: keys, and databases with their tables.

Each is made beside its place and linked there. Whoever looks in the middle sees no file yet; of two makers at once, both
get the first's.
"""

import errno
import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory


def write_once(path: Path, content: bytes) -> bytes:
    """Write a file that only its owner may read, unless it is there; gives back what stands."""
    with _made_beside(path) as beside:
        beside.touch(mode=0o600)
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    return path.read_bytes()


def database_once(path: Path, tables: str) -> None:
    """Make an SQLite database with its tables, unless a file is there.

    Raises:
        sqlite3.OperationalError: it cannot be written; a full disk is told in SQLite's own words.
    """
    if path.exists():
        return
    try:
        with _made_beside(path) as beside, closing(sqlite3.connect(beside)) as db:
            db.executescript(tables)
    except OSError as error:
        said = "database or disk is full" if error.errno == errno.ENOSPC else f"unable to open database file ({error})"
        raise sqlite3.OperationalError(said) from error


@contextmanager
def _made_beside(path: Path) -> Generator[Path]:
    with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        beside = Path(folder) / path.name
        yield beside
        with suppress(FileExistsError):
            os.link(beside, path)
