"""What a stage will take before it starts: steps, memory and time, by arithmetic alone (for --dry-run; paper §5.1).

Nothing is loaded and nothing is measured. Every formula stands at its function; the text says how rough it is.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from graphs.preferences import Preference
from graphs.records import read_header, read_rows
from graphs.schema import Record
from train.rows import TrainingExample
from train.schedule import Schedule, schedule
from train.settings import GrpoSettings, RewardModelSettings, StageSettings
from train.sizing.dimensions import CannotEstimate, dimensions_of, trained
from train.sizing.durations import GPUS, Work, hours
from train.sizing.memory import Load, memory

SHARDS = 8
"""GPUs of the paper."""
_CHARACTERS_A_TOKEN = 4
_LOOKED_AT = 2000
"""Rows whose characters are counted where no tokenizer counted tokens."""
_LONGER = 1.3
"""How much longer than the average target the longest completion of a batch is taken to be."""
_SHOWN_GIB = 0.05
_ANSWER_S = (1.0, 4.0)
"""Seconds of a judge's answer, at best and at worst: an 8B model on a GPU of its own."""


class Tokens(Record):
    """Lengths of the examples."""

    examples: int
    prompt: float
    target: float
    longest: int
    """Prompt and target of the longest example."""
    counted: bool
    """By the policy's tokenizer; from characters otherwise."""


class Estimate(Record):
    """Figures of a stage: GiB on each device, hours at best and at worst."""

    model: str
    parameters: int
    trained: int
    tokens: Tokens
    steps: int
    completions: int
    """To generate and to score, with those of the held-out slice; 0 but for GRPO."""
    memory: dict[str, float]
    """On a device that holds everything, by part."""
    sharded: dict[str, float]
    """On each of eight that share weights, gradients, optimiser and reference."""
    hours: dict[str, tuple[float, float]]
    judge_hours: tuple[float, float] | None
    """None where no judge is asked."""


def estimate(
    settings: StageSettings,
    examples_path: Path,
    *,
    held_out: int | None = None,
    far: Schedule | None = None,
    steps: int | None = None,
    tokens: Tokens | None = None,
) -> Estimate:
    """Estimate a stage over its file: examples of `kardia train examples`, or preferences for a reward model.

    Args:
        held_out: examples that GRPO holds out, where they are known; the setting's share of all examples if not given.
        far: how far GRPO goes, where that is known; on one process if not given.
        steps: of SFT, where they are known; of a reward model too.
        tokens: lengths, where they were counted already.

    Raises:
        CannotEstimate: the model's dimensions are not known, or the file holds no rows.
        WrongSettings: GRPO has too few examples for a round.
        BadFile: the file cannot be read.
    """
    dimensions = dimensions_of(settings.model.model_name_or_path)
    tokens = tokens or tokens_of(settings, examples_path)
    plan = (
        _grpo(settings, tokens, held_out, far)
        if isinstance(settings, GrpoSettings)
        else _supervised(settings, tokens, steps)
    )
    return Estimate(
        model=settings.model.model_name_or_path,
        parameters=dimensions.parameters,
        trained=trained(dimensions, settings.model),
        tokens=tokens,
        steps=plan.steps,
        completions=plan.completions,
        memory=memory(settings, _load(settings, tokens, 1), 1),
        sharded=memory(settings, _load(settings, tokens, SHARDS), SHARDS),
        hours=hours(settings, dimensions, plan.work),
        judge_hours=_judging(settings, plan.completions),
    )


def tokens_of(settings: StageSettings, path: Path) -> Tokens:
    """Lengths from the file's own report where a tokenizer made one, else four characters a token over its first rows.

    Raises:
        CannotEstimate: the file holds no rows.
    """
    header = read_header(path)
    if report := header.get("tokens"):
        means = {part: report[part]["mean"] for part in ("prompt", "target")}
        return Tokens(examples=header["counts"]["examples"], longest=report["total"]["max"], counted=True, **means)
    sizes = _preferences(path) if isinstance(settings, RewardModelSettings) else _examples(path)
    looked_at = list(islice(sizes, _LOOKED_AT))
    if not looked_at:
        raise CannotEstimate(f"{path}: no examples in it; make some with `kardia train examples`")
    return Tokens(
        examples=len(looked_at) + sum(1 for _ in sizes),
        prompt=sum(prompt for prompt, _ in looked_at) / len(looked_at) / _CHARACTERS_A_TOKEN,
        target=sum(target for _, target in looked_at) / len(looked_at) / _CHARACTERS_A_TOKEN,
        longest=math.ceil(max(map(sum, looked_at)) / _CHARACTERS_A_TOKEN),
        counted=False,
    )


def estimate_text(found: Estimate) -> str:
    """An estimate for people, and how it was come by."""
    tokens = found.tokens
    lines = [
        f"{found.model}: {_count(found.parameters)} parameters, {_count(found.trained)} trained",
        f"{tokens.examples} examples; prompt {tokens.prompt:.0f} and target {tokens.target:.0f} tokens on average, longest "
        f"{tokens.longest} ({'counted' if tokens.counted else 'guessed at 4 characters a token'})",
        f"{found.steps} steps"
        + (f", {found.completions} completions with the held-out slice's" if found.completions else ""),
        f"memory on one device: {_memory(found.memory)}",
        f"memory on each of {SHARDS}, sharded: {_memory(found.sharded)}",
        *(f"time on {name}: {_hours(span)}{_fit(found, name)}" for name, span in found.hours.items()),
    ]
    if found.judge_hours:
        lines.append(
            f"the judge's answers, beside that: {_hours(found.judge_hours)} (1 to 4 s each, judge_concurrency at once)"
        )
    return "\n".join([*lines, _HOW])


