"""GRPO on tiny models: Eq. 6-9 as set, the SFT model as reference, failures that move nothing, resumes that go on exactly."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from graphs.llm.errors import BudgetReached
from graphs.llm.prices import Price
from graphs.offline.server import start_process
from graphs.schema import digest
from tests.measure.test_judge import marks as marks_text
from tests.train.grpo_material import EXAMPLES, settings_of
from train.ledger.check import check_ledger
from train.ledger.ledger import read_ledger
from train.outcomes.scoring import Rated, Scorer
from train.outcomes.source import JudgePay
from train.rewards import Part
from train.rows import OutcomeKind, Rollout, TrainingExample
from train.running.checkpoints import checkpoints
from train.running.run_folder import open_training_run

OUTCOME_ONLY: Mapping[Part, float] = {"format": 0.0, "emotion": 0.0, "outcome": 1.0}


@pytest.fixture(scope="module")
def sft_adapter(sft_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter on that policy that says something, as SFT would have left it."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    path = tmp_path_factory.mktemp("sft") / "adapter"
    base = AutoModelForCausalLM.from_pretrained(sft_model)
    model = get_peft_model(base, LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM"))
    torch.manual_seed(0)
    for name, weights in model.named_parameters():
        if "lora_B" in name:
            weights.data.normal_(0, 0.01)
    model.save_pretrained(str(path))
    AutoTokenizer.from_pretrained(sft_model).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def judge() -> Iterator[str]:
    """The embedded judge, once for all runs."""
    with start_process(seed=42) as url:
        yield url


def train(model: Path, hard: Path, out: Path, judge: str, **changed: str):
    from train.grpo import train_grpo

    return train_grpo(None, hard, out, settings_of(model, judge_base_url=judge, **changed))


class Given:
    """An outcome by the text's length; every third candidate that is asked for fails, if so told."""

    kind: OutcomeKind = "reward_model"

    def __init__(self, *, fails: bool = False):
        self._fails = fails

    async def rate(self, examples: Sequence[TrainingExample], completions: Sequence[str]) -> list[Rated]:
        return [
            Rated(None, failure="no answer")
            if self._fails and at % 3 == 0
            else Rated(int(digest(text)[:4], 16) / 65536)
            for at, text in enumerate(completions)
        ]


def trainer_for(
    model: Path, out: Path, scorer: Scorer, kept: list[Rollout], ratio: Any = "generation", **changed: str
) -> Any:
    from train.groups.trainer import GroupTrainer
    from train.models import load_model, load_tokenizer
    from train.settings import read_settings
    from train.trl_config import trl_config

    settings = read_settings("grpo", None, settings_of(model, **changed))
    args: Any = trl_config("grpo", settings, out, 1)
    policy, tokenizer = load_model(settings.model), load_tokenizer(settings.model)
    return GroupTrainer(policy, args, tokenizer, EXAMPLES, scorer, kept.extend, ratio=ratio)


def first_batch(trainer: Any) -> dict[str, Any]:
    """What the loss of the first step is taken from."""
    trainer.model.train()
    return trainer._generate_and_score_completions(next(iter(trainer.get_train_dataloader())))


def test_trl_gives_a_failed_judge_minus_2_47_and_we_give_it_nothing(sft_model: Path, tmp_path: Path) -> None:
    from trl.trainer.grpo_trainer import GRPOTrainer

    from train.rewards import advantages, unified_reward

    def good(completions: list[str], **_: object) -> list[float]:
        return [1.0] * len(completions)

    def judge(completions: list[str], **_: object) -> list[float | None]:
        return [0.75] * 7 + [None]

    rewards: Any = [good, good, judge]

    ours = trainer_for(
        sft_model,
        tmp_path,
        Scorer(Given(), OUTCOME_ONLY, "population", 1e-4, 1),
        [],
        num_generations="8",
        per_device_train_batch_size="8",
    )
    ours.args.reward_weights = [1 / 3] * 3
    theirs = GRPOTrainer(model=str(sft_model), reward_funcs=rewards, args=ours.args, train_dataset=ours.train_dataset)
    moved = first_batch(theirs)["advantages"].tolist()
    assert moved[7] == pytest.approx(-2.47, abs=0.01)
    unified = [
        unified_reward({"format": 1, "emotion": 1, "outcome": o}, {"format": 1 / 3, "emotion": 1 / 3, "outcome": 1 / 3})
        for o in [0.75] * 7 + [None]
    ]
    assert advantages([unified], std="population", epsilon=1e-4) == [[0.0] * 8]


