"""Annotators who score, change or click otherwise than the others are named; those who do as the others are not."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from measure.annotators import Work, doubts, habits, seconds


def test_seconds_are_between_answers_and_unknown_after_a_pause():
    start = datetime(2026, 11, 2, 9, tzinfo=UTC)
    given = [start + timedelta(seconds=s) for s in (40, 0, 100, 4_000, 4_030)]
    assert seconds(given) == [None, 40, 60, None, 30]
    assert seconds([]) == []


def works(name: str, count: int, unchanged: float, pace: float, seed: int = 0) -> list[Work]:
    rng = random.Random(f"{name}{seed}")
    return [Work(name, number < unchanged * count, pace * rng.lognormvariate(0, 0.4)) for number in range(count)]


@pytest.mark.parametrize(
    ("odd", "kinds"),
    [
        (works("odd", 40, 0.5, 60), set()),
        (works("odd", 40, 1.0, 60), {"unchanged"}),
        (works("odd", 40, 0.5, 15), {"fast"}),
        (works("odd", 40, 1.0, 3), {"unchanged", "fast"}),
        (works("odd", 40, 0.6, 45), set()),
        (works("odd", 9, 1.0, 3), set()),
    ],
)
def test_only_what_chance_does_not_explain_is_reported(odd, kinds):
    found = doubts([*works("b", 40, 0.5, 60), *works("c", 40, 0.45, 70), *odd])
    assert {doubt.kind for doubt in found} == kinds
    assert {doubt.annotator for doubt in found} <= {"odd"}


def test_alike_annotators_raise_no_doubt():
    found = [
        doubt for seed in range(40) for doubt in doubts([w for name in "abcd" for w in works(name, 30, 0.5, 60, seed)])
    ]
    assert len(found) <= 2


def test_somebody_alone_who_changes_nothing_is_named():
    [doubt] = doubts(works("solo", 20, 1.0, 50))
    assert "changed nothing in 20 answers" in doubt.message
    assert doubts(works("solo", 20, 0.9, 50)) == []


def test_habits_tell_share_and_pace():
    [habit] = habits([Work("a", True, 10), Work("a", False, 30), Work("a", False)])
    assert (habit.answers, round(habit.unchanged, 2), habit.median_s) == (3, 0.33, 20)
