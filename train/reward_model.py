"""A reward model from preferences: the RLHF row of Table 2 (§5.1, App. B.1), by TRL's RewardTrainer.

The paper says "a reward model trained from turn-level preference judgments" and names a public one; both ways are open here.
The loss is Bradley and Terry's on the last token's number, the dialogue before it is that of `train.outcomes.conversation`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from datasets import Dataset
from transformers import (
    PreTrainedTokenizerBase,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)
from trl.trainer.reward_config import RewardConfig
from trl.trainer.reward_trainer import RewardTrainer

from graphs.preferences import Preference
from graphs.records import BadFile, read_header, read_rows
from graphs.schema import digest
from train.models import is_adapter, length_limit, load_classifier, load_tokenizer
from train.outcomes.conversation import conversation_ids, preferred_conversations
from train.running.manifest import origin_of
from train.running.saying import say
from train.running.session import Ended, Session, training_session
from train.running.watching import Watcher
from train.settings import RewardModelSettings, read_settings
from train.sft import finish, quiet
from train.stages import WrongSettings

HELD_OUT = 0.05
"""Share of the personas, at least one of several, whose pairs are not trained on: the accuracy is said of them (our choice)."""


class Pairs(NamedTuple):
    """Preferences as tokens."""

    train: list[dict[str, list[int]]]
    held_out: list[dict[str, list[int]]]
    too_long: int
    """Pairs left out, for one of the two has more than `max_length` tokens: cut, it would be another response."""

    def text(self) -> str:
        """For a reader."""
        left = f"; {self.too_long} left out, longer than max_length" if self.too_long else ""
        return f"{len(self.train)} pairs to train on, {len(self.held_out)} held out by persona{left}"


class LookBeforeSaving(TrainerCallback):
    """Takes the held-out accuracy of every checkpoint before it is saved: a kill in between loses no point of the curve."""

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        control.should_evaluate = control.should_save


def train_reward_model(config: str | None, preferences: Path, out: Path, overrides: Mapping[str, str]) -> Ended:
    """Train on a file of `Preference` rows, or go on with the run in `out`.

    Raises:
        WrongSettings: names the field.
        BadFile: the preferences cannot be read.
        RunInUse: another process trains in `out`.
    """
    settings = read_settings("reward_model", config, overrides)
    require_whole_model(settings)
    rows = read_preferences(preferences)
    data = preferences_data(preferences, rows, settings.model.model_name_or_path)
    return training_session(out, "reward_model", settings, data, lambda session: _train(session, settings, rows))


def require_whole_model(settings: RewardModelSettings) -> None:
    """Refuse an adapter as the start.

    Raises:
        WrongSettings: it is one.
    """
    name = settings.model.model_name_or_path
    if is_adapter(name):
        raise WrongSettings(f"model_name_or_path: {name} holds an adapter; merge it first: kardia train merge")


def read_preferences(path: Path) -> list[Preference]:
    """The rows of a preferences file, each id once.

    Raises:
        BadFile: names file, line and reason.
    """
    rows = list(read_rows(path, Preference))
    if not rows:
        raise BadFile(f"{path}: no preferences in it; write one Preference a line")
    seen = set[str]()
    for row in rows:
        if row.id in seen:
            raise BadFile(f"{path}: id {row.id} stands there twice; give every pair its own")
        seen.add(row.id)
    return rows


def preferences_data(path: Path, rows: Sequence[Preference], model: str) -> dict[str, Any]:
    """What a run learns from, by name and hash."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    by = {kind: sum(row.preferred_by == kind for row in rows) for kind in ("person", "model")}
    demonstration = bool(read_header(path).get("demonstration", False))
    return {
        "preferences": str(path),
        "preferences_sha256": found,
        "pairs": len(rows),
        "preferred_by": by,
        "demonstration": demonstration,
        "model_sha256": origin_of(model).sha256,
    }


def tokenized(rows: Sequence[Preference], tokenizer: PreTrainedTokenizerBase, longest: int | None, seed: int) -> Pairs:
    """Preferences as the tokens of both conversations; some personas are held out.

    Args:
        longest: `max_length`, or what the model takes; a longer pair is left out and counted.

    Raises:
        WrongSettings: nothing is left to train on.
    """
    held = held_out_personas({row.persona for row in rows}, seed)
    pairs = Pairs([], [], 0)
    for row in rows:
        chosen, rejected = (conversation_ids(tokenizer, one) for one in preferred_conversations(row))
        if longest is not None and max(len(chosen), len(rejected)) > longest:
            pairs = pairs._replace(too_long=pairs.too_long + 1)
            continue
        ids = {"chosen_ids": chosen, "rejected_ids": rejected}
        (pairs.held_out if row.persona in held else pairs.train).append(ids)
    if not pairs.train:
        raise WrongSettings(f"max_length: {longest} tokens hold none of the {len(rows)} pairs; raise it")
    return pairs


def held_out_personas(personas: set[str], seed: int) -> set[str]:
    """The personas whose pairs are not trained on; none of a single one."""
    if len(personas) < 2:
        return set()
    drawn = sorted(personas, key=lambda name: digest([seed, name]))
    return set(drawn[: max(1, round(HELD_OUT * len(drawn)))])


def _train(session: Session, settings: RewardModelSettings, rows: Sequence[Preference]) -> Ended:
    trainer = reward_trainer(settings, cast(RewardConfig, session.args), rows)
    watcher = Watcher(session.run, session.manifest, session.stop)
    trainer.add_callback(session.opening)
    trainer.add_callback(watcher)
    if trainer.eval_dataset is not None:
        trainer.add_callback(LookBeforeSaving())
    trainer.train(resume_from_checkpoint=str(session.checkpoint) if session.checkpoint else None)
    return finish(trainer, session, watcher)


def reward_trainer(settings: RewardModelSettings, args: RewardConfig, rows: Sequence[Preference]) -> RewardTrainer:
    """TRL's trainer over both conversations of every pair.

    Raises:
        WrongSettings: names the field.
    """
    tokenizer = load_tokenizer(settings.model)
    pairs = tokenized(rows, tokenizer, length_limit(settings.model, args.max_length), args.seed)
    args.max_length = None  # TRL would leave longer pairs out without a word
    if args.process_index == 0:
        say(pairs.text())
    set_seed(args.seed)  # the new head is drawn at random
    policy = load_classifier(settings.model)
    try:
        trainer = RewardTrainer(
            model=policy.model,
            args=args,
            train_dataset=Dataset.from_list(pairs.train),
            eval_dataset=Dataset.from_list(pairs.held_out) if pairs.held_out else None,
            processing_class=tokenizer,
            peft_config=policy.peft_config,
        )
    except (ValueError, ImportError) as error:
        raise WrongSettings(f"settings: {error}") from error
    quiet(trainer)
    return trainer
