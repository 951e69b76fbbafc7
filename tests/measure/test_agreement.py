"""Agreement: published worked examples to their last digit, and what must hold for any ratings."""

import random
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measure.agreement import FEWEST_CLUSTERS, Rating, alpha, weighted_kappas

# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, part C: four observers, twelve units, missing values.
FOUR_OBSERVERS = {
    "A": "1 2 3 3 2 1 4 1 2 . . .",
    "B": "1 2 3 3 2 2 4 1 2 5 . 3",
    "C": ". 3 3 3 2 3 4 2 2 5 1 .",
    "D": "1 2 3 3 2 4 4 1 2 5 1 .",
}
MEG_OWEN = {"Meg": "0 1 0 0 0 0 0 0 1 0", "Owen": "1 1 1 0 0 1 0 0 0 0"}
BEN_GERRY = {"Ben": "a a b b d c c c e d d a", "Gerry": "b a b b b c c c e d d d"}
# Raters 2 and 3 of the 20 subjects of `anxiety` in R's package irr, whose kappa2 counts only categories that occur.
ANXIETY = {"two": "3 6 4 6 2 4 2 4 3 3 2 3 3 3 2 2 1 3 3 4", "three": "2 1 4 4 3 2 1 6 1 1 1 2 3 3 1 1 3 3 2 2"}
SAS_TABLE = [[0, 4, 1], [0, 8, 0], [0, 1, 5]]


def written(rows: dict[str, str]) -> list[Rating]:
    return [
        Rating(f"u{unit}", annotator, None if value == "." else value)
        for annotator, row in rows.items()
        for unit, value in enumerate(row.split())
    ]


def tabled(table: list[list[int]]) -> list[Rating]:
    cells = [cell for cell in product(range(len(table)), repeat=2) for _ in range(table[cell[0]][cell[1]])]
    return [
        Rating(f"u{unit}", name, value)
        for unit, cell in enumerate(cells)
        for name, value in zip("xy", cell, strict=True)
    ]


@pytest.mark.parametrize(
    ("rows", "values", "level", "published", "units", "ratings"),
    [
        (MEG_OWEN, "01", "nominal", 0.095, 10, 20),
        (BEN_GERRY, "abcde", "nominal", 0.692, 12, 24),
        (FOUR_OBSERVERS, "12345", "nominal", 0.743, 11, 40),
        (FOUR_OBSERVERS, "12345", "ordinal", 0.815, 11, 40),
    ],
)
def test_alpha_is_krippendorffs(rows, values, level, published, units, ratings):
    found = alpha(written(rows), values, level)
    assert round(found.value, 3) == published
    assert (found.units, found.ratings) == (units, ratings)
    assert found.low < found.value < found.high <= 1


@pytest.mark.parametrize(
    ("ratings", "values", "weights", "published", "digits"),
    [
        # What R's kappa2(anxiety[,2:3]) with "equal" and "squared" prints, and a printout of SAS: all three as they stand
        # in statsmodels 0.15, stats/tests/test_inter_rater.py, test_cohens_kappa_irr and TestWeightedCohens.
        (written(ANXIETY), "12346", "linear", 0.1459075, 7),
        (written(ANXIETY), "12346", "quadratic", 0.2520325, 7),
        (tabled(SAS_TABLE), range(3), "linear", 0.4701, 4),
    ],
)
def test_weighted_kappa_is_the_published_one(ratings, values, weights, published, digits):
    found = weighted_kappas(ratings, values, weights)
    (pair,) = found.pairs.values()
    assert pair.value == pytest.approx(found.mean.value)
    assert round(pair.value, digits) == published
    assert found.mean.low < found.mean.value < found.mean.high


def test_weighted_kappa_is_what_a_hand_finds():
    """Rows 5, 8, 6 and columns 0, 13, 6 of 19: one minus the mean distance over what the margins alone would give."""
    linear, quadratic = (weighted_kappas(tabled(SAS_TABLE), range(3), w, resamples=0) for w in ("linear", "quadratic"))
    apart, by_chance = 4 * 1 + 1 * 2 + 1 * 1, 5 * (13 * 1 + 6 * 2) + 8 * (6 * 1) + 6 * (13 * 1)
    assert linear.mean.value == pytest.approx(1 - (apart / 19) / (by_chance / 19**2))
    apart, by_chance = 4 * 1 + 1 * 4 + 1 * 1, 5 * (13 * 1 + 6 * 4) + 8 * (6 * 1) + 6 * (13 * 1)
    assert quadratic.mean.value == pytest.approx(1 - (apart / 19) / (by_chance / 19**2))


