"""A GRPO run whose judge hangs: one signal drops the step that waits for it, a second one stops at once, without tracebacks."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest
from transformers import TrainerControl, TrainerState, TrainingArguments

from tests.measure.test_judge import marks as marks_text
from tests.train.grpo_material import EXAMPLES, settings_of
from train.ledger.check import check_ledger
from train.ledger.ledger import read_ledger
from train.running import stopping
from train.running.run_folder import open_training_run
from train.running.stopping import Stop

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


VARIED = {"judge_sees": "reply", "temperature": "1.3"}
"""Without these, a judgement that is kept would do for every candidate."""


class Tiring(ThreadingHTTPServer):
    """A judge that gives three points for everything, until a file holds a text: then it hangs."""

    daemon_threads = True

    def __init__(self, file: Path, tired_at: str) -> None:
        super().__init__(("127.0.0.1", 0), _Tired)
        self.hangs, self.over = threading.Event(), threading.Event()
        self.file, self.tired_at = file, tired_at

    def start(self) -> str:
        """Serve, and ask this process to stop as soon as a call hangs; gives the address."""
        for work in (self.serve_forever, self._stop_when_it_hangs):
            threading.Thread(target=work, daemon=True).start()
        return f"http://127.0.0.1:{self.server_port}/v1"

    def _stop_when_it_hangs(self) -> None:
        if self.hangs.wait(PATIENCE_S):
            os.kill(os.getpid(), signal.SIGTERM)

    @property
    def is_tired(self) -> bool:
        return not self.over.is_set() and self.file.exists() and self.tired_at in self.file.read_text()


class _Tired(BaseHTTPRequestHandler):
    server: Tiring

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.is_tired:
            self.server.hangs.set()
            self.server.over.wait(PATIENCE_S)
            return
        message = {"role": "assistant", "content": marks_text(3)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        body = json.dumps(
            {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
        )
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_request(self, *_: object) -> None:
        pass


def test_one_signal_drops_the_step_that_waits_for_a_judge_and_the_run_goes_on_as_if_nothing_had_happened(
    sft_model: Path, hard: Path, tmp_path: Path
) -> None:
    from train.grpo import train_grpo

    stopped, whole = tmp_path / "stopped", tmp_path / "whole"
    server = Tiring(stopped / "metrics.jsonl", '"step":3')
    given = settings_of(sft_model, save_steps="100", **VARIED) | {"judge_base_url": server.start()}
    ended = train_grpo(None, hard, stopped, given)
    assert ended.signal == signal.SIGTERM and 3 <= ended.step < 6 and not ended.is_done
    assert "was dropped" in open_training_run(stopped).progress().reason and "was dropped" in ended.text()
    assert {rollout.step for rollout in read_ledger(stopped / "ledger.jsonl")} == set(range(1, ended.step + 1))
    assert check_ledger(stopped, hard).findings == []
    server.over.set()
    assert train_grpo(None, hard, stopped, given).is_done
    assert train_grpo(None, hard, whole, given).is_done
    assert list(read_ledger(stopped / "ledger.jsonl")) == list(read_ledger(whole / "ledger.jsonl"))
    assert curve(stopped) == curve(whole)
    assert (stopped / "final" / "model.safetensors").read_bytes() == (
        whole / "final" / "model.safetensors"
    ).read_bytes()
    server.shutdown()


def curve(run: Path) -> list[tuple[int, str, dict[str, float | None]]]:
    """metrics.jsonl without what a clock said."""
    lines = [(line.step, line.split, dict(line.metrics)) for line in open_training_run(run).metrics()]
    return [
        (step, split, {name: value for name, value in told.items() if name != "step_time"})
        for step, split, told in lines
    ]


async def never() -> str:
    await asyncio.Event().wait()
    return ""


async def at_once() -> str:
    return "here"


def test_only_what_is_still_waited_for_a_moment_after_the_signal_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "MOMENT_S", 0.2)
    stop = Stop()
    stop.signal = signal.SIGTERM
    assert asyncio.run(stop.wait_for(at_once())) == "here"
    assert asyncio.run(stop.wait_for(never())) is None


class Unanswered:
    """Stands in for a trainer whose judge is let go of in the first of its looks."""

    def __init__(self) -> None:
        from accelerate import Accelerator

        self.args = TrainingArguments(use_cpu=True, report_to=[])
        self.accelerator = Accelerator(cpu=True)
        self.looks = 0

    def answer(self, examples: list[Any], *, greedy: bool) -> list[Any]:
        from train.groups.trainer import Answered

        return [Answered("Nothing in spans.", True, 3) for _ in examples]

    def run_unless_stopped(self, work: Any) -> Any:
        self.looks += 1
        found = asyncio.run(work)
        return None if self.looks == 1 else found


def test_a_look_that_was_let_go_is_owed_and_taken_when_the_run_goes_on(tmp_path: Path) -> None:
    from tests.train.rollouts import scorer
    from train.groups.held_out import Best, HeldOutCallback

    trainer, seen, control = Unanswered(), list[int](), TrainerControl()

    def note(step: int, _: object) -> None:
        seen.append(step)

    def looking(looked_at: int | None) -> HeldOutCallback:
        judge, best = scorer(lambda _: 5), Best(tmp_path / "best")
        return HeldOutCallback(cast(Any, trainer), EXAMPLES[:2], judge, 2, best, note, lambda *_: None, looked_at)

    at = TrainerState(global_step=2, max_steps=6)
    first = looking(None)
    first.on_step_end(trainer.args, at, control)
    assert first.is_owed and control.should_save and control.should_log and control.should_training_stop and seen == []
    looking(None).on_train_begin(trainer.args, at, control)
    assert seen == [2]
    looking(2).on_train_begin(trainer.args, at, control)
    assert seen == [2]


def test_a_dropped_step_after_one_that_was_not_logged_says_that_no_checkpoint_was_saved(
    sft_model: Path, hard: Path, tmp_path: Path
) -> None:
    from train.grpo import train_grpo

    run = tmp_path / "run"
    server = Tiring(run / "ledger.jsonl", '"step":3')
    given = settings_of(sft_model, save_steps="100", logging_steps="2", held_out_every="2", **VARIED)
    given |= {"judge_base_url": server.start()}
    ended = train_grpo(None, hard, run, given)
    assert ended.step == 3 and not (run / "checkpoint-3").exists()
    assert "no checkpoint was saved" in ended.text()
    assert (run / "best" / "best.json").exists()
    server.over.set()
    assert train_grpo(None, hard, run, given).is_done
    assert (run / "set-aside-1" / "best" / "best.json").exists()
