"""One group of candidates with everything that its reward is made of, without training: for a person to look at (Eq. 6-12)."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, cast

import torch
from trl.trainer.grpo_config import GRPOConfig

from graphs.spans import CONSTRAINTS
from train.examples.writing import read_examples
from train.groups.checks import check_grpo, trainable
from train.groups.set_up import Judges, group_trainer, load, scorer_of
from train.groups.trainer import score_answers
from train.outcomes.source import JudgePay, outcome_source
from train.rows import Rollout, TrainingExample
from train.settings import read_settings
from train.stages import WrongSettings
from train.trl_config import trl_config


class Group(NamedTuple):
    """One prompt with its N candidates."""

    example: TrainingExample
    rollouts: list[Rollout]


def one_group(
    config: str | None, examples: Path, overrides: Mapping[str, str], pay: JudgePay, example_id: str | None = None
) -> Group:
    """Let the policy answer one example N times, as in training, and score the answers. Nothing is kept.

    Args:
        example_id: which example; the first of those trained on if not given.

    Raises:
        WrongSettings: names the field, or there is no such example.
    """
    settings = read_settings("grpo", config, overrides)
    check_grpo(settings, cuda=torch.cuda.is_available(), processes=1)
    rows = list(read_examples(examples)[1])
    trainable(rows)
    with tempfile.TemporaryDirectory() as scratch:
        args = cast(GRPOConfig, trl_config("grpo", settings, Path(scratch), 1))
        loaded = load(settings, rows, 1, settings.seed)
        example = _chosen(rows if example_id else loaded.slices.train, example_id)
        with outcome_source(settings, Path(scratch), str(args.device), pay) as source:
            judges = Judges(source, None)
            trainer = group_trainer(settings, args, loaded, judges, keep=lambda rollouts: None)
            answers = trainer.answer([example] * settings.num_generations, greedy=False)
            scorer = scorer_of(settings, source)
            try:
                [rollouts] = trainer.run_async(score_answers(scorer, [example], [answers], 0))
            finally:
                trainer.run_async(judges.close())
    return Group(example, rollouts)


def group_text(group: Group) -> str:
    """The group for people: the prompt, then each candidate with its reward parts, reasons and advantage."""
    prompt = [f"[{message.role}]\n{message.content}" for message in group.example.prompt]
    gold = f"gold label: {group.example.emotion} (from the {group.example.emotion_from})"
    return "\n\n".join(["\n".join(prompt), gold, *map(candidate_text, group.rollouts)])


def candidate_text(rollout: Rollout) -> str:
    """One candidate with its reward parts, the judge's reasons and its advantage."""
    outcome = f"none ({rollout.failure})" if rollout.outcome_reward is None else f"{rollout.outcome_reward:.3f}"
    reward = "none: left out of its group" if rollout.reward is None else f"{rollout.reward:.3f}"
    broken = [text for bit, text in zip(rollout.constraint_bits, CONSTRAINTS, strict=True) if bit]
    lines = [
        f"--- candidate {rollout.candidate}: reward {reward}, advantage {rollout.advantage:+.3f}, {rollout.tokens} tokens"
        + ("" if rollout.ended else ", cut"),
        rollout.completion,
        f"format {rollout.format_reward:.3f}" + "".join(f"\n  broken: {text}" for text in broken),
        f"emotion {rollout.emotion_reward:.0f}: {rollout.predicted or '(no label)'}",
        f"{rollout.outcome} {outcome}" + (f" by {rollout.judge}" if rollout.judge else ""),
        *(f"  {name} {mark.score}: {mark.reason}" for name, mark in rollout.marks.items()),
    ]
    return "\n".join(lines)


def _chosen(examples: list[TrainingExample], example_id: str | None) -> TrainingExample:
    found = next((each for each in examples if example_id in (None, each.id)), None)
    if found is None:
        raise WrongSettings(f"examples: none with the id {example_id!r} in the file")
    return found
