"""Cold-start SFT on context-response pairs (paper §4 Eq. 5, §5.1), by TRL's SFTTrainer.

Two epochs, AdamW, 1e-4, global batch 128 sequences; the loss is on the assistant's targets alone.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from datasets import Dataset
from transformers import PrinterCallback, ProgressCallback, Trainer, set_seed
from transformers.trainer import TRAINING_ARGS_NAME
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from train.examples.writing import read_examples
from train.models import length_limit, load_model, load_tokenizer
from train.running.saying import say
from train.running.session import Ended, Session, examples_data, training_session
from train.running.watching import Watcher
from train.settings import SftSettings, read_settings
from train.targets import taught
from train.trl_config import refused_by_trl


def train_sft(config: str | None, examples: Path, out: Path, overrides: Mapping[str, str]) -> Ended:
    """Train on a file of examples, or go on with the run in `out`.

    Raises:
        WrongSettings: names the field.
        BadFile, WrongExamples: the examples cannot be read.
        RunInUse: another process trains in `out`.
    """
    settings = read_settings("sft", config, overrides)
    read_examples(examples)
    data = examples_data(examples, settings.model.model_name_or_path)
    return training_session(out, "sft", settings, data, lambda session: _train(session, settings, examples))


def _train(session: Session, settings: SftSettings, examples: Path) -> Ended:
    trainer = sft_trainer(settings, cast(SFTConfig, session.args), examples)
    watcher = Watcher(session.run, session.manifest, session.stop, tokens_before=_tokens_before(session))
    trainer.add_callback(session.opening)
    trainer.add_callback(watcher)
    try:
        trainer.train(resume_from_checkpoint=str(session.checkpoint) if session.checkpoint else None)
    except ImportError as error:
        raise refused_by_trl(error, settings.trl) from error
    return finish(trainer, session, watcher)


def sft_trainer(settings: SftSettings, args: SFTConfig, examples: Path) -> SFTTrainer:
    """TRL's trainer over the examples' tokens and targets.

    Raises:
        WrongSettings: names the field.
    """
    tokenizer = load_tokenizer(settings.model)
    _, rows = read_examples(examples)
    learned = taught(rows, tokenizer, length_limit(settings.model, args.max_length))
    if args.process_index == 0:
        say(learned.text())
    if not args.packing:
        args.max_length = None  # every sequence fits already; TRL would cut its end, which is the target
    set_seed(args.seed)
    policy = load_model(settings.model)
    try:
        trainer = SFTTrainer(
            model=policy.model,
            args=args,
            train_dataset=Dataset(learned.table),
            processing_class=tokenizer,
            peft_config=policy.peft_config,
        )
    except (ValueError, ImportError) as error:
        raise refused_by_trl(error, settings.trl) from error
    quiet(trainer)
    return trainer


def finish(trainer: Trainer, session: Session, watcher: Watcher) -> Ended:
    """Save final/ where training came to its end, and note how the session ended."""
    state, run = trainer.state, session.run
    ended = Ended(run.path, state.global_step, state.max_steps, None)
    if state.global_step < state.max_steps:
        watcher.note(state, "stopped", "stopped between two steps; the same command goes on")
        return ended._replace(signal=session.stop.signal)
    trainer.save_model(str(run.final))
    trainer.accelerator.wait_for_everyone()
    if state.is_world_process_zero:
        (run.final / TRAINING_ARGS_NAME).unlink(missing_ok=True)  # a pickle that names folders of this machine
        watcher.write(run.final, state)
    watcher.note(state, "done")
    return ended


def quiet(trainer: Trainer) -> None:
    """Take away what prints to stdout; `Watcher` says on stderr where training stands."""
    for callback in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(callback)


def _tokens_before(session: Session) -> float:
    """TRL's SFTTrainer counts num_tokens from 0 in every session."""
    standing = session.run.metrics(session.from_step)
    seen = [line.metrics.get("num_tokens") for line in standing if line.split == "train"]
    return next((count for count in reversed(seen) if count is not None), 0.0)
