"""A training run is a directory: settings as frozen, checkpoints, curves, ledger, alarms, where it stands (paper §5.1).

One process writes it at a time; a resume with other settings is refused by the field's name, and what was written after
the checkpoint that it goes on from is cut, so that every curve continues as one. Without a checkpoint it is set aside.
"""

import json
import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ValidationError

from graphs.records import BadFile, replacing
from graphs.runs import LOCK, holding
from graphs.schema import SCHEMA_VERSION, Record
from train.running.checkpoints import MANIFEST, checkpoints, last_whole, put_damaged_aside, remove_half_saved, step_of
from train.running.run_lines import Metrics, Split, add_line, cut_lines, mend_end, read_metrics, set_aside
from train.stages import Stage, WrongSettings

CONFIG, METRICS, LEDGER, ALARMS, PROGRESS, SPENDING = (
    "train.yaml", "metrics.jsonl", "ledger.jsonl", "alarms.jsonl", "progress.json", "spending.jsonl",
)  # fmt: skip
CARD = "README.md"
FINAL, BEST = "final", "best"
_GROWING = (METRICS, ALARMS, LEDGER)

FREE = frozenset({
    "data.examples", "data.preferences",
    "per_device_train_batch_size", "per_device_eval_batch_size", "gradient_checkpointing", "use_cpu", "dataloader_num_workers",
    "logging_steps", "save_steps", "save_strategy", "save_total_limit", "report_to", "run_name", "disable_tqdm", "log_level", "dataset_num_proc", "attn_implementation",
    "judge_base_url", "judge_concurrency", "judge_retries", "judge_deadline_s", "second_judge_base_url", "max_failed_share",
    "vllm_gpu_memory_utilization", "vllm_server_base_url", "vllm_server_host", "vllm_server_port", "vllm_server_timeout",
})  # fmt: skip
"""What may differ when a run is resumed: where things lie, how fast it runs; not what it learns."""

State = Literal["training", "done", "stopped", "failed"]


class TrainingProgress(Record):
    """Where a run stands: progress.json, replaced with every logged step."""

    state: State
    stage: Stage
    step: int = 0
    of: int | None = None
    started: str
    updated: str
    eta_s: float | None = None
    cost_usd: float | None = None
    reason: str = ""
    pid: int


