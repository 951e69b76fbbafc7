"""Who owns the server: read from the file that `home.py` outside makes, which nobody else may read."""

import json
from pathlib import Path
from typing import NamedTuple


class Credentials(NamedTuple):
    """The owner's name, password and API key, the first workspace, and what sign-in tokens are signed with."""

    username: str
    password: str
    api_key: str
    workspace: str
    secret: str
    told: bool
    """Whether they were printed."""


def read_credentials(path: Path) -> Credentials:
    return Credentials(**json.loads(path.read_text(encoding="utf-8")))


def note_told(path: Path, credentials: Credentials) -> None:
    """Remember that the credentials were printed."""
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(credentials._replace(told=True)._asdict()), encoding="utf-8")
    fresh.replace(path)
