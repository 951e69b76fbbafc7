"""A trainer's callback that keeps a training run's files: curves, where it stands, manifests; and stops between steps (§5.1)."""

import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from accelerate.utils import gather_object
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from train.running.manifest import Manifest, bring_to_disk, manifest_now, write_manifest
from train.running.run_folder import State, TrainingRun, now, progress_now

_SUMMARY = "train_runtime"
"""Stands in the summary that a trainer logs when it ends, which is no point of a curve."""


def say(text: str) -> None:
    """Say something to the person at the terminal, on stderr."""
    print(text, file=sys.stderr, flush=True)


_SHOWN = ("loss", "reward", "kl", "mean_token_accuracy", "grad_norm", "learning_rate")


class Stop:
    """Whether somebody asked to stop: training ends with the step under way, with a checkpoint."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Take a signal; a second Ctrl+C stops at once, without a checkpoint."""
        if self.signal is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal = number


@contextmanager
def stop_on_signals() -> Generator[Stop]:
    """Turn SIGINT and SIGTERM into a wish to stop, as long as the context lasts."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop.ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Watcher(TrainerCallback):
    """Writes metrics.jsonl, progress.json and every checkpoint's manifest, on the main process alone."""

    def __init__(
        self,
        run: TrainingRun,
        manifest: Manifest,
        stop: Stop,
        *,
        tokens_before: float = 0.0,
        cost: Callable[[], float | None] = lambda: None,
    ):
        """
        Args:
            manifest: of the run, at step 0.
            tokens_before: what an earlier session counted, for a trainer that counts `num_tokens` anew.
            cost: US dollars spent so far, None where it is not known.
        """
        self.run = run
        self.figures: dict[str, float | None] = {}
        self._manifest = manifest
        self._stop = stop
        self._tokens_before = tokens_before
        self._cost = cost
        self._started, self._clock, self._from_step = now(), time.monotonic(), 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._clock, self._from_step = time.monotonic(), state.global_step
        self.note(state, "training")

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if _anybody(self._stop.signal is not None, args):
            control.should_save = control.should_training_stop = True
        if control.should_save:
            control.should_log = True  # a curve that goes on from here must not average over the border

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if not state.is_world_process_zero or not logs or _SUMMARY in logs:
            return
        held_out = any(name.startswith("eval_") for name in logs)
        figures = {name.removeprefix("eval_"): _finite(value) for name, value in logs.items() if _is_number(value)}
        if self._tokens_before and figures.get("num_tokens") is not None and not held_out:
            figures["num_tokens"] = (figures["num_tokens"] or 0) + self._tokens_before
        self.run.add_metrics(state.global_step, figures, "held_out" if held_out else "train")
        if not held_out:
            self.figures = figures
        self.note(state, "training")
        say(_line(state, figures, held_out=held_out))

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        args.distributed_state.wait_for_everyone() if args.distributed_state else None
        if state.is_world_process_zero:
            self.write(self.run.path / f"checkpoint-{state.global_step}", state)
            self._describe(self.run.path, state)

    def write(self, folder: Path, state: TrainerState) -> None:
        """Vouch for a folder that was saved whole: when its manifest stands there, so does the rest of it."""
        bring_to_disk([*folder.rglob("*"), folder])
        self._describe(folder, state)

    def _describe(self, folder: Path, state: TrainerState) -> None:
        """Write manifest and card of this moment."""
        write_manifest(folder, manifest_now(self._manifest, state.global_step, state.max_steps, self.figures))

    def note(self, state: TrainerState, standing: State, reason: str = "") -> None:
        """Say in progress.json where the run stands."""
        if not state.is_world_process_zero:
            return
        done = state.global_step - self._from_step
        pace = (time.monotonic() - self._clock) / done if done > 0 else None
        left = pace * (state.max_steps - state.global_step) if pace is not None and standing == "training" else None
        noted = progress_now(self.run.stage, standing, self._started, state.global_step, state.max_steps or None)
        self.run.note(noted.model_copy(update={"eta_s": left, "cost_usd": self._cost(), "reason": reason}))


def _line(state: TrainerState, figures: Mapping[str, float | None], *, held_out: bool) -> str:
    """One logged step for a reader: the figures that a curve is first read by."""
    shown = [f"{name} {value:.4g}" for name in _SHOWN if (value := figures.get(name)) is not None]
    where = f"step {state.global_step} of {state.max_steps}" + (", held out" if held_out else "")
    return f"{where}: {', '.join(shown)}" if shown else where


def _anybody(asked: bool, args: TrainingArguments) -> bool:
    """Whether a signal reached any of the processes: all stop after the same step."""
    return any(gather_object([asked])) if args.world_size > 1 else asked


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
