"""The server's database, brought to what the server needs: on a copy, with the old one kept.

Nothing of Argilla is imported before there is something to do: a home that cannot be served is refused at once.
"""
# pyright: reportMissingImports=false

import logging
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import alembic.command
from alembic.config import Config
from alembic.script import ScriptDirectory

from .refusals import Refused


def migrate(database: Path) -> Path | None:
    """Bring the database to what this server needs; a kill in the middle leaves the old one as it was.

    Returns:
        The copy of the database as it was before, if there was something to migrate.

    Raises:
        Refused: a newer server made the database, or it is damaged.
    """
    config = _alembic()
    scripts = ScriptDirectory.from_config(config)
    revision = _revision(database) if database.exists() else None
    if revision == scripts.get_current_head():
        return None
    if revision and revision not in {script.revision for script in scripts.walk_revisions()}:
        raise Refused(f"{database}: made by a newer Argilla server (revision {revision}); use that one, or a backup")
    fresh, earlier = database.with_suffix(".next"), None
    fresh.unlink(missing_ok=True)
    if database.exists():
        earlier = _backup(database, f"{revision or 'new'}")
        _copy(database, fresh)
    _upgrade(config, fresh)
    fresh.replace(database)
    return earlier


def _alembic() -> Config:
    server = find_spec("argilla_server")
    assert server
    assert server.origin
    return Config(Path(server.origin).with_name("alembic.ini"))


def _upgrade(config: Config, database: Path) -> None:
    from argilla_server.settings import settings

    given = settings.database_url
    settings.database_url = f"sqlite+aiosqlite:///{database.name}"  # relative: no path has to be fit for an URL
    logging.disable(logging.INFO)
    try:
        alembic.command.upgrade(config, "head")
    finally:
        settings.database_url = given
        logging.disable(logging.NOTSET)
    _fold(database)


def _backup(database: Path, revision: str) -> Path:
    """A copy of the database under backups/, of which only a whole one carries the name."""
    path = database.parent / "backups" / f"argilla-{revision}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
    path.parent.mkdir(exist_ok=True)
    half = path.with_suffix(".half")
    half.unlink(missing_ok=True)
    _copy(database, half)
    return half.replace(path)


def _copy(source: Path, target: Path) -> None:
    _fold(source)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    with target.open("rb") as written:
        os.fsync(written.fileno())


def _fold(database: Path) -> None:
    """Write what stands in the log beside a database into it, so that it is one file."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def _revision(database: Path) -> str | None:
    with closing(sqlite3.connect(database)) as connection:
        try:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return None
        except sqlite3.DatabaseError as error:
            raise Refused(f"{database}: {error}; put a copy from {database.parent / 'backups'} in its place") from error
    return found and found[0]
