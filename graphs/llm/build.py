"""From settings to an LLM: one endpoint per model and address, one gate per address."""

from collections.abc import Mapping
from functools import cache

from pydantic import Field

from graphs.llm.door import LLM, Patience, Voice
from graphs.llm.endpoints import OpenAIEndpoint, require_reachable
from graphs.llm.errors import Answer
from graphs.llm.limits import Budget, Gate
from graphs.llm.prices import Price, cost_usd, require_price
from graphs.schema import Record


class Reach(Record):
    """How models are reached: all of it free to change at every resume, and recorded."""

    base_url: str | None = None
    """An OpenAI-compatible address; None is OpenAI's own."""
    base_urls: dict[str, str] = Field(default_factory=dict)
    """Another address for a role."""
    concurrency: int = Field(default=16, ge=1, le=20_000)
    """Dialogues live at once, and the most calls under way."""
    deadline_s: float = Field(default=120.0, gt=0)
    """The longest a whole call may take."""
    retries: int = Field(default=6, ge=0)
    price: Price | None = None
    """Given price of all models, in US dollars per million tokens."""
    prices: dict[str, Price] = Field(default_factory=dict)
    """Another price for a role."""

    def url(self, role: str) -> str | None:
        return self.base_urls.get(role, self.base_url)

    def price_of(self, role: str) -> Price | None:
        return self.prices.get(role, self.price)

    def prices_all(self, models: Mapping[str, str]) -> bool:
        """Whether the cost of a call is known for every role."""
        blank = Answer("", 1, 1)
        return all(cost_usd(model, blank, self.price_of(role)) is not None for role, model in models.items())


def check_reach(models: Mapping[str, str], reach: Reach, budget_usd: float | None) -> None:
    """Check keys, addresses and prices before a run is started.

    Raises:
        RunRefused: a key is missing, or an address is none.
        UnknownPrice: a budget is set and a model's price is not known.
    """
    for role, model in models.items():
        require_reachable(reach.url(role))
        if budget_usd is not None:
            require_price(model, reach.price_of(role))


def build_llm(models: Mapping[str, str], reach: Reach, budget: Budget) -> LLM:
    """Open every model of a run.

    Args:
        models: the model's name for each role.

    Raises:
        RunRefused: a key is missing.
    """

    @cache
    def gate(url: str | None) -> Gate:
        return Gate(reach.concurrency)

    @cache
    def endpoint(model: str, url: str | None) -> OpenAIEndpoint:
        return OpenAIEndpoint(model, url, reach.deadline_s)

    voices = {
        role: Voice(endpoint(model, reach.url(role)), gate(reach.url(role)), reach.price_of(role))
        for role, model in models.items()
    }
    return LLM(voices, budget, Patience(retries=reach.retries))
