"""Tests and intervals of paired differences: published examples, brute force, and how often they claim too much."""

import itertools
import subprocess
import sys
from statistics import fmean

import numpy as np
import pytest
from scipy import stats

from benchmarks.aa_coverage import DESIGNS, Design, Effect, many, shares
from measure.paired import (
    FEWEST_UNITS,
    Row,
    cluster_means,
    compare,
    holm,
    mcnemar,
    mean_interval,
    paired_table,
    signed_rank,
)
from tests.graphs.runs import ROOT

DARWIN = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]
"""Heights of cross- and self-fertilised corn, differences in eighths of an inch (Darwin 1876, p. 15)."""
DEPRESSION = (
    [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30],
    [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29],
)
"""Hamilton scale factor before and after a tranquillizer (Hollander and Wolfe 1973, p. 29)."""


@pytest.mark.parametrize(
    ("only_a", "only_b", "p"),
    [
        (1, 7, 0.070),  # hyper-responsive airways, Fagerland, Lydersen and Laake 2013, Table 1
        (6, 16, 0.052),  # response to consolidation therapy, the same paper, Table 2
        (12, 2, 0.0129),  # two media for tubercle bacilli, Armitage and Berry 1994, p. 127
        (0, 0, 1.0),
    ],
)
def test_mcnemar_is_that_of_published_examples(only_a, only_b, p):
    assert mcnemar(only_a, only_b) == pytest.approx(p, abs=6e-4)
    assert mcnemar(only_b, only_a) == mcnemar(only_a, only_b)


def test_wilcoxon_is_that_of_published_examples():
    darwin = signed_rank(DARWIN)
    assert (darwin.positive, darwin.p, darwin.exact) == (96, pytest.approx(0.0413, abs=1e-4), True)
    before, after = DEPRESSION
    depression = signed_rank([round(x - y, 9) for x, y in zip(before, after, strict=True)])
    assert (depression.positive, depression.p) == (40, pytest.approx(2 * 0.01953, abs=1e-5))


def test_wilcoxon_is_exact_with_ties_and_leaves_zeros_out():
    first = [125, 115, 130, 140, 140, 115, 140, 125, 140, 135]
    second = [110, 122, 125, 120, 140, 124, 123, 137, 135, 145]
    differences = [x - y for x, y in zip(first, second, strict=True)]
    found = signed_rank(differences)
    assert (found.positive, found.zeros) == (27, 1)
    ranks = stats.rankdata([abs(d) for d in differences if d])
    sums = [sum(r for r, up in zip(ranks, ups, strict=True) if up) for ups in itertools.product((0, 1), repeat=9)]
    middle = sum(ranks) / 2
    assert found.p == pytest.approx(fmean(abs(s - middle) >= abs(27 - middle) for s in sums))


def test_wilcoxon_of_many_values_agrees_with_the_normal_approximation():
    rng = np.random.default_rng(3)
    values = [float(v) for v in np.rint(rng.normal(0.15, 1.5, 280))]
    exact, normal = signed_rank(values), stats.wilcoxon(values, method="asymptotic")
    assert exact.exact and exact.p == pytest.approx(normal.pvalue, abs=0.003)
    assert not signed_rank(values * 2).exact


def test_nothing_but_zeros_is_no_difference_at_all():
    for test in ("mcnemar", "wilcoxon"):
        found = compare([Row(str(n), 0.8, 0.8) for n in range(9)], test)
        assert (found.difference, found.low, found.high, found.p) == (0, 0, 0, 1)
        assert found.none_at_all
    one = compare([Row("only", 4.0, 4.0)], "wilcoxon")
    assert (one.difference, one.low, one.high, one.p) == (0, None, None, 1)


def test_a_mean_interval_is_students():
    values = [0.4, -0.2, 0.9, 0.1, 0.5, -0.1, 0.3]
    low, high = stats.t.interval(0.95, len(values) - 1, fmean(values), stats.sem(values))
    assert mean_interval(values)[:2] == (pytest.approx(low), pytest.approx(high))


def test_too_few_persons_give_a_difference_without_an_interval():
    found = compare([Row(str(n), 3.0, 4.0 + n) for n in range(FEWEST_UNITS - 1)], "wilcoxon")
    assert found.difference == 3 and found.low is None
    assert "too few" in found.why_not
    assert compare([], "mcnemar").difference is None


def test_states_of_one_person_count_once():
    rows = [Row("ann", 1.0, 1.0), Row("ann", 0.0, 1.0), Row("ben", 1.0, 0.0)]
    assert cluster_means(rows) == [Row("ann", 0.5, 1.0), Row("ben", 1.0, 0.0)]
    found = compare(rows, "mcnemar")
    assert (found.states, found.units, found.more, found.less) == (3, 2, 1, 1)
    assert found.difference == pytest.approx(-0.25)


def test_one_draw_of_one_state_a_person_is_mcnemars_own_table():
    pairs = [(1, 1)] * 9 + [(0, 1)] * 7 + [(1, 0)] * 1 + [(0, 0)] * 4
    found = compare([Row(str(n), *pair) for n, pair in enumerate(pairs)], "mcnemar")
    assert found.p == pytest.approx(mcnemar(1, 7))
    assert found.difference == pytest.approx(6 / 21)


def test_holm_is_that_of_his_example():
    """Four tests at 0.01, 0.04, 0.03 and 0.005: 0.02, 0.03, 0.06, 0.06 in the order of their size."""
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005, "e": None}) == pytest.approx(
        {"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02, "e": None}
    )


def test_a_paired_table_counts_a_down_and_b_across():
    table = paired_table([("PASS", "FAIL"), ("PASS", "FAIL"), ("FAIL", "FAIL")], ["PASS", "FAIL"])
    assert table == {"PASS": {"PASS": 0, "FAIL": 2}, "FAIL": {"PASS": 0, "FAIL": 1}}


@pytest.mark.parametrize("design", [DESIGNS[1], DESIGNS[3]], ids=str)
def test_of_200_comparisons_of_a_with_itself_at_most_8_percent_claim_a_difference(design: Design):
    for test, found in many(design, 200).items():
        share = shares(found)
        assert share.interval <= 0.08, test
        assert share.p is None or share.p <= 0.08, test


def test_a_true_effect_is_found_more_often_with_more_states():
    effect = Effect(acceptable=0.1, score=0.2, tokens=8)
    few, more = (many(Design(states, 1, 1), 60, 1, effect) for states in (12, 120))
    for test, found in more.items():
        assert shares(found).interval > 0.5 > shares(few[test]).interval


def test_importing_it_needs_no_scipy():
    code = "import sys; sys.modules['scipy'] = None; import measure.paired, measure.prompt_report"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
