"""What a GRPO run keeps while it trains: the ledger and the sentinel's alarms; and what guards its reference (Eq. 7)."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from train.groups.trainer import GroupTrainer
from train.ledger.ledger import LedgerHeader, LedgerWriter, require_same_header
from train.ledger.sentinel import Sentinel, keep_alarms, recalled
from train.rows import Rollout
from train.running.run_folder import TrainingRun
from train.stages import WrongSettings

REFERENCE = "ref"
"""The adapter that TRL keeps as the frozen copy of the SFT model's."""


class Keeper(TrainerCallback):
    """Writes each generation's rollouts to the ledger, and lets the sentinel see a step's when the step is done."""

    def __init__(self, run: TrainingRun, header: LedgerHeader, from_step: int, *, is_main: bool):
        """
        Args:
            from_step: that of the checkpoint that the run goes on from; without one, what was written is set aside.
            is_main: the other processes keep nothing.

        Raises:
            OtherLedger, BadFile: what stands there cannot be gone on with; nothing was changed.
        """
        if is_main and from_step:
            require_same_header(run.ledger, header)
        self._run = run
        self.header = header
        self._is_main = is_main
        self._ledger: LedgerWriter | None = None
        self._sentinel: Sentinel | None = _recalled(run, from_step) if is_main else None
        self._rollouts: list[Rollout] = []

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self._is_main:
            self._ledger = LedgerWriter(self._run.ledger, self.header)

    def keep(self, rollouts: Sequence[Rollout]) -> None:
        """Take a generation's rollouts; called on the main process."""
        if self._ledger:
            self._ledger.add(rollouts)
        self._rollouts += rollouts

    def keep_held_out(self, step: int, metrics: Mapping[str, float]) -> None:
        """Put a look at the held-out slice into the curves; called on the main process."""
        self._run.add_metrics(step, metrics, "held_out")

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if self._sentinel and self._rollouts:
            keep_alarms(self._run.path, self._sentinel.see(self._rollouts))
        self._rollouts = []

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if self._sentinel and logs:
            self._sentinel.hear({name: value for name, value in logs.items() if isinstance(value, int | float)})

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self._sentinel:
            keep_alarms(self._run.path, self._sentinel.end_look())


def _recalled(run: TrainingRun, from_step: int) -> Sentinel:
    return recalled(run.path, last=from_step) if from_step else Sentinel()


class ReferenceGuard(TrainerCallback):
    """Refuses to train when, with a checkpoint loaded, the KL term's reference is another than the SFT model."""

    def __init__(self, trainer: GroupTrainer):
        self._trainer = trainer
        self._sft = reference_adapter(trainer)

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        now = reference_adapter(self._trainer)
        if other := [name for name, tensor in self._sft.items() if not torch.equal(tensor, now[name])]:
            raise WrongSettings(
                f"model_name_or_path: the checkpoint's reference is not this SFT model ({other[0]} differs); give back the "
                "model that the run was started from"
            )
        self._sft = {}


def reference_adapter(trainer: GroupTrainer) -> dict[str, torch.Tensor]:
    """Weights of the frozen reference adapter; empty for a whole model, whose reference stands in no checkpoint."""
    model: torch.nn.Module = trainer.accelerator.unwrap_model(trainer.model)
    return {name: p.detach().cpu().clone() for name, p in model.named_parameters() if f".{REFERENCE}." in name}
