"""What values of TRL's fields mean something: TRL takes most others without a word, or ends the run over them hours later."""

import math
from typing import Any, NamedTuple

from train.stages import WrongSettings

_TINY = 1e-12
_ALL = math.inf


class Range(NamedTuple):
    """The least and the most that a field can be, and why."""

    least: float
    why: str
    most: float = _ALL


_SHARE = "is no share; give 0 to 1"
_COUNT = "is no number of them; give 1 or more"
RANGES: dict[str, Range] = {
    "learning_rate": Range(_TINY, "teaches nothing, or breaks every weight; give more than 0, and at most 1", 1),
    "num_train_epochs": Range(_TINY, "is no training; give more than 0, and at most 10000", 10_000),
    "neftune_noise_alpha": Range(0, "is no amount of noise; give 0 or more, or leave it out"),
    "per_device_train_batch_size": Range(1, "is no batch; give 1 or more"),
    "per_device_eval_batch_size": Range(1, "is no batch; give 1 or more"),
    "save_total_limit": Range(2, "is too few: a kill while a checkpoint is saved would leave none; give 2 or more"),
    "save_steps": Range(_TINY, "is no step; give more than 0"),
    "logging_steps": Range(_TINY, "is no step; give more than 0"),
    "max_length": Range(1, "holds no token; give 1 or more"),
    "max_completion_length": Range(1, "holds no token; give 1 or more"),
    "temperature": Range(_TINY, "draws no candidates of the policy's; give more than 0, and at most 10", 10),
    "top_p": Range(_TINY, "is no share of the likely tokens; give more than 0, and at most 1", 1),
    "top_k": Range(0, "is no number of tokens; give 0 for all of them, or more"),
    "min_p": Range(0, _SHARE, 1),
    "repetition_penalty": Range(_TINY, "is no penalty; give more than 0, 1 for none"),
    "beta": Range(0, "would reward distance from the SFT model; give 0 or more"),
    "epsilon": Range(_TINY, "clips everything; give more than 0"),
    "epsilon_high": Range(_TINY, "clips everything; give more than 0, or leave it out"),
    "delta": Range(1, "clips what did not change; give 1 or more, or leave it out"),
    "num_iterations": Range(1, _COUNT),
    "steps_per_generation": Range(1, _COUNT),
    "top_entropy_quantile": Range(_TINY, "is no share of the tokens; give more than 0, and at most 1", 1),
    "off_policy_mask_threshold": Range(0, "is no distance; give 0 or more"),
    "sapo_temperature_pos": Range(_TINY, "is no temperature; give more than 0"),
    "sapo_temperature_neg": Range(_TINY, "is no temperature; give more than 0"),
    "adam_beta1": Range(0, "is no weight of the past; give 0 or more, and less than 1", 1 - _TINY),
    "adam_beta2": Range(0, "is no weight of the past; give 0 or more, and less than 1", 1 - _TINY),
    "adam_epsilon": Range(1e-30, "divides by nothing; give more than 0"),
    "warmup_steps": Range(0, "is no number of steps; give 0 or more"),
    "weight_decay": Range(0, "would let weights grow; give 0 or more"),
    "max_grad_norm": Range(0, "is no length; give 0 or more, 0 clips nothing"),
    "seed": Range(0, "is no seed; give 0 to 4294967295", 2**32 - 1),
    "data_seed": Range(0, "is no seed; give 0 to 4294967295", 2**32 - 1),
    "dataloader_num_workers": Range(0, "is no number of processes; give 0 or more"),
    "num_completions_to_print": Range(1, _COUNT),
    "ddp_timeout": Range(1, "is no time; give seconds"),
    "vllm_gpu_memory_utilization": Range(_TINY, "is no share of the memory; give more than 0, and at most 1", 1),
}

CHOICES: dict[str, tuple[str, ...]] = {
    "importance_sampling_level": ("token", "sequence"),
    "vllm_mode": ("colocate", "server"),
    "packing_strategy": ("bfd",),  # the others cut targets, or let conversations see each other
}
"""What TRL knows where it declares no more than a text."""
LOSSES = {
    "sft": ("nll", "dft"),
    "grpo": ("grpo", "bnpo", "dr_grpo", "dapo", "luspo", "cispo", "sapo", "vespo"),
}
"""The same for `loss_type`, by stage."""


CHECKPOINTING = ("use_reentrant", "preserve_rng_state")
"""What `torch.utils.checkpoint` takes of either kind, each true or false; another name ends the run in its first step."""
_CHECKPOINTING_FIELDS = ("gradient_checkpointing_kwargs", "activation_checkpointing_kwargs")


def refuse_checkpointing(name: str, value: Any) -> None:
    """Refuse what gradient checkpointing does not take.

    Raises:
        WrongSettings: names the field.
    """
    if name not in _CHECKPOINTING_FIELDS or value is None:
        return
    taken = isinstance(value, dict) and all(key in CHECKPOINTING and isinstance(value[key], bool) for key in value)
    if not taken:
        raise WrongSettings(f"{name}: {value!r} cannot be; give {' or '.join(CHECKPOINTING)}, each true or false")


def refuse_outside(name: str, value: Any) -> None:
    """Refuse a number that is not finite, or outside of what its field can be.

    Raises:
        WrongSettings: names the field.
    """
    if value is None or name not in RANGES:
        return
    found = RANGES[name]
    if not math.isfinite(value):
        raise WrongSettings(f"{name}: {value} is no finite number")
    if not found.least <= value <= found.most:
        raise WrongSettings(f"{name}: {value} {found.why}")
