"""What can be refused about the model that a run starts from before anything of it is loaded (§5.1)."""

from pathlib import Path

from train.settings import ModelSettings
from train.sizing.dimensions import CannotEstimate, dimensions_of
from train.stages import WrongSettings

_HUB_PARTS = 2
"""A name on the Hub is `name` or `organisation/name`."""


def check_start(model: ModelSettings) -> None:
    """Refuse a model that is nowhere, an attention that transformers does not know, adapter targets that no such model has.

    The output of a recipe's run (`training/qwen2.5-3b-sft/final`) may still be missing: it comes before this run.

    Raises:
        WrongSettings: names the field.
    """
    check_place("model_name_or_path", model.model_name_or_path)
    if model.attn_implementation is not None:
        _check_attention(model.attn_implementation)
    if model.use_peft:
        _check_targets(model)


def check_place(field: str, name: str) -> None:
    """Refuse a name that can only be a folder's where none is.

    Raises:
        WrongSettings: names the field.
    """
    path = Path(name)
    if path.is_file():
        raise WrongSettings(f"{field}: {name} is a file; name the folder that holds the model")
    if path.is_dir() or not _is_path(name):
        return
    try:
        dimensions_of(name)
    except CannotEstimate as error:
        raise WrongSettings(
            f"{field}: no folder {name}; name one that holds a model, or a model on the Hub as organisation/name"
        ) from error


def _is_path(name: str) -> bool:
    """Whether a name can be nothing but a path."""
    return name.startswith(("/", ".", "~")) or len(Path(name).parts) > _HUB_PARTS


def _check_attention(name: str) -> None:
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    known = sorted({"eager", *ALL_ATTENTION_FUNCTIONS.valid_keys()})
    if name not in known and "/" not in name:  # with a slash it is a kernel on the Hub
        raise WrongSettings(f"attn_implementation: {name!r} is none of {', '.join(known)}, and no kernel on the Hub")


def _check_targets(model: ModelSettings) -> None:
    """Names of modules; a text that is no name is `all-linear` or a pattern, which only PEFT can tell."""
    targets = model.lora_target_modules
    if isinstance(targets, str) and not targets.isidentifier():
        return
    try:
        known = dimensions_of(model.model_name_or_path).linear
    except CannotEstimate:
        return
    names = (targets,) if isinstance(targets, str) else targets
    if strange := [name for name in names if name not in known]:
        raise WrongSettings(f"lora_target_modules: {strange[0]} is none of {', '.join(known)}")
