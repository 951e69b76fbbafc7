"""What can be refused about the model that a run starts from before anything of it is loaded (§5.1)."""

from pathlib import Path

from train.settings import ModelSettings
from train.sizing.dimensions import CannotEstimate, dimensions_of
from train.stages import WrongSettings

_HUB_PARTS = 2
"""A name on the Hub is `name` or `organisation/name`."""


def check_start(model: ModelSettings) -> None:
    """Refuse a model that is nowhere, and an attention that transformers does not know.

    The output of a recipe's run (`training/qwen2.5-3b-sft/final`) may still be missing: it comes before this run.

    Raises:
        WrongSettings: names the field.
    """
    _check_place(model.model_name_or_path)
    if model.attn_implementation is not None:
        _check_attention(model.attn_implementation)


def _check_place(name: str) -> None:
    path = Path(name)
    if path.is_file():
        raise WrongSettings(f"model_name_or_path: {name} is a file; name the folder that holds the model")
    if path.is_dir() or not _is_path(name):
        return
    try:
        dimensions_of(name)
    except CannotEstimate as error:
        raise WrongSettings(
            f"model_name_or_path: no folder {name}; name one that holds a model, or a model on the Hub as "
            "organisation/name"
        ) from error


def _is_path(name: str) -> bool:
    """Whether a name can be nothing but a path."""
    return name.startswith(("/", ".", "~")) or len(Path(name).parts) > _HUB_PARTS


def _check_attention(name: str) -> None:
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    known = sorted({"eager", *ALL_ATTENTION_FUNCTIONS.valid_keys()})
    if name not in known and "/" not in name:  # with a slash it is a kernel on the Hub
        raise WrongSettings(f"attn_implementation: {name!r} is none of {', '.join(known)}, and no kernel on the Hub")
