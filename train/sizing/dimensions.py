"""A model's dimensions, from its config.json or from those that the recipes ship, and what follows from them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from graphs.schema import Record
from graphs.strict_yaml import load_yaml
from train.settings import RECIPES, ModelSettings

_SHIPPED = RECIPES / "models" / "dimensions.yaml"
_BIASED = frozenset({"qwen2"})
"""Model types whose attention has biases without saying so in config.json."""
_LEAST_LEVELS = 2
"""training/NAME/final: a run's folder has the recipe's name, and the model lies one level below."""


class CannotEstimate(ValueError):
    """Nothing to size by: says what is missing and what to do."""


class Dimensions(Record):
    """A decoder with gated MLPs (Qwen, Llama, Gemma, Mistral), in the words of config.json."""

    hidden_size: int = Field(ge=1)
    num_hidden_layers: int = Field(ge=1)
    num_attention_heads: int = Field(ge=1)
    num_key_value_heads: int = Field(ge=1)
    head_dim: int = Field(ge=1)
    intermediate_size: int = Field(ge=1)
    vocab_size: int = Field(ge=1)
    tie_word_embeddings: bool = False
    attention_bias: bool = False

    @property
    def linear(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of every linear module of a layer."""
        hidden, inner = self.hidden_size, self.intermediate_size
        queries, keys = self.num_attention_heads * self.head_dim, self.num_key_value_heads * self.head_dim
        return {
            "q_proj": (hidden, queries),
            "k_proj": (hidden, keys),
            "v_proj": (hidden, keys),
            "o_proj": (queries, hidden),
            "gate_proj": (hidden, inner),
            "up_proj": (hidden, inner),
            "down_proj": (inner, hidden),
        }

    @property
    def embedding(self) -> int:
        """Parameters of the embedding, and of the output layer where it is another."""
        return self.vocab_size * self.hidden_size * (1 if self.tie_word_embeddings else 2)

    @property
    def layer(self) -> int:
        """Parameters of one layer."""
        biases = sum(self.linear[name][1] for name in ("q_proj", "k_proj", "v_proj")) if self.attention_bias else 0
        return sum(inputs * outputs for inputs, outputs in self.linear.values()) + biases + 2 * self.hidden_size

    @property
    def parameters(self) -> int:
        """All parameters."""
        return self.embedding + self.num_hidden_layers * self.layer + self.hidden_size

    def adapter(self, rank: int, targets: str | tuple[str, ...]) -> int:
        """Parameters of a LoRA adapter on these linear modules."""
        named = self.linear if targets == "all-linear" else ((targets,) if isinstance(targets, str) else targets)
        sides = (sum(self.linear[name]) for name in named if name in self.linear)
        return self.num_hidden_layers * rank * sum(sides)


def dimensions_of(model: str) -> Dimensions:
    """The dimensions of a model by folder or name.

    A folder's config.json counts first; an adapter's base next; then the shipped ones; and of a run that is not there yet
    (`training/qwen2.5-3b-sft/final`) the model of the recipe that it is named after.

    Raises:
        CannotEstimate: none of them is known.
    """
    folder = Path(model)
    if (folder / "config.json").is_file():
        return _read(folder / "config.json")
    if (folder / "adapter_config.json").is_file():
        return dimensions_of(_base_of(folder / "adapter_config.json"))
    if model in _shipped():
        return _shipped()[model]
    if len(folder.parts) >= _LEAST_LEVELS and (recipe := RECIPES / f"{folder.parent.name}.yaml").is_file():
        return dimensions_of(str(load_yaml(recipe.read_text(encoding="utf-8"))["model_name_or_path"]))
    raise CannotEstimate(
        f"model_name_or_path: {model} is not on this disk, and its dimensions are not shipped; name a folder with a "
        f"config.json, or one of {', '.join(_shipped())}"
    )


def trained(dimensions: Dimensions, model: ModelSettings) -> int:
    """How many parameters are trained."""
    return dimensions.adapter(model.lora_r, model.lora_target_modules) if model.use_peft else dimensions.parameters


@cache
def _shipped() -> dict[str, Dimensions]:
    raw: dict[str, Any] = load_yaml(_SHIPPED.read_text(encoding="utf-8"))
    return {name: Dimensions.model_validate(fields) for name, fields in raw.items()}


def _base_of(path: Path) -> str:
    try:
        return str(json.loads(path.read_bytes())["base_model_name_or_path"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise CannotEstimate(f"{path}: names no base model ({error}); name the model itself") from error


def _read(path: Path) -> Dimensions:
    try:
        raw = json.loads(path.read_bytes())
        heads = raw["num_attention_heads"]
        filled = {
            "num_key_value_heads": heads,
            "head_dim": raw["hidden_size"] // heads,
            "attention_bias": raw.get("model_type") in _BIASED,
        }
        known = {name: raw[name] for name in Dimensions.model_fields if raw.get(name) is not None}
        return Dimensions.model_validate(filled | known)
    except (OSError, ValueError, LookupError, TypeError, ValidationError) as error:
        raise CannotEstimate(f"{path}: no decoder's dimensions ({error}); its size cannot be estimated") from error
