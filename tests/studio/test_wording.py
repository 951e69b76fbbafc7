"""Numbers and moments as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from studio.wording import counted, duration, listed, moment, money, rate, share


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"), (0, "0 s"), (59.6, "60 s"), (99, "99 s"), (100, "2 min"), (5_900, "98 min"), (10_680, "2 h 58 min"),
        (172_740, "47 h 59 min"), (180_000, "2 d 2 h"),
    ],
)  # fmt: skip
def test_duration(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("dollars", "text"), [(None, "–"), (0, "$0.00"), (0.00421, "$0.0042"), (0.1, "$0.10"), (1388.017, "$1,388.02")]
)
def test_money(dollars, text):
    assert money(dollars) == text


@pytest.mark.parametrize(
    ("per_minute", "text"), [(None, "–"), (0.0, "–"), (0.2, "12 / h"), (0.84, "0.8 / min"), (41.2, "41 / min")]
)
def test_rate(per_minute, text):
    assert rate(per_minute) == text


@pytest.mark.parametrize(("part", "whole", "text"), [(None, 3, "–"), (0, 0, "–"), (861, 1000, "86.1 %")])
def test_share(part, whole, text):
    assert share(part, whole) == text


def test_moments_say_no_more_than_is_needed():
    now = datetime(2026, 11, 21, 12, 0).astimezone()
    assert moment((now - timedelta(hours=2)).isoformat(), now) == "10:00"
    assert moment((now - timedelta(days=1)).astimezone(UTC).isoformat(), now) == "yesterday 12:00"
    assert moment((now - timedelta(days=9)).isoformat(), now) == "12 Nov 12:00"
    assert moment("2024-02-03T12:00:00+00:00", now) == "3 Feb 2024"
    assert moment("soon", now) == "–"


def test_counts():
    assert (counted(1, "run"), counted(1200, "run")) == ("1 run", "1,200 runs")
    assert listed({"a": 1, "b": 2000, "c": 3, "d": 4}) == "2,000 b, 4 d, 3 c, 1 more"
    assert listed({}) == ""
