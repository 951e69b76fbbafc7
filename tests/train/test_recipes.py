"""Recipes say what the paper says, in fields that the stages take."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from graphs.strict_yaml import load_yaml
from studio.cli import app
from train.recipe_list import list_recipes
from train.settings import RECIPES, GrpoSettings, SftSettings, read_settings, settings_of
from train.sizing.dimensions import dimensions_of
from train.trl_fields import config_class

BACKBONES = ("qwen2.5-3b", "qwen2.5-7b", "gemma-2b", "gemma-7b")
NAMES = [recipe.name for recipe in list_recipes()]


def fields(name: str) -> dict:
    return load_yaml((RECIPES / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_is_taken_by_its_stage_and_by_trl(name: str, tmp_path: Path):
    given = fields(name)
    settings = settings_of(given.pop("stage"), given)
    for devices in (1, 8):
        assert settings.accumulation(devices) >= 1
    machine = {"gradient_accumulation_steps": settings.accumulation(1), "bf16": False, "use_cpu": True}
    config = config_class(fields(name)["stage"])(**settings.trl, **machine, output_dir=str(tmp_path))
    assert config.learning_rate == settings.trl["learning_rate"]


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_ships_the_dimensions_of_its_model(name: str):
    assert dimensions_of(fields(name)["model_name_or_path"]).parameters > 2e9


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wrong", ["learning_rat", "beta_2"])
def test_a_misspelt_field_of_a_recipe_is_named(name: str, wrong: str):
    given = fields(name) | {wrong: 1}
    with pytest.raises(ValueError, match=wrong):
        settings_of(given.pop("stage"), given)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_sft_recipes_have_the_papers_numbers(backbone: str):
    settings = read_settings("sft", f"{backbone}-sft", {})
    assert isinstance(settings, SftSettings)
    assert settings.global_batch == 128
    given = {name: settings.trl[name] for name in ("num_train_epochs", "learning_rate", "optim")}
    assert given == {"num_train_epochs": 2, "learning_rate": 1e-4, "optim": "adamw_torch"}


@pytest.mark.parametrize("name", [*(f"{backbone}-grpo" for backbone in BACKBONES), "ablation-embedding"])
def test_grpo_recipes_have_the_papers_numbers_and_name_every_departure(name: str):
    settings = read_settings("grpo", name, {})
    assert isinstance(settings, GrpoSettings)
    assert (settings.global_batch, settings.num_generations, settings.group_std) == (32, 8, "population")
    assert set(settings.weights.values()) == {1 / 3}
    assert (settings.trl["num_train_epochs"], settings.trl["learning_rate"]) == (2, 1e-6)
    written = fields(name)
    for field in ("beta", "loss_type", "use_bias_correction_kl", "importance_sampling_level", "scale_rewards", "ratio",
                  "group_std", "advantage_epsilon", "global_batch_counts"):  # fmt: skip
        assert field in written, field
    assert settings.beta > 0


@pytest.mark.parametrize("name", [name for name in NAMES if "grpo" in name])
def test_grpo_begins_from_the_run_of_an_sft_recipe(name: str):
    run, model = Path(fields(name)["model_name_or_path"]).parts[1:]
    assert (run in NAMES, model) == (True, "final")
    assert fields(run)["stage"] == "sft"


@pytest.mark.parametrize(
    ("name", "outcome", "model"),
    [
        ("qwen2.5-7b-grpo", "rubric", "Qwen/Qwen3-8B"),
        ("ablation-embedding", "embedding", "Qwen/Qwen3-Embedding-0.6B"),
        ("ablation-reward-model", "reward_model", "Skywork/Skywork-Reward-V2-Llama-3.1-8B"),
    ],
)
def test_ablations_change_the_outcome_reward_alone(name: str, outcome: str, model: str):
    settings = read_settings("grpo", name, {})
    assert (settings.outcome, settings.outcome_name) == (outcome, model)
    same = {"outcome", "outcome_model", "judge_base_url"}
    rubric = read_settings("grpo", "qwen2.5-7b-grpo", {}).flat()
    assert {field for field, value in settings.flat().items() if value != rubric[field]} <= same


@pytest.mark.parametrize(("name", "kind"), [("fsdp", "FSDP"), ("deepspeed-zero3", "DEEPSPEED")])
def test_accelerate_reads_the_configs_that_ship(name: str, kind: str):
    from accelerate.commands.config.config_args import load_config_from_file

    config = load_config_from_file(str(RECIPES / "accelerate" / f"{name}.yaml"))
    assert (config.distributed_type, config.num_processes, config.mixed_precision) == (kind, 8, "bf16")


def test_the_command_lists_every_recipe():
    told = CliRunner().invoke(app, ["train", "recipes"])
    assert told.exit_code == 0
    assert all(name in told.stdout for name in NAMES)
    listed = json.loads(CliRunner().invoke(app, ["train", "recipes", "--json"]).stdout)["recipes"]
    assert {one["name"]: one["stage"] for one in listed} == {name: fields(name)["stage"] for name in NAMES}
