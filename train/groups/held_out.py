"""The held-out slice that chooses the best checkpoint (paper §5.1: "we select the best checkpoint across RL epochs").

The paper does not say by what. Ours: the mean reward of Eq. 9 on the examples of a few personas that are not trained on,
answered at temperature 0 as the paper infers (App. B.1), so that two checkpoints differ by their weights alone. An outcome
may have failed in one look and not in another, so two are compared on the examples that both have scored. The SFT model is
looked at too, before the first step, as the curve's origin; it is no candidate.
"""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from accelerate.utils import broadcast_object_list, gather_object
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from graphs.schema import digest
from train.groups.metrics import rollout_metrics
from train.groups.trainer import GroupTrainer, score_answers
from train.outcomes.scoring import Scorer
from train.rows import Rollout, TrainingExample
from train.running.manifest import bring_to_disk
from train.running.saying import failed_judgements, say
from train.running.stopping import StepDropped
from train.stages import WrongSettings

BEST_NOTE = "best.json"
TOO_FEW = "too few of it scored to compare"
RecordLook = Callable[[int, Mapping[str, float]], None]


def split_by_persona(
    examples: Sequence[TrainingExample], share: float, seed: int
) -> tuple[list[TrainingExample], list[TrainingExample]]:
    """Part examples into those trained on and the held-out slice; no persona stands in both.

    Args:
        share: of the personas, at least one; 0 holds none out.

    Raises:
        WrongSettings: no persona would be left to train on.
    """
    personas = sorted({example.persona for example in examples}, key=lambda name: digest([seed, name]))
    held = set(personas[: max(1, round(share * len(personas)))] if share else [])
    if len(held) == len(personas):
        raise WrongSettings(
            f"held_out: {len(personas)} persona in the examples, and one is held out; give more, or held_out: 0"
        )
    kept = [example for example in examples if example.persona not in held]
    return kept, [example for example in examples if example.persona in held]


class Look(NamedTuple):
    """What a checkpoint got on the slice."""

    rewards: Mapping[str, float]
    """By example; one whose outcome failed is left out."""
    examples: int
    """How many were answered."""

    @property
    def is_enough(self) -> bool:
        """Whether more than half of the slice was scored."""
        return 2 * len(self.rewards) > self.examples

    def reward(self) -> float:
        """The mean over what was scored."""
        return fmean(self.rewards.values())


