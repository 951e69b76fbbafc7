"""The end of a step as a checkpoint of it keeps it, while the next step is already being made (our addition to §5.1)."""

import random
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments


class Place(NamedTuple):
    """How far a trainer has used up what it generated."""

    step: int
    """Micro-batches, over the whole run."""
    generations: Any
    """What is left of a round that serves several steps; None at a round's end."""


class Placed(Protocol):
    """What uses up generations: a trainer."""

    state: TrainerState

    @property
    def place(self) -> Place:
        """How far they are used up."""
        ...

    @place.setter
    def place(self, place: Place) -> None: ...


class StepEnd(TrainerCallback):
    """Remembers what generating changes before weights and optimiser move: random numbers, counts, reused generations."""

    def __init__(self, trainer: Placed):
        self._trainer = trainer
        self._random: dict[str, Any] = {}
        self._place, self._tokens = trainer.place, 0

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        self._random = _random_state()
        self._place, self._tokens = self._trainer.place, state.num_input_tokens_seen

    def bring_back(self) -> None:
        """Let the trainer stand again where the last step ended."""
        self._trainer.place, self._trainer.state.num_input_tokens_seen = self._place, self._tokens
        _set_random_state(self._random)


def _random_state() -> dict[str, Any]:
    """What transformers keeps of random numbers in a checkpoint."""
    cuda = torch.cuda.random.get_rng_state() if torch.cuda.is_available() else None
    return {
        "python": random.getstate(),
        "numpy": np.random.get_state(),
        "cpu": torch.random.get_rng_state(),
        "cuda": cuda,
    }


def _set_random_state(state: dict[str, Any]) -> None:
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    torch.random.set_rng_state(state["cpu"])
    if state["cuda"] is not None:
        torch.cuda.random.set_rng_state(state["cuda"])
