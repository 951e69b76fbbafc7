"""TRL's own fields: which there are, of what type, the paper's defaults, and those that this project sets itself (§5.1).

Names and types are read from TRL's config classes, so a newer TRL brings its own.
"""

import typing
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import PydanticUserError, TypeAdapter, ValidationError

from train.stages import Stage, WrongSettings
from train.trl_ranges import CHOICES, LOSSES, refuse_checkpointing, refuse_outside

if TYPE_CHECKING:
    from transformers import TrainingArguments

_RUN_OUT = "is the run's directory; give it with --out"
_OURS: dict[str, str] = {
    "output_dir": _RUN_OUT,
    "logging_dir": _RUN_OUT,
    "gradient_accumulation_steps": "follows from global_batch; set that",
    "resume_from_checkpoint": "a run goes on by itself: give the same command again",
    "do_train": "is this command",
    "do_eval": "is no part of this command",
    "do_predict": "is no part of this command",
    "model_init_kwargs": "is written from dtype, attn_implementation and load_in_4bit; set those",
    "chat_template_path": "would part training from serving; use a model whose tokenizer holds the template",
    "remove_unused_columns": "is decided by the stage",
    "push_to_hub": "never here: look at a model before it is published",
    "hub_token": "is a secret; it has no place in settings",
    "completion_only_loss": "is exact here: the loss is on the assistant's target and nothing else",
    "assistant_only_loss": "is exact here: the loss is on the assistant's target and nothing else",
    "truncation_mode": "cuts targets; an example is shortened by its oldest turns instead (max_length)",
    "dataset_text_field": "is for plain text; examples are chats",
    "dataset_kwargs": "is set by this command",
    "reward_weights": "is lambda_format, lambda_emotion and lambda_outcome here",
    "generation_batch_size": "follows from global_batch; set that",
    "save_only_model": "would leave nothing to go on from after a kill",
    "eval_strategy": "is no part of this; grpo looks at its held-out slice every held_out_every steps",
    "load_best_model_at_end": "is no part of this; grpo keeps best/ by its held-out slice",
    "eos_token": "is read from the chat template",
    "pad_token": "is read from the tokenizer",
    "ignore_data_skip": "would part a resumed run from the whole one",
    "auto_find_batch_size": "would change the batch behind global_batch",
    "label_smoothing_factor": "would reward other tokens than the targets",
    "generation_kwargs": "would sample otherwise than the other fields say; set temperature, top_p, top_k, min_p or repetition_penalty",
    "chat_template_kwargs": "would part training from serving; use a model whose template needs none",
    "metric_for_best_model": "is the reward on the held-out slice",
    "eval_on_start": "is no part of this; grpo looks at its held-out slice before the first step",
    "eval_steps": "is no part of this; grpo looks at its held-out slice every held_out_every steps",
    "num_generations_eval": "is one: the held-out slice is answered greedily",
}
"""Fields of TRL that this project sets itself, and where to turn."""

_COMMON: dict[str, Any] = {
    "num_train_epochs": 2,
    "optim": "adamw_torch",
    "lr_scheduler_type": "linear",
    "seed": 42,
    "per_device_train_batch_size": 4,
    "gradient_checkpointing": True,
    "logging_steps": 1,
    "save_strategy": "steps",
    "save_steps": 50,
    "save_total_limit": 3,
    "report_to": "none",
}
"""Of §5.1: two epochs and AdamW. The schedule, the seed and the rest are our choice, for the paper is silent."""

