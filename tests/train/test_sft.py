"""SFT on tiny models, for real: whole and by adapter, packed, stopped, killed and resumed, refused where it cannot be."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import cast

import pytest
from datasets import Dataset
from trl.trainer.sft_config import SFTConfig

from graphs.records import NoSpace, read_rows
from graphs.runs import RunInUse
from graphs.watching.processes import this_process
from tests.small_disk import grow
from train.models import load_model, load_tokenizer
from train.rows import TrainingExample
from train.running.manifest import read_manifest
from train.running.run_folder import Metrics, open_training_run
from train.settings import ModelSettings, read_settings
from train.sft import sft_trainer, train_sft
from train.stages import WrongSettings
from train.trl_config import trl_config

ROOT = Path(__file__).resolve().parents[2]
LORA = {"use_peft": "true", "lora_r": "4", "lora_dropout": "0.2"}


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


def settings_for(model: Path, **more: str) -> dict[str, str]:
    return {
        "model_name_or_path": str(model),
        "global_batch": "8",
        "per_device_train_batch_size": "8",
        "learning_rate": "1e-3",
        "save_steps": "2",
        "gradient_checkpointing": "false",
        **more,
    }


def curve(run: Path) -> list[Metrics]:
    return list(open_training_run(run).metrics())


def progress(run: Path) -> dict:
    return json.loads((run / "progress.json").read_text())


def figures(lines: list[Metrics]) -> list[tuple]:
    names = ("loss", "grad_norm", "learning_rate", "num_tokens", "mean_token_accuracy")
    return [(line.step, *(round(line.metrics[name] or 0, 5) for name in names)) for line in lines]


@pytest.mark.parametrize("lora", [{}, LORA], ids=["whole", "adapter"])
def test_a_run_leaves_its_model_curves_manifest_and_card(
    tiny_model: Path, examples_file: Path, tmp_path: Path, lora: dict[str, str]
):
    run = tmp_path / "run"
    ended = train_sft(None, examples_file, run, settings_for(tiny_model, learning_rate="2e-2", **lora))
    assert (ended.step, ended.of, ended.signal) == (6, 6, None)
    lines = curve(run)
    assert [line.step for line in lines] == [1, 2, 3, 4, 5, 6]
    assert (lines[-1].metrics["loss"] or 9) < (lines[0].metrics["loss"] or 0)
    assert (progress(run)["state"], progress(run)["step"], progress(run)["of"]) == ("done", 6, 6)
    for folder in (run, run / "checkpoint-4", run / "final"):
        manifest = read_manifest(folder)
        assert manifest.demonstration and manifest.adapter == bool(lora)
        assert manifest.data["examples_sha256"] and manifest.prompts["policy_template_sha256"]
        assert manifest.seeds == {"seed": 42} and manifest.versions["trl"]
        assert str(tmp_path) not in (folder / "manifest.json").read_text() + (folder / "README.md").read_text()
    card = (run / "final" / "README.md").read_text()
    assert card.startswith("---\nlibrary_name: ") and "TRAINED ON DEMONSTRATION DATA" in card
    assert (run / "final" / "adapter_config.json").exists() == bool(lora)
    assert not (run / "final" / "training_args.bin").exists()
    trained = load_model(ModelSettings(model_name_or_path=str(run / "final"), use_peft=bool(lora), lora_r=4))
    assert any(parameter.requires_grad for parameter in trained.model.parameters())


@pytest.mark.parametrize("more", [{}, {"save_strategy": "'no'"}], ids=["deleted", "never saved"])
def test_a_finished_run_is_left_as_it_is_without_its_checkpoints_too(
    tiny_model: Path, examples_file: Path, tmp_path: Path, more: dict[str, str]
):
    run, settings = tmp_path / "run", settings_for(tiny_model, max_steps="1", **more)
    train_sft(None, examples_file, run, settings)
    for checkpoint in run.glob("checkpoint-*"):
        shutil.rmtree(checkpoint)
    before = contents(run)
    ended = train_sft(None, examples_file, run, settings)
    assert (ended.step, ended.of) == (1, 1)
    assert contents(run) == before and before[run / "metrics.jsonl"]


def contents(run: Path) -> dict[Path, bytes]:
    """Every file of a run but its lock, which says who holds it."""
    return {path: path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name != "run.lock"}


def test_a_run_whose_checkpoints_are_gone_begins_anew_and_keeps_its_curve_aside(
    tiny_model: Path, examples_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    run, settings = tmp_path / "run", settings_for(tiny_model, max_steps="1")
    train_sft(None, examples_file, run, settings)
    before = (run / "metrics.jsonl").read_bytes()
    for folder in (run / "final", run / "checkpoint-1"):
        shutil.rmtree(folder)
    assert train_sft(None, examples_file, run, settings).step == 1
    assert (run / "set-aside-1" / "metrics.jsonl").read_bytes() == before
    assert str(run / "set-aside-1") in capfd.readouterr().err
    assert [line.step for line in curve(run)] == [1]


@pytest.mark.parametrize("file", ["trainer_state.json", "model.safetensors", "optimizer.pt"])
def test_a_run_goes_on_from_the_checkpoint_before_a_damaged_one_and_learns_the_same(
    tiny_model: Path, examples_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], file: str
):
    settings = settings_for(tiny_model)
    train_sft(None, examples_file, tmp_path / "whole", settings)
    run = tmp_path / "cut"
    shutil.copytree(tmp_path / "whole", run)
    for folder in (run / "final", run / "checkpoint-6"):
        shutil.rmtree(folder)
    os.truncate(run / "checkpoint-4" / file, 100)
    assert train_sft(None, examples_file, run, settings).step == 6
    assert f"checkpoint-4: {file} has 100 of " in (said := capfd.readouterr().err)
    assert "bytes; going on from checkpoint-2, " in said
    one, other = (path / "final" / "model.safetensors" for path in (tmp_path / "whole", run))
    assert one.read_bytes() == other.read_bytes()
    assert figures(curve(run)) == figures(curve(tmp_path / "whole"))


def test_a_diverging_run_ends_before_its_broken_weights_are_saved_and_says_so(
    tiny_model: Path, examples_file: Path, tmp_path: Path
):
    run = tmp_path / "run"
    settings = settings_for(tiny_model, learning_rate="1", weight_decay="1e39", save_steps="1")
    process = start(run, examples_file, settings, stderr=subprocess.PIPE)
    said = process.communicate()[1].decode()
    step = progress(run)["step"] + 1
    reason = f"the policy diverged at step {step} (its weights are not finite)"
    assert said.splitlines()[-1] == f"error: {reason}; lower learning_rate and begin anew in another --out"
    assert process.returncode == 2
    assert progress(run)["state"] == "failed" and progress(run)["reason"].startswith(reason)
    assert not (run / f"checkpoint-{step}").exists() and not (run / "final").exists()


def start(
    run: Path, examples: Path, settings: dict[str, str], stderr: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    sets = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    command = [
        sys.executable,
        "-P",
        "-m",
        "studio",
        "train",
        "sft",
        "--examples",
        str(examples),
        "--out",
        str(run),
        *sets,
    ]
    return subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"},
        stderr=stderr,
    )


@pytest.mark.parametrize("lora", [{}, LORA], ids=["whole", "adapter"])
def test_a_killed_run_goes_on_with_the_curve_of_one_that_was_not(
    tiny_model: Path, examples_file: Path, tmp_path: Path, lora: dict[str, str]
):
    settings = settings_for(tiny_model, num_train_epochs="20", save_steps="4", **lora)
    train_sft(None, examples_file, tmp_path / "whole", settings)
    killed = tmp_path / "killed"
    process = start(killed, examples_file, settings)
    while (
        not (killed / "checkpoint-8" / "manifest.json").exists()
        or len((killed / "metrics.jsonl").read_bytes().splitlines()) < 10
    ):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert not (killed / "final").exists()
    ended = train_sft(None, examples_file, killed, settings)
    assert ended.step == 60
    assert figures(curve(killed)) == figures(curve(tmp_path / "whole"))


def test_a_signal_stops_between_steps_with_a_checkpoint_and_the_same_command_goes_on(
    tiny_model: Path, examples_file: Path, tmp_path: Path
):
    run, settings = tmp_path / "run", settings_for(tiny_model, num_train_epochs="100", save_steps="1000")
    asked = threading.Thread(target=ask_after, args=(run / "metrics.jsonl", 3), daemon=True)
    asked.start()
    ended = train_sft(None, examples_file, run, settings)
    asked.join()
    assert ended.signal == signal.SIGTERM and 3 <= ended.step < 300
    assert (progress(run)["state"], progress(run)["step"]) == ("stopped", ended.step)
    assert open_training_run(run).last_checkpoint() == run / f"checkpoint-{ended.step}"
    assert not (run / "final").exists()
    again = threading.Thread(target=ask_after, args=(run / "metrics.jsonl", ended.step + 2), daemon=True)
    again.start()
    assert train_sft(None, examples_file, run, settings).step > ended.step
    again.join()
    steps = [line.step for line in curve(run)]
    assert steps == list(range(1, len(steps) + 1))


def ask_after(metrics: Path, lines: int) -> None:
    """Send this process SIGTERM once a run has logged so many lines."""
    while not metrics.exists() or len(metrics.read_bytes().splitlines()) < lines:
        time.sleep(0.005)
    os.kill(os.getpid(), signal.SIGTERM)


def test_packing_learns_the_same_as_one_sequence_a_row(tiny_model: Path, examples_file: Path, tmp_path: Path):
    everything = {"max_steps": "1", "global_batch": "24", "per_device_train_batch_size": "24"}
    one_row = {"max_steps": "1", "global_batch": "1", "per_device_train_batch_size": "1", "packing": "true"}
    losses = []
    for name, more in (("apart", everything), ("packed", one_row)):
        train_sft(None, examples_file, tmp_path / name, settings_for(tiny_model, **more))
        losses.append(curve(tmp_path / name)[0].metrics["loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_the_trainer_gets_the_masked_tokens_unchanged(tiny_model: Path, examples_file: Path, tmp_path: Path):
    from train.targets import tokens_of

    settings = read_settings("sft", None, settings_for(tiny_model))
    args = cast(SFTConfig, trl_config("sft", settings, tmp_path, 1))
    trainer = sft_trainer(settings, args, examples_file)
    tokenizer = load_tokenizer(settings.model)
    expected = [tokens_of(example, tokenizer) for example in read_rows(examples_file, TrainingExample)]
    assert cast(Dataset, trainer.train_dataset).to_list() == expected


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"model_name_or_path": "/nowhere/at/all"}, "^model_name_or_path: no folder /nowhere"),
        ({"max_length": "100000"}, "^max_length: 100000 tokens, but the model takes"),
        ({"max_length": "20"}, "^max_length: no example fits"),
        ({"load_in_4bit": "true", "use_peft": "true"}, "^load_in_4bit: .*GPU"),
        ({"attn_implementation": "flash_attention_2"}, "^attn_implementation: "),
        ({"use_peft": "true", "lora_target_modules": "[no_such_layer]"}, "^lora_target_modules: "),
        ({"global_batch": "9"}, "^global_batch: "),
        ({"use_liger_kernel": "true"}, "^use_liger_kernel: "),
    ],
)
def test_what_cannot_be_trained_is_refused_by_the_field(
    tiny_model: Path, examples_file: Path, tmp_path: Path, wrong: dict[str, str], named: str
):
    with pytest.raises(WrongSettings, match=named):
        train_sft(None, examples_file, tmp_path / "run", {**settings_for(tiny_model), **wrong})


def test_a_resume_with_another_setting_or_other_examples_is_refused(
    tiny_model: Path, examples_file: Path, tmp_path: Path
):
    run, settings = tmp_path / "run", settings_for(tiny_model, max_steps="1")
    train_sft(None, examples_file, run, settings)
    with pytest.raises(WrongSettings, match=r"^learning_rate: 0.001 in .*, 0.5 now"):
        train_sft(None, examples_file, run, {**settings, "learning_rate": "0.5"})
    fewer = tmp_path / "fewer.jsonl"
    fewer.write_text("".join(examples_file.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(WrongSettings, match=r"^data\.examples_sha256: "):
        train_sft(None, fewer, run, settings)


def test_a_run_in_use_is_refused_and_says_by_whom(tiny_model: Path, examples_file: Path, tmp_path: Path):
    run, settings = tmp_path / "run", settings_for(tiny_model, max_steps="1")
    train_sft(None, examples_file, run, settings)
    with open_training_run(run).lock(), pytest.raises(RunInUse, match=f"process {this_process().pid} on"):
        train_sft(None, examples_file, run, settings)


def test_a_full_disk_stops_the_run_and_it_goes_on_when_there_is_room(
    tiny_model: Path, examples_file: Path, small_disk: Path
):
    given = settings_for(tiny_model, max_steps="2")
    with pytest.raises(NoSpace, match="no space left"):
        train_sft(None, examples_file, small_disk / "run", given)
    grow(small_disk)
    assert train_sft(None, examples_file, small_disk / "run", given).step == 2
