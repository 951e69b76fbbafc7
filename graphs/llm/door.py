"""`complete()`: one retry layer over every endpoint, with limits and cost."""

import asyncio
import random
import time
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from graphs.llm.errors import Answer, EndpointGone, RunRefused, Transient, Unusable
from graphs.llm.limits import LONGEST_HOLD_S, LONGEST_NAP_S, Budget, Gate
from graphs.llm.prices import Price, cost_usd
from graphs.prompts import Prompt

_LONGEST_BACKOFF_S = 30.0


class Endpoint(Protocol):
    """Something that answers a prompt once, or raises a CallError."""

    model: str

    async def ask(self, prompt: Prompt, seed: int, tries: int) -> Answer: ...

    async def close(self) -> None: ...


class Patience(NamedTuple):
    """How long to go on trying. All of it is free to change at a resume."""

    retries: int = 6
    backoff_s: float = 0.5
    longest_wait_s: float = LONGEST_HOLD_S
    """A Retry-After above this is not waited for."""
    gone_after: int = 5
    """So many calls in a row given up without one answered: the endpoint is gone."""


class Voice(NamedTuple):
    """Who speaks for a role: an endpoint, the gate before it, and its price if it was given."""

    endpoint: Endpoint
    gate: Gate
    price: Price | None


class LLM:
    """All models of a run. One instance serves every dialogue that is live."""

    def __init__(self, voices: Mapping[str, Voice], budget: Budget, patience: Patience | None = None):
        self.voices = voices
        self.budget = budget
        self.patience = patience or Patience()
        self._given_up_in_row = 0
        self._stopped: Exception | None = None

    def stop(self, reason: Exception) -> None:
        """Send nothing more: every further call raises `reason`; calls under way still come back."""
        self._stopped = self._stopped or reason
        for voice in self.voices.values():
            voice.gate.reopen()

    async def close(self) -> None:
        """Give all connections back."""
        for endpoint in {id(voice.endpoint): voice.endpoint for voice in self.voices.values()}.values():
            await endpoint.close()

    async def complete(self, role: str, prompt: Prompt, seed: int) -> Answer:
        """Ask the role's model until it answers, with its cost.

        Raises:
            Unusable: it answered, but not in a way that can stand; the cost is counted.
            Transient: every try failed.
            CallRefused, RunRefused, RunStopped: see graphs.llm.errors.
        """
        voice = self.voices[role]
        for tries in range(self.patience.retries + 1):
            try:
                answer = self._paid(voice, await self._once(voice, prompt, seed, tries))
                self._given_up_in_row = 0
                return answer
            except Unusable as error:
                self._given_up_in_row = 0
                error.answer = self._paid(voice, error.answer)
                raise
            except Transient as error:
                await self._wait_or_give_up(error, tries)
        raise AssertionError("unreachable: the last try returns or raises")

    async def _once(self, voice: Voice, prompt: Prompt, seed: int, tries: int) -> Answer:
        async with voice.gate as started:
            if self._stopped:
                raise self._stopped
            self.budget.check()
            try:
                answer = await voice.endpoint.ask(prompt, seed, tries)
            except Transient as error:
                if error.pushed_back:
                    voice.gate.pushed_back(started, error.wait_s)
                raise
            except RunRefused as error:
                refused = RunRefused(error.kind, _setting(error, voice.endpoint.model))
                self.stop(refused)
                raise refused from error
            voice.gate.succeeded()
            return answer

    def _paid(self, voice: Voice, answer: Answer) -> Answer:
        cost = cost_usd(voice.endpoint.model, answer, voice.price)
        self.budget.add(cost)
        return answer._replace(cost_usd=cost)

    async def _wait_or_give_up(self, error: Transient, tries: int) -> None:
        wait_s = error.wait_s if error.wait_s is not None else self._backoff_s(tries)
        if tries < self.patience.retries and wait_s <= self.patience.longest_wait_s:
            await self._pause(wait_s)
            return
        self._given_up_in_row += 1
        if self._given_up_in_row >= self.patience.gone_after:
            raise EndpointGone(
                f"{self._given_up_in_row} calls in a row could not be delivered (last: {error}); "
                "see to the endpoint and run the same command again"
            ) from error
        raise error

    async def _pause(self, wait_s: float) -> None:
        """Wait, but not past a stop."""
        until = time.monotonic() + wait_s
        while (left := until - time.monotonic()) > 0:
            if self._stopped:
                raise self._stopped
            await asyncio.sleep(min(left, LONGEST_NAP_S))

    def _backoff_s(self, tries: int) -> float:
        return min(self.patience.backoff_s * 2**tries, _LONGEST_BACKOFF_S) * random.uniform(0.5, 1.0)


def _setting(error: RunRefused, model: str) -> str:
    """Name the setting to change."""
    advice = {
        "key": "check the key in the environment variable OPENAI_API_KEY",
        "quota": "the account behind the key has no money or quota left",
        "model": f"check --model {model}",
        "address": "check --base-url",
    }
    return f"{error.reason}; {advice.get(error.kind, 'check the settings')}"
