"""How much memory a stage takes on one device, by part: arithmetic over dimensions and settings."""

from typing import NamedTuple

from train.settings import GrpoSettings, ModelSettings, StageSettings
from train.sizing.dimensions import Dimensions, dimensions_of, trained

GIB = 1024**3
_FOUR_BIT = 0.56
"""Bytes a weight in NF4 with its scales; embeddings stay at 2."""
_RESERVE_GIB = 1.5
_FRAGMENTS = 0.1
"""What the device's driver and libraries take, and what is lost between blocks."""
_LOGIT_BYTES = 10
"""Of every logit: 2 as computed, 4 as float32, 4 of its gradient."""
_ADAM_BYTES = 8
_DEVICE_GIB = 74.5
"""What an A100 of 80 GB has, the paper's device: colocated vLLM takes its share of the device, whatever it needs."""


class Load(NamedTuple):
    """How many sequences of which length stand on a device at once."""

    sequences: int
    """In one forward and backward pass."""
    longest: int
    """Tokens of the longest."""
    with_logits: int
    """Tokens of each whose logits are kept."""
    generated: int
    """Sequences generated at once; 0 where none are."""


def memory(settings: StageSettings, load: Load, shards: int) -> dict[str, float]:
    """GiB on each of `shards` devices, by part; what only one of two phases takes counts where it is the larger one."""
    model = settings.model
    dimensions = dimensions_of(model.model_name_or_path)
    parts = {name: size / shards for name, size in _states(settings, dimensions).items()}
    if shards > 1:
        parts["gathered layer"] = max(dimensions.layer, dimensions.embedding) * weight_bytes(model)
    passing = (
        _activations(settings, dimensions, load)
        + load.sequences * load.with_logits * dimensions.vocab_size * _LOGIT_BYTES
    )
    parts |= {
        "activations, logits or cache": max(passing, _cache(dimensions, load)),
        "outcome model": _outcome(settings),
    }
    if settings.trl.get("use_vllm") and settings.trl.get("vllm_mode", "colocate") == "colocate":
        parts["vLLM's share of 80 GB"] = _DEVICE_GIB * GIB * float(settings.trl.get("vllm_gpu_memory_utilization", 0.3))
    sized = {name: size / GIB for name, size in parts.items() if size}
    return sized | {"reserve": _RESERVE_GIB + _FRAGMENTS * sum(sized.values())}


def weight_bytes(model: ModelSettings) -> float:
    """Bytes a weight of the model as it is loaded on a GPU."""
    if model.load_in_4bit:
        return _FOUR_BIT
    automatic = "bfloat16" if model.use_peft else "float32"
    return 4 if (model.dtype if model.dtype != "auto" else automatic) == "float32" else 2


def _states(settings: StageSettings, dimensions: Dimensions) -> dict[str, float]:
    """Weights, gradients, Adam's two moments, and the reference of the KL term; an adapter's are float32."""
    model, count = settings.model, trained(dimensions, settings.model)
    each = weight_bytes(model)
    weights = dimensions.parameters * each
    if model.load_in_4bit:
        weights += dimensions.embedding * (2 - each)
    own = 4 if model.use_peft else each
    anchored = isinstance(settings, GrpoSettings) and settings.beta > 0
    return {
        "weights": weights + (count * 4 if model.use_peft else 0),
        "gradients": count * own,
        "optimiser": count * _ADAM_BYTES * own / 4,
        "reference": count * own if anchored else 0,
    }


def _activations(settings: StageSettings, dimensions: Dimensions, load: Load) -> float:
    """What the backward pass needs, at 2 bytes and without stored attention maps.

    With gradient checkpointing every layer keeps its input and one at a time is computed again.
    """
    heads = (dimensions.num_attention_heads + 2 * dimensions.num_key_value_heads) * dimensions.head_dim
    layer = 2 * (4 * dimensions.hidden_size + 2 * heads + 3 * dimensions.intermediate_size)
    layers = dimensions.num_hidden_layers
    per_token = (
        2 * dimensions.hidden_size * layers + 2 * layer
        if settings.trl.get("gradient_checkpointing", True)
        else layer * layers
    )
    return float(load.sequences * load.longest * per_token)


def _cache(dimensions: Dimensions, load: Load) -> float:
    """Keys and values of all sequences generated at once, at 2 bytes."""
    per_token = 2 * dimensions.num_hidden_layers * dimensions.num_key_value_heads * dimensions.head_dim * 2
    return float(load.generated * load.longest * per_token)


def _outcome(settings: StageSettings) -> float:
    """An ablation's model stands on the same device, at 2 bytes; a judge is a server elsewhere."""
    if not isinstance(settings, GrpoSettings) or settings.outcome == "rubric":
        return 0.0
    return 2.0 * dimensions_of(settings.outcome_name).parameters
