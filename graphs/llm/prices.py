"""What a call costs: prices from genai-prices, or as given; a model without a price costs None, never 0."""

from typing import NamedTuple

from genai_prices import Usage, calc_price

from graphs.llm.errors import Answer


class Price(NamedTuple):
    """US dollars per million tokens, read and written."""

    input: float
    output: float


class UnknownPrice(ValueError):
    """A budget or an estimate was asked for a model whose price nobody knows."""


FREE = Price(0.0, 0.0)


def cost_usd(model: str, answer: Answer, given: Price | None) -> float | None:
    """The cost of an answer in US dollars, None where the price is unknown."""
    if given is not None:
        return (answer.tokens_in * given.input + answer.tokens_out * given.output) / 1e6
    try:
        usage = Usage(
            input_tokens=answer.tokens_in,
            output_tokens=answer.tokens_out,
            cache_read_tokens=min(answer.tokens_cached, answer.tokens_in),
        )
        return float(calc_price(usage, model_ref=model).total_price)
    except LookupError:
        return None


def cost_text(cost_usd: float | None) -> str:
    """A cost for a person to read."""
    return "cost unknown" if cost_usd is None else f"${cost_usd:.4f}"


def require_price(model: str, given: Price | None) -> None:
    """Raise UnknownPrice where a cost is needed and cannot be told."""
    if cost_usd(model, Answer("", 1, 1), given) is None:
        raise UnknownPrice(
            f"the price of {model!r} is not known; give it with --price IN,OUT (US dollars per million tokens)"
        )
