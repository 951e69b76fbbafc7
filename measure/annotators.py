"""What to look at before believing annotators: who scores higher than the others, changes nothing, or clicks too fast.

Argilla does not tell how long a record was open. Seconds are the time since the same annotator's answer before, and what
is longer than a pause is unknown, not slow (our choice).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean, median
from typing import Any, Literal, NamedTuple

from graphs.schema import Record
from measure.paired import Difference, Row, cluster_means, compare, holm

PAUSE = timedelta(minutes=30)
FASTEST_S = 5.0
"""Nobody reads a dialogue and a reply of four spans in less (our choice)."""
FEWEST = 10
"""Answers under which nothing is said of an annotator."""
DOUBT = 0.01
"""How unlikely by chance something must be, over all annotators (Holm), before it is reported."""


class Score(NamedTuple):
    """What one annotator gave one turn under one criterion, as a number."""

    dialogue: str
    turn: str
    criterion: str
    annotator: str
    value: float


class Work(NamedTuple):
    """One submitted answer: whether it took everything as it was prefilled, and how long it took, if that is known."""

    annotator: str
    is_unchanged: bool
    seconds: float | None = None


class Habit(Record):
    """How an annotator works."""

    annotator: str
    answers: int
    unchanged: float
    """Share of answers that changed nothing."""
    median_s: float | None
    """Median seconds an answer; None if they are not known."""


class Doubt(Record):
    """Something about an annotator that somebody should look at; not a judgement."""

    annotator: str
    kind: Literal["unchanged", "fast"]
    message: str


def biases(scores: Iterable[Score]) -> dict[str, Difference]:
    """How much higher each annotator scores than the others do, where another one scored the same turn and criterion.

    Criteria of one turn and turns of one dialogue are not independent: they are averaged, and dialogues are the units.
    """
    judged: dict[tuple[str, str, str], dict[str, float]] = defaultdict(dict)
    for score in scores:
        judged[score.dialogue, score.turn, score.criterion][score.annotator] = score.value
    beside: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for (dialogue, turn, _), given in judged.items():
        for annotator, value in given.items():
            if others := [other for name, other in given.items() if name != annotator]:
                beside[annotator][dialogue].append(Row(turn, fmean(others), value))
    return {annotator: _bias(theirs) for annotator, theirs in sorted(beside.items())}


def seconds(moments: Sequence[datetime]) -> list[float | None]:
    """How long each of an annotator's answers took, by when they were given; unknown after a pause, and for the first."""
    ordered = sorted(moments)
    gaps = [after - before for before, after in pairwise(ordered)]
    known = [gap.total_seconds() if gap <= PAUSE else None for gap in gaps]
    return [None, *known] if ordered else []


def habits(works: Iterable[Work]) -> list[Habit]:
    """How each annotator works."""
    return [_habit(annotator, theirs) for annotator, theirs in _by_annotator(works).items()]


def doubts(works: Iterable[Work]) -> list[Doubt]:
    """Annotators who leave more unchanged, or are far faster, than the others, beyond what chance explains."""
    by_annotator = {name: theirs for name, theirs in _by_annotator(works).items() if len(theirs) >= FEWEST}
    others = {name: [w for n, ws in by_annotator.items() if n != name for w in ws] for name in by_annotator}
    unchanged = holm({name: _unchanged_p(theirs, others[name]) for name, theirs in by_annotator.items()})
    fast = holm({name: _fast_p(_times(theirs), _times(others[name])) for name, theirs in by_annotator.items()})
    found = [_unchanged_doubt(name, by_annotator[name], p) for name, p in unchanged.items()]
    found += [_fast_doubt(name, by_annotator[name], others[name], p) for name, p in fast.items()]
    return [doubt for doubt in found if doubt]


def _bias(dialogues: Mapping[str, Iterable[Row]]) -> Difference:
    """What the others gave against what one annotator gave, from dialogue -> its turns' criteria."""
    turns = [turn._replace(cluster=name) for name, found in dialogues.items() for turn in cluster_means(found)]
    return compare(turns, "none")


def _by_annotator(works: Iterable[Work]) -> Mapping[str, list[Work]]:
    found: dict[str, list[Work]] = defaultdict(list)
    for work in works:
        found[work.annotator].append(work)
    return dict(sorted(found.items()))


def _habit(annotator: str, works: list[Work]) -> Habit:
    times = _times(works)
    return Habit(
        annotator=annotator, answers=len(works), unchanged=_share(works), median_s=median(times) if times else None
    )


def _times(works: Iterable[Work]) -> list[float]:
    return [work.seconds for work in works if work.seconds is not None]


def _share(works: Sequence[Work]) -> float:
    return fmean(work.is_unchanged for work in works)


def _unchanged_p(mine: Sequence[Work], others: Sequence[Work]) -> float | None:
    """Fisher's exact test, one-sided: an annotator leaves more unchanged than the others."""
    from scipy.stats import fisher_exact

    if not others:
        return None
    unchanged = [sum(work.is_unchanged for work in works) for works in (mine, others)]
    table = [[count, len(works) - count] for count, works in zip(unchanged, (mine, others), strict=True)]
    found: Any = fisher_exact(table, alternative="greater")
    return float(found.pvalue)


def _fast_p(mine: list[float], others: list[float]) -> float | None:
    """Mann and Whitney's test, one-sided: an annotator is faster than the others."""
    from scipy.stats import mannwhitneyu

    if len(mine) < FEWEST or not others:
        return None
    return float(mannwhitneyu(mine, others, alternative="less").pvalue)


def _unchanged_doubt(name: str, mine: Sequence[Work], p: float | None) -> Doubt | None:
    share = _share(mine)
    if share == 1 and p is None:
        message = f"changed nothing in {len(mine)} answers, and there is nobody to compare with"
    elif p is not None and p < DOUBT:
        message = f"left {share:.0%} of {len(mine)} answers as they were prefilled, more than the others do"
    else:
        return None
    return Doubt(annotator=name, kind="unchanged", message=message)


def _fast_doubt(name: str, mine: Sequence[Work], others: Sequence[Work], p: float | None) -> Doubt | None:
    times = _times(mine)
    if len(times) < FEWEST:
        return None
    if median(times) < FASTEST_S:
        message = f"takes {median(times):.0f} s an answer, less than reading takes"
    elif p is not None and p < DOUBT and median(times) < median(_times(others)) / 2:
        message = f"takes {median(times):.0f} s an answer, the others {median(_times(others)):.0f} s"
    else:
        return None
    return Doubt(annotator=name, kind="fast", message=message)
