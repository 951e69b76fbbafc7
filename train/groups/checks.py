"""What a GRPO configuration must keep to before anything is loaded: each refusal names its field (paper §4, Eq. 6-8)."""

import math
import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from train.rows import TrainingExample
from train.running.processes import processes_of
from train.schedule import steps_per_generation
from train.settings import GrpoSettings
from train.stages import WrongSettings
from train.start_model import check_place

_FIXED: dict[str, tuple[Any, str]] = {
    "scale_rewards": ("group", "advantages are Eq. 6's; group_std and advantage_epsilon choose how"),
    "multi_objective_aggregation": ("sum_then_normalize", "the parts are summed by lambda_* before Eq. 6"),
    "sync_ref_model": (False, "the reference is the SFT model for the whole run (Eq. 7)"),
    "shuffle_dataset": (True, "an epoch's order follows from seed"),
}
"""Fields of TRL that would do nothing here, or something else than is said: the only value, and why."""


def check_grpo(settings: GrpoSettings, cuda: bool, processes: int | None = None) -> None:
    """Refuse what cannot be trained as it says.

    Args:
        processes: those of the launcher, if not given.

    Raises:
        WrongSettings: names the field.
    """
    for name, (only, why) in _FIXED.items():
        if (value := settings.trl.get(name, only)) != only:
            raise WrongSettings(f"{name}: {value!r} cannot be; {why}. Take {only!r} or leave it out")
    if settings.ratio == "reference" and not settings.beta:
        raise WrongSettings(
            "ratio: reference needs the SFT model in memory, which beta: 0.0 leaves out; set beta above 0"
        )
    _check_outcome(settings)
    _check_context(settings)
    _check_groups(settings, processes or processes_of(os.environ))
    if settings.trl.get("use_vllm"):
        _check_vllm(settings, cuda)


def trainable(examples: Sequence[TrainingExample]) -> None:
    """Refuse examples that are whole conversations: a group is the candidates of one turn.

    Raises:
        WrongSettings: there is none, or one is a conversation.
    """
    if not examples:
        raise WrongSettings("examples: none in the file; see `kardia train examples`")
    if whole := [example.id for example in examples if not example.turn]:
        raise WrongSettings(
            f"examples: {whole[0]} is a whole conversation, and candidates answer one turn; make the examples with --per turn"
        )


def _check_outcome(settings: GrpoSettings) -> None:
    if settings.outcome != "rubric":
        check_place("outcome_model", settings.outcome_name)
        return
    for field in ("judge_base_url", "second_judge_base_url"):
        url = getattr(settings, field)
        if url is not None and not _is_address(url):
            raise WrongSettings(f"{field}: {url!r} is no address; write http://HOST:PORT/v1 or https://HOST/v1")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of a port that is none
        return False


def _check_context(settings: GrpoSettings) -> None:
    """Refuse completions that no context of the model holds; of a model that is not on this disk nothing is known."""
    from train.models import context_of

    if not Path(settings.model.model_name_or_path).is_dir():
        return
    context, wanted = context_of(settings.model), int(settings.trl["max_completion_length"])
    if context and wanted >= context:
        raise WrongSettings(
            f"max_completion_length: {wanted} tokens, and the model takes {context} with the prompt; make it smaller"
        )


def _check_groups(settings: GrpoSettings, processes: int) -> None:
    """Every process scores its own groups, so each round must give it whole ones."""
    device_batch, size = int(settings.trl["per_device_train_batch_size"]), settings.num_generations
    reuse = steps_per_generation(settings, processes)
    if device_batch * reuse % size:
        raise WrongSettings(
            f"per_device_train_batch_size: {device_batch} x {reuse} micro-batches a round give each of {processes} processes "
            f"{device_batch * reuse} completions, which is no whole number of groups of num_generations {size}, and a group may "
            f"not be split over processes; take steps_per_generation: {math.lcm(device_batch * reuse, size) // device_batch}, "
            "or a larger global_batch"
        )


def _check_vllm(settings: GrpoSettings, cuda: bool) -> None:
    mode = settings.trl.get("vllm_mode", "colocate")
    if not cuda:
        raise WrongSettings(
            f"use_vllm: {mode} mode needs a GPU in this process, and there is none; set use_vllm: false to generate with transformers"
        )
    if mode == "colocate" and find_spec("vllm") is None:
        raise WrongSettings("use_vllm: vllm is not installed here; pip install 'trl[vllm]' in the training environment")
