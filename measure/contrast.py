"""One arm of a comparison against another: decisions, scores, tokens and cost of the same states.

A failed call is not a score: its pair is left out, counted and named. A reply that breaks a hard rule is FAIL, which is a
finding, and has no scores.
"""

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean
from typing import NamedTuple

from graphs.schema import Attempt, Decision, Line, Record
from graphs.spans import response_of
from graphs.trials.results import Played
from graphs.trials.trials import Arm, Comparison
from graphs.word_diff import word_ops
from measure.paired import Difference, Row, compare, holm, paired_table

Value = Callable[[Played], float | None]
DECISIONS = tuple(decision.value for decision in Decision)


class Excluded(Record):
    """A draw that gave no attempt, and so no pair."""

    state: str
    arm: Arm
    draw: int
    reason: Line


class Contrast(Record):
    """One arm against another, over the same states."""

    pairs: int
    """Draws that were decided under both."""
    acceptable: Difference
    """Share of PASS or SOLVED."""
    score: Difference
    """Mean of all criteria."""
    criteria: dict[str, Difference]
    corrected: dict[str, float | None]
    """Each criterion's p after Holm's correction for their number."""
    tokens_read: Difference
    tokens_written: Difference
    cost_usd: Difference
    """Of the responder, a reply."""
    table: dict[str, dict[str, int]]
    """Decisions under the first against those under the second."""
    words: float | None
    """Share of the responses' words that differ, 0 to 1."""
    unscored: int
    """Pairs of which a side broke a hard rule and has no scores."""
    excluded: tuple[Excluded, ...] = ()
    waiting: int = 0
    """Pairs that were not played yet."""
    identical: bool = False


def contrast(comparison: Comparison, played: Sequence[Played], arm: Arm, criteria: Sequence[str]) -> Contrast:
    """An arm against A."""
    kept = [one for one in played if one.arm in ("a", arm)]
    pairs = pairs_of(kept, arm)
    attempts = [(one.attempt, other.attempt) for one, other in pairs if one.attempt and other.attempt]

    def over(value: Value) -> list[Row]:
        return rows_of(kept, arm, value)

    each = {name: compare(over(score_of((name,))), "wilcoxon") for name in criteria}
    return Contrast(
        pairs=len(attempts),
        acceptable=compare(over(acceptable), "mcnemar"),
        score=compare(over(score_of(criteria)), "wilcoxon"),
        criteria=each,
        corrected=holm({name: found.p for name, found in each.items()}),
        tokens_read=compare(over(_if_answered(lambda one: one.tokens_in)), "none"),
        tokens_written=compare(over(_if_answered(lambda one: one.tokens_out)), "none"),
        cost_usd=compare(over(_if_answered(lambda one: one.cost_usd)), "none"),
        table=paired_table(((one.decision.value, other.decision.value) for one, other in attempts), DECISIONS),
        words=fmean(words_changed(one, other) for one, other in attempts) if attempts else None,
        unscored=sum(not (one.marks and other.marks) for one, other in attempts),
        excluded=tuple(_excluded(kept)),
        waiting=len(comparison.states) * comparison.config.draws - len(pairs),
        identical=bool(attempts) and all(_same(one, other) for one, other in attempts),
    )


def words_changed(one: Attempt, other: Attempt) -> float:
    """Share of two responses' words that are not in both, 0 to 1."""
    counts = {-1: 0, 0: 0, 1: 0}
    for change, text in word_ops(response_of(one.reply), response_of(other.reply)):
        counts[change] += len(text.split())
    whole = 2 * counts[0] + counts[-1] + counts[1]
    return (counts[-1] + counts[1]) / whole if whole else 0.0


class _Key(NamedTuple):
    state: str
    draw: int


def pairs_of(played: Iterable[Played], arm: Arm) -> list[tuple[Played, Played]]:
    """Every draw of A with that of the other arm, where both were played."""
    found: dict[Arm, dict[_Key, Played]] = {"a": {}, arm: {}}
    for one in played:
        found[one.arm][_Key(one.trial.state.id, one.trial.draw)] = one
    return [(one, found[arm][key]) for key, one in found["a"].items() if key in found[arm]]


def rows_of(played: Iterable[Played], arm: Arm, value: Value) -> list[Row]:
    """Each state that has a value under both, averaged over its draws."""
    values: dict[str, dict[Arm, list[float]]] = {}
    clusters: dict[str, str] = {}
    for one in played:
        if (found := value(one)) is not None:
            state = one.trial.state
            clusters[state.id] = state.cluster
            values.setdefault(state.id, {"a": [], arm: []})[one.arm].append(found)
    return [
        Row(clusters[state], fmean(sides["a"]), fmean(sides[arm]))
        for state, sides in values.items()
        if sides["a"] and sides[arm]
    ]


def acceptable(one: Played) -> float | None:
    return None if one.attempt is None else float(one.attempt.decision is not Decision.FAIL)


def score_of(criteria: Sequence[str]) -> Value:
    """The mean score of some criteria; None where code failed the reply by itself."""

    def value(one: Played) -> float | None:
        marks = one.attempt.marks if one.attempt else {}
        return fmean(marks[name].score for name in criteria) if criteria and marks.keys() >= set(criteria) else None

    return value


def _if_answered(amount: Value) -> Value:
    return lambda one: amount(one) if one.attempt else None


def _same(one: Attempt, other: Attempt) -> bool:
    scores = [{name: mark.score for name, mark in each.marks.items()} for each in (one, other)]
    return (one.reply, one.decision) == (other.reply, other.decision) and scores[0] == scores[1]


def _excluded(played: Iterable[Played]) -> Iterable[Excluded]:
    return (
        Excluded(state=one.trial.state.id, arm=one.arm, draw=one.trial.draw, reason=one.fault)
        for one in played
        if one.fault
    )