def test_quadratic_kappa_is_lins_concordance():
    """Exact with population moments; Fleiss and Cohen (1973) showed its kinship with the intraclass correlation."""
    rng = random.Random(4)
    true = [rng.randint(1, 5) for _ in range(60)]
    x, y = (np.array([min(5, max(1, t + rng.choice((-1, 0, 0, 2)))) for t in true]) for _ in range(2))
    ratings = [Rating(f"u{u}", n, int(v)) for n, vs in (("x", x), ("y", y)) for u, v in enumerate(vs)]
    expected = 2 * np.cov(x, y, bias=True)[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    found = weighted_kappas(ratings, range(1, 6), "quadratic", resamples=0)
    assert found.mean.value == pytest.approx(expected)


VALUES = st.integers(1, 5)
UNITS = st.lists(st.lists(st.one_of(st.none(), VALUES), min_size=3, max_size=3), min_size=2, max_size=25)


def as_ratings(units: list[list[int | None]]) -> list[Rating]:
    return [Rating(f"u{u}", f"a{a}", value) for u, unit in enumerate(units) for a, value in enumerate(unit)]


def same(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else one == pytest.approx(other, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(UNITS)
def test_alpha_heeds_neither_names_nor_order_nor_units_of_one_rating(units):
    ratings = as_ratings(units)
    renamed = [Rating(f"x{r.unit}", {"a0": "a2", "a1": "a0", "a2": "a1"}[r.annotator], r.value) for r in ratings[::-1]]
    alone = [Rating(f"alone{n}", f"a{n % 3}", 1) for n in range(5)]
    for level in ("nominal", "ordinal"):
        found = alpha(ratings, range(1, 6), level, resamples=0)
        assert same(found.value, alpha(renamed, range(1, 6), level, resamples=0).value)
        assert alpha([*ratings, *alone], range(1, 6), level, resamples=0) == found
        assert found.value is None or found.value <= 1


@settings(max_examples=40, deadline=None)
@given(UNITS, st.permutations(range(1, 6)))
def test_nominal_alpha_heeds_no_labels_and_ordinal_may_be_turned_round(units, labels):
    ratings = as_ratings(units)

    def relabelled(new):
        return [r._replace(value=None if r.value is None else new[r.value - 1]) for r in ratings]

    nominal = alpha(ratings, range(1, 6), "nominal", resamples=0)
    ordinal = alpha(ratings, range(1, 6), "ordinal", resamples=0)
    assert same(nominal.value, alpha(relabelled(labels), range(1, 6), "nominal", resamples=0).value)
    assert same(ordinal.value, alpha(relabelled([5, 4, 3, 2, 1]), range(1, 6), "ordinal", resamples=0).value)


@settings(max_examples=40, deadline=None)
@given(st.lists(VALUES, min_size=FEWEST_CLUSTERS, max_size=20), st.integers(2, 4))
def test_perfect_agreement_is_one_and_one_value_alone_is_nothing(said, annotators):
    ratings = [Rating(f"u{u}", f"a{a}", value) for u, value in enumerate(said) for a in range(annotators)]
    found = [alpha(ratings, range(1, 6), level, resamples=50) for level in ("nominal", "ordinal")]
    found += [weighted_kappas(ratings, range(1, 6), weights, resamples=20).mean for weights in ("linear", "quadratic")]
    for one in found:
        if len(set(said)) == 1:
            assert one.value is None
            assert "every rating is the same" in one.why_not
        else:
            assert one.value == pytest.approx(1)
            assert one.low is None or one.low == pytest.approx(1)


def test_a_missing_rating_is_not_a_zero():
    whole = written(BEN_GERRY)
    half = [*whole, *(Rating(f"u{unit}", "Third", None) for unit in range(12))]
    assert alpha(half, "abcde", "nominal") == alpha(whole, "abcde", "nominal")
    third = [*whole, Rating("u2", "Third", "b")]
    assert alpha(third, "abcde", "nominal").value > alpha(whole, "abcde", "nominal").value


def test_kappa_of_pairs_who_share_nothing_is_left_out():
    ratings = [Rating(f"u{u}", a, (u + (a == "c")) % 3) for u in range(12) for a in ("ab" if u < 6 else "bc")]
    found = weighted_kappas(ratings, range(3))
    assert set(found.pairs) == {"a, b", "b, c"}
    assert found.pairs["a, b"].value == pytest.approx(1)
    assert found.mean.value == pytest.approx((1 + found.pairs["b, c"].value) / 2)


def test_the_interval_covers_what_is_true():
    """Ratings made with an agreement that is known: intervals of 95 % hold it about that often."""
    rng, held, truth = random.Random(11), 0, 0.64  # each rating is right with .8, else drawn: alpha is .8 squared
    for number in range(60):
        true = [rng.randrange(4) for _ in range(60)]
        said = [[t if rng.random() < 0.8 else rng.randrange(4) for _ in range(2)] for t in true]
        found = alpha(as_ratings(said), range(4), "nominal", resamples=200, seed=number)
        held += found.low <= truth <= found.high
    assert held >= 52


def test_units_of_one_cluster_are_drawn_together():
    rng = random.Random(2)
    ratings, clusters = [], {}
    for dialogue in range(12):
        agree = rng.random() < 0.5
        for turn in range(8):
            first = rng.randrange(3)
            ratings += [Rating(f"d{dialogue}t{turn}", "a", first)]
            ratings += [Rating(f"d{dialogue}t{turn}", "b", first if agree else rng.randrange(3))]
            clusters[f"d{dialogue}t{turn}"] = f"d{dialogue}"
    by_turn, by_dialogue = (alpha(ratings, range(3), "nominal", given) for given in (None, clusters))
    assert by_turn.value == by_dialogue.value
    assert by_dialogue.high - by_dialogue.low > 1.5 * (by_turn.high - by_turn.low)


@pytest.mark.parametrize(
    ("ratings", "message"),
    [
        ([], "no unit was rated by two"),
        ([Rating("u", "a", 1), Rating("v", "b", 1)], "no unit was rated by two"),
        ([Rating("u", "a", 1), Rating("u", "b", 2)], "no interval: 1 are too few"),
    ],
)
def test_what_cannot_be_said_has_a_reason(ratings, message):
    assert message in alpha(ratings, range(1, 6), "ordinal").why_not
    assert message in weighted_kappas(ratings, range(1, 6)).mean.why_not


def test_a_value_outside_the_scale_and_a_unit_outside_the_clusters_are_named():
    with pytest.raises(ValueError, match=r"u1, anna: 9 is not among \[1, 2\]"):
        alpha([Rating("u1", "anna", 9)], [1, 2], "nominal")
    with pytest.raises(ValueError, match="u1: is in no cluster"):
        alpha([Rating("u1", "a", 1), Rating("u1", "b", 1)], [1, 2], "nominal", clusters={})


def test_the_same_seed_gives_the_same_interval():
    one, again, other = (alpha(written(FOUR_OBSERVERS), "12345", "ordinal", seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert (one.low, one.high) != (other.low, other.high)


@settings(max_examples=60, deadline=None)
@given(UNITS, st.sampled_from(["linear", "quadratic"]))
def test_the_kappa_of_resamples_is_statsmodels(units, weights):
    """Of one pair the mean is taken by our own formula, the pair by statsmodels."""
    ratings = [rating for rating in as_ratings(units) if rating.annotator != "a2"]
    found = weighted_kappas(ratings, range(1, 6), weights, resamples=0)
    for pair in found.pairs.values():
        assert same(found.mean.value, pair.value)


def test_a_pair_that_shares_one_unit_does_not_weigh_as_much_as_one_that_shares_thirty():
    rng = random.Random(1)
    true = [rng.randint(1, 5) for _ in range(36)]
    ratings = [Rating(f"u{unit}", name, value) for unit, value in enumerate(true) for name in ("x", "y")]
    alone = weighted_kappas(ratings, range(1, 6), resamples=0).mean.value
    odd = weighted_kappas([*ratings, Rating("u0", "z", 6 - true[0])], range(1, 6), resamples=0)
    assert (alone, len(odd.pairs)) == (pytest.approx(1), 3)
    assert odd.mean.value == pytest.approx(36 / 38)