def test_a_candidate_whose_judge_failed_stands_outside_its_group(sft_model: Path, tmp_path: Path) -> None:
    kept: list[Rollout] = []
    batch = first_batch(
        trainer_for(sft_model, tmp_path, Scorer(Given(fails=True), OUTCOME_ONLY, "population", 1e-4, 1), kept)
    )
    assert batch["advantages"].tolist() == pytest.approx([r.advantage for r in kept])
    failed = [r for r in kept if r.failure]
    assert failed and all(r.advantage == 0 and r.reward is None for r in failed)
    for group in (kept[:4], kept[4:]):
        rewards = [r.reward for r in group if r.reward is not None]
        mean = sum(rewards) / len(rewards)
        std = (sum((reward - mean) ** 2 for reward in rewards) / len(rewards)) ** 0.5
        wanted = [(r.reward - mean) / (std + 1e-4) for r in group if r.reward is not None]
        assert [r.advantage for r in group if r.reward is not None] == pytest.approx(wanted, abs=1e-6)


def test_a_generation_that_no_judge_scored_has_no_reward_in_the_curves(sft_model: Path, tmp_path: Path) -> None:
    class Unscored(Scorer):
        async def score_groups(self, *given: Any, **named: Any) -> list[list[Rollout]]:
            failed = {"failure": "no answer", "outcome_reward": None, "reward": None, "advantage": 0.0}
            groups = await super().score_groups(*given, **named)
            return [[rollout.model_copy(update=failed) for rollout in group] for group in groups]

    kept: list[Rollout] = []
    trainer = trainer_for(sft_model, tmp_path, Unscored(Given(), OUTCOME_ONLY, "population", 1e-4, 1), kept)
    assert not first_batch(trainer)["advantages"].any()
    trainer.log({})
    [logged] = trainer.state.log_history
    assert all(rollout.failure for rollout in kept) and logged["judge_failure_share"] == 1
    assert not {"reward", "reward_std", "reward/outcome", "frac_groups_without_variance"} & set(logged)


def test_a_policy_that_gives_no_token_a_probability_ends_as_diverged_with_the_field(
    sft_model: Path, tmp_path: Path
) -> None:
    from train.running.watching import Diverged

    trainer = trainer_for(sft_model, tmp_path, Scorer(Given(), OUTCOME_ONLY, "population", 1e-4, 1), [])
    trainer.args.learning_rate = 1e30
    with pytest.raises(Diverged, match=r"diverged at step \d .*lower learning_rate"):
        trainer.train()


def test_the_ratio_of_eq_8_can_stand_on_the_sft_model(sft_model: Path, tmp_path: Path) -> None:
    scorer = Scorer(Given(), OUTCOME_ONLY, "population", 1e-4, 1)
    batch = first_batch(trainer_for(sft_model, tmp_path, scorer, [], ratio="reference"))
    assert batch["old_per_token_logps"] is batch["ref_per_token_logps"]
    assert "old_per_token_logps" not in first_batch(trainer_for(sft_model, tmp_path, scorer, []))


def curve(out: Path) -> list[dict[str, Any]]:
    """metrics.jsonl without what a clock said."""
    lines = [line.model_dump(exclude={"at"}) for line in open_training_run(out).metrics()]
    for line in lines:
        line["metrics"].pop("step_time", None)
    return lines


