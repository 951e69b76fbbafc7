"""What an SFT run would do, before it does it: settings as they take effect, batches, and what it takes (paper §5.1)."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from train.examples.writing import read_examples
from train.schedule import supervised_steps
from train.settings import SftSettings, read_settings
from train.sizing.dimensions import CannotEstimate
from train.sizing.sizing import Tokens, estimate, estimate_text
from train.stages import WrongSettings
from train.targets import Taught, taught
from train.trl_config import trl_config


def plan_sft(config: str | None, examples: Path, overrides: Mapping[str, str], processes: int) -> dict[str, Any]:
    """Settings, steps, memory and time of a run that is not started; nothing is written.

    `sequences` and `tokens` are exact where the model's tokenizer lies on this machine, else None; `estimate` is None
    with a reason where the model's dimensions are not known.

    Raises:
        WrongSettings: names the field.
        BadFile, WrongExamples: the examples cannot be read.
    """
    settings = read_settings("sft", config, overrides)
    args = trl_config("sft", settings, Path(), processes)
    found = _counted(settings, examples)
    steps = _steps(settings, found, processes) if found else None
    taken, reason = _estimated(settings, examples, found, steps)
    return {
        "stage": "sft",
        "settings": settings.flat(),
        "machine": {"bf16": args.bf16, "fp16": args.fp16, "use_cpu": args.use_cpu, "processes": processes},
        "gradient_accumulation_steps": args.gradient_accumulation_steps,
        "sequences": found.table.num_rows if found else None,
        "tokens": {"all": found.tokens, "targets": found.targets} if found else None,
        "left_out": found.too_long if found else None,
        "steps": steps,
        "estimate": taken[0] if taken else None,
        "estimate_text": taken[1] if taken else reason,
    }


def plan_text(plan: Mapping[str, Any]) -> str:
    """The plan for people; its first part can be kept as a YAML file."""
    lines = ["# settings", *(f"{name}: {_yaml(value)}" for name, value in plan["settings"].items())]
    lines += ["", "# this machine", *(f"# {name}: {value}" for name, value in plan["machine"].items())]
    lines.append(f"# gradient_accumulation_steps: {plan['gradient_accumulation_steps']}")
    if plan["tokens"]:
        tokens = plan["tokens"]
        lines.append(
            f"# {plan['sequences']} sequences, {tokens['all']} tokens, {tokens['targets']} of them targets, "
            f"{plan['left_out']} examples too long; {plan['steps']} steps"
        )
    return "\n".join([*lines, *(f"# {line}" for line in plan["estimate_text"].splitlines())])


def _counted(settings: SftSettings, examples: Path) -> Taught | None:
    """The examples' tokens, if that takes no download."""
    from train.models import length_limit, load_tokenizer

    if not Path(settings.model.model_name_or_path).is_dir():
        read_examples(examples)
        return None
    _, rows = read_examples(examples)
    return taught(rows, load_tokenizer(settings.model), length_limit(settings.model, settings.trl["max_length"]))


def _steps(settings: SftSettings, found: Taught, processes: int) -> int:
    """Optimiser steps; packed, a row holds many examples."""
    rows = math.ceil(found.tokens / settings.trl["max_length"]) if settings.trl["packing"] else found.table.num_rows
    return supervised_steps(settings, rows, processes)


def _estimated(
    settings: SftSettings, examples: Path, counted: Taught | None, steps: int | None
) -> tuple[tuple[dict[str, Any], str] | None, str]:
    try:
        found = estimate(settings, examples, tokens=_lengths(counted) if counted else None, steps=steps)
    except (CannotEstimate, WrongSettings) as error:
        return None, f"no estimate of memory and time: {error}"
    return (found.model_dump(mode="json"), estimate_text(found)), ""


def _lengths(found: Taught) -> Tokens:
    rows = found.table.num_rows
    prompt, target = (found.tokens - found.targets) / rows, found.targets / rows
    return Tokens(examples=rows, prompt=prompt, target=target, longest=found.longest, counted=True)


def _yaml(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
