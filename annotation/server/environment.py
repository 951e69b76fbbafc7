"""The Argilla server's own virtual environment: made by itself, once for a machine.

argilla-server 2.8 needs pydantic 2.9, the rest of us 2.12 and newer; they talk HTTP. The environment lies in a cache
directory (`KARDIA_CACHE`, else the user's) under a name that holds the hash of the pinned versions and the Python version,
so another set of versions is another environment beside it, and a running server keeps its own. What is there under such
a name without its stamp is half made: it is made anew, from what pip has already fetched.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

PINS = Path(__file__).resolve().parents[2] / "constraints-annotation.txt"
OLDEST, NEWEST = (3, 11), (3, 13)
"""For these Python versions all pinned packages come ready built."""

_STAMP = "made.json"
_BUILT_ONLY = ("--no-deps", "--no-compile", "--only-binary", ":all:", "--disable-pip-version-check", "--no-input")

Tell = Callable[[str], None]


class CannotMake(ValueError):
    """The environment cannot be made; says why and what to do."""


class Environment(NamedTuple):
    """Where the server's packages are, or will be, and from what they are made."""

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


def environment(python: Path | None = None, pins: Path = PINS, cache: Path | None = None) -> Environment:
    """The environment for the pinned versions and a Python, whether it is made yet or not.

    Raises:
        CannotMake: the Python is too old, or so new that packages are missing for it.
    """
    base = python or Path(sys.executable)
    version = _version(base)
    if not OLDEST <= version <= NEWEST:
        raise CannotMake(
            f"{base}: Python {_dotted(version)}, and the Argilla server needs {_dotted(OLDEST)} to {_dotted(NEWEST)}; "
            "name one with --python"
        )
    name = f"argilla-py{_dotted(version)}-{_digest(pins)[:12]}"
    return Environment((cache or cache_folder()) / name, pins, base)


def make(wanted: Environment, tell: Tell) -> None:
    """Make an environment unless it is there; whoever comes second waits for the first.

    Raises:
        CannotMake: no venv module, no network, or a package that cannot be had.
    """
    if wanted.is_ready:
        return
    wanted.path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(wanted, tell):
        if not wanted.is_ready:
            _make(wanted, tell)


def cache_folder() -> Path:
    """Where environments are kept: KARDIA_CACHE, else `kardia` in the user's cache directory."""
    if given := os.environ.get("KARDIA_CACHE"):
        return Path(given).resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kardia"


def _make(wanted: Environment, tell: Tell) -> None:
    began = time.monotonic()
    packages = [line for line in wanted.pins.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    tell(f"making the Argilla server's environment, once for this machine (about a minute): {wanted.path}")
    shutil.rmtree(wanted.path, ignore_errors=True)
    _start(wanted)
    _install(wanted, len(packages), tell)
    stamp = {"pins": _digest(wanted.pins), "python": str(wanted.base), "packages": packages}
    half = wanted.path / f".{_STAMP}"
    half.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
    half.replace(wanted.path / _STAMP)
    tell(f"made in {time.monotonic() - began:.0f} s")


def _start(wanted: Environment) -> None:
    done = subprocess.run(
        [wanted.base, "-m", "venv", wanted.path], capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        raise CannotMake(
            f"{wanted.base} -m venv: {_last(done.stdout + done.stderr)}; "
            "install Python's venv module (Debian: python3-venv), or name another Python with --python"
        )


def _install(wanted: Environment, packages: int, tell: Tell) -> None:
    """Let pip fetch and install, and tell how far it is."""
    command = [wanted.python, "-m", "pip", "install", *_BUILT_ONLY, "--progress-bar", "off", "-r", wanted.pins]
    said, fetched = [], 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        assert pip.stdout
        for line in pip.stdout:
            said.append(line)
            if "(from -r " in line:
                fetched += 1
                if fetched % 20 == 0:
                    tell(f"  fetched {fetched} of {packages} packages")
            elif line.startswith("Installing collected"):
                tell(f"  installing {packages} packages")
    if pip.returncode:
        errors = [line for line in said if line.startswith("ERROR")] or said[-1:]
        raise CannotMake(
            f"the Argilla server's packages cannot be fetched: {_last(''.join(errors[:1]))}. Check the network, or set pip's "
            "index or proxy (PIP_INDEX_URL, HTTPS_PROXY), and run the command again; it goes on with what was fetched"
        )


@contextmanager
def _alone(wanted: Environment, tell: Tell) -> Generator[None]:
    with (wanted.path.parent / f"{wanted.path.name}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            tell("another process makes the Argilla server's environment; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _version(python: Path) -> tuple[int, int]:
    if python == Path(sys.executable):
        return sys.version_info[:2]
    try:
        done = subprocess.run(
            [python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, check=True
        )
        major, minor = map(int, done.stdout.split())
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise CannotMake(f"--python {python}: not a Python that starts") from error
    return major, minor


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


def _digest(pins: Path) -> str:
    return hashlib.sha256(pins.read_bytes()).hexdigest()


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]
