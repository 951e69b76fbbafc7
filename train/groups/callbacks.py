"""What a GRPO run keeps while it trains: the ledger, the sentinel's alarms, the cost; and what guards its reference (Eq. 7)."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from graphs.records import BadFile
from train.groups.trainer import GroupTrainer
from train.ledger.ledger import LedgerWriter
from train.ledger.sentinel import Sentinel, keep_alarms, recalled
from train.rows import Rollout
from train.running.run_folder import PROGRESS, Progress, TrainingRun, open_training_run
from train.stages import WrongSettings

REFERENCE = "ref"
"""The adapter that TRL keeps as the frozen copy of the SFT model's."""
COSTS = ("judge_cost_usd", "second_judge_cost_usd")


class Spending:
    """US dollars that a run's judges have cost, over all of its sessions."""

    def __init__(self, before: float):
        self._spent = before
        self._is_known = True

    def add(self, costs: Sequence[float | None]) -> None:
        """Take what calls have cost; None where the price is not known."""
        self._spent += sum(cost or 0.0 for cost in costs)
        self._is_known = self._is_known and None not in costs

    def total(self) -> float | None:
        """None where a price is not known."""
        return self._spent if self._is_known else None


def spent_before(out: Path) -> float:
    """What earlier sessions of a run have paid: noted in progress.json, for curves are cut at a resume."""
    found = [0.0]
    with suppress(OSError, ValueError):
        found.append(Progress.model_validate_json((out / PROGRESS).read_bytes()).cost_usd or 0.0)
    with suppress(BadFile):
        lines = [line.metrics for line in open_training_run(out).metrics()]
        found.append(sum(metrics.get(name) or 0.0 for metrics in lines for name in COSTS))
    return max(found)


class Keeper(TrainerCallback):
    """Writes each generation's rollouts to the ledger, and lets the sentinel see a step's when the step is done."""

    def __init__(self, run: TrainingRun, ledger: LedgerWriter | None, spending: Spending):
        """
        Args:
            ledger: None on every process but the main one.
        """
        self._run = run
        self._ledger = ledger
        self._spending = spending
        self._sentinel: Sentinel | None = recalled(run.path) if ledger else None
        self._rollouts: list[Rollout] = []

    def keep(self, rollouts: Sequence[Rollout]) -> None:
        """Take a generation's rollouts; called on the main process."""
        if self._ledger:
            self._ledger.add(rollouts)
        self._spending.add(judge_costs(rollouts))
        self._rollouts += rollouts

    def keep_held_out(self, step: int, metrics: Mapping[str, float], rollouts: Sequence[Rollout]) -> None:
        """Put a look at the held-out slice into the curves; called on the main process."""
        self._spending.add(judge_costs(rollouts))
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
            self._spending.add([logs.get("second_judge_cost_usd", 0.0)])

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self._sentinel:
            keep_alarms(self._run.path, self._sentinel.end_look())


def judge_costs(rollouts: Sequence[Rollout]) -> list[float | None]:
    """What the judge took for rollouts; an ablation's model is our own and takes no money."""
    return [rollout.cost_usd for rollout in rollouts if rollout.outcome == "rubric"]


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
