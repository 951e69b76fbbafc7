"""What a GRPO run will take, before anything is loaded or called: settings, steps, judge calls, money, memory, time (§5.1)."""

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from graphs.llm.errors import Answer
from graphs.llm.prices import cost_usd
from graphs.packs import load_pack
from graphs.prompts import PromptWriter
from graphs.schema import Record
from measure.judge import shown_reply
from train.examples.writing import read_examples
from train.groups.checks import check_grpo, trainable
from train.groups.held_out import split_by_persona
from train.outcomes.source import JudgePay, price_of
from train.rows import TrainingExample
from train.schedule import Schedule, schedule
from train.settings import GrpoSettings, read_settings
from train.sizing.dimensions import CannotEstimate
from train.sizing.sizing import estimate, estimate_text
from train.trl_config import trl_config

SAMPLE = 64
"""Examples that a judgement's length is taken from."""
CHARACTERS_A_TOKEN = 4
WRITTEN_A_CRITERION = 60
"""Tokens of evidence, reason and score (our guess)."""


class JudgePlan(NamedTuple):
    """What the judge is asked at most: equal candidates and those without a response are asked for once or never."""

    model: str
    calls: int
    tokens_in: int
    tokens_out: int
    cost_usd: float | None
    """None where the price is not known."""


class GrpoPlan(Record):
    """A run that was not started."""

    settings: dict[str, Any]
    gradient_accumulation_steps: int
    examples: int
    held_out: int
    steps: int
    completions: int
    held_out_looks: int
    prompts_per_generation: int
    judge: dict[str, Any] | None
    """None for the ablations."""
    second_judge: dict[str, Any] | None
    """None where there is none."""
    sizing: dict[str, Any] | None
    sizing_text: str


def plan_grpo(
    config: str | None, examples: Path, overrides: Mapping[str, str], *, processes: int, cuda: bool, pay: JudgePay
) -> GrpoPlan:
    """Check settings and examples as a run would, and say what it will take.

    Raises:
        WrongSettings: names the field.
    """
    settings = read_settings("grpo", config, overrides)
    check_grpo(settings, cuda, processes)
    trl_config("grpo", settings, Path(), processes)
    rows = list(read_examples(examples)[1])
    trainable(rows)
    train, held_out = split_by_persona(rows, settings.held_out, settings.seed)
    far = schedule(settings, len(train), processes, len(held_out))
    judge = judge_plan(settings, rows, far, len(held_out), pay) if settings.outcome == "rubric" else None
    second = second_judge_plan(settings, judge, far, pay) if judge and settings.second_judge_model else None
    try:
        sizing = estimate(settings, examples, far=far, held_out=len(held_out))
        said = estimate_text(sizing)
    except CannotEstimate as error:
        sizing, said = None, f"memory and time: {error}"
    return GrpoPlan(
        settings=settings.flat(),
        gradient_accumulation_steps=settings.accumulation(processes),
        examples=len(train),
        held_out=len(held_out),
        judge=judge._asdict() if judge else None,
        second_judge=second._asdict() if second else None,
        sizing=sizing.model_dump(mode="json") if sizing else None,
        sizing_text=said,
        **far._asdict(),
    )


def judge_plan(
    settings: GrpoSettings, examples: Sequence[TrainingExample], far: Schedule, held_out: int, pay: JudgePay
) -> JudgePlan:
    """Calls, tokens and money, from the very prompts over the examples' own replies."""
    pack = load_pack(settings.pack)
    writer = PromptWriter(pack)
    read = [_characters(writer, example, settings) for example in islice(examples, SAMPLE)]
    calls = far.completions + far.held_out_looks * held_out
    tokens_in = round(calls * sum(read) / len(read) / CHARACTERS_A_TOKEN)
    tokens_out = calls * WRITTEN_A_CRITERION * len(pack.rubric.criteria)
    cost = cost_usd(settings.judge_model, Answer("", tokens_in, tokens_out), price_of(settings.judge_model, pay.price))
    return JudgePlan(settings.judge_model, calls, tokens_in, tokens_out, cost)


def second_judge_plan(settings: GrpoSettings, first: JudgePlan, far: Schedule, pay: JudgePay) -> JudgePlan:
    """The second judge reads what the first one does, of its share of the candidates that are trained on."""
    model, calls = settings.second_judge_model, round(far.completions * settings.second_judge_share)
    tokens_in, tokens_out = (round(tokens * calls / first.calls) for tokens in (first.tokens_in, first.tokens_out))
    cost = cost_usd(model, Answer("", tokens_in, tokens_out), price_of(model, pay.second_judge_price))
    return JudgePlan(model, calls, tokens_in, tokens_out, cost)


def plan_text(plan: GrpoPlan) -> str:
    """The plan for people; its first part can be kept as a YAML file."""
    said = [
        f"{plan.examples} examples to train on, {plan.held_out} held out and looked at {plan.held_out_looks} times",
        f"{plan.steps} steps (gradient_accumulation_steps {plan.gradient_accumulation_steps}), "
        f"{plan.prompts_per_generation} prompts a round of generation, {plan.completions} candidates",
        *_judges_text(plan),
        *plan.sizing_text.splitlines(),
    ]
    settings = yaml.safe_dump(plan.settings, sort_keys=False, allow_unicode=True).rstrip()
    return "\n".join(["# settings", settings, "", *(f"# {line}" for line in said)])


def _judges_text(plan: GrpoPlan) -> list[str]:
    if plan.judge is None:
        return [f"no judge is asked: the outcome is {plan.settings['outcome']}"]
    second = [_judge_text("second judge", JudgePlan(**plan.second_judge))] if plan.second_judge else []
    return [_judge_text("judge", JudgePlan(**plan.judge)), *second]


def _judge_text(role: str, judge: JudgePlan) -> str:
    cost = "its price is not known" if judge.cost_usd is None else f"${judge.cost_usd:.2f}"
    return (
        f"{role} {judge.model}: at most {judge.calls} calls, about {judge.tokens_in / 1e6:.2f} M tokens read and "
        f"{judge.tokens_out / 1e6:.2f} M written, {cost}"
    )


def _characters(writer: PromptWriter, example: TrainingExample, settings: GrpoSettings) -> int:
    reply = shown_reply(example.completion[-1].content, settings.judge_sees)
    asked = writer.judge_text("0" * 16, example.person, example.situation, example.dialogue_text, reply)
    return len(asked.system) + len(asked.user) + len(asked.schema or "")
