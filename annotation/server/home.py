"""A server's home: the directory with its database, credentials and backups, and who runs on it now."""

import fcntl
import json
import os
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TextIO

from graphs.watching.processes import Process, this_process

OWNER = "owner"
WORKSPACE = "kardia"
"""The workspace in Argilla that annotators are let into, and that data sets are pushed to."""

_CREDENTIALS = "credentials.json"
_LOCK = "serve.lock"
_LOOK_S, _LOOKS = 0.02, 10


class HomeInUse(RuntimeError):
    """Another server runs on this home."""


class NoServer(ValueError):
    """No server runs on this home; says how to start one."""


class Home(NamedTuple):
    """Where an embedded server keeps everything."""

    root: Path

    @property
    def credentials(self) -> Path:
        return self.root / _CREDENTIALS

    @property
    def lock(self) -> Path:
        return self.root / _LOCK


class Access(NamedTuple):
    """How to reach a server."""

    url: str
    api_key: str


class _Holder(NamedTuple):
    """Who serves a home, by its own word."""

    process: Process
    url: str
    since: str

    @property
    def is_live(self) -> bool:
        """Whether that process still runs; where the system does not say, its lock has to do."""
        return self.process.born is None or self.process.is_ours

    def __str__(self) -> str:
        return f"process {self.process.pid} on {self.process.host} since {self.since}"


def open_home(root: Path) -> Home:
    """Make a home, readable by nobody else, or open the one that is there.

    Raises:
        ValueError: the directory holds other things.
    """
    home = Home(root.resolve())
    if root.exists() and not _is_home(root):
        raise ValueError(f"{root}: holds other files; name an empty directory, or one that `annotate serve` made")
    home.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.root.chmod(0o700)
    return home


def hold(home: Home) -> TextIO:
    """Keep other servers off a home, for as long as the returned file stays open, and make its credentials.

    Raises:
        HomeInUse: names pid, host, address and since when.
    """
    file = home.lock.open("a+", encoding="utf-8")
    if not _taken(file):
        file.close()
        raise HomeInUse(_held(home))
    file.truncate(0)
    _make_credentials(home)
    return file


def note_address(lock: TextIO, port: int) -> None:
    """Write down, for whoever finds the home locked, who serves it where since when."""
    lock.seek(0)
    lock.truncate()
    since = datetime.now(UTC).isoformat(timespec="seconds")
    json.dump({**this_process()._asdict(), "url": f"http://127.0.0.1:{port}", "since": since}, lock)
    lock.flush()


def access(home: Home) -> Access:
    """How to reach the server that runs on a home now.

    Raises:
        NoServer: none does.
    """
    holder = _holder(home) if _is_locked(home) else None
    if holder is None or not holder.is_live:
        raise NoServer(f"{home.root}: no server runs here; start it with `kardia annotate serve`")
    return Access(holder.url, json.loads(home.credentials.read_text(encoding="utf-8"))["api_key"])


def _make_credentials(home: Home) -> None:
    if home.credentials.exists():
        return
    made = {
        "username": OWNER,
        "password": secrets.token_urlsafe(15),
        "api_key": secrets.token_urlsafe(30),
        "workspace": WORKSPACE,
        "secret": secrets.token_hex(32),
        "told": False,
    }
    fresh = home.credentials.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(made, file)
    fresh.replace(home.credentials)


def _is_home(root: Path) -> bool:
    return root.is_dir() and ((root / _LOCK).exists() or not any(root.iterdir()))


def _taken(file: TextIO) -> bool:
    """Take a lock, unless a server keeps it; one who only looks whether it is taken has it for a moment."""
    for _ in range(_LOOKS):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(_LOOK_S)
    return False


def _is_locked(home: Home) -> bool:
    """Whether a server keeps the lock, asked for as one reader among many: those who look do not see each other."""
    try:
        with home.lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _holder(home: Home) -> _Holder | None:
    """Who wrote down its address last: the server that runs, or one that was killed."""
    try:
        said = json.loads(home.lock.read_text(encoding="utf-8"))
        return _Holder(Process(said["pid"], said["host"], said["born"]), said["url"], said["since"])
    except (ValueError, KeyError):
        return None


def _held(home: Home) -> str:
    holder = _holder(home)
    who = f"{holder} at {holder.url}" if holder else "another process"
    return f"{home.root}: served by {who}; use that one, end it, or name another --home"
