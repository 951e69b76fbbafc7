"""The server's SQLite file: made, migrated on a copy, kept so that an answer which was taken is on the disk."""
# pyright: reportMissingImports=false

import logging
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import alembic.command
from alembic.config import Config
from alembic.script import ScriptDirectory
from argilla_server.contexts import accounts
from argilla_server.database import ALEMBIC_CONFIG_FILE, SyncSessionLocal
from argilla_server.models import Response, User, UserRole, Workspace
from argilla_server.settings import settings
from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine

from .credentials import Credentials
from .refusals import Refused

_SETTLED = """
    UPDATE records SET status = CASE WHEN status = 'pending' THEN 'completed' ELSE 'pending' END
    WHERE (status = 'completed') <> (
        (SELECT count(*) FROM responses WHERE record_id = records.id AND responses.status = 'submitted')
        >= (SELECT json_extract(distribution, '$.min_submitted') FROM datasets WHERE datasets.id = dataset_id)
    )
"""
"""A kill may fall between an answer and what follows from it: whether its record has enough of them."""


@event.listens_for(Engine, "connect")
def _keep_answers(connection: Any, _: Any) -> None:
    """Readers do not block writers (WAL), and a commit is on the disk before it is confirmed (FULL)."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


@event.listens_for(User, "before_delete")
def _keep_answers_of(_: Any, connection: Any, user: Any) -> None:
    """Refuse to delete a user with answers: Argilla would delete these with the user."""
    answers = connection.scalar(select(func.count()).select_from(Response).where(Response.user_id == user.id))
    if answers:
        raise ValueError(
            f"{user.username} gave {answers} answers, which would be deleted too; take {user.username} out of the "
            "workspace instead (`kardia annotate annotator close`)"
        )


def migrate(database: Path) -> Path | None:
    """Bring the database to what this server needs; a kill in the middle leaves the old one as it was.

    Returns:
        The copy of the database as it was before, if there was something to migrate.

    Raises:
        Refused: a newer server made the database.
    """
    config = Config(ALEMBIC_CONFIG_FILE)
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


def settle(database: Path, owner: Credentials) -> None:
    """Put right what a kill left open, and let the owner in under the credentials of this home."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(_SETTLED)
    with SyncSessionLocal() as session:
        user = session.scalar(select(User).where(User.username == owner.username))
        if user is None:
            user = User(username=owner.username, first_name=owner.username, password_hash="")
            session.add(user)
        if not (user.password_hash and accounts.verify_password(owner.password, user.password_hash)):
            user.password_hash = accounts.hash_password(owner.password)
        user.role, user.api_key = UserRole.owner, owner.api_key
        if session.scalar(select(Workspace).where(Workspace.name == owner.workspace)) is None:
            session.add(Workspace(name=owner.workspace))
        session.commit()


def _upgrade(config: Config, database: Path) -> None:
    given = settings.database_url
    settings.database_url = f"sqlite+aiosqlite:///{database.name}"  # the server runs in its home: no path is part of an URL
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
    return found and found[0]
