"""The embedded model behind an endpoint of the test's own, which counts every request it answered."""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from aiohttp import web

from graphs.offline.model import answer

Change = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]


class Counting:
    """What was asked: requests by their whole body, and how many answers were given."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: Counter[bytes] = Counter()
        self.paths: list[str] = []
        """Anything that was asked for but chat completions."""
        self.lock = threading.Lock()
        self.latency_s = 0.0
        """What each answer takes; may be changed at any time."""

    @property
    def total(self) -> int:
        return sum(self.asked.values())

    @property
    def repeated(self) -> int:
        """Requests that were made more often than once."""
        return self.total - len(self.asked)


@contextmanager
def counting_endpoint(latency_s: float = 0.0, change: Change | None = None) -> Iterator[Counting]:
    """Serve the embedded model in a thread for as long as the context lasts.

    Args:
        change: given the request and the completion, returns what to send instead.
    """
    counting, ready, loop = Counting(), threading.Event(), asyncio.new_event_loop()
    counting.latency_s = latency_s

    async def handle(request: web.Request) -> web.Response:
        raw = await request.read()
        counting.asked[raw] += 1
        await asyncio.sleep(counting.latency_s)
        body = json.loads(raw)
        reply = answer(body, 0)
        return web.json_response(change(body, reply) if change else reply)

    async def elsewhere(request: web.Request) -> web.Response:
        counting.paths.append(request.path)
        return web.json_response({})

    async def start() -> None:
        app = web.Application(client_max_size=2**24)
        app.router.add_post("/v1/chat/completions", handle)
        app.router.add_route("*", "/{path:.*}", elsewhere)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        counting.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        ready.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield counting
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


TICK_S = 0.1


@asynccontextmanager
async def ticking() -> AsyncIterator[list[int]]:
    """Ticks of the running loop, each at least a tenth of a second: what a busy machine takes from everybody is no time."""
    ticks: list[int] = []

    async def tick() -> None:
        while True:
            await asyncio.sleep(TICK_S)
            ticks.append(len(ticks))

    clock = asyncio.create_task(tick())
    try:
        yield ticks
    finally:
        clock.cancel()


def wait_for(condition: Callable[[], bool], timeout_s: float = 120.0) -> None:
    """Wait until something holds; fail the test if it never does."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
