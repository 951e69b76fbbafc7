"""User names replaced by keyed pseudonyms, which nobody can undo or repeat without the key (paper §3.1, Ethics).

The same user has the same pseudonym under the same key, in every file. Who loses the key loses the link, and who
publishes it publishes the link: it is never printed and never enters a file that is written for others.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from graphs.once import write_once

KEY_VARIABLE = "KARDIA_PSEUDONYM_KEY"
KEY_FILE = Path(".kardia/pseudonym.key")
MIN_KEY_CHARS = 16


class BadKey(ValueError):
    """A key that is missing its length or its privacy: says where and what to do, never the key."""


def pseudonym(user: str, key: bytes) -> str:
    """`user_` and the first 12 hex digits of HMAC-SHA256 over the user name, white space at its ends aside."""
    return f"user_{hmac.new(key, user.strip().encode(), hashlib.sha256).hexdigest()[:12]}"


def fingerprint(key: bytes) -> str:
    """Which key it was, for a file's header, without saying anything about it."""
    return hmac.new(key, b"fingerprint of a pseudonym key", hashlib.sha256).hexdigest()[:8]


def pseudonym_key(workspace: Path) -> bytes:
    """The key from the environment, else from the workspace's key file, which is made if there is none.

    Raises:
        BadKey: the key is too short, or its file can be read by others.
    """
    if stated := os.environ.get(KEY_VARIABLE):
        return _long_enough(stated.encode(), KEY_VARIABLE)
    path = workspace / KEY_FILE
    if not path.exists():
        _make_key(path)
    if path.stat().st_mode & 0o077:
        raise BadKey(f"{path}: others can read this key; run: chmod 600 {path}")
    return _long_enough(path.read_bytes().strip(), str(path))


def _long_enough(key: bytes, where: str) -> bytes:
    if len(key) < MIN_KEY_CHARS:
        raise BadKey(f"{where}: a key of under {MIN_KEY_CHARS} characters can be guessed; set a longer, random one")
    return key


def _make_key(path: Path) -> None:
    """Make a new key: of two processes at once, both end up with the first's."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    (path.parent / ".gitignore").write_text("*\n")
    write_once(path, secrets.token_hex(32).encode())
