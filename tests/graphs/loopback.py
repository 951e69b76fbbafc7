"""An OpenAI-compatible endpoint on 127.0.0.1 that answers as a test says, with every way of failing at hand."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.graphs.scripted import GOOD_REPLY, decision_answer, user_answer

Handler = Callable[[dict[str, Any], int], Awaitable[web.StreamResponse]]


def completion(text: str | None, finish: str = "stop", **message: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text, **message}}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


def ok(text: str | None, **message: Any) -> web.Response:
    return web.json_response(completion(text, **message))


def failed(status: int, message: str, code: str | None = None, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"message": message, "code": code}}, status=status, headers=headers)


def role_of(body: dict[str, Any]) -> str:
    return body["messages"][0]["content"].split("\n", 2)[1]


def good(body: dict[str, Any], decision: str = "PASS") -> web.Response:
    """A sensible answer for the role that asks."""
    role = role_of(body)
    if role == "user_simulator":
        return ok(user_answer(f"The cup is gone, and seed {body['seed']} too."))
    return ok(GOOD_REPLY if role == "responder" else decision_answer(decision))


class Loopback:
    """The server's address and what was asked of it."""

    def __init__(self) -> None:
        self.url = ""
        self.bodies: list[dict[str, Any]] = []
        self.requests: list[web.Request] = []
        self.under_way = 0
        self.most_under_way = 0


@asynccontextmanager
async def loopback(handler: Handler) -> AsyncIterator[Loopback]:
    """Serve `handler(body, number of the request)` for as long as the context lasts."""
    state = Loopback()

    async def answer(request: web.Request) -> web.StreamResponse:
        state.bodies.append(json.loads(await request.read()))
        state.requests.append(request)
        state.under_way += 1
        state.most_under_way = max(state.most_under_way, state.under_way)
        try:
            return await handler(state.bodies[-1], len(state.bodies))
        finally:
            state.under_way -= 1

    app = web.Application()
    app.router.add_post("/v1/chat/completions", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    state.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield state
    finally:
        await runner.cleanup()
