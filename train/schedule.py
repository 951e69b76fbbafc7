"""How far a run goes: optimiser steps; of GRPO rounds of generation, candidates and looks at the held-out slice too (§5.1)."""

import math
from typing import NamedTuple

from train.settings import GrpoSettings, StageSettings
from train.stages import WrongSettings


class Schedule(NamedTuple):
    """How far a run goes, and what it generates."""

    steps: int
    """Optimiser steps."""
    completions: int
    """Candidates over the whole run."""
    prompts_per_generation: int
    held_out_looks: int


def steps_per_generation(settings: GrpoSettings, processes: int) -> int:
    """Micro-batches that one round of generation serves; an optimiser step's, unless given."""
    return int(settings.trl.get("steps_per_generation") or settings.accumulation(processes))


def schedule(settings: GrpoSettings, examples: int, processes: int, held_out: int) -> Schedule:
    """How far a run over so many examples goes.

    Raises:
        WrongSettings: there are fewer examples than one round of generation takes.
    """
    per_round = int(settings.trl["per_device_train_batch_size"]) * processes * steps_per_generation(settings, processes)
    prompts = per_round // settings.num_generations
    rounds = examples // prompts
    if not rounds:
        raise WrongSettings(
            f"global_batch: one round of generation takes {prompts} prompts, and {examples} are there to train on; "
            "make it smaller, or give more examples"
        )
    reuse = int(settings.trl.get("num_iterations", 1))
    micro_steps = rounds * steps_per_generation(settings, processes) * reuse
    accumulation = settings.accumulation(processes)
    steps = _steps(settings, -(-micro_steps // accumulation))
    rounds_done = -(-steps * accumulation // (steps_per_generation(settings, processes) * reuse))
    looks = 1 + steps // settings.held_out_every + bool(steps % settings.held_out_every) if held_out else 0
    return Schedule(steps, rounds_done * per_round, prompts, looks)


def supervised_steps(settings: StageSettings, rows: int, processes: int) -> int:
    """Optimiser steps over rows that each go through the model once, as transformers counts them.

    The last batch of an epoch may be smaller.
    """
    if (most := int(settings.trl.get("max_steps") or -1)) > 0:
        return most
    batches = math.ceil(rows / (int(settings.trl["per_device_train_batch_size"]) * processes))
    return math.ceil(math.ceil(batches / settings.accumulation(processes)) * float(settings.trl["num_train_epochs"]))


def _steps(settings: GrpoSettings, per_epoch: int) -> int:
    if (most := int(settings.trl.get("max_steps", -1))) > 0:
        return most
    return math.ceil(float(settings.trl["num_train_epochs"]) * per_epoch)
