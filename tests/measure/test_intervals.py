"""Means with intervals clustered by persona."""

from statistics import fmean

import numpy as np
import pytest

from measure.intervals import clustered_mean, correlations


def two_kinds(personas: int, turns: int) -> list[tuple[str, float]]:
    """Every turn of a persona says the same; half of the personas say 1."""
    return [(f"p{who}", float(who % 2)) for who in range(personas) for _ in range(turns)]


def test_a_mean_is_over_turns_and_says_of_how_many_personas():
    found = clustered_mean([("a", 1.0), ("a", 1.0), ("a", 0.0), ("b", 0.0)], missing=3)
    assert (found.value, found.turns, found.personas, found.missing) == (0.5, 4, 2, 3)


@pytest.mark.parametrize(("personas", "says"), [(1, "1 persona:"), (2, "2 personas:"), (5, "5 personas:")])
def test_few_personas_give_a_mean_and_no_interval(personas, says):
    found = clustered_mean(two_kinds(personas, 4))
    assert found.value is not None
    assert (found.low, found.high) == (None, None)
    assert found.why_not.startswith(says)


def test_nothing_measured_is_no_mean():
    found = clustered_mean([], missing=7)
    assert (found.value, found.low, found.missing) == (None, None, 7)
    assert found.why_not


def test_more_turns_of_the_same_personas_make_no_interval_narrower():
    few, many = clustered_mean(two_kinds(8, 2)), clustered_mean(two_kinds(8, 200))
    assert (few.low, few.high) == (many.low, many.high)


def test_the_same_turns_give_the_same_interval_and_another_seed_another():
    values = [(f"p{who}", float((who * 7 + turn) % 5)) for who in range(9) for turn in range(who + 1)]
    assert clustered_mean(values) == clustered_mean(values)
    assert clustered_mean(values) != clustered_mean(values, seed=1)


def test_an_interval_is_the_percentiles_of_means_over_drawn_personas():
    by_persona = {f"p{who}": [float((who + turn) % 3) for turn in range(1 + who % 4)] for who in range(7)}
    found = clustered_mean([(who, value) for who, values in by_persona.items() for value in values])
    chance, names = np.random.default_rng(5), list(by_persona)
    means = [fmean(v for who in chance.choice(names, len(names)) for v in by_persona[who]) for _ in range(4000)]
    low, high = np.quantile(means, [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=0.04)
    assert found.high == pytest.approx(high, abs=0.04)
    assert found.low <= found.value <= found.high


def test_what_never_varies_has_no_interval_for_that_would_claim_certainty():
    found = clustered_mean([(f"p{who}", 0.0) for who in range(34)])
    assert (found.low, found.value, found.high) == (None, 0.0, None)
    assert "every persona has the same mean" in found.why_not


def test_correlations_are_pearsons_and_none_where_a_criterion_never_varies():
    scores = [{"a": a, "b": 6 - a, "c": 3} for a in (1, 2, 4, 5)]
    found = correlations(scores, ["a", "b", "c"])
    assert found["a"]["a"] == pytest.approx(1)
    assert found["a"]["b"] == found["b"]["a"] == pytest.approx(-1)
    assert found["a"]["c"] is None
    assert found["c"]["c"] is None


@pytest.mark.parametrize("scores", [[], [{"a": 3, "b": 4}]])
def test_one_turn_or_none_has_no_correlation(scores):
    assert correlations(scores, ["a", "b"]) == {"a": {"a": None, "b": None}, "b": {"a": None, "b": None}}
