"""TRL's config of a stage: settings, what the machine decides, and the accumulation that the global batch asks for (§5.1)."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.machine import machine_fields
from train.settings import StageSettings
from train.stages import Stage, WrongSettings
from train.start_model import check_start
from train.trl_fields import config_class

if TYPE_CHECKING:
    from transformers import TrainingArguments


def trl_config(stage: Stage, settings: StageSettings, out: Path, processes: int) -> "TrainingArguments":
    """TRL's config of a stage, with what the machine decides and the accumulation that the global batch asks for.

    Raises:
        WrongSettings: names the field; a value that only TRL itself refuses comes with TRL's words.
    """
    check_start(settings.model)
    given = settings.trl | machine_fields(settings.trl)
    accumulation = settings.accumulation(processes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of names that TRL itself still uses
            config = config_class(stage)(output_dir=str(out), gradient_accumulation_steps=accumulation, **given)
    except (ValueError, TypeError, ImportError) as error:
        raise refused_by_trl(error, given) from error
    _check_reporting(config)
    return config


def refused_by_trl(error: Exception, given: Mapping[str, Any]) -> WrongSettings:
    """What TRL refuses, under the name of the field that it speaks of."""
    said = str(error)
    if "target modules" in said.lower().replace("_", " "):
        return WrongSettings(f"lora_target_modules: {said}")
    named = (name for name in sorted(given, key=len, reverse=True) if name in said)
    return WrongSettings(f"{next(named, 'settings')}: {said}")


def _check_reporting(config: "TrainingArguments") -> None:
    from transformers.integrations.integration_utils import get_available_reporting_integrations

    here = get_available_reporting_integrations()
    for name in config.report_to or ():
        if name not in here:
            raise WrongSettings(f"report_to: {name} is not installed here; there is: {', '.join(here) or 'none'}")
