"""A server's own virtual environment, where it needs other versions than ours: made by itself, once for a machine.

It lies in a cache directory (`KARDIA_CACHE`, else the user's) under a name that holds the Python version and the hash of the
pinned versions, so another set of versions is another environment beside it, and a running server keeps its own. What is
there under such a name without its stamp is half made: it is made anew, from what pip has already fetched.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

OLDEST, NEWEST = (3, 11), (3, 13)
"""For these Python versions all pinned packages come ready built."""
_STAMP = "made.json"

Tell = Callable[[str], None]


class CannotMake(ValueError):
    """An environment cannot be made; says why and what to do."""


class OwnEnvironment(NamedTuple):
    """Where a server's packages are, or will be, and from what they are made."""

    whose: str
    """For people: "the Argilla server"."""
    path: Path
    pins: Path
    base: Path
    """The Python that it is made with."""

    @property
    def python(self) -> Path:
        return self.path / "bin" / "python"

    @property
    def is_ready(self) -> bool:
        return (self.path / _STAMP).exists() and self.python.exists()


def own_environment(name: str, whose: str, pins: Path, python: Path | None = None) -> OwnEnvironment:
    """The environment for the pinned versions and a Python, whether it is made yet or not.

    Raises:
        CannotMake: the Python does not start, is too old, or so new that packages are missing for it.
    """
    base = python or Path(sys.executable)
    version = _version(base)
    if not OLDEST <= version <= NEWEST:
        raise CannotMake(
            f"{base}: Python {_dotted(version)}, and {whose} needs {_dotted(OLDEST)} to {_dotted(NEWEST)}; "
            "name one with --python"
        )
    folder = f"{name}-py{_dotted(version)}-{_digest(pins)[:12]}"
    return OwnEnvironment(whose, cache_folder() / folder, pins, base)


def make_once(
    wanted: OwnEnvironment, takes: str, fill: Callable[[], Mapping[str, Any]], tell: Tell, room_gb: int = 0
) -> None:
    """Make an environment unless it is there; whoever comes second waits for the first.

    Args:
        takes: how long it takes, for people.
        fill: installs the packages into the bare environment; what it returns is kept in the stamp.
        room_gb: what it may take on the disk.

    Raises:
        CannotMake: no room, no venv module, or what `fill` raises.
    """
    if wanted.is_ready:
        return
    wanted.path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(wanted, tell):
        if not wanted.is_ready:
            _make(wanted, takes, fill, tell, room_gb)


def cache_folder() -> Path:
    """Where environments are kept: KARDIA_CACHE, else `kardia` in the user's cache directory."""
    if given := os.environ.get("KARDIA_CACHE"):
        return Path(given).resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kardia"


def _make(wanted: OwnEnvironment, takes: str, fill: Callable[[], Mapping[str, Any]], tell: Tell, room_gb: int) -> None:
    began = time.monotonic()
    shutil.rmtree(wanted.path, ignore_errors=True)
    free = shutil.disk_usage(wanted.path.parent).free / 1e9
    if free < room_gb:
        raise CannotMake(
            f"{wanted.path.parent}: {free:.0f} GB free, and {wanted.whose}'s environment may take {room_gb}; free some "
            "space, or name another place with KARDIA_CACHE"
        )
    tell(f"making {wanted.whose}'s environment, once for this machine ({takes}): {wanted.path}")
    _start(wanted)
    stamp = {"pins": _digest(wanted.pins), "python": str(wanted.base), **fill()}
    half = wanted.path / f".{_STAMP}"
    half.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
    half.replace(wanted.path / _STAMP)
    tell(f"made in {time.monotonic() - began:.0f} s")


def _start(wanted: OwnEnvironment) -> None:
    command = [wanted.base, "-m", "venv", wanted.path]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise CannotMake(
            f"{wanted.base} -m venv: {last_line(done.stdout + done.stderr)}; "
            "install Python's venv module (Debian: python3-venv), or name another Python with --python"
        )


@contextmanager
def _alone(wanted: OwnEnvironment, tell: Tell) -> Generator[None]:
    with (wanted.path.parent / f"{wanted.path.name}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            tell(f"another process makes {wanted.whose}'s environment; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _version(python: Path) -> tuple[int, int]:
    if python == Path(sys.executable):
        return sys.version_info[:2]
    try:
        command = [python, "-c", "import sys; print(*sys.version_info[:2])"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        major, minor = map(int, done.stdout.split())
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise CannotMake(f"--python {python}: not a Python that starts") from error
    return major, minor


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


def _digest(pins: Path) -> str:
    return hashlib.sha256(pins.read_bytes()).hexdigest()


def last_line(text: str) -> str:
    """The last line that a program said."""
    return (text.strip().splitlines() or ["no reason given"])[-1]
