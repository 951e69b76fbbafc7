"""Means over turns with 95 % intervals clustered by persona: turns of one person are not independent (our choice).

The paper gives no intervals, and its test set has 32 personas (Table 3). Personas are drawn with replacement, each with all
its turns, and the bounds are percentiles of the mean over drawn turns. Under FEWEST_CLUSTERS personas none is given;
with few more such bounds are somewhat too narrow (see measure/paired.py); where every persona has the same mean there is none either:
a bootstrap of what never varied would claim certainty.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from graphs.schema import Record
from measure.agreement import FEWEST_CLUSTERS, LEVEL

RESAMPLES = 2_000


class Estimate(Record):
    """A mean over turns, or why there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    turns: int = 0
    personas: int = 0
    missing: int = 0
    """Turns without a value: they are left out of the mean."""
    why_not: str = ""
    """Why there is no mean, or no interval."""


def clustered_mean(
    values: Iterable[tuple[str, float]], *, missing: int = 0, resamples: int = RESAMPLES, seed: int = 0
) -> Estimate:
    """The mean of values, each with its persona, and its interval by a seeded bootstrap over personas."""
    by_persona: dict[str, list[float]] = defaultdict(list)
    for persona, value in values:
        by_persona[persona].append(value)
    if not by_persona:
        return Estimate(missing=missing, why_not="nothing was measured")
    sums_C = np.array([sum(found) for found in by_persona.values()])
    turns_C = np.array([len(found) for found in by_persona.values()], dtype=float)
    personas = len(by_persona)
    mean = Estimate(
        value=float(sums_C.sum() / turns_C.sum()), turns=int(turns_C.sum()), personas=personas, missing=missing
    )
    if personas < FEWEST_CLUSTERS:
        why = f"{personas} persona{'s' * (personas != 1)}: too few for an interval; {FEWEST_CLUSTERS} are needed"
        return mean.model_copy(update={"why_not": why})
    draws_B_C = np.random.default_rng(seed).multinomial(personas, np.full(personas, 1 / personas), size=resamples)
    means_B = (draws_B_C @ sums_C) / (draws_B_C @ turns_C)
    if means_B.min() == means_B.max():
        return mean.model_copy(update={"why_not": "every persona has the same mean, of which resamples tell nothing"})
    low, high = np.quantile(means_B, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return mean.model_copy(update={"low": float(low), "high": float(high)})


def correlations(scores: Sequence[Mapping[str, float]], names: Sequence[str]) -> dict[str, dict[str, float | None]]:
    """Pearson's correlation of every two criteria over turns; None where one of them never varies.

    Args:
        scores: of each judged turn, by criterion.
    """
    table_N_T = np.array([[float(turn[name]) for turn in scores] for name in names]).reshape(len(names), len(scores))
    return {
        one: {other: _correlation(table_N_T[i], table_N_T[j]) for j, other in enumerate(names)}
        for i, one in enumerate(names)
    }


def _correlation(one_T: np.ndarray, other_T: np.ndarray) -> float | None:
    if len(one_T) < 2 or one_T.min() == one_T.max() or other_T.min() == other_T.max():
        return None
    return float(np.corrcoef(one_T, other_T)[0, 1])