class TrainingRun:
    """An opened training run."""

    def __init__(self, path: Path, stage: Stage, frozen: Mapping[str, Any], data: Mapping[str, Any]):
        self.path = path
        self.stage: Stage = stage
        self.frozen = frozen
        """Settings, flat, as the run was started with."""
        self.data = data
        """Names and hashes of what it learns from."""

    @property
    def ledger(self) -> Path:
        return self.path / LEDGER

    @property
    def final(self) -> Path:
        return self.path / FINAL

    @property
    def best(self) -> Path:
        return self.path / BEST

    @contextmanager
    def lock(self) -> Generator[None]:
        """Keep every other process off this run.

        Raises:
            RunInUse: names pid, host and since when.
        """
        with holding(self.path):
            yield

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to train: the manifest of final/ is written last."""
        return (self.final / MANIFEST).is_file()

    def last_checkpoint(self) -> Path | None:
        """The newest checkpoint that was saved whole, its manifest last, and is as it was saved."""
        return last_whole(self.path)

    def begin_session(self, machine: Mapping[str, Any]) -> Path | None:
        """Make the directory fit to go on: half-saved checkpoints gone, damaged ones aside, curves cut at the newest whole one.

        Returns:
            The folder that what was written before was moved into, where no checkpoint is left to go on from.
        """
        remove_half_saved(self.path)
        put_damaged_aside(self.path)
        newest, raw = self.last_checkpoint(), _yaml(self.path)
        earlier = raw.get("sessions", [])
        step = step_of(newest) if newest else 0
        aside = None if newest else set_aside(self.path, (*_GROWING, BEST))
        for name in _GROWING:
            cut_lines(self.path / name, step + 1)
        mend_end(self.path / SPENDING)  # money stays spent, whatever is done again
        raw["sessions"] = [*earlier, {"started": now(), "from_step": step, **machine}]
        _write_yaml(self.path, raw)
        return aside

    def add_metrics(self, step: int, metrics: Mapping[str, float | None], split: Split = "train") -> None:
        """Append one line of the curves; it is out of this process when this returns."""
        add_line(self.path / METRICS, Metrics(step=step, at=now(), split=split, metrics=dict(metrics)))

    def metrics(self, last: int | None = None) -> Iterator[Metrics]:
        """The lines of metrics.jsonl, of all steps or up to one; a half-written last line is passed over."""
        return read_metrics(self.path / METRICS, last)

    def progress(self) -> TrainingProgress | None:
        """The last note of where it stood; None where there is none, or it cannot be read."""
        try:
            return TrainingProgress.model_validate_json((self.path / PROGRESS).read_bytes())
        except (OSError, ValidationError):
            return None

    def note(self, progress: TrainingProgress) -> None:
        """Replace progress.json; a disk that has no room does not stop the training for it."""
        with suppress(OSError), replacing(self.path / PROGRESS) as file:
            file.write(progress.model_dump_json().encode())


def start_training_run(
    path: Path, stage: Stage, settings: Mapping[str, Any], data: Mapping[str, Any], versions: Mapping[str, str]
) -> TrainingRun:
    """Make a training run's directory, or open the one that is there and check that nothing frozen differs.

    Args:
        settings: flat, as `StageSettings.flat` gives them.
        data: what is learned from: `examples` or `preferences` is the path as given, free to move; hashes are frozen.
        versions: of the libraries, as the run was started with; recorded, not frozen.

    Raises:
        WrongSettings: a frozen setting differs (field, old, new), or the directory is something else's.
        RunInUse: another process trains in it.
    """
    if path.exists() and not (path / CONFIG).exists() and not _is_begun(path):
        raise WrongSettings(f"out: {path} exists and is not a training run; name another directory")
    path.mkdir(parents=True, exist_ok=True)
    with holding(path):
        if (path / CONFIG).exists() and _has_learned(path):
            _check_frozen(open_training_run(path), stage, settings, data)
        else:
            raw = {"schema_version": SCHEMA_VERSION, "stage": stage, "data": dict(data), "settings": dict(settings)}
            _write_yaml(path, {**raw, "versions": dict(versions)})
    return open_training_run(path)


def open_training_run(path: Path) -> TrainingRun:
    """Open a training run's directory.

    Raises:
        BadFile: it is none, or train.yaml is damaged.
    """
    raw = _yaml(path)
    stage = raw.get("stage")
    if stage not in ("sft", "grpo", "reward_model") or not isinstance(raw.get("settings"), dict):
        raise BadFile(f"{path / CONFIG}: damaged, no stage or no settings; restore it, or start a new run")
    return TrainingRun(path, stage, raw["settings"], raw.get("data") or {})


def last_session(path: Path) -> dict[str, Any]:
    """What the last session of a run ran on; empty before its first step.

    Raises:
        BadFile: train.yaml is damaged.
    """
    sessions = _yaml(path).get("sessions")
    return dict(sessions[-1]) if isinstance(sessions, list) and sessions and isinstance(sessions[-1], dict) else {}


def _is_begun(path: Path) -> bool:
    """Whether a directory holds nothing but what a start leaves that was killed; hidden files are half-written ones."""
    return path.is_dir() and all(entry.name == LOCK or entry.name.startswith(".") for entry in path.iterdir())


def _has_learned(path: Path) -> bool:
    """Whether a run ever came to a step; until then its settings can still be put right."""
    metrics = path / METRICS
    written = metrics.exists() and metrics.stat().st_size > 0
    return written or bool(checkpoints(path)) or (path / FINAL / MANIFEST).is_file()


def now() -> str:
    """This moment, UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _check_frozen(run: TrainingRun, stage: Stage, settings: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    before = {"stage": run.stage, **_plain(run.data, "data."), **run.frozen}
    after = {"stage": stage, **_plain(data, "data."), **_plain(settings)}
    for name in sorted({*before, *after} - FREE):
        if before.get(name) != after.get(name):
            raise WrongSettings(
                f"{name}: {before.get(name)!r} in {run.path}, {after.get(name)!r} now; it is frozen while a run "
                "lasts: give the run's own, or another --out"
            )


def _plain(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The mapping as YAML gives it back."""
    again = json.loads(json.dumps(dict(value)))
    return {prefix + name: inner for name, inner in again.items()}


def _yaml(path: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load((path / CONFIG).read_text(encoding="utf-8"))
    except OSError as error:
        raise BadFile(f"{path}: no {CONFIG} in it; name a directory that `kardia train` made") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadFile(f"{path / CONFIG}: damaged, not YAML; restore it, or start a new run") from error
    if not isinstance(raw, dict):
        raise BadFile(f"{path / CONFIG}: damaged; restore it, or start a new run")
    return raw


def _write_yaml(path: Path, value: Mapping[str, Any]) -> None:
    plain = json.loads(json.dumps(dict(value)))
    with replacing(path / CONFIG) as file:
        file.write(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True).encode())


def progress_now(stage: Stage, state: State, started: str, step: int, of: int | None) -> TrainingProgress:
    """A note of this process, of this moment."""
    return TrainingProgress(state=state, stage=stage, step=step, of=of, started=started, updated=now(), pid=os.getpid())
