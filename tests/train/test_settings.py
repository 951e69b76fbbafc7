"""Settings: the paper's defaults, flat YAML with overrides, and every wrong field refused by its name."""

from pathlib import Path

import pytest

from train.settings import GrpoSettings, SftSettings, read_settings
from train.stages import WrongSettings
from train.trl_config import trl_config

MODEL = {"model_name_or_path": "some/model"}


def test_sft_defaults_are_the_papers():
    settings = read_settings("sft", None, MODEL)
    assert isinstance(settings, SftSettings)
    assert settings.global_batch == 128
    assert (settings.trl["num_train_epochs"], settings.trl["learning_rate"], settings.trl["optim"]) == (
        2,
        1e-4,
        "adamw_torch",
    )


def test_grpo_defaults_are_the_papers_and_write_out_where_trl_differs():
    settings = read_settings("grpo", None, MODEL)
    assert isinstance(settings, GrpoSettings)
    assert (settings.num_generations, settings.global_batch, settings.trl["learning_rate"]) == (8, 32, 1e-6)
    assert set(settings.weights.values()) == {1 / 3}
    assert settings.beta > 0
    assert settings.trl["loss_type"] == "grpo"
    assert settings.trl["use_bias_correction_kl"] is False
    assert settings.group_std == "population"


@pytest.mark.parametrize(("counts", "completions"), [("completions", 32), ("prompts", 256)])
def test_both_readings_of_the_global_batch_of_32(counts: str, completions: int):
    settings = read_settings("grpo", None, {**MODEL, "global_batch_counts": counts})
    assert settings.per_optimiser_step == completions
    assert settings.accumulation(processes=8) == completions // (4 * 8)


def test_a_file_is_overridden_by_the_command_line_and_values_are_read_as_yaml(tmp_path: Path):
    file = tmp_path / "mine.yaml"
    file.write_text("stage: sft\nmodel_name_or_path: some/model\nlearning_rate: 2e-5\npacking: true\nuse_peft: true\n")
    settings = read_settings("sft", str(file), {"packing": "false", "warmup_steps": "1e1"})
    assert settings.trl["learning_rate"] == 2e-5
    assert settings.trl["packing"] is False
    assert settings.trl["warmup_steps"] == 10
    assert read_settings("sft", str(file), {"save_strategy": "no"}).trl["save_strategy"] == "no"
    assert settings.model.use_peft


def test_settings_read_back_from_their_flat_form_are_the_same(tmp_path: Path):
    import yaml

    settings = read_settings("grpo", None, {**MODEL, "use_peft": "true", "lora_target_modules": "[q_proj, v_proj]"})
    file = tmp_path / "again.yaml"
    file.write_text(yaml.safe_dump(settings.flat()))
    assert read_settings("grpo", str(file), {}) == settings


