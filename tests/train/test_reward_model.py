import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from graphs.preferences import Preference
from graphs.records import BadFile, write_rows
from tests.train.preferring import preference
from train.models import load_tokenizer
from train.outcomes.conversation import conversation_ids, preferred_conversations
from train.outcomes.reward_model import RewardModelOutcome
from train.reward_model import HELD_OUT, read_preferences, tokenized, train_reward_model
from train.reward_plan import plan_reward_model, plan_text
from train.rows import TrainingExample
from train.running.manifest import read_manifest
from train.running.run_folder import open_training_run
from train.settings import ModelSettings
from train.stages import WrongSettings

FEW = {
    "global_batch": "8",
    "per_device_train_batch_size": "8",
    "num_train_epochs": "4",
    "learning_rate": "5e-3",
    "save_steps": "3",
    "save_total_limit": "9",
    "dtype": "float32",
    "gradient_checkpointing": "false",
}


@pytest.fixture(scope="module")
def rows(training_examples: list[TrainingExample]) -> list[Preference]:
    """Warm words are preferred, always."""
    return [
        preference(example, f"I hear you, {number}. I stay with you.", f"Whatever, {number}. Get over it.")
        for number, example in enumerate(training_examples)
    ]


@pytest.fixture(scope="module")
def file(rows: list[Preference], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("preferences") / "preferences.jsonl"
    write_rows(path, {"kind": "preferences", "demonstration": True}, rows)
    return path


def settings(model: Path, **more: str) -> dict[str, str]:
    return {**FEW, "model_name_or_path": str(model), **more}


@pytest.fixture(scope="module")
def trained(tiny_model: Path, file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained") / "rm"
    train_reward_model(None, file, out, settings(tiny_model))
    return out


def preferred_share(model: Path, rows: list[Preference]) -> float:
    outcome = RewardModelOutcome(str(model), device="cpu")
    pairs = [[conversation_ids(outcome._tokenizer, one) for one in preferred_conversations(row)] for row in rows]
    raw = [outcome._raw(pair) for pair in pairs]
    return sum(chosen > rejected for chosen, rejected in raw) / len(raw)


def test_it_learns_what_is_preferred_and_says_so_of_personas_it_did_not_see(trained: Path, rows: list[Preference]):
    held = [line.metrics for line in open_training_run(trained).metrics() if line.split == "held_out"]
    assert held[-1]["accuracy"] == 1
    assert preferred_share(trained / "final", rows) == 1
    lines = [line for line in open_training_run(trained).metrics() if line.split == "train"]
    assert lines[-1].metrics["loss"] < lines[0].metrics["loss"]
    manifest = json.loads((trained / "final" / "manifest.json").read_text())
    assert manifest["stage"] == "reward_model"
    assert manifest["demonstration"] is True
    assert manifest["data"]["preferred_by"] == {"person": 24, "model": 0}


def test_an_adapter_is_read_back_with_its_head(tiny_model, file, rows, tmp_path):
    out = tmp_path / "lora"
    more = {"use_peft": "true", "lora_r": "8", "learning_rate": "2e-2", "num_train_epochs": "8"}
    train_reward_model(None, file, out, settings(tiny_model, **more))
    assert (out / "final" / "adapter_config.json").is_file()
    assert preferred_share(out / "final", rows) == 1


def test_the_same_command_again_is_done_and_a_changed_setting_is_named(trained, tiny_model, file):
    assert train_reward_model(None, file, trained, settings(tiny_model)).step > 0
    with pytest.raises(WrongSettings, match=r"learning_rate: 0\.005 in .*, 0\.001 now"):
        train_reward_model(None, file, trained, settings(tiny_model, learning_rate="1e-3"))


def test_from_an_earlier_checkpoint_it_goes_on_to_the_same_curve_and_weights(trained, tiny_model, file, tmp_path):
    out = tmp_path / "killed"
    shutil.copytree(trained, out)
    for part in ("final", "checkpoint-9", "checkpoint-12"):
        shutil.rmtree(out / part)
    (out / "metrics.jsonl").open("a").write('{"step": 12, "at')
    train_reward_model(None, file, out, settings(tiny_model))
    lines = [list(open_training_run(path).metrics()) for path in (out, trained)]
    again, before = ([(line.step, line.split, line.metrics.get("loss")) for line in each] for each in lines)
    assert again == before
    weights = [(path / "final" / "model.safetensors").read_bytes() for path in (out, trained)]
    assert weights[0] == weights[1]


def test_a_pair_that_is_too_long_is_left_out_and_counted(rows, tiny_model):
    tokenizer = load_tokenizer(ModelSettings(model_name_or_path=str(tiny_model)))
    long = rows[0].model_copy(update={"id": "long", "chosen": "So it is. " * 900})
    pairs = tokenized([*rows, long], tokenizer, 1024, seed=1)
    assert pairs.too_long == 1
    assert "1 left out, longer than max_length" in pairs.text()
    with pytest.raises(WrongSettings, match="max_length: 3 tokens hold none of the 25 pairs"):
        tokenized([*rows, long], tokenizer, 3, seed=1)


def test_held_out_personas_are_whole_and_one_alone_is_not_held_out(rows, tiny_model):
    tokenizer = load_tokenizer(ModelSettings(model_name_or_path=str(tiny_model)))
    pairs = tokenized(rows, tokenizer, None, seed=1)
    sizes = {sum(row.persona == name for row in rows) for name in {row.persona for row in rows}}
    assert len(pairs.held_out) in sizes
    assert len(pairs.held_out) + len(pairs.train) == len(rows)
    alone = [row.model_copy(update={"persona": "p"}) for row in rows]
    assert tokenized(alone, tokenizer, None, seed=1).held_out == []
    assert 0 < HELD_OUT < 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chosen": " "}, "an empty response cannot be compared"),
        ({"chosen": "<response>Yes.</response>"}, "the response span alone, without span tags"),
        ({"rejected": "I hear you, 0. I stay with you. "}, "a tie is no preference"),
        ({"dialogue": []}, "at least 1 item"),
        ({"dialogue": [{"role": "assistant", "content": "Hi."}]}, "user and assistant in turn"),
        (
            {"dialogue": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hi."}]},
            "user and assistant in turn",
        ),
        ({"preferred_by": "nobody"}, "Input should be 'person' or 'model'"),
        ({"extra": 1}, "Extra inputs"),
    ],
)
def test_a_row_that_is_no_preference_is_refused_with_its_line(change, message, rows, tmp_path):
    path = tmp_path / "p.jsonl"
    raw = {**rows[0].model_dump(mode="json"), **change}
    path.write_text(json.dumps({"header": {}}) + "\n" + json.dumps(raw) + "\n")
    with pytest.raises(BadFile, match=rf"p\.jsonl:2: .*{message}"):
        read_preferences(path)


def test_a_file_without_rows_or_with_an_id_twice_is_refused(rows, tmp_path):
    path = tmp_path / "p.jsonl"
    write_rows(path, {}, [])
    with pytest.raises(BadFile, match="no preferences in it"):
        read_preferences(path)
    write_rows(path, {}, [rows[0], rows[0]])
    with pytest.raises(BadFile, match="id e0 stands there twice"):
        read_preferences(path)


def test_an_adapter_is_no_start(tmp_path, file):
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(WrongSettings, match=r"model_name_or_path: .* holds an adapter; merge it first"):
        train_reward_model(None, file, tmp_path / "out", settings(tmp_path))


def plan_of(model: str, file: Path, **more: str) -> dict[str, Any]:
    return plan_reward_model(None, file, {**FEW, "model_name_or_path": model, **more})


def test_a_dry_run_counts_what_the_run_will_hold_out_and_leave_out(trained: Path, tiny_model: Path, file: Path, rows):
    plan, run = plan_of(str(tiny_model), file), open_training_run(trained)
    held_out = tokenized(rows, load_tokenizer(ModelSettings(model_name_or_path=str(tiny_model))), None, 42).held_out
    assert plan["pairs"] == {"train": 24 - len(held_out), "held_out": len(held_out), "left_out": 0} and held_out
    assert plan["steps"] == read_manifest(run.final).step == plan["estimate"]["steps"]
    assert plan["estimate"]["tokens"]["examples"] == plan["pairs"]["train"]
    assert f"{len(held_out)} held out by persona" in plan_text(plan)
    unknown = plan_of("some/model", file)
    assert unknown["pairs"] == {**plan["pairs"], "left_out": None} and unknown["estimate"] is None


def test_a_length_that_the_model_does_not_take_is_refused_by_dry_run_and_run(
    tiny_model: Path, file: Path, tmp_path: Path
):
    for begin in (
        lambda: plan_of(str(tiny_model), file, max_length="99999"),
        lambda: train_reward_model(None, file, tmp_path / "out", settings(tiny_model, max_length="99999")),
    ):
        with pytest.raises(WrongSettings, match="max_length: 99999 tokens, but the model takes"):
            begin()
