"""What training says while it runs: the line of a step and of a held-out look; and that it stops where it diverges."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from accelerate import Accelerator
from transformers import TrainerControl, TrainerState, TrainingArguments

from tests.train.rollouts import example, reply, scorer
from tests.train.test_manifest import MANIFEST
from train.groups.held_out import Best, HeldOutCallback
from train.groups.trainer import Answered, GroupTrainer
from train.rows import TrainingExample
from train.running.run_folder import TrainingRun
from train.running.stopping import Stop
from train.running.watching import Diverged, Watcher, figures_together

NAN, INF = float("nan"), float("inf")
Cost = Callable[[], float | None]


def arguments(path: Path, *, fp16: bool = False) -> TrainingArguments:
    args = TrainingArguments(output_dir=str(path), use_cpu=True, report_to=[])
    args.fp16 = fp16
    return args


def watcher_of(path: Path, cost: Cost | None = None) -> Watcher:
    return Watcher(TrainingRun(path, "grpo", {}, {}), MANIFEST, Stop(), cost=cost)


def at(step: int) -> TrainerState:
    return TrainerState(global_step=step, max_steps=200)


def logged(watcher: Watcher, step: int, logs: Mapping[str, float], *, fp16: bool = False) -> None:
    watcher.on_log(arguments(watcher.run.path, fp16=fp16), at(step), TrainerControl(), dict(logs))


@pytest.mark.parametrize(
    ("step", "seconds", "end"),
    [
        pytest.param(50, 240, ", to go 12 min", id="minutes"),
        pytest.param(50, 8, ", to go 24 s", id="seconds"),
        pytest.param(50, 3600, ", to go 3 h 0 min", id="hours"),
        pytest.param(0, 9, "", id="no step is done yet"),
        pytest.param(200, 240, "", id="nothing is left"),
    ],
)
def test_the_line_of_a_step_ends_with_the_time_to_go(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    step: int,
    seconds: float,
    end: str,
) -> None:
    watcher, begun = watcher_of(tmp_path), time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: begun)
    watcher.on_train_begin(arguments(tmp_path), at(0), TrainerControl())
    monkeypatch.setattr(time, "monotonic", lambda: begun + seconds)
    logged(watcher, step, {"loss": 0.5})
    assert capsys.readouterr().err == f"step {step} of 200: loss 0.5{end}\n"


@pytest.mark.parametrize(
    ("cost", "end"),
    [
        pytest.param(lambda: 0.01234, ", $0.0123", id="paid"),
        pytest.param(lambda: None, ", cost unknown", id="a call's price was not known"),
        pytest.param(lambda: 0.0, "", id="nothing was paid"),
        pytest.param(None, "", id="nobody is paid"),
    ],
)
def test_the_line_of_a_step_says_what_the_run_has_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cost: Cost | None, end: str
) -> None:
    logged(watcher_of(tmp_path, cost), 0, {"loss": 0.5})
    assert capsys.readouterr().err == f"step 0 of 200: loss 0.5{end}\n"


@pytest.mark.parametrize(("share", "said"), [(0.0667, ", judgements failed 6.7 %"), (0.0, "")])
def test_the_line_of_a_step_says_which_share_of_judgements_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], share: float, said: str
) -> None:
    logged(watcher_of(tmp_path), 0, {"reward": 0.5, "judge_failure_share": share})
    assert capsys.readouterr().err == f"step 0 of 200: reward 0.5{said}\n"


class Answering:
    """Stands in for a trainer whose policy answers by its step."""

    def __init__(self, answers: Sequence[str]):
        self.accelerator = Accelerator(cpu=True)
        self.args = SimpleNamespace(per_device_eval_batch_size=8)
        self._answers = iter(answers)

    def answer(self, examples: Sequence[TrainingExample], *, greedy: bool) -> list[Answered]:
        assert greedy
        said = next(self._answers)
        return [Answered(said, True, 9) for _ in examples]

    def run_unless_stopped(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(work)


def test_a_held_out_look_is_a_line_of_its_own_that_says_what_is_best(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = arguments(tmp_path)
    worse, better, failed = reply("angry", "Worse."), reply("sad", "Better."), reply("sad", "Nobody judges this.")
    trainer = cast(GroupTrainer, Answering([better, worse, better, worse, failed]))
    judge = scorer(lambda text: None if text == failed else 5 if text == better else 1)
    best = Best(tmp_path / "best")
    look = HeldOutCallback(trainer, [example()], judge, 50, best, lambda *_: None, lambda *_: None)
    look.on_train_begin(args, at(0), TrainerControl())
    for step in (49, 50, 100, 150, 200):
        look.on_step_end(args, at(step), TrainerControl())
    assert capsys.readouterr().err.splitlines() == [
        "step 0 of 200, held out: reward 1, before training",
        "step 50 of 200, held out: reward 0.3333, best so far",
        "step 100 of 200, held out: reward 1, best so far",
        "step 150 of 200, held out: reward 0.3333",
        "step 200 of 200, held out: reward unknown, judgements failed 100.0 %, too few of it scored to compare",
    ]


@pytest.mark.parametrize(
    ("logs", "why"),
    [
        pytest.param([{"loss": NAN}], "loss is nan", id="loss"),
        pytest.param([{"loss": INF, "grad_norm": 1.0}], "loss is inf", id="infinite loss"),
        pytest.param([{"loss": 1.0, "grad_norm": NAN}] * 3, "grad_norm is nan, 3 logs in a row", id="gradient"),
    ],
)
def test_figures_that_are_not_finite_end_training_with_what_to_do(
    tmp_path: Path, logs: list[dict[str, float]], why: str
) -> None:
    watcher = watcher_of(tmp_path)
    for step, each in enumerate(logs[:-1], 1):
        logged(watcher, step, each)
    with pytest.raises(Diverged) as stopped:
        logged(watcher, len(logs), logs[-1])
    assert str(stopped.value) == (
        f"the policy diverged at step {len(logs)} ({why}); lower learning_rate and begin anew in another --out"
    )
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == list(range(1, len(logs) + 1))


def test_a_gradient_that_is_not_finite_now_and_then_does_not_end_training(tmp_path: Path) -> None:
    watcher = watcher_of(tmp_path)
    for step, norm in enumerate([INF, NAN, 1.0, INF, INF, 1.0], 1):
        logged(watcher, step, {"loss": 1.0, "grad_norm": norm})
        logged(watcher, step, {"eval_loss": NAN})


def test_the_loss_scale_of_fp16_may_come_down_from_where_it_begins(tmp_path: Path) -> None:
    watcher = watcher_of(tmp_path)
    for step in range(1, 17):
        logged(watcher, step, {"loss": 1.0, "grad_norm": INF}, fp16=True)
    with pytest.raises(Diverged, match="at step 17 "):
        logged(watcher, 17, {"loss": 1.0, "grad_norm": INF}, fp16=True)


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_weights_that_are_not_finite_end_training_at_the_step_that_broke_them(tmp_path: Path, value: float) -> None:
    watcher, model, args = watcher_of(tmp_path), torch.nn.Linear(4, 4), arguments(tmp_path)
    watcher.on_step_end(args, at(1), TrainerControl(), model)
    with torch.no_grad():
        model.weight[1, 2] = value
    with pytest.raises(Diverged, match=r"diverged at step 2 \(its weights are not finite\); lower learning_rate"):
        watcher.on_step_end(args, at(2), TrainerControl(should_save=True), model)


def test_weights_that_are_not_learned_do_not_count(tmp_path: Path) -> None:
    model = torch.nn.Linear(2, 2)
    model.requires_grad_(False)
    with torch.no_grad():
        model.weight.fill_(NAN)
    watcher_of(tmp_path).on_step_end(arguments(tmp_path), at(1), TrainerControl(), model)


def test_the_card_has_the_last_figures_of_the_held_out_slice_under_their_own_name():
    trained, looked = {"accuracy": 1.0, "loss": 0.1}, {"accuracy": 0.8, "runtime": 3.0}
    seen = figures_together(figures_together({}, trained, held_out=False), looked, held_out=True)
    assert seen == {"accuracy": 1.0, "loss": 0.1, "held_out/accuracy": 0.8}
    assert figures_together(seen, {"loss": 0.05}, held_out=False) == {"loss": 0.05, "held_out/accuracy": 0.8}
