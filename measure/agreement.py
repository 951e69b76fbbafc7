"""How far annotators agree: Krippendorff's alpha and Cohen's weighted kappa, with bootstrap intervals.

A missing rating is not a zero: a unit counts for alpha as soon as two rated it, for a pair's kappa when both did. Intervals
are percentiles of a bootstrap over clusters: turns of one dialogue are not independent, so dialogues are drawn, not
turns. Weighted kappa of a pair is statsmodels', in resamples the same formula for all of them at once. Alpha is ours, in Krippendorff's coincidences (2011, "Computing Krippendorff's
Alpha-Reliability"), because every resample needs it anew: nltk's takes missing ratings and any distance, but has no
ordinal one and takes 65 ms for 5,000 units, a minute for an interval; statsmodels and scipy have none.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from graphs.schema import Record

RESAMPLES = 1_000
LEVEL = 0.95
MOST_UNDEFINED = 0.05
"""Share of resamples that may leave a coefficient undefined (one category only) before no interval is given."""
FEWEST_CLUSTERS = 6

_NOTHING_SHARED = "no unit was rated by two annotators"
_ALL_THE_SAME = "every rating is the same: there was nothing to disagree on"

Level = Literal["nominal", "ordinal"]
Weights = Literal["linear", "quadratic"]
Array = npt.NDArray[Any]


class Rating(NamedTuple):
    """What one annotator said about one unit; None is a missing rating."""

    unit: str
    annotator: str
    value: Hashable


class Agreement(Record):
    """A coefficient with its interval, or why there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    units: int = 0
    """Units that two or more rated."""
    ratings: int = 0
    """Ratings of those units."""
    why_not: str = ""
    """Why there is no value, or no interval."""


class Kappas(Record):
    """Weighted kappa of every pair of annotators who share units, and the mean over pairs, each weighing as much as it shares.

    Light (1971) takes the plain mean, for pairs that all rated everything; with an overlap below the number of annotators some
    pairs share a single unit, whose kappa is 0 or nothing.
    """

    mean: Agreement
    pairs: dict[str, Agreement]
    """Under `first, second`, without intervals."""


class _Table(NamedTuple):
    """Ratings of units that two or more rated, as codes (-1 is missing), and which units go together, as rows."""

    codes_U_A: Array
    annotators: list[str]
    clusters: list[list[int]]

    @property
    def facts(self) -> dict[str, Any]:
        return {"units": len(self.codes_U_A), "ratings": int((self.codes_U_A >= 0).sum())}


