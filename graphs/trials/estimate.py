"""What a comparison will take, before a cent is spent.

A few of the very states are answered in memory by the embedded model with the very prompts of every arm, and their calls
and tokens are scaled up. Answers have the embedded model's length; a real model's differ, so a range is given.
"""

import asyncio
from typing import Any, NamedTuple

from graphs.asking import JournaledAsker
from graphs.estimate import CALL_S, SPREAD, WRITTEN_TOKENS_PER_S, RoleEstimate, Used
from graphs.llm.build import Reach
from graphs.llm.door import LLM, Voice
from graphs.llm.errors import Answer
from graphs.llm.limits import Budget, Gate
from graphs.llm.prices import FREE, cost_usd
from graphs.offline import MODEL_NAME
from graphs.prompts import Prompt
from graphs.simple import EmbeddedEndpoint
from graphs.trials.session import play_trial
from graphs.trials.trials import ROLES, Arm, Comparison

SAMPLE = 8


class TrialEstimate(NamedTuple):
    """Expected figures of a whole comparison, by arm and role; a cost is None where a price is unknown."""

    states: int
    draws: int
    arms: dict[Arm, dict[str, RoleEstimate]]
    hours: float

    @property
    def calls(self) -> int:
        return sum(role.calls for arm in self.arms.values() for role in arm.values())

    @property
    def tokens(self) -> int:
        return sum(role.tokens_in + role.tokens_out for arm in self.arms.values() for role in arm.values())

    @property
    def cost_usd(self) -> float | None:
        return _sum([cost for arm in self.arms for cost in self._costs(arm)])

    @property
    def noise_floor_usd(self) -> float | None:
        """What of it goes into A's second round."""
        return _sum(self._costs("a2")) if "a2" in self.arms else 0.0

    def _costs(self, arm: Arm) -> list[float | None]:
        return [role.cost_usd for role in self.arms[arm].values()]

    def as_data(self) -> dict[str, Any]:
        """The estimate for --json."""
        arms = {arm: {name: role._asdict() for name, role in roles.items()} for arm, roles in self.arms.items()}
        cost = self.cost_usd
        spread = None if cost is None else (cost * (1 - SPREAD), cost * (1 + SPREAD))
        whole = {"calls": self.calls, "tokens": self.tokens, "cost_usd": cost, "cost_usd_range": spread}
        return {**self._asdict(), "arms": arms, **whole, "noise_floor_usd": self.noise_floor_usd}

    def as_text(self) -> str:
        """The estimate for people."""
        each = f"{self.states} states, {self.draws} draw{'s' * (self.draws > 1)}, {len(self.arms)} arms"
        cost, floor = self.cost_usd, self.noise_floor_usd
        money = "cost unknown; give --price IN,OUT" if cost is None else f"about ${cost:.2f}"
        lines = [f"{each}: about {self.calls:,} calls, {self.tokens / 1e6:.2f} M tokens, {money}"]
        if cost is not None and floor:
            lines.append(f"of it for the noise floor: ${floor:.2f}; --no-noise-floor saves it")
        lines.append(f"time: about {self.hours * 60:.0f} min; nothing was called")
        return "\n".join(lines)


class _Meter(EmbeddedEndpoint):
    """The embedded model with a meter."""

    def __init__(self) -> None:
        self.used = Used()

    async def ask(self, prompt: Prompt, seed: int, tries: int) -> Answer:
        answer = await super().ask(prompt, seed, tries)
        calls, read, written = self.used
        self.used = Used(calls + 1, read + answer.tokens_in, written + answer.tokens_out)
        return answer


def estimate_comparison(comparison: Comparison, reach: Reach) -> TrialEstimate:
    """Estimate a comparison; its directory need not exist, but its states and packs must be there."""
    config, states = comparison.config, comparison.states
    sample = {state.id for state in states[:SAMPLE]}
    scale = len(states) * config.draws / len(sample)
    arms: dict[Arm, dict[str, RoleEstimate]] = {}
    for arm in config.arms:
        arms[arm] = _scaled(comparison, asyncio.run(_play(comparison, arm, sample)), scale, reach)
    roles = [role for found in arms.values() for role in found.values()]
    waiting = sum(role.calls * CALL_S + role.tokens_out / WRITTEN_TOKENS_PER_S for role in roles)
    return TrialEstimate(len(states), config.draws, arms, waiting / min(reach.concurrency, comparison.total) / 3600)


async def _play(comparison: Comparison, arm: Arm, sample: set[str]) -> dict[str, Used]:
    meters = {role: _Meter() for role in ROLES}
    llm = LLM({role: Voice(meter, Gate(64), FREE) for role, meter in meters.items()}, Budget())
    for trial in comparison.trials():
        if trial.arm == arm and trial.draw == 0 and trial.state.id in sample:
            asker = JournaledAsker([], llm, trial.state.settings.draws, trial.departures(comparison.config.seed))
            await play_trial(comparison, trial, asker)
    return {role: meter.used for role, meter in meters.items()}


def _scaled(comparison: Comparison, used: dict[str, Used], scale: float, reach: Reach) -> dict[str, RoleEstimate]:
    found: dict[str, RoleEstimate] = {}
    for role, amounts in used.items():
        model, price = comparison.config.models[role], reach.price_of(role)
        calls, read, written = (round(amount * scale) for amount in amounts)
        cost = cost_usd(model, Answer("", read, written), FREE if model == MODEL_NAME and price is None else price)
        found[role] = RoleEstimate(model, calls, read, written, cost)
    return found


def _sum(costs: list[float | None]) -> float | None:
    return None if None in costs else sum(cost for cost in costs if cost is not None)