@pytest.mark.parametrize(
    ("stage", "overrides", "named"),
    [
        ("sft", {"learning_rat": "1"}, r"^learning_rat: unknown; did you mean learning_rate\?"),
        ("sft", {"zzzzzzz": "1"}, "^zzzzzzz: unknown"),
        ("sft", {"model_name_or_path": ""}, "^model_name_or_path: "),
        ("sft", {"learning_rate": "fast"}, "^learning_rate: 'fast'"),
        ("sft", {"learning_rate": "0"}, "^learning_rate: "),
        ("sft", {"learning_rate": ".nan"}, "^learning_rate: "),
        ("sft", {"num_train_epochs": "-1"}, "^num_train_epochs: "),
        ("sft", {"packing": "maybe"}, "^packing: "),
        ("sft", {"optim": "adam_w"}, "^optim: 'adam_w' is none of"),
        ("sft", {"lr_scheduler_type": "straight"}, "^lr_scheduler_type: "),
        ("sft", {"save_strategy": "best"}, "^save_strategy: 'best' is none of"),
        ("sft", {"loss_type": "nope"}, "^loss_type: "),
        ("sft", {"output_dir": "x"}, "^output_dir: .*--out"),
        ("sft", {"assistant_only_loss": "false"}, "^assistant_only_loss: "),
        ("sft", {"gradient_accumulation_steps": "4"}, "^gradient_accumulation_steps: .*global_batch"),
        ("sft", {"push_to_hub": "true"}, "^push_to_hub: "),
        ("sft", {"save_total_limit": "1"}, "^save_total_limit: "),
        ("sft", {"max_grad_norm": "-1"}, "^max_grad_norm: "),
        ("sft", {"packing": "true", "max_length": "null"}, "^max_length: packing"),
        ("sft", {"packing_strategy": "wrapped"}, "^packing_strategy: 'wrapped' is none of bfd"),
        ("sft", {"logging_steps": "0"}, "^logging_steps: "),
        ("sft", {"load_in_4bit": "true"}, "^load_in_4bit: .*use_peft"),
        ("sft", {"lora_r": "0"}, "^lora_r: "),
        ("sft", {"dtype": "int8"}, "^dtype: "),
        ("sft", {"global_batch": "0"}, "^global_batch: "),
        ("sft", {"global_batch": "[1"}, "^global_batch: .*YAML"),
        ("sft", {"beta": "0.1"}, "^beta: unknown"),
        ("sft", {"stage": "grpo"}, "^stage: "),
        ("grpo", {"num_generations": "1"}, "^num_generations: "),
        ("grpo", {"num_generations": "5"}, "^global_batch: .*num_generations"),
        ("grpo", {"beta": "-0.1"}, "^beta: "),
        ("grpo", {"lambda_format": "-1"}, "^lambda_format: "),
        ("grpo", {"lambda_format": "0", "lambda_emotion": "0", "lambda_outcome": "0"}, "^lambda_format: .*all three"),
        ("grpo", {"outcome": "vibes"}, "^outcome: "),
        ("grpo", {"judge_sees": "all"}, "^judge_sees: "),
        ("grpo", {"group_std": "none"}, "^group_std: "),
        ("grpo", {"reward_weights": "[1, 1]"}, "^reward_weights: .*lambda"),
        ("grpo", {"held_out": "1.5"}, "^held_out: "),
        ("grpo", {"epsilon_high": "-1"}, "^epsilon_high: "),
        ("grpo", {"delta": "0"}, "^delta: "),
        ("grpo", {"top_p": "5"}, "^top_p: 5"),
        ("grpo", {"min_p": "3"}, "^min_p: "),
        ("grpo", {"repetition_penalty": "0"}, "^repetition_penalty: "),
        ("grpo", {"num_iterations": "-1"}, "^num_iterations: "),
        ("grpo", {"steps_per_generation": "-2"}, "^steps_per_generation: "),
        ("grpo", {"loss_type": "foo"}, "^loss_type: 'foo' is none of bnpo, "),
        ("grpo", {"importance_sampling_level": "foo"}, "^importance_sampling_level: "),
        ("grpo", {"vllm_mode": "foo"}, "^vllm_mode: "),
        ("grpo", {"generation_kwargs": "{temperature: 0.0}"}, "^generation_kwargs: .*temperature"),
        ("grpo", {"judge_model": ""}, "^judge_model: "),
        ("sft", {"learning_rate": "1e15"}, "^learning_rate: "),
        ("sft", {"num_train_epochs": "1e300"}, "^num_train_epochs: "),
        ("sft", {"eval_on_start": "true"}, "^eval_on_start: "),
        ("sft", {"neftune_noise_alpha": "-5"}, "^neftune_noise_alpha: "),
        ("sft", {"gradient_checkpointing_kwargs": "{foo: 1}"}, "^gradient_checkpointing_kwargs: .*use_reentrant"),
        ("sft", {"gradient_checkpointing_kwargs": "{use_reentrant: maybe}"}, "^gradient_checkpointing_kwargs: "),
        ("sft", {"gradient_checkpointing_kwargs": "foo"}, "^gradient_checkpointing_kwargs: "),
        ("grpo", {"activation_checkpointing_kwargs": "{foo: 1}"}, "^activation_checkpointing_kwargs: "),
        ("grpo", {"temperature": "1e30"}, "^temperature: "),
        ("grpo", {"advantage_epsilon": ".inf"}, "^advantage_epsilon: "),
        ("grpo", {"advantage_epsilon": ".nan"}, "^advantage_epsilon: "),
        ("grpo", {"judge_deadline_s": ".inf"}, "^judge_deadline_s: "),
        ("sft", {"adam_beta1": "2"}, "^adam_beta1: "),
        ("sft", {"adam_epsilon": "0"}, "^adam_epsilon: "),
        ("sft", {"seed": "99999999999999999999"}, "^seed: "),
        ("sft", {"ignore_data_skip": "true"}, "^ignore_data_skip: "),
        ("reward_model", {"max_length": "0"}, "^max_length: "),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(stage, overrides: dict[str, str], named: str):
    with pytest.raises(WrongSettings, match=named):
        read_settings(stage, None, {**MODEL, **overrides})


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("learning_rate: 1\nlearning_rate: 2\n", "stands twice"),
        ("- a\n- b\n", "list"),
        ("learning_rate: [\n", "not YAML"),
        ("stage: grpo\n", "^stage: "),
    ],
)
def test_a_file_that_is_no_settings_is_refused(tmp_path: Path, text: str, named: str):
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises(WrongSettings, match=named):
        read_settings("sft", str(file), MODEL)


