"""A GRPO run whose judge hangs: one signal waits for the step, a second one stops at once, in words and not in tracebacks."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.train.grpo_material import settings_of
from train.running.run_folder import open_training_run

PATIENCE_S = 120


class Hanging(ThreadingHTTPServer):
    """A judge that never answers; it says when it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Silent)
        self.asked, self.over = threading.Event(), threading.Event()


class _Silent(BaseHTTPRequestHandler):
    server: Hanging

    def do_POST(self) -> None:
        self.server.asked.set()
        self.server.over.wait(PATIENCE_S)

    def log_request(self, *_: object) -> None:
        pass


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    server = Hanging()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.over.set()
    server.shutdown()


def test_a_second_signal_does_not_wait_for_a_judge_that_hangs(
    sft_model: Path, hard: Path, tmp_path: Path, hanging: Hanging
):
    out = tmp_path / "run"
    url = f"http://127.0.0.1:{hanging.server_port}/v1"
    given = settings_of(sft_model, judge_base_url=url, held_out="0")
    sets = [part for name, value in given.items() for part in ("--set", f"{name}={value}")]
    command = [sys.executable, "-P", "-m", "studio", "train", "grpo", "--examples", str(hard), "--out", str(out), *sets]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert hanging.asked.wait(PATIENCE_S)
    process.send_signal(signal.SIGTERM)
    said = ""
    while "once more stops at once" not in said:
        said += process.stderr.readline()
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    said += process.communicate(timeout=PATIENCE_S)[1]
    assert process.returncode == 130
    assert "Traceback" not in said and "never retrieved" not in said
    noted = open_training_run(out).progress()
    assert (noted.state, noted.step) == ("stopped", 0) and "stopped by hand" in noted.reason
