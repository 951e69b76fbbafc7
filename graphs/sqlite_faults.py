"""What an error of SQLite means for whoever waits: a full disk and a busy file pass, anything else is a damaged file."""

import sqlite3
from pathlib import Path

from graphs.llm.errors import DiskFull, FileBusy, RunStopped


def passing_fault(path: Path, error: sqlite3.DatabaseError) -> RunStopped | None:
    """The error as one that the same command gets over later; None where the file itself is at fault."""
    said = str(error)
    if "full" in said:
        return DiskFull(f"{path}: no space left; free some space there and run the same command again")
    if isinstance(error, sqlite3.OperationalError) and ("locked" in said or "busy" in said):
        return FileBusy(f"{path}: another process keeps it ({said}); run the same command again, nothing is lost")
    return None
