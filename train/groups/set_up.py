"""Set-up of a GRPO run: what is trained on and held out, the trainer from its settings, its end (paper §4, §5.1)."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from transformers import PreTrainedTokenizerBase, set_seed
from trl.trainer.grpo_config import GRPOConfig

from graphs.llm.errors import RunStopped
from train.groups.callbacks import REFERENCE, Keeper, ReferenceGuard
from train.groups.held_out import Best, HeldOutCallback, split_by_persona
from train.groups.trainer import GroupTrainer, Keep
from train.ledger.ledger import LedgerHeader
from train.models import Policy, load_model, load_tokenizer, plain_messages
from train.outcomes.scoring import Scorer
from train.outcomes.second_judge import SecondJudge
from train.outcomes.source import OutcomeSource
from train.outcomes.spending import RunBudget
from train.rows import TrainingExample
from train.running.run_folder import TrainingRun
from train.running.saying import say
from train.running.session import Ended, Session
from train.running.stopping import StepDropped, Stop
from train.running.watching import Watcher
from train.schedule import schedule
from train.settings import GrpoSettings
from train.stages import WrongSettings
from train.trl_config import refused_by_trl

NO_BEST = (
    "NO best/: in no look at the held-out slice were more than half of the outcomes scored; final/ is the last step's"
)
NOT_SAVED = "no checkpoint was saved, for the step before was not logged (logging_steps): the steps since the last checkpoint are made again"
LOOK_OWED = "stopped by hand; the look that waited for a judge is taken first when the same command goes on"


class Slices(NamedTuple):
    """What a run trains on and what it looks at."""

    train: list[TrainingExample]
    held_out: list[TrainingExample]
    too_long: int
    """Examples left out, for prompt and completion would not fit into the model's context."""

    def text(self) -> str:
        """For the person at the terminal."""
        personas = len({example.persona for example in self.held_out})
        left_out = f"; {self.too_long} left out, longer than the model's context" if self.too_long else ""
        return f"{len(self.train)} examples to train on, {len(self.held_out)} of {personas} personas held out{left_out}"


class Judges(NamedTuple):
    """Who rates candidates."""

    source: OutcomeSource
    second: SecondJudge | None

    async def close(self) -> None:
        """Give connections back; in the loop that they were made in."""
        await self.source.close()
        if self.second:
            await self.second.close()


def slices_of(
    settings: GrpoSettings, examples: Sequence[TrainingExample], tokenizer: PreTrainedTokenizerBase, context: int | None
) -> Slices:
    """Leave out what does not fit, and hold personas out.

    Args:
        context: the longest sequence that the model takes, in tokens; None where it does not say.

    Raises:
        WrongSettings: nothing is left to train on.
    """
    new = int(settings.trl["max_completion_length"])
    fitting = [each for each in examples if context is None or prompt_tokens(each, tokenizer) + new <= context]
    if not fitting:
        raise WrongSettings(
            f"max_completion_length: no prompt leaves room for {new} tokens in the model's context of {context}; make it "
            "smaller, or shorten the examples"
        )
    train, held_out = split_by_persona(fitting, settings.held_out, settings.seed)
    return Slices(train, held_out, len(examples) - len(fitting))


def prompt_tokens(example: TrainingExample, tokenizer: PreTrainedTokenizerBase) -> int:
    """How many tokens the policy reads."""
    messages: Any = plain_messages(example.prompt, tokenizer)
    text = str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
    return len(tokenizer(text, add_special_tokens=False)["input_ids"])


def scorer_of(settings: GrpoSettings, source: OutcomeSource) -> Scorer:
    """The scorer that settings describe."""
    return Scorer(
        source.outcome,
        {"format": settings.lambda_format, "emotion": settings.lambda_emotion, "outcome": settings.lambda_outcome},
        settings.group_std,
        settings.advantage_epsilon,
        settings.max_failed_share,
    )


class Loaded(NamedTuple):
    """The policy and what it is trained on."""

    policy: Policy
    tokenizer: PreTrainedTokenizerBase
    slices: Slices


def load(settings: GrpoSettings, examples: Sequence[TrainingExample], processes: int, seed: int) -> Loaded:
    """Load the SFT model and sort the examples.

    Raises:
        WrongSettings: names the field.
    """
    tokenizer = load_tokenizer(settings.model)
    set_seed(seed)
    policy = load_model(settings.model)
    context: Any = getattr(policy.model.config.get_text_config(), "max_position_embeddings", None)
    slices = slices_of(settings, examples, tokenizer, context)
    schedule(settings, len(slices.train), processes, len(slices.held_out))
    return Loaded(policy, tokenizer, slices)


def group_trainer(
    settings: GrpoSettings,
    args: GRPOConfig,
    loaded: Loaded,
    judges: Judges,
    keep: Keep,
    stop: Stop | None = None,
) -> GroupTrainer:
    """The trainer that settings describe.

    Raises:
        WrongSettings: names the field; a value that only TRL refuses comes with TRL's words.
    """
    try:
        return GroupTrainer(
            loaded.policy,
            args,
            loaded.tokenizer,
            loaded.slices.train,
            scorer_of(settings, judges.source),
            keep,
            ratio=settings.ratio,
            second=judges.second,
            stop=stop,
        )
    except (ValueError, ImportError) as error:
        raise refused_by_trl(error, settings.trl) from error


