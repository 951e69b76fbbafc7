"""What a checkpoint is: manifest.json for programs, and the model card beside it for people (paper §5.1).

Both name data and prompts by hash, versions, seeds, settings, rewards, and whether the data was a demonstration's.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from graphs.records import BadFile, replacing
from graphs.schema import SCHEMA_VERSION, Record
from train.running.run_folder import CARD, MANIFEST, now
from train.stages import Stage

_WEIGHTS = ("*.safetensors", "config.json", "adapter_config.json")
_STAGES = {
    "sft": "supervised fine-tuning on context-response pairs (paper Eq. 5)",
    "grpo": "GRPO with the unified reward of format, emotion and outcome (paper Eq. 6-12)",
    "reward_model": "a reward model from pairwise preferences (the RLHF row of the paper's Table 2)",
}
WARNING = (
    "> **TRAINED ON DEMONSTRATION DATA, PLAYED BY AN EMBEDDED RULE-BASED MODEL.**\n"
    "> **IT SHOWS THAT THE MACHINERY RUNS AND NOTHING ELSE. DO NOT USE, CITE OR PUBLISH IT.**\n\n"
)


class ModelOrigin(Record):
    """Which weights training started from."""

    name: str
    """A name on the Hub, or the last part of a folder's path."""
    revision: str = ""
    """Commit on the Hub, where it came from there."""
    sha256: str = ""
    """Over the weights and configuration of a local folder."""
    is_local: bool


class Manifest(Record):
    """Everything that made a checkpoint."""

    kind: Literal["manifest"] = "manifest"
    schema_version: int = SCHEMA_VERSION
    stage: Stage
    step: int = Field(ge=0)
    of: int | None = None
    created: str
    start: ModelOrigin
    """The weights that this stage started from: for GRPO the SFT model, which is the KL reference too."""
    base: ModelOrigin
    """The whole model under an adapter; of a whole model the same as `start`."""
    adapter: bool
    """Whether the checkpoint holds an adapter, to be put on `base`."""
    data: dict[str, Any]
    """Names, hashes and counts of what was learned from."""
    prompts: dict[str, str]
    """Hashes of the pack and of the policy template, and of the judge's prompt where there was one."""
    settings: dict[str, Any]
    rewards: dict[str, Any] | None = None
    """Parts, weights and models of the reward; None of a stage that has none."""
    seeds: dict[str, int]
    versions: dict[str, str]
    machine: dict[str, Any]
    demonstration: bool
    figures: dict[str, float | None] = Field(default_factory=dict)
    """The last logged figures."""
    files: dict[str, int] = Field(default_factory=dict)
    """Of a checkpoint, the size in bytes of each of its files but card and manifest; empty elsewhere and in older ones."""


def write_manifest(folder: Path, manifest: Manifest, sizes: Mapping[str, int] | None = None) -> None:
    """Write card and manifest into a folder; the manifest comes last, for it says that the folder is whole.

    Args:
        sizes: of this folder's files; those of a folder that the manifest was read from are not kept.
    """
    manifest = manifest.model_copy(update={"files": dict(sizes or {})})
    with replacing(folder / CARD) as file:
        file.write(card_text(manifest).encode())
    with replacing(folder / MANIFEST) as file:
        file.write(manifest.model_dump_json(indent=2).encode())