def alpha(
    ratings: Iterable[Rating],
    values: Sequence[Hashable],
    level: Level,
    clusters: Mapping[str, str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Agreement:
    """Krippendorff's alpha: 1 is perfect, 0 is what chance gives.

    Args:
        values: all that can be said; in their order, for the ordinal level.
        clusters: unit -> what is resampled together, such as its dialogue; each unit by itself if None.
        resamples: draws of the bootstrap; 0 for no interval.
    """
    table = _table(ratings, values, clusters)
    if not table.clusters:
        return Agreement(why_not=_NOTHING_SHARED)
    coincidences_U_VV = _coincidences(table.codes_U_A, len(values))
    by_cluster_C_VV = _by_cluster(coincidences_U_VV, table)

    def of(drawn_B_C: Array) -> Array:
        return _alpha((drawn_B_C @ by_cluster_C_VV).reshape(len(drawn_B_C), len(values), len(values)), level)

    return _estimate(of, table, resamples, seed)


def weighted_kappas(
    ratings: Iterable[Rating],
    values: Sequence[Hashable],
    weights: Weights = "quadratic",
    clusters: Mapping[str, str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Kappas:
    """Cohen's weighted kappa (1968) of every pair of annotators, and its mean over pairs.

    Args:
        values: the whole scale in its order, also what nobody said.
    """
    table = _table(ratings, values, clusters)
    if not table.clusters:
        return Kappas(mean=Agreement(why_not=_NOTHING_SHARED), pairs={})
    tables_U_VV = {
        f"{first}, {second}": _pairs(table.codes_U_A[:, [one, other]], len(values))
        for (one, first), (other, second) in combinations(enumerate(table.annotators), 2)
    }
    shared = {names: counts for names, counts in tables_U_VV.items() if counts.any()}
    by_cluster_C_VV = [_by_cluster(counts, table) for counts in shared.values()]

    def of(drawn_B_C: Array) -> Array:
        drawn_K_B_VV = [drawn_B_C @ counts_C_VV for counts_C_VV in by_cluster_C_VV]
        return _mean_of_known(
            np.array([_kappas(counts_B_VV, len(values), weights) for counts_B_VV in drawn_K_B_VV]),
            np.array(drawn_K_B_VV).sum(axis=2),
        )

    pairs = {names: _pair_kappa(counts, len(values), weights) for names, counts in shared.items()}
    return Kappas(mean=_estimate(of, table, resamples, seed), pairs=pairs)


def _table(ratings: Iterable[Rating], values: Sequence[Hashable], clusters: Mapping[str, str] | None) -> _Table:
    """Code ratings; the same annotator's later rating of a unit takes the place of an earlier one.

    Raises:
        ValueError: a rating is not among the values, or a unit in no cluster.
    """
    code = {value: number for number, value in enumerate(values)}
    said: dict[str, dict[str, int]] = {}
    for rating in ratings:
        if rating.value is not None and rating.value not in code:
            raise ValueError(f"{rating.unit}, {rating.annotator}: {rating.value!r} is not among {list(values)}")
        if rating.value is not None:
            said.setdefault(rating.unit, {})[rating.annotator] = code[rating.value]
    shared = {unit: codes for unit, codes in said.items() if len(codes) > 1}
    annotators = sorted({annotator for codes in shared.values() for annotator in codes})
    rows = [[codes.get(annotator, -1) for annotator in annotators] for codes in shared.values()]
    together: dict[str, list[int]] = {}
    for number, unit in enumerate(shared):
        if clusters is not None and unit not in clusters:
            raise ValueError(f"{unit}: is in no cluster; give one for each unit, or none at all")
        together.setdefault(clusters[unit] if clusters else unit, []).append(number)
    return _Table(np.array(rows, int).reshape(len(rows), len(annotators)), annotators, list(together.values()))


def _by_cluster(each_U_VV: Array, table: _Table) -> Array:
    return np.array([each_U_VV[rows].sum(axis=0) for rows in table.clusters])


def _coincidences(codes_U_A: Array, values: int) -> Array:
    """Pairs of values within each unit, both ways round, each unit weighing as much as it has ratings; (U, V * V)."""
    counts_U_V = np.stack([(codes_U_A == value).sum(axis=1) for value in range(values)], axis=1, dtype=float)
    pairs_U_V_V = counts_U_V[:, :, None] * counts_U_V[:, None, :] - counts_U_V[:, :, None] * np.eye(values)
    others_U = np.maximum(counts_U_V.sum(axis=1) - 1, 1)
    return (pairs_U_V_V / others_U[:, None, None]).reshape(-1, values * values)


def _alpha(coincidences_B_V_V: Array, level: Level) -> Array:
    """One minus observed over expected disagreement; nan where nothing could disagree."""
    counts_B_V = coincidences_B_V_V.sum(axis=2)
    distances = _distances(counts_B_V, level)
    observed = (coincidences_B_V_V * distances).sum(axis=(1, 2))
    expected = (counts_B_V[:, :, None] * counts_B_V[:, None, :] * distances).sum(axis=(1, 2))
    expected /= np.maximum(counts_B_V.sum(axis=1) - 1, 1)
    return 1 - np.divide(observed, expected, out=np.full_like(observed, np.nan), where=expected > 0)


def _distances(counts_B_V: Array, level: Level) -> Array:
    """How far values lie apart: one step for any two, or squared, by how many ratings lie between their middles."""
    if level == "nominal":
        return 1 - np.eye(counts_B_V.shape[1])[None]
    middles_B_V = counts_B_V.cumsum(axis=1) - counts_B_V / 2
    return (middles_B_V[:, :, None] - middles_B_V[:, None, :]) ** 2


def _pairs(codes_U_2: Array, values: int) -> Array:
    """For each unit that both rated, a one in the cell of what they said; (U, V * V)."""
    counts_U_VV = np.zeros((len(codes_U_2), values * values))
    both = (codes_U_2 >= 0).all(axis=1)
    counts_U_VV[both, codes_U_2[both, 0] * values + codes_U_2[both, 1]] = 1
    return counts_U_VV


def _pair_kappa(counts_U_VV: Array, values: int, weights: Weights) -> Agreement:
    kappa, units = _kappa(counts_U_VV.sum(axis=0), values, weights), int(counts_U_VV.sum())
    if np.isnan(kappa):
        return Agreement(units=units, ratings=2 * units, why_not=_ALL_THE_SAME)
    return Agreement(value=kappa, units=units, ratings=2 * units)


def _kappas(counts_B_VV: Array, values: int, weights: Weights) -> Array:
    """One minus observed over expected distance of each table; nan where nothing could differ."""
    counts_B_V_V = counts_B_VV.reshape(-1, values, values)
    steps = np.abs(np.subtract.outer(np.arange(values), np.arange(values))).astype(float)
    distances = steps if weights == "linear" else steps**2
    observed_B = (counts_B_V_V * distances).sum(axis=(1, 2))
    margins_B_V, others_B_V = counts_B_V_V.sum(axis=2), counts_B_V_V.sum(axis=1)
    expected_B = ((margins_B_V @ distances) * others_B_V).sum(axis=1) / np.maximum(margins_B_V.sum(axis=1), 1)
    return 1 - np.divide(observed_B, expected_B, out=np.full_like(observed_B, np.nan), where=expected_B > 0)


def _kappa(counts_VV: Array, values: int, weights: Weights) -> float:
    from statsmodels.stats.inter_rater import cohens_kappa

    with np.errstate(divide="ignore", invalid="ignore"):
        found: Any = cohens_kappa(counts_VV.reshape(values, values), wt=weights, return_results=False)
    return float(found) if np.isfinite(found) else float("nan")


def _mean_of_known(each_K_B: Array, units_K_B: Array) -> Array:
    """The mean of what is known, each weighing as much as it has units."""
    weight_K_B = np.where(np.isnan(each_K_B), 0, units_K_B)
    total_B, weight_B = (np.nan_to_num(each_K_B) * weight_K_B).sum(axis=0), weight_K_B.sum(axis=0)
    return np.divide(total_B, weight_B, out=np.full_like(total_B, np.nan), where=weight_B > 0)


def _estimate(of: Callable[[Array], Array], table: _Table, resamples: int, seed: int) -> Agreement:
    clusters = len(table.clusters)
    value = float(of(np.ones((1, clusters)))[0])
    if np.isnan(value):
        return Agreement(**table.facts, why_not=_ALL_THE_SAME)
    if not resamples:
        return Agreement(value=value, **table.facts)
    if clusters < FEWEST_CLUSTERS:
        return Agreement(value=value, **table.facts, why_not=f"no interval: {clusters} are too few to resample")
    draws_B_C = np.random.default_rng(seed).multinomial(clusters, np.full(clusters, 1 / clusters), size=resamples)
    drawn = of(draws_B_C.astype(float))
    if np.isnan(drawn).mean() > MOST_UNDEFINED:
        return Agreement(value=value, **table.facts, why_not="no interval: many resamples hold one value only")
    low, high = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Agreement(value=value, low=float(low), high=float(high), **table.facts)
