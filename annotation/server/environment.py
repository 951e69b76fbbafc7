"""The Argilla server's own environment: argilla-server 2.8 needs pydantic 2.9, the rest of us 2.12 and newer; they talk HTTP."""

import subprocess
from pathlib import Path
from typing import Any

from graphs.own_environment import CannotMake, OwnEnvironment, Tell, last_line, make_once, own_environment

PINS = Path(__file__).resolve().parents[2] / "constraints-annotation.txt"

_BUILT_ONLY = ("--no-deps", "--no-compile", "--only-binary", ":all:", "--disable-pip-version-check", "--no-input")


def environment(python: Path | None = None) -> OwnEnvironment:
    """The environment for the pinned versions and a Python, whether it is made yet or not.

    Raises:
        CannotMake: the Python is too old, or so new that packages are missing for it.
    """
    return own_environment("argilla", "the Argilla server", PINS, python)


def make(wanted: OwnEnvironment, tell: Tell) -> None:
    """Make an environment unless it is there; whoever comes second waits for the first.

    Raises:
        CannotMake: no venv module, no network, or a package that cannot be had.
    """
    make_once(wanted, "about a minute", lambda: _install(wanted, tell), tell)


def _install(wanted: OwnEnvironment, tell: Tell) -> dict[str, Any]:
    """Let pip fetch and install, and tell how far it is."""
    packages = [line for line in wanted.pins.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
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
                    tell(f"  fetched {fetched} of {len(packages)} packages")
            elif line.startswith("Installing collected"):
                tell(f"  installing {len(packages)} packages")
    if pip.returncode:
        errors = [line for line in said if line.startswith("ERROR")] or said[-1:]
        raise CannotMake(
            f"the Argilla server's packages cannot be fetched: {last_line(''.join(errors[:1]))}. Check the network, or set pip's "
            "index or proxy (PIP_INDEX_URL, HTTPS_PROXY), and run the command again; it goes on with what was fetched"
        )
    return {"packages": packages}
