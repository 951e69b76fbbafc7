"""What a run will take, before a cent is spent: calls, tokens, money and time.

A few of the very pairings are played in memory on the embedded model with the very prompts, and their calls and tokens
are scaled up. Lengths of dialogues and answers are the embedded model's, which are near the paper's; a real model's
differ, so a range is given.
"""

import asyncio
from itertools import islice
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple, cast

from graphs.dialogue import play
from graphs.journal import PLAYING
from graphs.llm.build import Reach
from graphs.llm.errors import Answer
from graphs.llm.prices import FREE, Price, cost_usd
from graphs.offline import MODEL_NAME
from graphs.packs import Pack, load_pack
from graphs.prompts import Prompt
from graphs.records import read_rows
from graphs.runs import RunConfig
from graphs.schema import Pairing
from graphs.simple import EmbeddedEndpoint, open_dialogue

SAMPLE = 12
SPREAD = 0.35
"""Half-width of the range: what models and prompts differ by in attempts and lengths (our choice)."""
CALL_S = 1.0
WRITTEN_TOKENS_PER_S = 60.0
"""Time of a call is taken as CALL_S plus its written tokens at this speed (a hosted model of GPT-4o's size)."""
EMBEDDED_CALLS_PER_S = 400.0
"""What the embedded model answers on one core, however many dialogues are live."""


class RoleEstimate(NamedTuple):
    """One role's share."""

    model: str
    calls: int
    tokens_in: int
    tokens_out: int
    cost_usd: float | None


class Estimate(NamedTuple):
    """Expected figures of a whole run; costs are None where a price is unknown."""

    dialogues: int
    sampled: int
    turns: float
    roles: dict[str, RoleEstimate]
    hours: float

    @property
    def calls(self) -> int:
        return sum(role.calls for role in self.roles.values())

    @property
    def cost_usd(self) -> float | None:
        costs = [role.cost_usd for role in self.roles.values()]
        return None if None in costs else sum(cast(list[float], costs))

    def as_data(self) -> dict[str, Any]:
        """The estimate for --json."""
        roles = {name: role._asdict() for name, role in self.roles.items()}
        whole = {"calls": self.calls, "cost_usd": self.cost_usd, "cost_usd_range": self._range(self.cost_usd)}
        return {**self._asdict(), "roles": roles, **whole, "hours_range": self._range(self.hours)}

    def as_text(self) -> str:
        """The estimate for people."""
        lines = [f"{self.dialogues} dialogues of about {self.turns:.1f} turns: {self.calls} calls"]
        for name, role in self.roles.items():
            cost = "unknown price; give --price IN,OUT" if role.cost_usd is None else f"${role.cost_usd:.2f}"
            lines.append(
                f"  {name} ({role.model}): {role.calls} calls, {role.tokens_in / 1e6:.2f} M tokens read, "
                f"{role.tokens_out / 1e6:.2f} M written, {cost}"
            )
        if (costs := self._range(self.cost_usd)) is not None:
            lines.append(f"money: about ${self.cost_usd:.2f} (${costs[0]:.2f} to ${costs[1]:.2f})")
        low, high = self._range(self.hours) or (0.0, 0.0)
        lines.append(f"time: about {_duration(self.hours)} ({_duration(low)} to {_duration(high)})")
        lines.append(f"from {self.sampled} of these pairings, played on the embedded model; nothing was called")
        return "\n".join(lines)

    def _range(self, value: float | None) -> tuple[float, float] | None:
        return None if value is None else (value * (1 - SPREAD), value * (1 + SPREAD))


class Used(NamedTuple):
    """Calls, tokens read and tokens written."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0


class _Meter(EmbeddedEndpoint):
    """The embedded model with a meter."""

    used = Used()

    async def ask(self, prompt: Prompt, seed: int, tries: int) -> Answer:
        answer = await super().ask(prompt, seed, tries)
        calls, read, written = self.used
        self.used = Used(calls + 1, read + answer.tokens_in, written + answer.tokens_out)
        return answer


def estimate_run(pairings: Path, pack: Path, config: RunConfig, reach: Reach) -> Estimate:
    """Estimate a run of all pairings; of the way to its models only prices and concurrency count."""
    sample = list(islice(read_rows(pairings, Pairing), SAMPLE))
    turns, used = asyncio.run(_play(sample, load_pack(str(pack.resolve())), config))
    scale = config.pairings / len(sample)
    roles = {role: _scaled(config.models[role], scale, used[role], reach.price_of(role)) for role in PLAYING}
    hours = _hours(list(roles.values()), min(reach.concurrency, config.pairings))
    return Estimate(config.pairings, len(sample), turns, roles, hours)


def _hours(roles: list[RoleEstimate], at_once: int) -> float:
    """How long the calls of all roles take."""
    hosted = [role for role in roles if role.model != MODEL_NAME]
    embedded_s = sum(role.calls for role in roles if role.model == MODEL_NAME) / EMBEDDED_CALLS_PER_S
    waiting_s = sum(role.calls * CALL_S + role.tokens_out / WRITTEN_TOKENS_PER_S for role in hosted)
    return (embedded_s + waiting_s / at_once) / 3600


async def _play(sample: list[Pairing], pack: Pack, config: RunConfig) -> tuple[float, dict[str, Used]]:
    """Mean turns, and what each role used over the sample."""
    meters = {role: _Meter() for role in PLAYING}
    context = open_dialogue(pack, meters, config.dialogue, config.seed)
    lengths = [len((await play(pairing, context)).turns) for pairing in sample]
    return mean(lengths), {role: meter.used for role, meter in meters.items()}


def _scaled(model: str, scale: float, used: Used, price: Price | None) -> RoleEstimate:
    calls, read, written = (round(amount * scale) for amount in used)
    cost = cost_usd(model, Answer("", read, written), FREE if model == MODEL_NAME and price is None else price)
    return RoleEstimate(model, calls, read, written, cost)


def _duration(hours: float) -> str:
    return f"{hours * 60:.0f} min" if hours < 2 else f"{hours:.1f} h"
