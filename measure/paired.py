"""Paired differences: two versions measured on the same states, with tests and 95 % intervals.

The unit is the cluster (a person): states of one person are not independent, so draws are averaged within a state, states
within their cluster, and only then counted. Tests are exact: McNemar on units that prefer one side, Wilcoxon's signed rank
under all 2^n signs. The interval of a mean difference is Student's t over units (our choice): over simulated A/A
comparisons it excludes zero in 0 to 6 %, a percentile bootstrap over clusters in up to 14 % (benchmarks/aa_coverage.py).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, stdev
from typing import Any, Literal, NamedTuple

from graphs.schema import Record

LEVEL = 0.95
FEWEST_UNITS = 6
"""Under six units no exact test can reach 5 % (2 of 2^5 signs are 6.25 %), and no interval is given."""
EXACT_UP_TO = 300
"""Units up to which the signed ranks' distribution is enumerated; above, the normal approximation holds well."""
_DIGITS = 9
"""Differences that agree to so many digits are ties: means of few draws are sums of floats."""

Test = Literal["mcnemar", "wilcoxon", "none"]


class Row(NamedTuple):
    """One state under both versions, each averaged over its draws."""

    cluster: str
    a: float
    b: float


class Difference(Record):
    """B minus A over units, with how sure that is."""

    states: int
    units: int
    """Clusters of states: persons."""
    a: float | None = None
    b: float | None = None
    """Means over units."""
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    test: str = ""
    """How `p` was found."""
    more: int = 0
    less: int = 0
    """Units with more, and with less, under B."""
    why_not: str = ""
    """Why there is no interval, or nothing at all."""

    @property
    def none_at_all(self) -> bool:
        """Whether every unit is the same under both."""
        return self.units > 0 and self.more == self.less == 0


class Interval(NamedTuple):
    """Bounds of a mean, or why there are none."""

    low: float | None
    high: float | None
    why_not: str = ""


class SignedRank(NamedTuple):
    """Wilcoxon's test: the sum of positive ranks, zeros left out, and the two-sided p."""

    positive: float
    p: float
    zeros: int
    exact: bool


def compare(rows: Iterable[Row], test: Test) -> Difference:
    """Compare two versions on the same states."""
    rows = list(rows)
    units = cluster_means(rows)
    if not units:
        return Difference(states=0, units=0, why_not="nothing was measured under both")
    differences = [round(unit.b - unit.a, _DIGITS) for unit in units]
    interval = mean_interval(differences)
    more, less = sum(d > 0 for d in differences), sum(d < 0 for d in differences)
    p, name = _tested(differences, more, less, test)
    a, b = fmean(unit.a for unit in units), fmean(unit.b for unit in units)
    return Difference(
        states=len(rows), units=len(units), a=a, b=b, difference=fmean(differences), low=interval.low, high=interval.high,
        p=p, test=name, more=more, less=less, why_not=interval.why_not,
    )  # fmt: skip


def _tested(differences: list[float], more: int, less: int, test: Test) -> tuple[float | None, str]:
    if test == "none":
        return None, ""
    if test == "mcnemar":
        return mcnemar(less, more), "McNemar, exact"
    ranks = signed_rank(differences)
    how = "exact" if ranks.exact else "normal approximation"
    return ranks.p, f"Wilcoxon signed rank, {how}, {ranks.zeros} zero differences left out"


def cluster_means(rows: Iterable[Row]) -> list[Row]:
    """One row a cluster: the means over its states."""
    clusters: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        clusters[row.cluster].append(row)
    return [Row(name, fmean(r.a for r in found), fmean(r.b for r in found)) for name, found in clusters.items()]


def mean_interval(values: Sequence[float]) -> Interval:
    """The 95 % interval of a mean of independent values, by Student's t; nothing but zeros gives [0, 0]."""
    if len(values) < FEWEST_UNITS:
        return Interval(None, None, f"{len(values)} persons are too few for an interval; {FEWEST_UNITS} are needed")
    if not any(values):
        return Interval(0.0, 0.0)
    from scipy import stats

    middle, spread = fmean(values), stdev(values) / len(values) ** 0.5
    reach = float(stats.t.ppf((1 + LEVEL) / 2, len(values) - 1)) * spread
    return Interval(middle - reach, middle + reach)


def mcnemar(only_a: int, only_b: int) -> float:
    """Two-sided exact p of McNemar's test: discordant pairs fall on either side like a coin."""
    from scipy import stats

    return float(stats.binomtest(only_b, only_a + only_b).pvalue) if only_a + only_b else 1.0


def signed_rank(differences: Sequence[float]) -> SignedRank:
    """Wilcoxon's signed rank test, two-sided.

    Zeros are left out (Wilcoxon's own way), ties get their middle rank. Up to EXACT_UP_TO values the distribution under
    all signs of the observed ranks is enumerated, so that it is exact with ties too.
    """
    from scipy import stats

    moved = [value for value in differences if value]
    zeros = len(differences) - len(moved)
    if not moved:
        return SignedRank(0.0, 1.0, zeros, exact=True)
    ranks = [float(rank) for rank in stats.rankdata([abs(value) for value in moved])]
    positive = sum(rank for rank, value in zip(ranks, moved, strict=True) if value > 0)
    if len(moved) <= EXACT_UP_TO:
        return SignedRank(positive, _exact_p(ranks, positive), zeros, exact=True)
    found: Any = stats.wilcoxon(moved, zero_method="wilcox", method="asymptotic")
    return SignedRank(positive, float(found.pvalue), zeros, exact=False)


def _exact_p(ranks: list[float], positive: float) -> float:
    """Share of all sign patterns whose sum lies at least as far from the middle; ranks are whole when doubled."""
    import numpy as np

    doubled = [round(2 * rank) for rank in ranks]
    chance = np.zeros(sum(doubled) + 1)
    chance[0] = 1.0
    for rank in doubled:
        chance[rank:] = (chance[rank:] + chance[:-rank]) / 2
        chance[:rank] /= 2
    far = min(round(2 * positive), sum(doubled) - round(2 * positive))
    return min(1.0, 2 * float(chance[: far + 1].sum()))


def holm(ps: Mapping[str, float | None]) -> dict[str, float | None]:
    """Holm's correction for several tests at once; a missing p stays missing and does not count."""
    known = sorted((p, name) for name, p in ps.items() if p is not None)
    corrected: dict[str, float | None] = dict.fromkeys(ps)
    highest = 0.0
    for index, (p, name) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - index)))
        corrected[name] = highest
    return corrected


def paired_table(pairs: Iterable[tuple[str, str]], names: Sequence[str]) -> dict[str, dict[str, int]]:
    """How often each name under A met each name under B."""
    counts = Counter(pairs)
    return {a: {b: counts[a, b] for b in names} for a in names}
