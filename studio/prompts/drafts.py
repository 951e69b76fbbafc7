"""Texts that somebody has not saved yet, kept on disk so that they outlive a reload and a stopped server."""

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from pydantic import ValidationError

from graphs.records import replacing
from graphs.schema import Record, Text, compact
from studio.workspace import Workspace


class Draft(Record):
    """Unsaved files of a pack, what they were made from, and the session that writes them."""

    id: str
    owner: str
    pack: str
    base: str
    time: str
    texts: dict[str, Text]


def new_id() -> str:
    """An id that no draft has."""
    return uuid4().hex[:12]


def keep(workspace: Workspace, draft_id: str, owner: str, pack: str, base: str, texts: dict[str, str]) -> Draft:
    """Write a draft; under a new id where another session has taken this one over."""
    there = read(workspace, draft_id)
    if there and (there.owner, there.pack) != (owner, pack):
        draft_id = new_id()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return _write(workspace, Draft(id=draft_id, owner=owner, pack=pack, base=base, time=now, texts=texts))


def adopt(workspace: Workspace, draft_id: str, owner: str) -> Draft | None:
    """Take a draft over, as a page does after a reload; the session that had it goes on under a new id."""
    draft = read(workspace, draft_id)
    return _write(workspace, draft.model_copy(update={"owner": owner})) if draft else None


def read(workspace: Workspace, draft_id: str) -> Draft | None:
    """A draft, or nothing if there is none of this id."""
    if not re.fullmatch(r"[0-9a-f]{12}", draft_id):
        return None
    try:
        return Draft.model_validate_json(_path(workspace, draft_id).read_bytes())
    except (OSError, ValidationError):
        return None


def drop(workspace: Workspace, draft_id: str) -> None:
    """Throw a draft away."""
    if re.fullmatch(r"[0-9a-f]{12}", draft_id):
        _path(workspace, draft_id).unlink(missing_ok=True)


def drafts_of(workspace: Workspace, pack: str) -> list[Draft]:
    """Drafts of a pack that lie in the workspace, the newest first."""
    ids = [path.stem for path in (workspace.state / "drafts").glob("*.json")]
    found = [draft for each in ids if (draft := read(workspace, each)) and draft.pack == pack]
    return sorted(found, key=lambda draft: draft.time, reverse=True)


def _write(workspace: Workspace, draft: Draft) -> Draft:
    with replacing(_path(workspace, draft.id), mode=0o600) as file:
        file.write(compact(draft.model_dump(mode="json")))
    return draft


def _path(workspace: Workspace, draft_id: str) -> Path:
    return workspace.state / "drafts" / f"{draft_id}.json"
