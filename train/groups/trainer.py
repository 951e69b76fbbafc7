"""GRPO as TRL runs it, with the paper's advantages, its ratio where asked for, and an exact resume (paper §4, Eq. 6-9).

What differs from TRL's GRPOTrainer, each named where it stands: advantages come from our scorer (Eq. 6: population std,
a candidate whose judge failed stands outside its group), the denominator of Eq. 8 can be the SFT model, epochs are drawn
from seed and epoch alone, and a checkpoint inside a span of reused generations keeps them.
"""
# pyright: reportPrivateImportUsage=false, reportIncompatibleMethodOverride=false

import asyncio
import logging
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar, cast

import torch
from accelerate.utils import gather_object
from datasets import Dataset
from transformers import GenerationConfig, PreTrainedTokenizerBase, PrinterCallback, ProgressCallback, TrainerCallback
from trl import GRPOConfig, GRPOTrainer
from trl.trainer.grpo_trainer import RewardFunc

from graphs.released import Message
from train.groups.epoch_order import EpochSampler
from train.groups.metrics import group_metrics, in_groups
from train.groups.step_end import Place, StepEnd
from train.models import Policy, plain_messages
from train.outcomes.scoring import Scorer
from train.outcomes.second_judge import SecondJudge
from train.rows import Rollout, TrainingExample
from train.running.stopping import StepDropped, Stop
from train.running.watching import Diverged, anybody

R = TypeVar("R")

Ratio = Literal["generation", "reference"]
"""Which policy stands in the denominator of Eq. 8: the one that generated (TRL, GRPO), or the SFT model as it is written."""
Keep = Callable[[Sequence[Rollout]], None]
"""What is done with the rollouts of a generation, on the main process."""
_NO_PROBABILITY = "probability tensor contains"
"""How torch begins to refuse drawing from what is not finite."""
GENERATIONS = "generations_{rank}.pt"
_NOT_LOGGED = ("completions/mean_length", "completions/clipped_ratio", "frac_reward_zero_std")
"""TRL's figures that stand in ours under another name, or rest on its own std."""


class Answered(NamedTuple):
    """One answer of the policy."""

    text: str
    ended: bool
    """By itself, within max_completion_length."""
    tokens: int


