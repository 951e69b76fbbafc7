"""`kardia train sft` and `merge`, and `python -m studio train sft`: plans, results, and one plain message where it fails."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from graphs.runs import WrongUse
from studio import cli
from train.running.command_line import exit_code, overrides_of
from train.running.session import Ended
from train.sft import train_sft
from train.sft_plan import plan_sft


def kardia(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of a command."""
    monkeypatch.setattr("sys.argv", ["kardia", *words])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(SystemExit) as left:
        cli.main()
    return int(left.value.code or 0)


def sft_words(model: Path, examples: Path, out: Path, *more: str) -> list[str]:
    sets = {"model_name_or_path": model, "global_batch": 8, "max_steps": 1, "use_peft": "true"}
    words = [word for name, value in sets.items() for word in ("--set", f"{name}={value}")]
    return ["train", "sft", "--examples", str(examples), "--out", str(out), *words, *more]


def test_a_dry_run_shows_settings_steps_and_an_estimate_and_writes_nothing(
    tiny_model: Path, examples_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    out = tmp_path / "run"
    assert kardia(sft_words(tiny_model, examples_file, out, "--dry-run", "--json"), monkeypatch) == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["sequences"], plan["steps"], plan["gradient_accumulation_steps"]) == (24, 1, 2)
    assert plan["settings"]["learning_rate"] == 1e-4 and plan["machine"]["use_cpu"]
    assert plan["estimate"]["memory"] and plan["estimate"]["hours"]
    assert not out.exists()
    assert kardia(sft_words(tiny_model, examples_file, out, "--dry-run"), monkeypatch) == 0
    assert "learning_rate: 0.0001" in capsys.readouterr().out


def test_a_dry_run_with_packing_says_one_number_of_steps(tiny_model: Path, examples_file: Path):
    packed = {"model_name_or_path": str(tiny_model), "global_batch": "8", "packing": "true", "max_length": "512"}
    plan = plan_sft(None, examples_file, packed, 1)
    assert (
        plan["steps"]
        == plan["estimate"]["steps"]
        < plan_sft(None, examples_file, packed | {"packing": "false"}, 1)["steps"]
    )


def test_what_a_dry_run_prints_is_a_file_of_the_same_settings(
    tiny_model: Path, examples_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    from train.settings import read_settings

    assert kardia(sft_words(tiny_model, examples_file, tmp_path / "run", "--dry-run"), monkeypatch) == 0
    file = tmp_path / "printed.yaml"
    file.write_text(capsys.readouterr().out)
    given = {"model_name_or_path": str(tiny_model), "global_batch": "8", "max_steps": "1", "use_peft": "true"}
    assert read_settings("sft", str(file), {}) == read_settings("sft", None, given)


def test_a_run_is_trained_and_merged_from_the_command_line(
    tiny_model: Path, examples_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    run, whole = tmp_path / "run", tmp_path / "whole"
    assert kardia(sft_words(tiny_model, examples_file, run, "--json"), monkeypatch) == 0
    assert json.loads(capsys.readouterr().out) == {"run": str(run), "step": 1, "of": 1, "final": True}
    assert kardia(["train", "merge", str(run), "--out", str(whole)], monkeypatch) == 0
    assert (whole / "model.safetensors").exists()
    assert kardia(["train", "merge", str(run), "--out", str(whole)], monkeypatch) == 2
    assert f"error: out: {whole} exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--set", "learning_rat=1"], "error: learning_rat: unknown; did you mean learning_rate?"),
        (["--set", "learning_rate"], "error: --set learning_rate: write name=value"),
        (["--config", "nowhere"], "error: config: no file nowhere"),
        (["--set", "model_name_or_path=/nowhere"], "given twice"),
    ],
)
def test_a_wrong_command_is_refused_in_one_line(
    tiny_model: Path, examples_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys, more, said: str
):
    assert kardia(sft_words(tiny_model, examples_file, tmp_path / "run", *more), monkeypatch) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_run_whose_model_was_misspelt_starts_with_the_right_one(
    tiny_model: Path, examples_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    run, settings, empty = tmp_path / "run", {"global_batch": "8", "max_steps": "1"}, tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ValueError, match=r"^model_name_or_path: "):
        train_sft(None, examples_file, run, {**settings, "model_name_or_path": str(empty)})
    assert json.loads((run / "progress.json").read_text())["state"] == "failed"
    assert train_sft(None, examples_file, run, {**settings, "model_name_or_path": str(tiny_model)}).step == 1


@pytest.mark.parametrize(("rank", "speaks"), [("0", True), ("1", False)])
def test_the_module_is_the_same_command_and_of_several_processes_the_first_speaks(
    tiny_model: Path, examples_file: Path, tmp_path: Path, rank: str, speaks: bool
):
    words = sft_words(tiny_model, examples_file, tmp_path / "run", "--set", "lora_r=0")
    command = [sys.executable, "-P", "-m", "studio", *words]
    paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(command, env=os.environ | paths | {"RANK": rank}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert ("error: lora_r: " in done.stderr) is speaks


@pytest.mark.parametrize(
    ("step", "asked", "code"),
    [(5, None, 0), (5, signal.SIGINT, 0), (3, signal.SIGINT, 130), (3, signal.SIGTERM, 3), (3, None, 3)],
)
def test_how_a_session_ended_is_its_exit_code(step: int, asked: int | None, code: int):
    assert exit_code(Ended(Path("run"), step, 5, asked)) == code


def test_a_run_in_use_exits_4(tiny_model: Path, examples_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from train.running.run_folder import open_training_run

    words = sft_words(tiny_model, examples_file, tmp_path / "run", "--set", "use_cpu=true")
    assert kardia(words, monkeypatch) == 0
    with open_training_run(tmp_path / "run").lock():
        assert kardia(words, monkeypatch) == 4


def test_overrides_keep_what_stands_after_the_first_equals_sign():
    assert overrides_of(["a=b=c", " d ="]) == {"a": "b=c", "d": ""}
    with pytest.raises(WrongUse, match="--set =x"):
        overrides_of(["=x"])