def test_an_unknown_recipe_is_refused_with_the_known_ones():
    with pytest.raises(WrongSettings, match="no file nowhere and no recipe of that name; recipes: "):
        read_settings("sft", "nowhere", MODEL)


@pytest.mark.parametrize(
    ("overrides", "processes", "named"),
    [
        ({"global_batch": "100"}, 8, "^global_batch: 100 .* 4 x 8 processes"),
        ({"fp16": "true"}, 1, "^fp16: needs a GPU"),
        ({"use_cpu": "false"}, 1, "^use_cpu: "),
        ({"deepspeed": "nowhere.json"}, 1, "^deepspeed: "),
        ({"report_to": "wandb"}, 1, "^report_to: wandb is not installed"),
        ({"attn_implementation": "foo"}, 1, "^attn_implementation: 'foo' is none of eager, "),
        ({"model_name_or_path": "/nowhere/at/all"}, 1, "^model_name_or_path: no folder /nowhere/at/all"),
        (
            {
                "model_name_or_path": "Qwen/Qwen2.5-3B-Instruct",
                "use_peft": "true",
                "lora_target_modules": "[nope_proj]",
            },
            1,
            "^lora_target_modules: nope_proj is none of",
        ),
        ({"model_name_or_path": __file__}, 1, "^model_name_or_path: .* is a file"),
    ],
)
def test_what_the_machine_or_trl_cannot_do_is_refused_by_the_field(
    tmp_path: Path, overrides: dict[str, str], processes: int, named: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    settings = read_settings("sft", None, {**MODEL, **overrides})
    with pytest.raises(WrongSettings, match=named):
        trl_config("sft", settings, tmp_path, processes)


def test_the_output_of_a_recipe_that_was_not_run_yet_may_be_missing(tmp_path: Path):
    settings = read_settings("grpo", "qwen2.5-3b-grpo", {"model_name_or_path": "training/qwen2.5-3b-sft/final"})
    assert trl_config("grpo", settings, tmp_path, 1)


def test_without_a_gpu_training_is_in_float32_on_the_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    args = trl_config("sft", read_settings("sft", None, MODEL), tmp_path, 1)
    assert (args.use_cpu, args.bf16, args.fp16) == (True, False, False)
    assert args.gradient_accumulation_steps == 32
