"""The server's SQLite file: an answer that was taken is on the disk, and what a kill left open is put right."""
# pyright: reportMissingImports=false

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from argilla_server.contexts import accounts
from argilla_server.database import SyncSessionLocal
from argilla_server.models import Response, User, UserRole, Workspace
from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine

from .credentials import Credentials

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