@pytest.fixture(scope="module")
def whole(sft_model: Path, hard: Path, judge: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed."""
    out = tmp_path_factory.mktemp("grpo") / "whole"
    assert train(sft_model, hard, out, judge).step == 6
    return out


def test_a_run_leaves_curves_ledger_best_and_final(whole: Path, hard: Path) -> None:
    from train.running.manifest import read_manifest

    lines = curve(whole)
    assert [line["step"] for line in lines if line["split"] == "held_out"] == [0, 2, 4, 6]
    assert [line["step"] for line in lines if line["split"] == "train"] == [1, 2, 3, 4, 5, 6]
    wanted = {"reward", "reward/format", "reward/emotion", "reward/outcome", "reward_std", "frac_groups_without_variance", "kl",
              "entropy", "completion_length", "clipped_share", "judge_failure_share", "loss", "num_tokens"}  # fmt: skip
    assert all(wanted <= set(line["metrics"]) for line in lines if line["split"] == "train")
    checked = check_ledger(whole, hard)
    assert (checked.rollouts, checked.findings) == (48, [])
    assert any(rollout.marks for rollout in read_ledger(whole / "ledger.jsonl"))
    held_out = {
        line["step"]: line["metrics"]["reward"] for line in lines if line["split"] == "held_out" and line["step"]
    }
    best = json.loads((whole / "best" / "best.json").read_text())
    assert best["reward"] == max(held_out.values())
    assert best["step"] == min(step for step, reward in held_out.items() if reward == best["reward"])
    assert best["scored"] == best["examples"] == len(best["rewards"]) == 2
    noted = read_manifest(whole / "best")
    assert noted.step == best["step"]
    assert noted.figures["held_out/reward"] == pytest.approx(best["reward"])
    assert read_manifest(whole / "final").rewards
    assert json.loads((whole / "progress.json").read_text())["state"] == "done"


def test_a_run_that_could_learn_nothing_says_so(hard: Path, tmp_path: Path, judge: str) -> None:
    from train.tiny import make_policy

    speechless = make_policy(tmp_path / "model", ["Nothing was said."], vocabulary=300, width=64, positions=256)
    ended = train(speechless, hard, tmp_path / "run", judge, max_steps="1", max_completion_length="8", held_out="0")
    assert "NOTHING WAS LEARNT" in ended.text()


def test_a_killed_run_goes_on_as_if_nothing_had_happened(
    sft_model: Path, hard: Path, judge: str, whole: Path, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    sets = [part for name, value in settings_of(sft_model).items() for part in ("--set", f"{name}={value}")]
    command = [sys.executable, "-P", "-m", "studio", "train", "grpo", "--examples", str(hard), "--out", str(out), *sets]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 120
    while not any((path / "manifest.json").exists() for path in checkpoints(out) if path.name != "checkpoint-1"):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert train(sft_model, hard, out, judge).step == 6
    assert curve(out) == curve(whole)
    assert list(read_ledger(out / "ledger.jsonl")) == list(read_ledger(whole / "ledger.jsonl"))
    assert (out / "final" / "model.safetensors").read_bytes() == (whole / "final" / "model.safetensors").read_bytes()


def test_a_run_that_is_asked_to_stop_saves_and_goes_on_in_a_span_of_reused_generations(
    sft_adapter: Path, hard: Path, judge: str, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    changed = {"num_iterations": "2", "num_train_epochs": "1"}
    assert train(sft_adapter, hard, tmp_path / "whole", judge, **changed).step == 6

    def stop_at_step_3() -> None:
        while not (tmp_path / "out" / "checkpoint-2").exists():
            time.sleep(0.005)
        os.kill(os.getpid(), signal.SIGTERM)

    asking = threading.Thread(target=stop_at_step_3, daemon=True)
    asking.start()
    stopped = train(sft_adapter, hard, tmp_path / "out", judge, **changed)
    asking.join()
    assert stopped.signal == signal.SIGTERM and stopped.step < 6
    assert json.loads((tmp_path / "out" / "progress.json").read_text())["state"] == "stopped"
    assert train(sft_adapter, hard, tmp_path / "out", judge, **changed).step == 6
    assert curve(tmp_path / "out") == curve(tmp_path / "whole")
    sft = load_file(sft_adapter / "adapter_model.safetensors")
    reference = load_file(tmp_path / "out" / "checkpoint-6" / "ref" / "adapter_model.safetensors")
    policy = load_file(tmp_path / "out" / "final" / "adapter_model.safetensors")
    assert all(reference[name].equal(weights) for name, weights in sft.items())
    assert any(not policy[name].equal(weights) for name, weights in sft.items())
    assert not (tmp_path / "out" / "final" / "ref").exists()


@pytest.mark.parametrize("kind", ["whole model", "adapter of SFT", "new adapter on a whole model"])
def test_the_reference_is_the_sft_model_by_weights_after_a_resume_too(
    kind: str, sft_model: Path, sft_adapter: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    scorer = Scorer(Given(), OUTCOME_ONLY, "population", 1e-4, 1)
    start = sft_adapter if kind == "adapter of SFT" else sft_model
    changed = {"use_peft": "true", "lora_r": "4", "lora_alpha": "8"} if kind.startswith("new") else {}
    for steps, checkpoint in ((1, None), (2, str(tmp_path / "checkpoint-1"))):
        trainer = trainer_for(start, tmp_path, scorer, [], max_steps=str(steps), **changed)
        trainer.train(resume_from_checkpoint=checkpoint)
    policy = trainer.accelerator.unwrap_model(trainer.model).state_dict()
    if kind == "whole model":
        reference, learned = trainer.ref_model.state_dict(), policy
    elif kind == "adapter of SFT":
        reference = {name.replace(".ref.", "."): weights for name, weights in policy.items() if ".ref." in name}
        learned = {name.replace(".default.", "."): weights for name, weights in policy.items() if ".default." in name}
    else:  # the reference is the model below the adapter, which is switched off for it
        below = {
            name.removeprefix("base_model.model."): weights for name, weights in policy.items() if "lora_" not in name
        }
        reference = {name.replace(".base_layer.", "."): weights for name, weights in below.items()}
        learned = {}
        assert any(weights.any() for name, weights in policy.items() if "lora_B" in name)
    sft = load_file(start / ("adapter_model.safetensors" if start == sft_adapter else "model.safetensors"))
    assert sft.keys() <= reference.keys() and all(reference[name].equal(weights) for name, weights in sft.items())
    assert not learned or any(not learned[name].equal(weights) for name, weights in sft.items())


def test_a_checkpoint_with_another_reference_is_refused(sft_adapter: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    from train.groups.callbacks import ReferenceGuard
    from train.stages import WrongSettings

    scorer = Scorer(Given(), OUTCOME_ONLY, "population", 1e-4, 1)
    trainer_for(sft_adapter, tmp_path, scorer, [], max_steps="1").train()
    file = tmp_path / "checkpoint-1" / "ref" / "adapter_model.safetensors"
    save_file({name: weights + 1 for name, weights in load_file(file).items()}, file)
    resumed = trainer_for(sft_adapter, tmp_path, scorer, [], max_steps="2")
    resumed.add_callback(ReferenceGuard(resumed))
    with pytest.raises(WrongSettings, match="reference is not this SFT model"):
        resumed.train(resume_from_checkpoint=str(tmp_path / "checkpoint-1"))


class Rubbish(BaseHTTPRequestHandler):
    """A judge that never answers in JSON."""

    text = "I would rather not."
    answered = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        type(self).answered += 1
        said = {"role": "assistant", "content": self.text}
        body = json.dumps({"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [{"index": 0, "message": said, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}).encode()  # fmt: skip
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return


class Fair(Rubbish):
    """A judge that gives every reply three points, for two tokens a time."""

    text = marks_text(3)
    answered = 0


@pytest.fixture
def rubbish_judge() -> Iterator[str]:
    with serving(Rubbish) as url:
        yield url


@pytest.fixture
def fair_judge() -> Iterator[str]:
    with serving(Fair) as url:
        yield url


@contextmanager
def serving(judge: type[Rubbish]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), judge)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()


def test_too_many_failed_judgements_stop_the_run_with_the_reason_and_a_good_judge_resumes_it(
    sft_model: Path, hard: Path, judge: str, rubbish_judge: str, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    from train.outcomes.scoring import TooManyFailures

    out = tmp_path / "out"
    with pytest.raises(TooManyFailures, match=r"max_failed_share 20%.*off format"):
        train(sft_model, hard, out, rubbish_judge)
    noted = json.loads((out / "progress.json").read_text())
    assert "max_failed_share" in noted["reason"]
    failed = [bool(rollout.failure) for rollout in read_ledger(out / "ledger.jsonl") if rollout.step == 1]
    assert len(failed) == 8 and sum(failed) > 4
    unmoved, moved = (load_file(each / "model.safetensors") for each in (sft_model, out / "checkpoint-1"))
    assert all(moved[name].equal(weights) for name, weights in unmoved.items())
    assert train(sft_model, hard, out, judge).step == 6
    assert json.loads((out / "progress.json").read_text())["state"] == "done"
    assert curve(out)[-1]["metrics"]["judge_failure_share"] == 0
    assert check_ledger(out, hard).findings == []


def test_a_run_whose_looks_were_not_scored_says_that_no_checkpoint_was_chosen(
    sft_model: Path, hard: Path, rubbish_judge: str, tmp_path: Path
) -> None:
    given = {"max_steps": "1", "max_failed_share": "1", "held_out": "0.3"}
    ended = train(sft_model, hard, tmp_path / "run", rubbish_judge, **given)
    assert not (tmp_path / "run" / "best").exists()
    assert "NO best/" in ended.text() and "OF THE OUTCOMES FAILED" not in ended.text()


def test_money_is_counted_whole_and_a_spent_budget_buys_nothing_more_at_a_resume(
    sft_model: Path, hard: Path, judge: str, fair_judge: str, tmp_path: Path
) -> None:
    from train.grpo import train_grpo

    settings = settings_of(sft_model, judge_base_url=judge, held_out="0", max_steps="2", logging_steps="2",
                           judge_concurrency="1")  # fmt: skip
    second = {"second_judge_model": "fair", "second_judge_base_url": fair_judge, "second_judge_share": "1.0"}

    def run(name: str, budget_usd: float | None = None) -> float:
        """What the run says that it has cost, when it ended or stopped."""
        pay = JudgePay(Price(1000, 1000), budget_usd, second_judge_price=Price(5000, 5000))
        with suppress(BudgetReached):
            train_grpo(None, hard, tmp_path / name, settings | second, pay)
        return json.loads((tmp_path / name / "progress.json").read_text())["cost_usd"]

    whole = run("whole")
    first = sum(rollout.cost_usd or 0 for rollout in read_ledger(tmp_path / "whole" / "ledger.jsonl"))
    assert first > 0 and Fair.answered > 0
    assert whole == pytest.approx(first + Fair.answered * 0.01)
    spent = run("stopped", whole / 2)
    assert whole / 2 <= spent < whole
    assert run("stopped", whole / 2) == spent and not (tmp_path / "stopped" / "final").exists()
    assert spent < run("stopped") <= whole * 1.000001
    assert (tmp_path / "stopped" / "final").exists()


def test_a_ledger_that_ends_before_its_curve_is_found(whole: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    lines = (whole / "ledger.jsonl").read_text().splitlines(keepends=True)
    (run / "ledger.jsonl").write_text("".join(lines[:-8]))
    (run / "metrics.jsonl").write_bytes((whole / "metrics.jsonl").read_bytes())
    assert [(each.step, each.field) for each in check_ledger(run).findings] == [(6, "step")]


def test_a_curve_that_tells_of_another_reward_is_found(whole: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "ledger.jsonl").write_bytes((whole / "ledger.jsonl").read_bytes())
    first = next(line for line in curve(whole) if line["split"] == "train")
    first["metrics"]["reward"] += 0.01
    (run / "metrics.jsonl").write_text(json.dumps({"at": "", **first}) + "\n")
    assert [(each.step, each.field) for each in check_ledger(run).findings] == [(1, "reward")]
