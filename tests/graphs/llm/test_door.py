"""The door on real HTTP: retries, limits, deadlines, cost, and what stops a run."""

import asyncio
import time

import pytest
from aiohttp import web
from langchain_core.language_models import FakeListChatModel

from graphs.llm.build import Reach, build_llm
from graphs.llm.door import LLM, Patience, Voice
from graphs.llm.endpoints import LangChainEndpoint
from graphs.llm.errors import BudgetReached, EndpointGone, RunRefused, Transient, Unusable
from graphs.llm.limits import Budget, Gate
from graphs.llm.prices import Price
from graphs.prompts import Prompt
from tests.graphs.counting import TICK_S, ticking
from tests.graphs.loopback import failed, loopback, ok

PROMPT = Prompt("system", "user", 0.5, 100, '{"type": "object"}')


def llm(url: str, budget: Budget | None = None, **reach: object) -> LLM:
    settings = Reach.model_validate({"base_url": url, "price": (1.0, 1.0), "deadline_s": 2.0, **reach})
    opened = build_llm({"responder": "m"}, settings, budget or Budget())
    opened.patience = opened.patience._replace(backoff_s=0.01)
    return opened


async def test_an_answer_comes_with_tokens_cost_and_time():
    async with loopback(lambda body, n: _now(ok("hello"))) as server:
        answer = await llm(server.url, price=(2.0, 10.0)).complete("responder", PROMPT, 7)
    assert (answer.text, answer.tokens_in, answer.tokens_out) == ("hello", 100, 20)
    assert answer.cost_usd == pytest.approx((100 * 2 + 20 * 10) / 1e6)
    body = server.bodies[0]
    assert (body["seed"], body["temperature"], body["max_tokens"], body["model"]) == (7, 0.5, 100, "m")
    assert body["response_format"]["json_schema"]["strict"] is True


@pytest.mark.parametrize(
    "trouble",
    [
        lambda: failed(500, "boom"),
        lambda: web.Response(text="<html>bad gateway</html>", status=503),
        lambda: web.Response(text="<html>portal</html>"),
        lambda: web.Response(text='{"id": "c", "choi'),
        lambda: web.json_response({"choices": []}),
        lambda: web.json_response({"error": {"message": "provider failed", "code": 502}}),
        lambda: failed(429, "slow down", headers={"Retry-After": "0"}),
    ],
)
async def test_transient_trouble_is_tried_again(trouble):
    async with loopback(lambda body, n: _now(trouble() if n <= 2 else ok("hello"))) as server:
        answer = await llm(server.url).complete("responder", PROMPT, 0)
    assert answer.text == "hello"
    assert [request.headers.get("x-kardia-try") for request in server.requests] == [None, "1", "2"]


async def test_a_reset_connection_and_a_short_body_are_tried_again():
    async def handler(body, number):
        if number <= 2:
            response = web.StreamResponse(headers={"Content-Length": "500"})
            await response.prepare(server.requests[-1])
            if number == 2:
                await response.write(b'{"id": "c"')
            server.requests[-1].transport.abort()
            return response
        return ok("hello")

    async with loopback(handler) as server:
        assert (await llm(server.url, deadline_s=1.0).complete("responder", PROMPT, 0)).text == "hello"


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (401, "invalid_api_key", "Incorrect API key", "key"),
        (429, "insufficient_quota", "You exceeded your current quota", "quota"),
        (404, "model_not_found", "The model `m` does not exist", "model"),
        (402, None, "Payment required", "quota"),
    ],
)
async def test_what_no_call_can_mend_stops_after_one_call(status, code, message, kind):
    async with loopback(lambda body, n: _now(failed(status, message, code))) as server:
        opened = llm(server.url, concurrency=32)
        with pytest.raises(RunRefused) as refused:
            await asyncio.gather(*(opened.complete("responder", PROMPT, n) for n in range(32)))
    assert refused.value.kind == kind
    assert len(server.bodies) == 1


async def test_retry_after_is_obeyed():
    async def handler(body, number):
        return failed(429, "slow", headers={"Retry-After": "1"}) if number == 1 else ok("hello")

    async with loopback(handler) as server:
        started = time.monotonic()
        await llm(server.url).complete("responder", PROMPT, 0)
    assert time.monotonic() - started >= 1.0


async def test_push_back_lowers_the_calls_under_way():
    async def handler(body, number):
        await asyncio.sleep(0.02)
        return failed(429, "slow", headers={"Retry-After": "0"}) if 10 < number <= 14 else ok("hello")

    async with loopback(handler) as server:
        opened = llm(server.url, concurrency=16)
        await asyncio.gather(*(opened.complete("responder", PROMPT, n) for n in range(64)))
    gate = opened.voices["responder"].gate
    assert server.most_under_way <= 16
    assert gate.limit < 16


@pytest.mark.parametrize("slow", ["hang", "drip"])
async def test_no_call_outlives_its_deadline(slow):
    async def handler(body, number):
        if slow == "hang":
            await asyncio.sleep(3600)
        response = web.StreamResponse()
        await response.prepare(server.requests[-1])
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.1)

    async with loopback(handler) as server:
        opened = llm(server.url, deadline_s=0.6, retries=0)
        async with ticking() as ticks:
            with pytest.raises(Transient, match="deadline"):
                await opened.complete("responder", PROMPT, 0)
        assert len(ticks) * TICK_S < 1.6


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (lambda: ok(""), "empty"),
        (lambda: ok(None), "empty"),
        (lambda: ok(None, refusal="I will not."), "refused"),
        (lambda: ok("", finish="content_filter"), "filtered"),
        (lambda: ok("half a sen", finish="length"), "cut"),
    ],
)
async def test_an_answer_that_cannot_stand_is_paid_for_and_not_tried_again(response, kind):
    budget = Budget()
    async with loopback(lambda body, n: _now(response())) as server:
        with pytest.raises(Unusable) as unusable:
            await llm(server.url, budget).complete("responder", PROMPT, 0)
    assert unusable.value.kind == kind
    assert len(server.bodies) == 1
    assert budget.spent_usd == pytest.approx(120 / 1e6)


