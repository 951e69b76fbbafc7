"""How many calls may be under way at once, and how much money may be spent."""

import asyncio
import time
from collections import deque
from types import TracebackType

from graphs.llm.errors import BudgetReached

LONGEST_NAP_S = 0.5
"""Who waits for longer looks up this often, so that a stop is noticed."""
LONGEST_HOLD_S = 600.0
"""A Retry-After above this is not waited for, neither by the call that got it nor by the others."""


class Gate:
    """Lets calls through: one until the first success, then up to `ceiling`; push-back halves, success grows slowly."""

    def __init__(self, ceiling: int):
        self.ceiling = ceiling
        self.limit = 1.0
        self._proven = False
        self.in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._halved_at = 0.0
        self._shut_until = 0.0

    async def __aenter__(self) -> float:
        """Wait for a place; returns when the call may start (monotonic seconds)."""
        await self._wait_while_shut()
        if self.in_flight >= int(self.limit) or self._waiting:
            await self._queue()
        else:
            self.in_flight += 1
        try:
            await self._wait_while_shut()
        except asyncio.CancelledError:
            self._leave()
            raise
        return time.monotonic()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def succeeded(self) -> None:
        """Open fully at the first success; later grow by one place per round of successes."""
        if not self._proven:
            self._proven, self.limit = True, float(self.ceiling)
        self.limit = min(float(self.ceiling), self.limit + 1 / self.limit)

    def pushed_back(self, started: float, wait_s: float | None) -> None:
        """Halve, once for all calls that were under way together, and hold all calls for as long as was asked."""
        now = time.monotonic()
        if wait_s and wait_s <= LONGEST_HOLD_S:
            self._shut_until = max(self._shut_until, now + wait_s)
        if started >= self._halved_at:
            self.limit = max(1.0, self.limit / 2)
            self._halved_at = now

    def reopen(self) -> None:
        """Hold nobody any longer: the run is stopping, and each will be told so."""
        self._shut_until = 0.0

    async def _queue(self) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._leave()
            raise

    async def _wait_while_shut(self) -> None:
        while (shut := self._shut_until - time.monotonic()) > 0:
            await asyncio.sleep(min(shut, LONGEST_NAP_S))

    def _leave(self) -> None:
        self.in_flight -= 1
        self._wake()

    def _wake(self) -> None:
        while self._waiting and self.in_flight < int(self.limit):
            place = self._waiting.popleft()
            if not place.done():
                self.in_flight += 1
                place.set_result(None)


class Budget:
    """Money spent by a run against its ceiling, in US dollars; worker processes share one."""

    def __init__(self, ceiling_usd: float | None = None, spent_usd: float = 0.0):
        self.ceiling_usd = ceiling_usd
        self._spent = spent_usd

    @property
    def spent_usd(self) -> float:
        return self._spent

    def add(self, cost_usd: float | None) -> None:
        self._spent += cost_usd or 0.0

    def check(self) -> None:
        """Raise BudgetReached when nothing is left; calls under way are still paid."""
        if self.ceiling_usd is not None and self.spent_usd >= self.ceiling_usd:
            spent = f"{self.spent_usd:.4f} of {self.ceiling_usd:.4f} US dollars"
            raise BudgetReached(f"budget reached: {spent} spent; raise --budget-usd and run the same command again")