def bring_to_disk(paths: Iterable[Path]) -> None:
    """Wait until files, and the names that stand in folders, would outlive a power cut."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sizes_of(folder: Path) -> dict[str, int]:
    """The size in bytes of every file under a folder but card and manifest, which are written after the rest."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
    return {name: size for name, size in sizes.items() if name not in (CARD, MANIFEST)}


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a checkpoint or a finished model.

    Raises:
        BadFile: there is none, or it is damaged.
    """
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}; name a checkpoint, best/ or final/ of a training run") from error
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise BadFile(f"{path}: {where}: {error.errors()[0]['msg']}; written by another version?") from error


def origin_of(name: str) -> ModelOrigin:
    """Which weights a name or folder stands for: the commit of a Hub model, the hash of a local one's files."""
    folder = Path(name)
    if not folder.is_dir():
        return ModelOrigin(name=name, revision=_revision(name), is_local=False)
    files = sorted({path for pattern in _WEIGHTS for path in folder.glob(pattern)})
    as_they_are = tuple((path.resolve(), path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files)
    return ModelOrigin(name=folder.resolve().name, sha256=_sha256(as_they_are), is_local=True)


@lru_cache(maxsize=8)
def _sha256(files: tuple[tuple[Path, str, int, int], ...]) -> str:
    """Over files as they are now; a start asks for the same weights several times, and they may be large.

    Args:
        files: path, name, size and time of change of each.
    """
    whole = hashlib.sha256()
    for path, name, *_ in files:
        with path.open("rb") as file:
            whole.update(name.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def card_text(manifest: Manifest) -> str:
    """The model card: front matter, then what it is, what it learned from, how, and its limits."""
    settings = {name: value for name, value in manifest.settings.items() if name != "model_name_or_path"}
    sections = [
        ("What it is", _what(manifest)),
        ("What it learned from", _table({**manifest.data, **manifest.prompts})),
        ("Rewards", _table(manifest.rewards or {})),
        ("Settings", _table(settings)),
        ("Figures at this step", _table(manifest.figures)),
        ("Made with", _table({**manifest.versions, **manifest.machine, **manifest.seeds})),
        ("Limits", _LIMITS),
    ]
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections if text)
    warning = WARNING if manifest.demonstration else ""
    return f"---\n{_front_matter(manifest)}---\n\n# {_title(manifest)}\n\n{warning}{body}\n"


_LIMITS = (
    "No substitute for a person, a counsellor or an emergency service. Examine it before use: `kardia evaluate`. "
    "Licences of the base model and of the data hold for these weights; dialogues seeded with EmpatheticDialogues are "
    "CC BY-NC 4.0."
)


def _title(manifest: Manifest) -> str:
    return f"{_cell(manifest.base.name)}, {manifest.stage}, step {manifest.step}"


def _front_matter(manifest: Manifest) -> str:
    fields: dict[str, Any] = {
        "library_name": "peft" if manifest.adapter else "transformers",
        "pipeline_tag": "text-classification" if manifest.stage == "reward_model" else "text-generation",
        "tags": ["kardia", manifest.stage, "trl", *(["lora"] if manifest.adapter else [])],
    }
    if not manifest.base.is_local:
        fields["base_model"] = manifest.base.name
    if manifest.demonstration:
        fields["tags"].append("demonstration")
    return yaml.safe_dump(fields, sort_keys=False, allow_unicode=True)


def _what(manifest: Manifest) -> str:
    of = f" of {manifest.of}" if manifest.of else ""
    held = "An adapter for" if manifest.adapter else "A whole model from"
    start = "" if manifest.start == manifest.base else f", going on from {_origin(manifest.start)}"
    return (
        f"{held} {_origin(manifest.base)}{start}: step {manifest.step}{of} of {_STAGES[manifest.stage]}. "
        f"Written {manifest.created}; `{MANIFEST}` says the same for programs."
    )


def _origin(origin: ModelOrigin) -> str:
    mark = origin.revision or origin.sha256
    return f"`{_cell(origin.name)}`" + (f" ({mark[:12]})" if mark else "")


def _table(values: Mapping[str, Any]) -> str:
    if not values:
        return ""
    rows = [f"| {_cell(name)} | {_cell(value)} |" for name, value in values.items()]
    return "\n".join(["| | |", "|---|---|", *rows])


def _cell(value: Any) -> str:
    """A value as one table cell; nothing in it is markup."""
    text = " ".join(str(value).split())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "'").replace("[", "\\[")


def _revision(name: str) -> str:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(name, "config.json")
    except HFValidationError:
        return ""
    return Path(found).parent.name if isinstance(found, str) else ""


def manifest_now(manifest: Manifest, step: int, of: int | None, figures: Mapping[str, float | None]) -> Manifest:
    """The same run at another step."""
    return manifest.model_copy(update={"step": step, "of": of, "figures": dict(figures), "created": now()})
