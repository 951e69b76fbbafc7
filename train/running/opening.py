"""When a session begins to write into its run's directory: with the first step, after all that may refuse it (our choice).

So a resume that is refused, by a damaged file, by a setting or by the model, leaves curves, ledger and checkpoints as they were.
"""

from collections.abc import Mapping
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from train.running.run_folder import TrainingRun
from train.running.saying import say


class Opening(TrainerCallback):
    """Makes a run's directory fit to go on. It comes before every callback that writes, and after those that refuse."""

    def __init__(self, run: TrainingRun, machine: Mapping[str, Any]):
        """
        Args:
            machine: what this session runs on, for train.yaml.
        """
        self.is_over = False
        """Whether this session writes."""
        self._run = run
        self._machine = machine

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.is_world_process_zero and (aside := self._run.begin_session(self._machine)):
            say(f"no checkpoint to go on from: training begins anew, and what was written before is kept in {aside}")
        if args.distributed_state:
            args.distributed_state.wait_for_everyone()
        self.is_over = True
