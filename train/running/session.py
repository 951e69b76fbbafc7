"""A session of training: settings checked, the run's directory locked and made fit, signals heard, its end noted (§5.1).

The same for every stage. Of several processes the first one writes; the others wait for it.
"""

import errno
import hashlib
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from graphs.llm.errors import RunStopped
from graphs.records import NoSpace, read_header
from train.machine import describe_machine, versions
from train.models import ADAPTER, base_of
from train.quiet import quietly
from train.running.checkpoints import step_of
from train.running.manifest import Manifest, origin_of, read_manifest
from train.running.opening import Opening
from train.running.processes import one_on_cpu, processes_of, require_same_processes
from train.running.run_folder import (
    FINAL,
    TrainingRun,
    now,
    open_training_run,
    progress_now,
    start_training_run,
)
from train.running.saying import say
from train.running.stopping import Stop, stop_on_signals
from train.settings import StageSettings
from train.stages import Stage
from train.trl_config import trl_config

if TYPE_CHECKING:
    from transformers import TrainingArguments

_HEADER = ("pack", "pack_hash", "policy_template_sha256", "subset", "by", "per", "sees", "demonstration")
"""What of an examples file's header goes into the run and its manifests."""


class Session(NamedTuple):
    """What a stage trains with."""

    run: TrainingRun
    args: "TrainingArguments"
    checkpoint: Path | None
    """To go on from."""
    stop: Stop
    opening: Opening
    """For the trainer: until it was called, nothing in the directory is changed."""
    manifest: Manifest
    """At step 0; a stage adds its rewards."""

    @property
    def from_step(self) -> int:
        """What was trained before."""
        return step_of(self.checkpoint) if self.checkpoint else 0


class Ended(NamedTuple):
    """How a session ended."""

    path: Path
    step: int
    of: int
    signal: int | None
    """Who asked to stop before the end, if anybody did."""
    remark: str = ""
    """What a person should know of how it ended; empty for nothing."""
    owes_look: bool = False
    """Whether all steps are done and the last look at the held-out slice is not: a stop let go of it."""

    @property
    def is_done(self) -> bool:
        """Whether training came to its end."""
        return self.step >= self.of and not self.owes_look

    def text(self) -> str:
        """The same in one line."""
        if not self.is_done:
            return f"{self.path}: stopped at step {self.step} of {self.of}; {self.remark or 'the same command goes on'}"
        remark = f"\n{self.remark}" if self.remark else ""
        return f"{self.path}: done, {self.of} steps; the model is in {self.path / FINAL}{remark}"


def training_session(
    out: Path, stage: Stage, settings: StageSettings, data: Mapping[str, Any], train: Callable[[Session], Ended]
) -> Ended:
    """Open a run and train in it; an error is noted as its end. A finished run is left as it is.

    Args:
        data: as `examples_data` gives it; all but the path is frozen.

    Raises:
        WrongSettings: names the field.
        RunInUse: another process trains in it.
        NoSpace: the disk is full; the same command goes on after room was made.
    """
    processes = processes_of(os.environ)
    args = trl_config(stage, settings, out, processes)
    machine = describe_machine(processes, args.to_dict())
    with ExitStack() as stack:
        stack.enter_context(quietly())
        if args.process_index == 0:
            run = start_training_run(out, stage, settings.flat(), data, versions())
            stack.enter_context(run.lock())
            if one := one_on_cpu(os.environ):
                say(one)
        _wait(args)
        run = open_training_run(out)
        if run.is_finished:
            step = read_manifest(run.final).step
            return Ended(out, step, step, None)
        checkpoint, opening = run.last_checkpoint(), Opening(run, machine)
        if checkpoint:
            require_same_processes(run, processes, is_main=args.process_index == 0)
        stop = stack.enter_context(stop_on_signals())
        stack.enter_context(_noting_failure(run, opening if checkpoint else None, is_main=args.process_index == 0))
        return train(Session(run, args, checkpoint, stop, opening, _manifest(run, settings, machine)))


@contextmanager
def _noting_failure(run: TrainingRun, resumed: Opening | None, *, is_main: bool) -> Generator[None]:
    """Let progress.json say by what training was ended; a full disk is said as one.

    Args:
        resumed: of a run that goes on from a checkpoint; where that is refused, nothing is noted.
    """
    try:
        yield
    except BaseException as error:
        full = _no_space(error, run.path)
        if is_main and (resumed is None or resumed.is_over):
            _note_failure(run, full or error)
        if full:
            raise full from error
        raise


def _no_space(error: BaseException, path: Path) -> NoSpace | None:
    """A full disk, in whosever words: torch and safetensors have none of the system's."""
    said = str(error)
    of_torch = isinstance(error, RuntimeError) and "inline_container" in said
    of_system = isinstance(error, OSError) and error.errno == errno.ENOSPC
    return NoSpace(path) if of_torch or of_system or "No space left on device" in said else None


def examples_data(path: Path, model: str) -> dict[str, Any]:
    """What a run learns from, by name and hash: the file's own and what its header says, and the weights it starts from.

    Args:
        model: name or folder of the model that training starts from.

    Raises:
        BadFile: the file cannot be read.
    """
    header = read_header(path)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    start = origin_of(model)
    said = {name: header[name] for name in _HEADER if name in header}
    return {"examples": str(path), "examples_sha256": found, **said, "model_sha256": start.sha256}


def _manifest(run: TrainingRun, settings: StageSettings, machine: Mapping[str, Any]) -> Manifest:
    name = settings.model.model_name_or_path
    prompts = {key: str(run.data[key]) for key in ("pack", "pack_hash", "policy_template_sha256") if key in run.data}
    hidden = {"examples", "preferences", "model_sha256", "demonstration", *prompts}
    start = origin_of(name)
    return Manifest(
        stage=run.stage,
        step=0,
        created=now(),
        start=start,
        base=origin_of(base_of(name)) if (Path(name) / ADAPTER).exists() else start,
        adapter=settings.model.use_peft,
        data={key: value for key, value in run.data.items() if key not in hidden},
        prompts=prompts,
        settings={key: value for key, value in settings.flat().items() if key != "model_name_or_path"},
        seeds={"seed": settings.seed},
        versions=versions(),
        machine=dict(machine),
        demonstration=bool(run.data.get("demonstration", False)),
    )


def _wait(args: "TrainingArguments") -> None:
    if args.world_size > 1 and args.distributed_state:
        args.distributed_state.wait_for_everyone()


def _note_failure(run: TrainingRun, error: BaseException) -> None:
    """Say in progress.json why the run ended, where the last note left it."""
    state = "stopped" if isinstance(error, (KeyboardInterrupt, RunStopped, NoSpace)) else "failed"
    by_hand = "stopped by hand, without a checkpoint of this step; the same command goes on"
    reason = by_hand if isinstance(error, KeyboardInterrupt) else str(error) or type(error).__name__
    noted = progress_now(run.stage, state, now(), 0, None)
    if last := run.progress():
        noted = last.model_copy(update={"state": state, "updated": noted.updated, "eta_s": None, "pid": noted.pid})
    with suppress(OSError):  # on a full disk the last note stands
        run.note(noted.model_copy(update={"reason": reason}))