def run_session(
    settings: GrpoSettings, session: Session, loaded: Loaded, judges: Judges, budget: RunBudget, keeper: Keeper
) -> Ended:
    """Train from the newest checkpoint, or from the SFT model, to the end or until somebody asks to stop.

    Raises:
        RunStopped: too many outcomes failed, the budget is spent, or the judge is gone; the same command resumes.
    """
    args = cast(GRPOConfig, session.args)
    manifest = session.manifest.model_copy(update={"rewards": rewards_of(keeper.header)})
    watcher = Watcher(session.run, manifest, session.stop, cost=budget.total_usd)
    trainer = group_trainer(settings, args, loaded, judges, keeper.keep, session.stop)
    for callback in (ReferenceGuard(trainer), session.opening, watcher, keeper):
        trainer.add_callback(callback)
    looks = _held_out(settings, session, loaded, judges, trainer, watcher, keeper) if loaded.slices.held_out else None
    if looks:
        trainer.add_callback(looks)
    if args.process_index == 0:
        say(loaded.slices.text())
    try:
        trainer.train(resume_from_checkpoint=str(session.checkpoint) if session.checkpoint else None)
    except StepDropped as dropped:
        reason = str(dropped) if trainer.save_last_step() else f"{dropped}; {NOT_SAVED}"
        return _stopped(trainer, session, watcher, reason)._replace(remark=reason)
    except RunStopped as stop:
        watcher.note(trainer.state, "stopped", str(stop))
        raise
    finally:
        trainer.run_async(_given_up(judges))
    if looks and looks.is_owed:
        return _stopped(trainer, session, watcher, LOOK_OWED)._replace(remark=LOOK_OWED)
    ended = _finish(trainer, session, watcher, settings.max_failed_share)
    if loaded.slices.held_out and ended.is_done and not session.run.best.exists():
        return ended._replace(remark="\n".join(filter(None, [ended.remark, NO_BEST])))
    return ended


async def _given_up(judges: Judges) -> None:
    """Cancel what is still asked, which nobody waits for any more, and give the judges' connections back."""
    asked = {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    await judges.close()


def _finish(trainer: GroupTrainer, session: Session, watcher: Watcher, max_failed_share: float) -> Ended:
    state, run = trainer.state, session.run
    if state.global_step < state.max_steps:
        return _stopped(trainer, session, watcher, "stopped between two steps; the same command goes on")
    save_whole(trainer, run.final, watcher)
    watcher.note(state, "done")
    return Ended(run.path, state.global_step, state.max_steps, None, _remark(run, max_failed_share))


def _stopped(trainer: GroupTrainer, session: Session, watcher: Watcher, reason: str) -> Ended:
    state = trainer.state
    watcher.note(state, "stopped", reason)
    owes_look = state.global_step >= state.max_steps
    return Ended(session.run.path, state.global_step, state.max_steps, session.stop.signal, owes_look=owes_look)


def _remark(run: TrainingRun, max_failed_share: float) -> str:
    failed = _figures(run, "judge_failure_share")
    if failed and sum(failed) / len(failed) > max_failed_share:
        return (
            f"{sum(failed) / len(failed):.0%} OF THE OUTCOMES FAILED; why stands in ledger.jsonl under `failure`; see to the "
            "judge, and train again"
        )
    shares = _figures(run, "frac_groups_without_variance")
    if not shares or min(shares) < 1:
        return ""
    return (
        "NOTHING WAS LEARNT: in every group all rewards were equal; look at the completions in ledger.jsonl, and train "
        "SFT further, or raise temperature"
    )


def _figures(run: TrainingRun, name: str) -> list[float]:
    """A figure of every step that has it."""
    lines = (line for line in run.metrics() if line.split == "train")
    return [value for line in lines if (value := line.metrics.get(name)) is not None]


def save_whole(trainer: GroupTrainer, folder: Path, watcher: Watcher, look: Mapping[str, float] | None = None) -> None:
    """Save policy, tokenizer, card and manifest, on every process; the frozen reference adapter is no part of it.

    Args:
        look: the figures of a look at the held-out slice, for which it is saved.
    """
    trainer.save_model(str(folder))
    trainer.accelerator.wait_for_everyone()
    if trainer.accelerator.is_main_process:
        shutil.rmtree(folder / REFERENCE, ignore_errors=True)
        (folder / "training_args.bin").unlink(missing_ok=True)  # a pickle with this machine's paths
        watcher.write(folder, trainer.state, look=look)


def rewards_of(header: LedgerHeader) -> dict[str, Any]:
    """What a manifest says of the rewards; the rubric itself is the pack's."""
    return header.model_dump(mode="json", exclude={"kind", "schema_version", "rubric"})


def _held_out(
    settings: GrpoSettings,
    session: Session,
    loaded: Loaded,
    judges: Judges,
    trainer: GroupTrainer,
    watcher: Watcher,
    keeper: Keeper,
) -> HeldOutCallback:
    best = Best(session.run.best)
    looks = [line.step for line in session.run.metrics(session.from_step) if line.split == "held_out"]
    return HeldOutCallback(
        trainer,
        loaded.slices.held_out,
        scorer_of(settings, judges.source),
        settings.held_out_every,
        best,
        keeper.keep_held_out,
        lambda folder, look: save_whole(trainer, folder, watcher, look),
        looks[-1] if looks else None,
    )
