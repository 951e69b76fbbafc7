import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import aiohttp
import pytest

from graphs.offline import MODEL_NAME
from graphs.offline.faults import Faults
from graphs.offline.model import answer
from graphs.offline.server import serve, start_process
from tests.graphs.counting import TICK_S, ticking
from tests.graphs.offline.conftest import make_body

BODY = make_body("judge", reply="I hear you.")


async def post(url: str, body: Any = BODY, tried: int = 0) -> tuple[int, dict[str, Any]]:
    headers = {"x-kardia-try": str(tried)}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/chat/completions", json=body, headers=headers) as got,
    ):
        return got.status, await got.json(content_type=None)


async def test_it_answers_over_http_what_the_model_answers() -> None:
    async with serve(seed=4) as url:
        assert url.startswith("http://127.0.0.1:") and url.endswith("/v1")
        assert await post(url) == (200, answer(BODY, 4))


async def test_it_names_itself_a_demonstration_model() -> None:
    async with serve() as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}/models") as got:
            card = (await got.json())["data"][0]
        async with session.get(f"{url.removesuffix('/v1')}/health") as got:
            assert (await got.json())["status"] == "ok"
    assert card["id"] == MODEL_NAME
    assert "demonstration model" in card["description"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/chat/completions", b"{", 400),
        ("POST", "/chat/completions", b"[1]", 400),
        ("POST", "/chat/completions", b'{"messages": "x"}', 400),
        ("GET", "/chat/completions", b"", 405),
        ("GET", "/elsewhere", b"", 404),
    ],
)
async def test_a_wrong_request_is_refused_with_a_reason(method: str, path: str, body: bytes, status: int) -> None:
    async with (
        serve() as url,
        aiohttp.ClientSession() as session,
        session.request(method, url + path, data=body) as got,
    ):
        assert got.status == status
        assert (await got.json())["error"]["message"]


async def test_a_streamed_answer_is_the_whole_one_in_pieces() -> None:
    async with serve() as url, aiohttp.ClientSession() as session:
        async with session.post(f"{url}/chat/completions", json=BODY) as got:
            whole = (await got.json())["choices"][0]["message"]["content"]
        async with session.post(f"{url}/chat/completions", json={**BODY, "stream": True}) as got:
            lines = [line.decode().removeprefix("data: ").strip() async for line in got.content if line.strip()]
    assert lines[-1] == "[DONE]"
    pieces = [json.loads(line)["choices"][0]["delta"].get("content", "") for line in lines[:-1]]
    assert len(pieces) > 2 and "".join(pieces) == whole


async def test_a_connection_is_kept_and_requests_may_come_in_pieces_or_together() -> None:
    async with serve() as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.split(":")[2].split("/")[0]))
        data = json.dumps(BODY).encode()
        request = b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % len(data) + data
        writer.write(request[:40])
        await asyncio.sleep(0.02)
        writer.write(request[40:] + request + b"GET /health HTTP/1.1\r\n\r\n")
        answers = [await _read(reader) for _ in range(3)]
        writer.close()
    assert answers[0] == answers[1] == answer(BODY, 0)
    assert answers[2]["status"] == "ok"


async def _read(reader: asyncio.StreamReader) -> dict[str, Any]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(int(line.split(":")[1]) for line in head.split("\r\n") if line.startswith("content-length"))
    return json.loads(await reader.readexactly(length))


async def test_latency_is_kept() -> None:
    async with serve(latency_ms=120) as url:
        started = time.perf_counter()
        async with ticking() as ticks:
            await asyncio.gather(*(post(url) for _ in range(5)))
        assert time.perf_counter() - started > 0.11
        assert len(ticks) * TICK_S < 1.0


async def test_a_fault_goes_away_with_another_try() -> None:
    async with serve(faults=Faults(0.5, kinds=("500",), seed=1)) as url:
        statuses = [(await post(url, BODY, tried))[0] for tried in range(12)]
        again = [(await post(url, BODY, tried))[0] for tried in range(12)]
    assert statuses == again
    assert set(statuses) == {200, 500}


@pytest.mark.parametrize("kind", ["reset", "short_body"])
async def test_a_broken_connection_is_felt(kind: str) -> None:
    async with serve(faults=Faults(1, kinds=(kind,))) as url:
        with pytest.raises(aiohttp.ClientError):
            await post(url)


@pytest.mark.parametrize("faults", [Faults(1, kinds=("hang",)), Faults(1, kinds=("drip",), drip_s=0.05)])
async def test_a_slow_answer_does_not_arrive_in_time(faults: Faults) -> None:
    async with serve(faults=faults) as url:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await post(url)


def test_a_process_of_its_own_serves_and_ends_with_the_block() -> None:
    with start_process(seed=4, faults=Faults(1, kinds=("empty",))) as url:
        status, got = asyncio.run(post(url))
        assert (status, got["choices"][0]["message"]["content"]) == (200, "")
    with pytest.raises(aiohttp.ClientError):
        asyncio.run(post(url))


def test_a_process_of_its_own_dies_with_a_killed_parent() -> None:
    code = "import time\nfrom graphs.offline.server import start_process\nwith start_process() as url:\n    print(url, flush=True)\n    time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    url = parent.stdout.readline().strip()
    assert asyncio.run(post(url))[0] == 200
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            asyncio.run(post(url))
        except aiohttp.ClientError:
            return
        time.sleep(0.1)
    pytest.fail("the server outlived its parent")
