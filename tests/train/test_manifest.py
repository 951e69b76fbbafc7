"""What a manifest vouches for: the files beside it are on the disk before it is, and a model's hash follows its files."""

import os
from pathlib import Path

import pytest
from transformers import TrainerControl, TrainerState, TrainingArguments

from train.running.manifest import Manifest, ModelOrigin, origin_of, read_manifest, write_manifest
from train.running.run_folder import TrainingRun
from train.running.stopping import Stop
from train.running.watching import Watcher

ORIGIN = ModelOrigin(name="m", is_local=True)
MANIFEST = Manifest(
    stage="sft", step=1, created="", start=ORIGIN, base=ORIGIN, adapter=False, data={}, prompts={}, settings={}, seeds={},
    versions={}, machine={}, demonstration=True,
)  # fmt: skip


def test_the_weights_are_on_the_disk_before_the_manifest_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("model.safetensors", "ref/adapter.safetensors"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("weights")
    watcher = Watcher(TrainingRun(tmp_path, "sft", {}, {}), MANIFEST, Stop())
    synced: list[str] = []
    fsync = os.fsync

    def note(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        assert not (tmp_path / "manifest.json").exists()
        fsync(handle)

    monkeypatch.setattr(os, "fsync", note)
    watcher.write(tmp_path, TrainerState(global_step=1, max_steps=2))
    assert {"model.safetensors", "adapter.safetensors"} <= set(synced)
    assert (tmp_path / "manifest.json").exists()


def test_the_hash_of_a_model_follows_what_its_files_hold_now(tmp_path: Path) -> None:
    for folder, weights in (("a", "one"), ("b", "one"), ("c", "two")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "model.safetensors").write_text(weights)
    first, same, other = (origin_of(str(tmp_path / folder)).sha256 for folder in "abc")
    assert first == same != other
    (tmp_path / "a" / "model.safetensors").write_text("three")
    assert origin_of(str(tmp_path / "a")).sha256 not in (first, other)


def test_the_manifest_of_a_checkpoint_keeps_how_large_each_of_its_files_is(tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint-1"
    for name, held in (("model.safetensors", "weights"), ("ref/adapter.safetensors", "ref"), ("README.md", "TRL's")):
        (checkpoint / name).parent.mkdir(parents=True, exist_ok=True)
        (checkpoint / name).write_text(held)
    watcher = Watcher(TrainingRun(tmp_path, "sft", {}, {}), MANIFEST, Stop())
    args = TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to=[])
    watcher.on_save(args, TrainerState(global_step=1, max_steps=2), TrainerControl())
    assert read_manifest(checkpoint).files == {"model.safetensors": 7, "ref/adapter.safetensors": 3}
    assert read_manifest(tmp_path).files == {}


def test_a_manifest_from_before_sizes_were_kept_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(MANIFEST.model_dump_json(exclude={"files"}))
    assert read_manifest(tmp_path).files == {}


def test_sizes_of_another_folder_are_not_kept(tmp_path: Path) -> None:
    write_manifest(tmp_path, MANIFEST.model_copy(update={"files": {"adapter_model.safetensors": 3}}))
    assert read_manifest(tmp_path).files == {}