class Best:
    """The `best/` folder of a run: what a checkpoint must beat, and how it is replaced whole."""

    def __init__(self, path: Path):
        self.path = path
        self.fresh, self._old = path.with_name(f".{path.name}.new"), path.with_name(f".{path.name}.old")

    def mend(self) -> None:
        """Put back what a kill left between two renames."""
        if self._old.exists() and not self.path.exists():
            self._old.rename(self.path)
        for left in (self._old, self.fresh):
            shutil.rmtree(left, ignore_errors=True)

    def look(self) -> Look | None:
        """What the checkpoint that stands there got."""
        try:
            noted = json.loads((self.path / BEST_NOTE).read_text())
            return Look(noted["rewards"], noted["examples"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def is_beaten_by(self, look: Look) -> bool:
        """Whether a checkpoint is better on what both looks scored, which must be more than half; of two equal ones the earlier stays."""
        before = self.look()
        common = look.rewards.keys() & before.rewards.keys() if before else look.rewards.keys()
        if 2 * len(common) <= look.examples:
            return False
        if before is None:
            return True
        new, old = (fmean(rewards[name] for name in common) for rewards in (look.rewards, before.rewards))
        return new > old

    def begin(self) -> None:
        """Make `fresh` an empty folder to save into."""
        shutil.rmtree(self.fresh, ignore_errors=True)
        self.fresh.mkdir(parents=True)

    def end(self, step: int, look: Look) -> None:
        """Let the saved folder be the best."""
        note = {"step": step, "reward": look.reward(), "scored": len(look.rewards), **look._asdict()}
        (self.fresh / BEST_NOTE).write_text(json.dumps(note) + "\n")
        if self.path.exists():
            self.path.rename(self._old)
        self.fresh.rename(self.path)
        bring_to_disk([self.path, self.path.parent])
        shutil.rmtree(self._old, ignore_errors=True)


class HeldOutCallback(TrainerCallback):
    """Looks at the slice every so many steps and at the end, and keeps the best."""

    def __init__(
        self,
        trainer: GroupTrainer,
        examples: Sequence[TrainingExample],
        scorer: Scorer,
        every: int,
        best: Best,
        record: RecordLook,
        save: Callable[[Path, Mapping[str, float]], None],
        looked_at: int | None = None,
    ):
        """
        Args:
            record: takes step and metrics, on the main process.
            save: writes model, tokenizer, manifest and card, with the look's figures, into a folder; called on every process.
            looked_at: the step of the last look on record, of a run that goes on.
        """
        self._trainer = trainer
        self._examples = examples
        self._scorer = scorer
        self._every = every
        self._best = best
        self._record = record
        self._save = save
        self._looked_at = looked_at
        self.is_owed = False
        """Whether the last look was let go of, for somebody asked to stop."""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """The SFT model's own figures, once; and the look that was due at the checkpoint, where a stop let go of it.

        Raises:
            StepDropped: somebody asked to stop, and a judge keeps the look waiting.
        """
        if self._trainer.accelerator.is_main_process:
            self._best.mend()
        is_missed = self._is_due(state) and state.global_step != self._looked_at
        if (state.global_step == 0 or is_missed) and not self._look(state):
            raise StepDropped

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Look at the slice where it is due; one that a stop let go of is taken when the run goes on."""
        if self._is_due(state) and not self._look(state):
            control.should_log = control.should_save = control.should_training_stop = True
            self.is_owed = True

    def _is_due(self, state: TrainerState) -> bool:
        return state.global_step > 0 and (state.global_step % self._every == 0 or state.global_step >= state.max_steps)

    def _look(self, state: TrainerState) -> bool:
        """Look, keep the best, and put it on record; False where a stop let go of it."""
        step = state.global_step
        rollouts = score_examples(self._trainer, self._scorer, self._examples, step)
        if rollouts is None:
            return False
        look = look_of(rollouts)
        figures = rollout_metrics(rollouts)
        is_best = step > 0 and self._keep_if_best(step, look, figures)
        if self._trainer.accelerator.is_main_process:
            self._record(step, figures)
            standing = "best so far" if is_best else "" if look.is_enough else TOO_FEW
            standing = standing if step else "before training"
            say(line_of_look(step, state.max_steps, figures, standing))
        return True

    def _keep_if_best(self, step: int, look: Look, figures: Mapping[str, float]) -> bool:
        """Whether it is the best so far; then it is saved."""
        accelerator = self._trainer.accelerator
        better = [accelerator.is_main_process and self._best.is_beaten_by(look)]
        broadcast_object_list(better)
        if not better[0]:
            return False
        if accelerator.is_main_process:
            self._best.begin()
        accelerator.wait_for_everyone()
        self._save(self._best.fresh, figures)
        accelerator.wait_for_everyone()
        if accelerator.is_main_process:
            self._best.end(step, look)
        return True


def look_of(rollouts: Sequence[Rollout]) -> Look:
    """What one answer to each example got."""
    return Look({each.example: each.reward for each in rollouts if each.reward is not None}, len(rollouts))


def line_of_look(step: int, of: int, figures: Mapping[str, float], standing: str) -> str:
    """A look for the person at the terminal.

    Args:
        standing: what the look says of its weights; empty where there is nothing to say.
    """
    reward = f"reward {figures['reward']:.4g}" if "reward" in figures else "reward unknown"
    said = [reward, *failed_judgements(figures), *([standing] if standing else [])]
    return f"step {step} of {of}, held out: {', '.join(said)}"


def score_examples(
    trainer: GroupTrainer, scorer: Scorer, examples: Sequence[TrainingExample], step: int
) -> list[Rollout] | None:
    """Answer and score every example once, shared out over the processes; every process gets all rollouts.

    Returns:
        None where somebody asked to stop and a judge kept it waiting.
    """
    world, rank = trainer.accelerator.num_processes, trainer.accelerator.process_index
    most = -(-len(examples) // world)
    own = [examples[at % len(examples)] for at in range(rank * most, (rank + 1) * most)]
    size = trainer.args.per_device_eval_batch_size
    answers = [answer for at in range(0, len(own), size) for answer in trainer.answer(own[at : at + size], greedy=True)]
    groups = trainer.run_unless_stopped(score_answers(scorer, own, [[answer] for answer in answers], step))
    if groups is None:
        return None
    everyone: list[Rollout] = gather_object([rollout for group in groups for rollout in group])
    return everyone[: len(examples)]