_DEFAULTS: dict[Stage, dict[str, Any]] = {
    "sft": {"learning_rate": 1e-4, "max_length": 4096, "packing": False},
    "grpo": {
        "learning_rate": 1e-6,
        "num_generations": 8,
        "beta": 0.04,  # paper silent; TRL's 0.0 would drop Eq. 7's KL
        "epsilon": 0.2,  # Eq. 7's clip range; paper silent
        "loss_type": "grpo",  # TRL: "dapo"
        "importance_sampling_level": "token",
        "scale_rewards": "group",
        "use_bias_correction_kl": False,  # TRL: True; Eq. 7 has the plain KL
        "num_iterations": 1,
        "max_completion_length": 512,
        "temperature": 1.0,
        "mask_truncated_completions": False,
    },
    "reward_model": {"num_train_epochs": 1, "learning_rate": 1e-5, "max_length": 4096},
}
"""Where TRL's default differs from the paper, or the paper is silent, the value is written out here."""


def defaults(stage: Stage) -> dict[str, Any]:
    """A stage's fields of TRL before anybody said anything."""
    return _COMMON | _DEFAULTS[stage]


@cache
def config_class(stage: Stage) -> "type[TrainingArguments]":
    """TRL's config class of a stage.

    Raises:
        WrongSettings: TRL is not installed.
    """
    try:
        from trl.trainer.grpo_config import GRPOConfig
        from trl.trainer.reward_config import RewardConfig
        from trl.trainer.sft_config import SFTConfig
    except ModuleNotFoundError as error:
        raise WrongSettings(f"stage: training needs {error.name}; pip install -e '.[train]'") from error
    return {"sft": SFTConfig, "grpo": GRPOConfig, "reward_model": RewardConfig}[stage]


def names(stage: Stage) -> frozenset[str]:
    """Every field that a stage's TRL config has."""
    return frozenset(field.name for field in fields(config_class(stage)) if field.init)


def checked_fields(stage: Stage, given: Mapping[str, Any]) -> dict[str, Any]:
    """The given values in the types that TRL declares.

    Raises:
        WrongSettings: names the field.
    """
    return {name: _checked(stage, name, value) for name, value in given.items()}


def _checked(stage: Stage, name: str, value: Any) -> Any:
    if name in _OURS:
        raise WrongSettings(f"{name}: {_OURS[name]}")
    choices = _choices(stage, name)
    if value is False and "no" in choices:
        value = "no"  # which YAML reads as false
    try:
        read = _adapter(stage, name).validate_python(value)
    except ValidationError as error:
        raise WrongSettings(f"{name}: {value!r}: {error.errors()[0]['msg']}") from error
    if choices:
        _refuse_other(name, read, choices)
    if name == "max_steps" and read < 1 and read != -1:
        raise WrongSettings(f"max_steps: {read} is no number of steps; give 1 or more, or -1 for all of them")
    refuse_checkpointing(name, read)
    refuse_outside(name, read)
    # What YAML takes for a text ("1e-4") becomes a number; a number stays as it was written.
    return read if isinstance(value, str) and isinstance(read, int | float) else value


def _refuse_other(name: str, value: Any, choices: frozenset[Any]) -> None:
    if value is not None and value not in choices:
        raise WrongSettings(f"{name}: {value!r} is none of {', '.join(sorted(map(str, choices)))}")


@cache
def _adapter(stage: Stage, name: str) -> TypeAdapter[Any]:
    hint = typing.get_type_hints(config_class(stage))[name]
    try:
        return TypeAdapter(hint)
    except PydanticUserError:
        return TypeAdapter(object)


@cache
def _choices(stage: Stage, name: str) -> frozenset[Any]:
    from transformers.trainer_utils import IntervalStrategy, SaveStrategy, SchedulerType
    from transformers.training_args import OptimizerNames

    enums = {
        "lr_scheduler_type": SchedulerType,
        "optim": OptimizerNames,
        "save_strategy": SaveStrategy,
        "logging_strategy": IntervalStrategy,
    }
    if name in enums:
        return frozenset(member.value for member in enums[name] if member is not SaveStrategy.BEST)
    if name in CHOICES or (name == "loss_type" and stage in LOSSES):
        return frozenset(CHOICES.get(name) or LOSSES[stage])
    field = next(field for field in fields(config_class(stage)) if field.name == name)
    return frozenset(field.metadata.get("choices") or ())