_HOW = (
    "How: arithmetic over the model's dimensions; nothing was measured. Weights, gradients, optimiser and reference follow "
    "from the parameter count; activations and logits are a formula for the longest example in every place of the batch, to "
    "be trusted within a third; times take 25 to 50 % of a GPU's sheet figures (of a CPU core 2.5 to 25 billion operations a "
    "second), without padding, loading and saving, and can be off by a factor of two. A short real run with --set max_steps=20 "
    "says more."
)


class _Plan(NamedTuple):
    steps: int
    completions: int
    work: Work


def _supervised(settings: StageSettings, tokens: Tokens, known: int | None) -> _Plan:
    """Steps of SFT and of a reward model, whose pairs are two sequences each; packed, a sequence holds many examples."""
    epochs, limit = float(settings.trl["num_train_epochs"]), int(settings.trl.get("max_steps", -1))
    a_step = settings.per_optimiser_step
    length = tokens.prompt + tokens.target
    packed = float(settings.trl["max_length"]) / length if settings.trl.get("packing") else 1
    sequences = tokens.examples * (2 if isinstance(settings, RewardModelSettings) else 1)
    rows = math.ceil(tokens.examples / packed)
    steps = known or (limit if limit > 0 else math.ceil(math.ceil(rows / a_step) * epochs))
    passed = min(sequences * epochs, steps * a_step * packed * sequences / tokens.examples) * length
    return _Plan(steps, 0, Work(tokens=passed))


def _grpo(settings: GrpoSettings, tokens: Tokens, held_out: int | None, far: Schedule | None) -> _Plan:
    if held_out is None:
        held_out = max(1, round(tokens.examples * settings.held_out)) if settings.held_out else 0
    far = far or schedule(settings, tokens.examples - held_out, 1, held_out)
    looked_at = held_out * far.held_out_looks
    return _Plan(far.steps, far.completions + looked_at, _grpo_work(settings, tokens, far, looked_at))


def _grpo_work(settings: GrpoSettings, tokens: Tokens, far: Schedule, looked_at: int) -> Work:
    """Every candidate is written once and trained on `num_iterations` times."""
    length = min(float(settings.trl["max_completion_length"]), _LONGER * tokens.target)
    a_round = far.prompts_per_generation * settings.num_generations
    return Work(
        tokens=far.steps * settings.per_optimiser_step * (tokens.prompt + tokens.target),
        prefilled=(far.completions + looked_at) * tokens.prompt,
        length=length,
        rounds=far.completions / a_round,
        shared_rounds=looked_at / int(settings.trl.get("per_device_eval_batch_size", 8)),
        at_once=a_round,
        context=tokens.prompt + length / 2,
    )


def _load(settings: StageSettings, tokens: Tokens, devices: int) -> Load:
    """What stands on a device at its fullest: the longest example everywhere in the batch."""
    sequences = int(settings.trl["per_device_train_batch_size"])
    if isinstance(settings, GrpoSettings):
        new = int(settings.trl["max_completion_length"])
        at_once = 0 if settings.trl.get("use_vllm") else math.ceil(settings.per_optimiser_step / devices)
        return Load(sequences, math.ceil(tokens.longest - tokens.target) + new, new, at_once)
    limit = settings.trl.get("max_length") or tokens.longest
    longest = limit if settings.trl.get("packing") else min(limit, tokens.longest)
    is_reward = isinstance(settings, RewardModelSettings)
    return Load(sequences * (2 if is_reward else 1), longest, 0 if is_reward else longest, 0)


def _judging(settings: StageSettings, completions: int) -> tuple[float, float] | None:
    if not isinstance(settings, GrpoSettings) or settings.outcome != "rubric":
        return None
    quick, slow = (completions * each / settings.judge_concurrency / 3600 for each in _ANSWER_S)
    return quick, slow


def _examples(path: Path) -> Iterator[tuple[int, int]]:
    for row in read_rows(path, TrainingExample):
        yield sum(len(one.content) for one in row.prompt), sum(len(one.content) for one in row.completion)


def _preferences(path: Path) -> Iterator[tuple[int, int]]:
    for row in read_rows(path, Preference):
        shown = len(row.person) + len(row.situation) + sum(len(one.content) for one in row.dialogue)
        yield shown, (len(row.chosen) + len(row.rejected)) // 2


def _count(number: int) -> str:
    return f"{number / 1e9:.2f} billion" if number >= 1e9 else f"{number / 1e6:.2f} million"


def _memory(parts: Mapping[str, float]) -> str:
    listed = ", ".join(f"{name} {size:.1f}" for name, size in parts.items() if size >= _SHOWN_GIB)
    return f"{sum(parts.values()):.1f} GiB ({listed})"


def _hours(span: tuple[float, float]) -> str:
    best, worst = span
    return f"{best:.1f} to {worst:.1f} h" if worst >= 1 else f"{best * 60:.1f} to {worst * 60:.1f} min"


def _fit(found: Estimate, name: str) -> str:
    """Whether the stage fits into a known GPU's memory; empty where it does or where it is no GPU."""
    gpu = next((each for each in GPUS if each.name == name), None)
    parts = found.sharded if gpu and gpu.devices > 1 else found.memory
    return ", but it does not fit" if gpu and sum(parts.values()) > gpu.gib else ""
