"""What a call costs, and that an unknown price is never nothing."""

import pytest

from graphs.llm.errors import Answer
from graphs.llm.prices import FREE, Price, UnknownPrice, cost_usd, require_price

MODEL = "gpt-4o-2024-11-20"
MILLION = 1_000_000


@pytest.mark.parametrize(
    ("why", "answer", "cost"),
    [
        ("read and written", Answer("x", 100, 20), (100 * 2 + 20 * 10) / 1e6),
        ("a million of each", Answer("x", MILLION, MILLION), 12.0),
        ("nothing", Answer("x", 0, 0), 0.0),
        ("a given price knows no cache", Answer("x", 100, 0, 100), 100 * 2 / 1e6),
    ],
)
def test_given_price_is_taken(why, answer, cost):
    assert cost_usd("no-such-model", answer, Price(2.0, 10.0)) == pytest.approx(cost), why


def test_given_price_goes_before_the_known_one():
    assert cost_usd(MODEL, Answer("x", MILLION, MILLION), FREE) == 0.0


def test_known_model_has_its_price():
    read, written = (cost_usd(MODEL, Answer("x", *tokens), None) for tokens in ((MILLION, 0), (0, MILLION)))
    assert read is not None
    assert written is not None
    assert 0 < read < written < 100
    both = cost_usd(MODEL, Answer("x", MILLION, MILLION), None)
    assert both == pytest.approx(read + written)


def test_cached_tokens_cost_less_but_something():
    plain, cached = (cost_usd(MODEL, Answer("x", MILLION, 0, part), None) for part in (0, MILLION))
    assert plain is not None
    assert cached is not None
    assert 0 < cached < plain


def test_more_cached_than_read_counts_as_all_cached():
    whole, beyond = (cost_usd(MODEL, Answer("x", 100, 5, part), None) for part in (100, 10_000))
    assert whole == beyond


@pytest.mark.parametrize("model", ["no-such-model", "", "embedded", "my/own-finetune", "Qwen3-8B-mine"])
def test_unknown_price_is_none_and_not_nothing(model):
    assert cost_usd(model, Answer("x", 100, 20), None) is None


def test_price_is_asked_for_where_it_is_needed():
    with pytest.raises(UnknownPrice, match=r"'no-such-model'.*--price"):
        require_price("no-such-model", None)
    require_price(MODEL, None)
    require_price("no-such-model", Price(1.0, 1.0))
    require_price("no-such-model", FREE)