@pytest.mark.parametrize(
    ("dropped", "message"),
    [
        ("response_format", "response_format json_schema is not supported by this model"),
        ("temperature", "Unsupported value: 'temperature' does not support 0.5 with this model"),
        ("seed", "Unknown parameter: 'seed'"),
        ("max_tokens", "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
    ],
)
async def test_a_parameter_that_the_endpoint_does_not_know_is_left_out_from_then_on(dropped, message):
    async with loopback(lambda body, n: _now(failed(400, message) if dropped in body else ok("hello"))) as server:
        opened = llm(server.url)
        assert (await opened.complete("responder", PROMPT, 0)).text == "hello"
        await opened.complete("responder", PROMPT, 1)
    assert [dropped in body for body in server.bodies] == [True, False, False]
    assert dropped != "max_tokens" or server.bodies[-1]["max_completion_tokens"] == 100


async def test_a_parameter_refused_by_one_model_costs_no_call_of_many_under_way():
    async def handler(body, number):
        await asyncio.sleep(0.05)
        return failed(400, "Unsupported parameter: 'seed'") if "seed" in body else ok("hello")

    async with loopback(handler) as server:
        opened = llm(server.url, concurrency=16)
        opened.voices["responder"].gate.succeeded()
        answers = await asyncio.gather(*(opened.complete("responder", PROMPT, n) for n in range(16)))
    assert [answer.text for answer in answers] == ["hello"] * 16


async def test_a_stop_is_noticed_while_waiting():
    async def handler(body, number):
        return failed(429, "slow", headers={"Retry-After": "300"})

    async with loopback(handler) as server:
        opened = llm(server.url)
        waiting = [asyncio.create_task(opened.complete("responder", PROMPT, n)) for n in range(3)]
        await asyncio.sleep(0.2)
        opened.stop(EndpointGone("stopped"))
        results = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 20)
    assert [type(result) for result in results] == [EndpointGone] * 3


async def test_budget_is_never_passed_by_more_than_what_is_under_way():
    budget = Budget(0.001)
    async with loopback(lambda body, n: _now(ok("hello"))) as server:
        opened = llm(server.url, budget, concurrency=4)
        results = await asyncio.gather(
            *(opened.complete("responder", PROMPT, n) for n in range(64)), return_exceptions=True
        )
    assert any(isinstance(result, BudgetReached) for result in results)
    assert budget.spent_usd <= 0.001 + 4 * 120 / 1e6


async def test_an_endpoint_that_is_gone_stops_the_run():
    opened = llm("http://127.0.0.1:9/v1", retries=0)
    for _ in range(4):
        with pytest.raises(Transient):
            await opened.complete("responder", PROMPT, 0)
    with pytest.raises(EndpointGone, match="same command again"):
        await opened.complete("responder", PROMPT, 0)


async def test_a_redirect_is_refused_and_the_key_does_not_travel(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
    async with loopback(lambda body, n: _now(ok("caught"))) as other:

        async def redirect(body, number):
            return web.Response(status=307, headers={"Location": other.url + "/chat/completions"})

        async with loopback(redirect) as server:
            with pytest.raises(RunRefused, match="--base-url"):
                await llm(server.url).complete("responder", PROMPT, 0)
    assert not other.bodies


async def test_a_key_that_the_endpoint_echoes_stands_in_no_error(monkeypatch):
    key = "sk-canary-0123456789"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    async with loopback(lambda body, n: _now(failed(401, f"Incorrect API key provided: {key}"))) as server:
        with pytest.raises(RunRefused) as refused:
            await llm(server.url).complete("responder", PROMPT, 0)
    assert key not in f"{refused.value!r} {refused.value.__cause__!r} {refused.value.__context__!r}"
    assert "OPENAI_API_KEY" in str(refused.value)


async def test_a_missing_key_is_named_before_any_call(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(RunRefused, match="OPENAI_API_KEY"):
        build_llm({"responder": "m"}, Reach(base_url="https://models.example.org/v1"), Budget())


async def test_any_langchain_model_may_speak_for_a_role():
    endpoint = LangChainEndpoint(FakeListChatModel(responses=["hello"]), "fake", 2.0)
    opened = LLM({"responder": Voice(endpoint, Gate(1), Price(1, 1))}, Budget(), Patience())
    answer = await opened.complete("responder", PROMPT, 0)
    assert answer.text == "hello"
    assert answer.tokens_in > 0


async def _now(response):
    return response


async def test_a_chat_is_sent_message_by_message():
    chat = PROMPT._replace(earlier=(("user", "It broke."), ("assistant", 'A "cup"?')))
    async with loopback(lambda body, n: _now(ok("hello"))) as server:
        await llm(server.url).complete("responder", chat, 0)
    said = [(message["role"], message["content"]) for message in server.bodies[0]["messages"]]
    assert said == [("system", "system"), ("user", "It broke."), ("assistant", 'A "cup"?'), ("user", "user")]
