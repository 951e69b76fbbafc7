"""How long a stage takes: floating-point operations for the passes, bandwidth and launches for the generated tokens."""

from typing import NamedTuple

from train.settings import GrpoSettings, StageSettings
from train.sizing.dimensions import Dimensions, trained
from train.sizing.memory import weight_bytes

_TINY = 50_000_000
"""Parameters below which a GPU's sheet says nothing, for launches take the time; a CPU core's is said instead."""
_LAYER_S = {"plain": (0.6e-3, 1.5e-3), "vllm": (0.05e-3, 0.15e-3)}
"""Seconds of launches a layer and token take, at best and at worst: transformers' own generation, and vLLM's."""


class Hardware(NamedTuple):
    """What a device can do by its maker's sheet, and which share of it training reaches at worst and at best."""

    name: str
    devices: int
    gib: float
    flops: float
    bytes_s: float
    used: tuple[float, float]


GPUS = (
    Hardware("1 x A100 80 GB", 1, 74.5, 312e12, 2.0e12, (0.25, 0.5)),
    Hardware("8 x A100 80 GB (paper)", 8, 74.5, 312e12, 2.0e12, (0.25, 0.5)),
    Hardware("1 x H200 141 GB", 1, 131.0, 989e12, 4.8e12, (0.25, 0.5)),
)
CORE = Hardware("1 CPU core", 1, 0.0, 50e9, 10e9, (0.05, 0.5))


class Work(NamedTuple):
    """What a stage computes."""

    tokens: float
    """Through forward and backward passes, over all epochs."""
    prefilled: float = 0
    """Tokens of prompts read before generation."""
    length: float = 0
    """Tokens of the longest completion of a batch, as expected."""
    rounds: float = 0
    """Batches generated one after the other, each shared out over the devices."""
    shared_rounds: float = 0
    """Batches of the held-out slice: the devices share them."""
    at_once: float = 0
    """Sequences in a batch, over all devices."""
    context: float = 0
    """Tokens that a sequence's cache holds on average while it is generated."""


def hours(settings: StageSettings, dimensions: Dimensions, work: Work) -> dict[str, tuple[float, float]]:
    """Hours at best and at worst on known hardware; a GPU that cannot hold the model is listed all the same."""
    known = GPUS if dimensions.parameters > _TINY else (CORE,)
    return {each.name: _hours(settings, dimensions, work, each) for each in known}


def _hours(settings: StageSettings, dimensions: Dimensions, work: Work, on: Hardware) -> tuple[float, float]:
    computed = operations(settings, dimensions, work) / (on.flops * on.devices)
    worst, best = (computed / share for share in on.used)
    quick, slow = _generation(settings, dimensions, work, on)
    return (best + quick) / 3600, (worst + slow) / 3600


def operations(settings: StageSettings, dimensions: Dimensions, work: Work) -> float:
    """Floating-point operations of all passes: 2 a weight and token forward, 2 for the inputs' gradients, 2 for those of
    what is trained, 2 to compute again under checkpointing, 2 for the reference of a KL term and for a prompt's reading."""
    weights = dimensions.parameters - dimensions.vocab_size * dimensions.hidden_size
    weights += dimensions.vocab_size * dimensions.hidden_size if dimensions.tie_word_embeddings else 0
    passes = 2 + 2 * trained(dimensions, settings.model) / dimensions.parameters + 2
    passes += 2 if settings.trl.get("gradient_checkpointing", True) else 0
    passes += 2 if isinstance(settings, GrpoSettings) and settings.beta > 0 else 0
    return weights * (passes * work.tokens + 2 * work.prefilled)


def _generation(settings: StageSettings, dimensions: Dimensions, work: Work, on: Hardware) -> tuple[float, float]:
    """Seconds: each token of a batch reads all weights and the batch's cache, and launches every layer."""
    if not work.rounds:
        return 0.0, 0.0
    key_values = 4 * dimensions.num_hidden_layers * dimensions.num_key_value_heads * dimensions.head_dim
    read = dimensions.parameters * weight_bytes(settings.model) + key_values * work.context * work.at_once / on.devices
    tokens = (work.rounds + work.shared_rounds / on.devices) * work.length
    launches = _LAYER_S["vllm" if settings.trl.get("use_vllm") else "plain"]
    quick, slow = (tokens * (read / on.bytes_s + dimensions.num_hidden_layers * each) for each in launches)
    return quick, slow