class GroupTrainer(GRPOTrainer):
    """TRL's trainer over training examples, scored by a `Scorer`."""

    def __init__(
        self,
        policy: Policy,
        args: GRPOConfig,
        tokenizer: PreTrainedTokenizerBase,
        examples: Sequence[TrainingExample],
        scorer: Scorer,
        keep: Keep,
        *,
        ratio: Ratio = "generation",
        second: SecondJudge | None = None,
        stop: Stop | None = None,
        callbacks: list[TrainerCallback] | None = None,
    ):
        """
        Args:
            stop: lets a step go that waits for a judge; of what is no run, none.
        """
        logging.getLogger("trl.trainer.grpo_trainer").addFilter(_tells_no_texts)
        self._size = int(args.num_generations or 0)
        self._round = int(args.generation_batch_size or 0)
        self._reuse = int(args.steps_per_generation or 0) * args.num_iterations
        self._examples = examples
        self._scorer = scorer
        self._keep = keep
        self._ratio: Ratio = ratio
        self._second = second
        self._stop = stop or Stop()
        self._rollouts: list[Rollout] = []
        self._is_dropped = False
        rows = [{"prompt": plain_messages(each.prompt, tokenizer), "example": at} for at, each in enumerate(examples)]
        super().__init__(
            model=policy.model,
            reward_funcs=cast(
                list[RewardFunc], [self.unified_reward]
            ),  # their type has no async function, their code does
            args=args,
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer,
            callbacks=callbacks,
            peft_config=policy.peft_config,
        )
        self._step_end = StepEnd(self)
        self.add_callback(self._step_end)
        for talker in (PrinterCallback, ProgressCallback):
            self.remove_callback(talker)

    async def unified_reward(
        self,
        completions: list[list[Message]],
        completion_ids: list[list[int]],
        example: list[int],
        log_metric: Callable[[str, float], None],
        **_: object,
    ) -> list[float | None]:
        """r_j of Eq. 9 for a local batch of whole groups, None where the outcome's model failed: TRL's one reward function.

        One for all parts: TRL counts a None beside other rewards as 0, which gave such a candidate the advantage -2.47.
        """
        found = [
            self._answered(said[-1]["content"], ids) for said, ids in zip(completions, completion_ids, strict=True)
        ]
        asked = [self._examples[at] for at in example[:: self._size]]
        scored = await self._stop.wait_for(self._scored(asked, found))
        self._is_dropped = scored is None
        if scored is None:
            return [None] * len(found)
        self._rollouts, compared = scored
        for name, value in compared.items():
            log_metric(name, value)
        return [rollout.reward for rollout in self._rollouts]

    async def _scored(
        self, asked: Sequence[TrainingExample], found: Sequence[Answered]
    ) -> tuple[list[Rollout], dict[str, float]]:
        """A local batch with its rewards, and how far the second judge agrees."""
        groups = await score_answers(self._scorer, asked, in_groups(found, self._size), self.state.global_step + 1)
        rollouts = [rollout for group in groups for rollout in group]
        known = {each.id: each for each in asked}
        return rollouts, await self._second.compare(known, rollouts) if self._second else {}

    def _generate_single_turn(self, *given: Any) -> Any:
        """
        Raises:
            Diverged: weights may be finite still, and what they say of the next token not.
        """
        try:
            return super()._generate_single_turn(*given)
        except RuntimeError as error:
            if _NO_PROBABILITY in str(error):
                raise Diverged(self.state.global_step, "it gives no next token a probability") from error
            raise

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        """
        Raises:
            StepDropped: on every process, where a judge kept one of them waiting after somebody asked to stop.
        """
        output = super()._generate_and_score_completions(inputs)
        if anybody(self._is_dropped, self.args):
            raise StepDropped
        advantages = [rollout.advantage for rollout in self._rollouts]
        output["advantages"] = torch.tensor(advantages, dtype=torch.float32, device=self.accelerator.device)
        if self._ratio == "reference":
            output["old_per_token_logps"] = output["ref_per_token_logps"]
        rollouts = self._gathered()
        logged = self._metrics["train"]
        for name in ("reward", "reward_std"):
            logged[name].pop()  # TRL's own, which count a failed outcome as 0
        for name, value in group_metrics(rollouts, self._size).items():
            logged[name].append(value)
        if self.accelerator.is_main_process:
            self._keep(rollouts)
        return output

    def _gathered(self) -> list[Rollout]:
        """The rollouts of all processes, their groups numbered through the step."""
        everyone: list[Rollout] = gather_object(self._rollouts)
        size, own = self._size, len(self._rollouts) // self._size
        earlier = everyone[0].group // own * own * self.accelerator.num_processes
        return [rollout.model_copy(update={"group": earlier + at // size}) for at, rollout in enumerate(everyone)]

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log under the names that a training run's metrics have."""
        for name, values in [*self._metrics["train"].items()]:
            if name in _NOT_LOGGED or name.startswith("rewards/") or not values:
                self._metrics["train"].pop(name)
        super().log(logs, start_time)

    def run_async(self, work: Coroutine[Any, Any, R]) -> R:
        """Run a coroutine where the rewards run, so that connections are shared."""
        return asyncio.run_coroutine_threadsafe(work, self.async_loop).result()

    def run_unless_stopped(self, work: Coroutine[Any, Any, R]) -> R | None:
        """The same, but None on every process where a judge kept one of them waiting after somebody asked to stop."""
        found = self.run_async(self._stop.wait_for(work))
        return None if anybody(found is None, self.args) else found

    def _get_train_sampler(self, dataset: Dataset | None = None) -> EpochSampler:
        """TRL's order within an epoch, but each epoch's from seed and epoch: TRL's own starts anew after a resume."""
        prompts = self._round // self._size
        rows = dataset or self.train_dataset
        return EpochSampler(rows, self._size, prompts, self._reuse, int(self.args.seed), self._epoch)

    def _epoch(self) -> int:
        return int(self.state.epoch or 0)

    @property
    def place(self) -> Place:
        """How far the generations are used up."""
        return Place(self._step, self._buffered_inputs if self._step % self._reuse else None)

    @place.setter
    def place(self, place: Place) -> None:
        self._step, self._buffered_inputs = place

    def save_last_step(self) -> bool:
        """After a dropped step: save the checkpoint of the step before it, as it would have been saved at its end.

        Returns:
            Whether one stands there. None is saved where the step was not logged: its curve would have a hole.
        """
        step = self.state.global_step
        folder = Path(str(self.args.output_dir)) / f"checkpoint-{step}"
        if not step or folder.exists():
            return True
        if step != self._globalstep_last_logged:
            return False
        self._step_end.bring_back()
        self._save_checkpoint(self.model, None)
        self.callback_handler.on_save(self.args, self.state, self.control)
        return True

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        folder = Path(str(self.args.output_dir)) / f"checkpoint-{self.state.global_step}"
        torch.save(self.place._asdict(), self._generations_file(folder))

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        super()._load_optimizer_and_scheduler(checkpoint)
        if checkpoint and (file := self._generations_file(Path(checkpoint))).exists():
            self.place = Place(**torch.load(file, map_location=self.accelerator.device, weights_only=True))

    def _generations_file(self, checkpoint: Path) -> Path:
        return checkpoint / GENERATIONS.format(rank=self.accelerator.process_index)

    def answer(self, examples: Sequence[TrainingExample], *, greedy: bool) -> list[Answered]:
        """Answer each example once: at temperature 0, as the paper infers (App. B.1), or sampled as in training.

        No random number of the training is drawn.
        """
        prompts = [plain_messages(example.prompt, self._tokenizer) for example in examples]
        model: torch.nn.Module = self.accelerator.unwrap_model(self.model)
        training = model.training
        model.eval()
        own = [self.accelerator.device] if self.accelerator.device.type == "cuda" else []
        try:
            with torch.random.fork_rng(own), self._without_sampling() if greedy else nullcontext():
                prompt_ids, images, fields = self._tokenize_prompts(prompts)
                found, _ = self._generate_single_turn(prompt_ids, images, fields, 1)
        finally:
            model.train(training)
        texts = self._tokenizer.batch_decode(found, skip_special_tokens=True)
        return [self._answered(text, ids) for text, ids in zip(texts, found, strict=True)]

    def _answered(self, text: str, ids: list[int]) -> Answered:
        return Answered(text, ids[-1] in (*self.eos_token_ids, self._tokenizer.pad_token_id), len(ids))

    @contextmanager
    def _without_sampling(self) -> Generator[None]:
        backend: Any = self.vllm_generation if self.use_vllm else self
        instead = {"temperature": 0.0} if self.use_vllm else self._greedy_settings()
        before = {name: getattr(backend, name) for name in instead}
        try:
            for name, value in instead.items():
                setattr(backend, name, value)
            yield
        finally:
            for name, value in before.items():
                setattr(backend, name, value)

    def _greedy_settings(self) -> dict[str, Any]:
        """What TRL generates by; it lays `generation_kwargs` over the model's own, so both must say the same."""
        settings = {
            "max_new_tokens": self.max_completion_length,
            "do_sample": False,
            "pad_token_id": self._tokenizer.pad_token_id,
            "eos_token_id": self.eos_token_ids,
        }
        return {
            "generation_kwargs": settings,
            "generation_config": GenerationConfig(**settings, disable_compile=True),
        }


async def score_answers(
    scorer: Scorer, examples_P: Sequence[TrainingExample], answers_P_N: Sequence[Sequence[Answered]], step: int
) -> list[list[Rollout]]:
    """Rewards and advantages of whole groups of answers."""
    return await scorer.score_groups(
        examples_P,
        [[answer.text for answer in group] for group in answers_P_N],
        [[answer.ended for answer in group] for group in answers_P_N],
        [[answer.tokens for answer in group] for group in answers_P_N],
        step,
    )


def _tells_no_texts(record: logging.LogRecord) -> bool:
    """Drops TRL's warning of a candidate without a reward: it prints prompt and persona; the ledger has the reason."""
    return "All reward functions returned None" not in record.getMessage()
