"""A disk of a megabyte and a half, where we may mount one: what is written to it comes to its end."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Its folder; `grow` makes room on it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if not _mounted(disk):
        pytest.skip("no right to mount a small disk here")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def grow(disk: Path) -> None:
    """Make room."""
    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)


def _mounted(disk: Path) -> bool:
    if os.geteuid() or not shutil.which("mount"):
        return False
    mount = ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", disk]
    return not subprocess.run(mount, capture_output=True, check=False).returncode
