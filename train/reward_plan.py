"""What the training of a reward model would do, before it does it: pairs as they are parted, steps, memory and time (§5.1)."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from statistics import fmean
from typing import Any

from graphs.preferences import Preference
from train.reward_model import Pairs, held_out_personas, read_preferences, require_whole_model, tokenized
from train.schedule import supervised_steps
from train.settings import RewardModelSettings, read_settings
from train.sizing.dimensions import CannotEstimate
from train.sizing.sizing import Tokens, estimate, estimate_text, tokens_of
from train.trl_config import trl_config


def plan_reward_model(config: str | None, preferences: Path, overrides: Mapping[str, str]) -> dict[str, Any]:
    """Settings, pairs, steps, memory and time of a run that is not started; nothing is written.

    Pairs that are too long are counted where the model's tokenizer lies on this machine; elsewhere `left_out` is None.

    Raises:
        WrongSettings: names the field.
        BadFile: the preferences cannot be read.
    """
    settings = read_settings("reward_model", config, overrides)
    require_whole_model(settings)
    rows = read_preferences(preferences)
    trl_config("reward_model", settings, Path(), 1)
    pairs = _counted(settings, rows)
    held_out = len(pairs.held_out) if pairs else _held_out(settings, rows)
    train = len(pairs.train) if pairs else len(rows) - held_out
    steps = supervised_steps(settings, train, 1)
    taken, text = _estimated(settings, preferences, train, steps, pairs)
    return {
        "settings": settings.flat(),
        "pairs": {"train": train, "held_out": held_out, "left_out": pairs.too_long if pairs else None},
        "steps": steps,
        "estimate": taken,
        "estimate_text": text,
    }


def plan_text(plan: Mapping[str, Any]) -> str:
    """The plan for people."""
    pairs = plan["pairs"]
    left = "" if pairs["left_out"] is None else f", {pairs['left_out']} left out, longer than max_length"
    lines = [f"{field}: {value}" for field, value in plan["settings"].items()]
    told = f"{pairs['train']} pairs to train on, {pairs['held_out']} held out by persona{left}; {plan['steps']} steps"
    return "\n".join([*lines, "", told, plan["estimate_text"]])


def _counted(settings: RewardModelSettings, rows: Sequence[Preference]) -> Pairs | None:
    """The pairs' tokens, if that takes no download."""
    from train.models import length_limit, load_tokenizer

    if not Path(settings.model.model_name_or_path).is_dir():
        return None
    longest = length_limit(settings.model, settings.trl["max_length"])
    return tokenized(rows, load_tokenizer(settings.model), longest, settings.seed)


def _held_out(settings: RewardModelSettings, rows: Sequence[Preference]) -> int:
    held = held_out_personas({row.persona for row in rows}, settings.seed)
    return sum(row.persona in held for row in rows)


def _estimated(
    settings: RewardModelSettings, preferences: Path, train: int, steps: int, pairs: Pairs | None
) -> tuple[dict[str, Any] | None, str]:
    try:
        tokens = _tokens(pairs) if pairs else tokens_of(settings, preferences).model_copy(update={"examples": train})
        found = estimate(settings, preferences, tokens=tokens, steps=steps)
    except CannotEstimate as error:
        return None, f"no estimate of memory and time: {error}"
    return found.model_dump(mode="json"), estimate_text(found)


def _tokens(pairs: Pairs) -> Tokens:
    """Lengths of the conversations that are trained on: what both of a pair begin with is their prompt."""
    both = [(pair["chosen_ids"], pair["rejected_ids"]) for pair in pairs.train]
    shared = [_shared(chosen, rejected) for chosen, rejected in both]
    whole, prompt = fmean(len(ids) for pair in both for ids in pair), fmean(shared)
    longest = max(len(ids) for pair in both for ids in pair)
    return Tokens(examples=len(both), prompt=prompt, target=whole - prompt, longest=longest, counted=True)


def _shared(chosen: Sequence[int], rejected: Sequence[int]) -> int:
    same = takewhile(lambda pair: pair[0] == pair[1], zip(chosen, rejected, strict=False))
    return sum(1 for _ in same)
