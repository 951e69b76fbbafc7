"""A trainer's callback that keeps a training run's files: curves, where it stands, manifests; and stops between steps (§5.1).

It stops by itself where the policy diverged, which the paper has no word on, before such weights are saved.
"""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import gather_object
from torch.distributed.tensor import DTensor
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from train.running.manifest import Manifest, bring_to_disk, manifest_now, sizes_of, write_manifest
from train.running.run_folder import State, TrainingRun, now, progress_now
from train.running.saying import SHOWN, line_of_step, say, what_is_left
from train.running.stopping import Stop

_SUMMARY = "train_runtime"
"""Stands in the summary that a trainer logs when it ends, which is no point of a curve."""


_IN_A_ROW, _IN_A_ROW_FP16 = 3, 17
"""Logged gradients that are not finite, until training is ended. That of fp16 is scaled by 65,536 at first, and by half of it
after each that overflows: seventeen in a row are more than it takes to come down to 1 (our choice)."""
_HELD_OUT = "held_out/"


class Diverged(ValueError):
    """The weights are beyond repair, and going on from them would be too: says at which step, by what, what to do."""

    def __init__(self, step: int, why: str):
        super().__init__(
            f"the policy diverged at step {step} ({why}); lower learning_rate and begin anew in another --out"
        )


class Watcher(TrainerCallback):
    """Writes metrics.jsonl, progress.json and every checkpoint's manifest, on the main process alone."""

    def __init__(
        self,
        run: TrainingRun,
        manifest: Manifest,
        stop: Stop,
        *,
        tokens_before: float = 0.0,
        cost: Callable[[], float | None] | None = None,
    ):
        """
        Args:
            manifest: of the run, at step 0.
            tokens_before: what an earlier session counted, for a trainer that counts `num_tokens` anew.
            cost: US dollars spent so far, None where it is not known; no function for a run that pays nobody.
        """
        self.run = run
        self.figures: dict[str, float | None] = {}
        self._manifest = manifest
        self._stop = stop
        self._tokens_before = tokens_before
        self._cost = cost
        self._started, self._clock, self._from_step = now(), time.monotonic(), 0
        self._not_finite = 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._clock, self._from_step = time.monotonic(), state.global_step
        self.note(state, "training")

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        model: torch.nn.Module | None = None,
        **kwargs: Any,
    ) -> None:
        if model is not None and anybody(_is_broken(model), args):
            raise Diverged(state.global_step, "its weights are not finite")
        if anybody(self._stop.signal is not None, args):
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
        if not logs or _SUMMARY in logs:
            return
        if state.is_world_process_zero:
            self._take(state, logs)
        self._end_if_diverged(args, state, logs)

    def _take(self, state: TrainerState, logs: Mapping[str, Any]) -> None:
        """Write what was logged into the curves, and say it."""
        held_out = any(name.startswith("eval_") for name in logs)
        figures = {name.removeprefix("eval_"): _finite(value) for name, value in logs.items() if _is_number(value)}
        if self._tokens_before and figures.get("num_tokens") is not None and not held_out:
            figures["num_tokens"] = (figures["num_tokens"] or 0) + self._tokens_before
        self.run.add_metrics(state.global_step, figures, "held_out" if held_out else "train")
        self.figures = figures_together(self.figures, figures, held_out=held_out)
        self.note(state, "training")
        left = "" if held_out else what_is_left(self._left_s(state), self._cost() if self._cost else 0.0)
        say(line_of_step(state.global_step, state.max_steps, figures, held_out=held_out) + left)

    def _end_if_diverged(self, args: TrainingArguments, state: TrainerState, logs: Mapping[str, Any]) -> None:
        """End training on figures that no step repairs; one gradient alone may overflow, its step is then left out.

        Raises:
            Diverged: on every process, for all are told the same figures.
        """
        loss, norm = logs.get("loss", 0.0), logs.get("grad_norm")
        if not math.isfinite(loss):
            raise Diverged(state.global_step, f"loss is {loss}")
        if norm is None:
            return
        self._not_finite = 0 if math.isfinite(norm) else self._not_finite + 1
        if self._not_finite >= (_IN_A_ROW_FP16 if args.fp16 else _IN_A_ROW):
            raise Diverged(state.global_step, f"grad_norm is {norm}, {self._not_finite} logs in a row")

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        args.distributed_state.wait_for_everyone() if args.distributed_state else None
        if state.is_world_process_zero:
            checkpoint = self.run.path / f"checkpoint-{state.global_step}"
            self.write(checkpoint, state, sizes_of(checkpoint))
            self._describe(self.run.path, state, None, self.figures)

    def write(
        self,
        folder: Path,
        state: TrainerState,
        sizes: Mapping[str, int] | None = None,
        look: Mapping[str, float] | None = None,
    ) -> None:
        """Vouch for a folder that was saved whole: when its manifest stands there, so does the rest of it.

        Args:
            sizes: of its files in bytes, where a later session is to check them.
            look: the figures of a look at the held-out slice, which alone are then told; the step's own come later.
        """
        bring_to_disk([*folder.rglob("*"), folder])
        self._describe(folder, state, sizes, figures_together({}, look, held_out=True) if look else self.figures)

    def _describe(
        self,
        folder: Path,
        state: TrainerState,
        sizes: Mapping[str, int] | None,
        figures: Mapping[str, float | None],
    ) -> None:
        """Write manifest and card of this moment."""
        manifest = manifest_now(self._manifest, state.global_step, state.max_steps, figures)
        write_manifest(folder, manifest, sizes)

    def note(self, state: TrainerState, standing: State, reason: str = "") -> None:
        """Say in progress.json where the run stands."""
        if not state.is_world_process_zero:
            return
        left = self._left_s(state) if standing == "training" else None
        cost = self._cost() if self._cost else None
        noted = progress_now(self.run.stage, standing, self._started, state.global_step, state.max_steps or None)
        self.run.note(noted.model_copy(update={"eta_s": left, "cost_usd": cost, "reason": reason}))

    def _left_s(self, state: TrainerState) -> float | None:
        """Seconds to go at this session's pace; None before it has done a step."""
        done = state.global_step - self._from_step
        return (time.monotonic() - self._clock) / done * (state.max_steps - state.global_step) if done > 0 else None


def figures_together(
    before: Mapping[str, float | None], now: Mapping[str, float | None], *, held_out: bool
) -> dict[str, float | None]:
    """The figures of a card: the last of the training, and beside them the last of a held-out slice, named as such."""
    if held_out:
        return {**before, **{f"{_HELD_OUT}{name}": value for name, value in now.items() if name in SHOWN}}
    return {**now, **{name: value for name, value in before.items() if name.startswith(_HELD_OUT)}}


def _is_broken(model: torch.nn.Module) -> bool:
    """Whether a weight that is learned is not finite; of a sharded model, one of this process's own."""
    learned = (weight.detach() for weight in model.parameters() if weight.requires_grad)
    own = (weight.to_local() if isinstance(weight, DTensor) else weight for weight in learned)
    return not all(bool(weight.sum(dtype=torch.float32).isfinite()) for weight in own)


def anybody(is_so: bool, args: TrainingArguments) -> bool:
    """Whether it is so in any of the processes: all stop after the same step."""
    return any(gather_object([is_so])) if args.world_size > 1 else is_so


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
