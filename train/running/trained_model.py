"""A trained model on the disk, as those who ask it need to know it: which folder, whole or adapter, on which base."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

CONFIG, ADAPTER = "config.json", "adapter_config.json"
_PARTS = ("best", "final")
"""What of a run is meant where the run itself is named: GRPO's best checkpoint, else the last weights."""


class NoModel(ValueError):
    """A folder that holds no model to talk to: which, why, what to do."""


class TrainedModel(NamedTuple):
    """Where a model lies."""

    folder: Path
    """With its weights, tokenizer and chat template."""
    base: str | None
    """Of an adapter: the folder or name of the model that it changes. None is a whole model."""
    adapter: dict[str, Any]
    """adapter_config.json; empty of a whole model."""
    name: str
    """How clients ask for it unless told otherwise."""

    @property
    def merge_first(self) -> str:
        """What to do where an adapter cannot be taken."""
        return f"merge it first: kardia train merge {self.folder} --out DIR"


class Facts(NamedTuple):
    """What a server must know of a model; of an adapter, of its base."""

    longest: int
    """The most tokens of a prompt with its answer."""
    dtype: str
    head_dim: int
    ends: tuple[int, ...]
    """Tokens that end an answer."""
    pad: int | None


def trained_model(given: Path) -> TrainedModel:
    """The model that a folder holds: the folder itself, or `best` or `final` of a training run.

    Raises:
        NoModel: there is none, it has no tokenizer, or it is no policy.
    """
    folder = next((path for path in (given, *(given / part for part in _PARTS)) if _holds_model(path)), None)
    if folder is None:
        raise NoModel(f"{given}: no model in it ({CONFIG} or {ADAPTER}); name a run of `kardia train`, or its final/")
    if not any(folder.glob("tokenizer*")):
        raise NoModel(f"{folder}: no tokenizer beside the weights; copy it from the base model")
    is_adapter = (folder / ADAPTER).exists()
    config = _json(folder / (ADAPTER if is_adapter else CONFIG))
    base = str(config.get("base_model_name_or_path") or "") if is_adapter else None
    if config.get("task_type") == "SEQ_CLS" or "SequenceClassification" in str(config.get("architectures")):
        raise NoModel(f"{folder}: a reward model, which answers nobody; name a policy")
    if base == "":
        raise NoModel(f"{folder / ADAPTER}: names no base model; train again, or write base_model_name_or_path")
    if base and Path(base).is_dir():
        base = str(Path(base).resolve())
    return TrainedModel(folder.resolve(), base, config if is_adapter else {}, _name(folder))


def facts(model: TrainedModel) -> Facts:
    """Read a model's configuration.

    Raises:
        NoModel: it, or the base of an adapter, cannot be read, or the base is an adapter itself.
    """
    from transformers import AutoConfig, AutoTokenizer, GenerationConfig

    where = model.base or str(model.folder)
    if model.base and (Path(model.base) / ADAPTER).is_file():
        raise NoModel(f"{model.folder}: an adapter on an adapter; {model.merge_first}")
    try:
        config: Any = AutoConfig.from_pretrained(where)
        tokenizer: Any = AutoTokenizer.from_pretrained(model.folder)
    except (OSError, ValueError, KeyError) as error:
        what = f"its base {where}" if model.base else "its configuration"
        raise NoModel(
            f"{model.folder}: {what} cannot be read ({_first(error)}); put it there, or {model.merge_first}"
        ) from error
    try:
        generation: Any = GenerationConfig.from_pretrained(where)
        said = _ids(generation.eos_token_id)
    except OSError:
        said = []
    text = config.get_text_config()
    return Facts(
        longest=int(text.max_position_embeddings),
        dtype=str(text.dtype or "float32").removeprefix("torch."),
        head_dim=int(getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads),
        ends=tuple(dict.fromkeys([*_ids(tokenizer.eos_token_id), *said, *_ids(text.eos_token_id)])),
        pad=tokenizer.pad_token_id,
    )


def write_generation_config(folder: Path, known: Facts) -> None:
    """A generation_config.json that says where answers end, and leaves sampling to the client."""
    said = {"do_sample": True, "eos_token_id": list(known.ends), "pad_token_id": known.pad}
    target = folder / "generation_config.json"
    target.unlink(missing_ok=True)
    target.write_text(json.dumps({key: value for key, value in said.items() if value is not None}), encoding="utf-8")


def _holds_model(path: Path) -> bool:
    return (path / CONFIG).is_file() or (path / ADAPTER).is_file()


def _name(folder: Path) -> str:
    """The run's name where the folder is a part of a run."""
    folder = folder.resolve()
    part = folder.name in _PARTS or re.fullmatch(r"checkpoint-\d+", folder.name)
    return re.sub(r"[^A-Za-z0-9._-]+", "-", (folder.parent if part else folder).name).strip("-.") or "policy"


def _json(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NoModel(f"{path}: damaged ({error}); restore it") from error
    if not isinstance(raw, dict):
        raise NoModel(f"{path}: damaged, a {type(raw).__name__} instead of an object; restore it")
    return raw


def _ids(said: int | Iterable[int] | None) -> list[int]:
    if said is None:
        return []
    return [said] if isinstance(said, int) else list(said)


def _first(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
