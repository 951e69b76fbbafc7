"""The stages of training (paper §4, §5.1), and what a setting of one is refused with."""

from typing import Literal

Stage = Literal["sft", "grpo", "reward_model"]


class WrongSettings(ValueError):
    """A setting that cannot be used: names the field, what is wrong, what to do."""
