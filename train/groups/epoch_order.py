"""The order of examples within an epoch, from seed and epoch alone, so that a resume meets the same (our choice, paper §5.1)."""

from collections.abc import Callable, Generator
from typing import Any

from trl.trainer.utils import RepeatSampler


class EpochSampler(RepeatSampler):
    """TRL's sampler with a permutation that depends on seed and epoch alone."""

    def __init__(self, rows: Any, candidates: int, prompts: int, reuse: int, seed: int, epoch: Callable[[], int]):
        super().__init__(rows, candidates, prompts, reuse, shuffle=True, seed=seed)
        self._own_seed = seed
        self._epoch = epoch

    def __iter__(self) -> Generator[int]:
        self.generator.manual_seed(self._own_seed + self._epoch())
        yield from super().__iter__()
