"""What a tiny model answers on turns of personas that it has not seen: format, label and the embedded judge's marks."""

from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from train.examples.writing import read_examples
from train.rewards import emotion_reward, format_reward, has_response, unified_reward
from train.rows import TrainingExample
from train.settings import GrpoSettings


class Answers(NamedTuple):
    """Means over a model's answers, each in [0, 1]; None where nothing could be measured."""

    answers: int
    format: float
    emotion: float
    outcome: float | None
    reward: float | None
    failed: int
    """Answers whose outcome could not be measured; left out of outcome and reward."""


def answered(
    models: Mapping[str, Path], test: Path, settings: GrpoSettings, most: int, cache: Path
) -> dict[str, Answers]:
    """Let each model answer the same turns at temperature 0, and score them as the rewards do."""
    import asyncio

    from train.outcomes.source import JudgePay, outcome_source

    cache.mkdir(parents=True, exist_ok=True)
    examples = list(read_examples(test)[1])[:most]
    length = int(settings.trl["max_completion_length"])
    texts = {name: _generated(folder, examples, length) for name, folder in models.items()}
    with asyncio.Runner() as runner, outcome_source(settings, cache, "cpu", JudgePay()) as source:
        try:
            return {
                name: runner.run(_scored(source.outcome, settings, examples, found)) for name, found in texts.items()
            }
        finally:
            runner.run(source.close())


async def _scored(outcome: Any, settings: GrpoSettings, examples: list[TrainingExample], texts: list[str]) -> Answers:
    """A reply without a response to read gets outcome 0, as in training."""
    asked = [at for at, text in enumerate(texts) if has_response(text)]
    rated = await outcome.rate([examples[at] for at in asked], [texts[at] for at in asked]) if asked else []
    outcomes: list[float | None] = [0.0] * len(texts)
    for at, one in zip(asked, rated, strict=True):
        outcomes[at] = one.value
    formats, emotions = format_reward(texts), emotion_reward(texts, [example.emotion for example in examples])
    parts = zip(formats, emotions, outcomes, strict=True)
    weights: Any = settings.weights
    rewards = [unified_reward({"format": f, "emotion": e, "outcome": o}, weights) for f, e, o in parts]
    return Answers(
        len(texts),
        fmean(formats),
        fmean(emotions),
        _mean(outcomes),
        _mean(rewards),
        sum(one is None for one in outcomes),
    )


def _generated(folder: Path, examples: list[TrainingExample], length: int) -> list[str]:
    """Greedy answers, all in one batch."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    chats = [[message.model_dump() for message in example.prompt] for example in examples]
    asked = [tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False) for chat in chats]
    batch = tokenizer(asked, return_tensors="pt", padding=True, add_special_tokens=False)
    with torch.no_grad():
        made = model.generate(**batch, max_new_tokens=length, do_sample=False)
    return tokenizer.batch_decode(made[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)


def _mean(values: list[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return fmean(there) if there else None
