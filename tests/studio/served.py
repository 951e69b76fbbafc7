"""A real studio on a free port of this machine, for as long as a test needs it."""

import os
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tests.graphs.runs import ROOT
from tests.studio.workspace_fixture import Ground

STARTS_WITHIN_S = 60
_LOWEST, _HIGHEST, _WORKERS = 20_000, 32_000, 16
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
_PORTS = iter(random.Random(os.getpid()).sample(range(_LOWEST + _WORKER, _HIGHEST, _WORKERS), 700))


class Studio(NamedTuple):
    """Where it is served, what it looks at, and the process that serves it."""

    port: int
    ground: Ground
    pid: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serve(ground: Ground) -> Iterator[Studio]:
    """`kardia studio` for a workspace; ended by its process id."""
    port = free_port()
    log = ground.root / "studio.log"
    command = [sys.executable, "-m", "studio.cli", "studio", "--port", str(port), "--workspace", str(ground.root)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, env=os.environ)
    try:
        _wait(process, port, log)
        yield Studio(port, ground, process.pid, log)
    finally:
        process.terminate()
        process.wait(60)


def free_port() -> int:
    """A port that nobody takes before it is served: under those that the system hands out, each once, each worker its own."""
    for port in _PORTS:
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError(f"no port is free between {_LOWEST} and {_HIGHEST}")


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the studio did not start: {log.read_text()}")
