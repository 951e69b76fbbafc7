"""The demonstration model behind an OpenAI-compatible HTTP endpoint on loopback.

`POST /v1/chat/completions`, `GET /v1/models` and `GET /health`, keep-alive, on 127.0.0.1 only. `serve` runs it inside the
caller's event loop, `start_process` in a process of its own that ends with its parent, `run_server` until it is stopped.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple

from graphs.offline import DESCRIPTION, MODEL_NAME
from graphs.offline.faults import TRY_HEADER, Faults, Reply, encode, error, spoil
from graphs.offline.mistakes import Rates
from graphs.offline.model import answer, body_key
from graphs.offline.wire import Connection, Request

HOST = "127.0.0.1"
PARENT_POLL_S = 1.0
_STREAMING = ("stream", "stream_options")
_WORDS_A_PIECE = 4


class Settings(NamedTuple):
    """What a server answers from."""

    seed: int = 0
    latency_ms: float = 0.0
    faults: Faults | None = None
    rates: Rates = Rates()


def handle(request: Request, settings: Settings) -> Reply:
    """Answer one request; pure."""
    path = request.path.partition("?")[0].rstrip("/").removeprefix("/v1")
    if path == "/chat/completions":
        if request.method != "POST":
            return error(405, "use POST")
        return _complete(request, settings)
    if path == "/models" and request.method == "GET":
        card = {"id": MODEL_NAME, "object": "model", "created": 0, "owned_by": "kardia", "description": DESCRIPTION}
        return Reply(200, encode({"object": "list", "data": [card]}))
    if path == "/health":
        return Reply(200, encode({"status": "ok", "model": MODEL_NAME}))
    return error(404, f"no such path: {request.path}; there are /v1/chat/completions, /v1/models and /health")


def _complete(request: Request, settings: Settings) -> Reply:
    try:
        body: Any = json.loads(request.body)
    except (ValueError, RecursionError):
        return error(400, "the body is not JSON")
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list):  # pyright: ignore[reportUnknownMemberType]
        return error(400, "messages: a list of messages is needed")
    asked: dict[str, Any] = body  # pyright: ignore[reportUnknownVariableType]
    if asked.get("model") != MODEL_NAME:
        return error(404, f"the model {asked.get('model')!r} does not exist; this endpoint serves {MODEL_NAME} alone")
    said = {name: value for name, value in asked.items() if name not in _STREAMING}
    key = body_key(said)
    completion = answer(said, settings.seed, settings.rates, key)
    if settings.faults:
        tried = request.headers.get(TRY_HEADER, "0")
        if kind := settings.faults.draw(key, int(tried) if tried.isdigit() else 0):
            return spoil(kind, completion, settings.faults)
    return _streamed(completion) if asked.get("stream") else Reply(200, encode(completion))


def _streamed(completion: dict[str, Any]) -> Reply:
    """The answer as server-sent events, a few words each; they all go out at once."""
    choice = completion["choices"][0]
    words = re.findall(r"\S*\s*", choice["message"]["content"])
    pieces = ["".join(words[at : at + _WORDS_A_PIECE]) for at in range(0, len(words), _WORDS_A_PIECE)]
    deltas: list[tuple[dict[str, str], str | None]] = [
        ({"role": "assistant", "content": piece}, None) for piece in pieces
    ]
    deltas.append(({}, choice["finish_reason"]))
    shared = {name: completion[name] for name in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    chunks = [
        encode({**shared, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
        for delta, finish in deltas
    ]
    body = b"".join(b"data: " + chunk + b"\n\n" for chunk in [*chunks, b"[DONE]"])
    return Reply(200, body, "text/event-stream")


@asynccontextmanager
async def serve(
    port: int = 0,
    seed: int = 0,
    latency_ms: float = 0.0,
    faults: Faults | None = None,
    rates: Rates | None = None,
) -> AsyncGenerator[str]:
    """Serve inside the running event loop; yields the base URL (`http://127.0.0.1:PORT/v1`).

    Args:
        port: 0 takes a free one.
        latency_ms: how long every answer waits before it is sent.
    """
    settings = Settings(seed, latency_ms, faults, rates or Rates())
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(
            lambda request: handle(request, settings), settings.latency_ms / 1000, settings.faults or Faults()
        ),
        HOST,
        port,
    )
    try:
        yield f"http://{HOST}:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()


def run_server(
    port: int = 0,
    seed: int = 0,
    latency_ms: float = 0.0,
    faults: Faults | None = None,
    rates: Rates | None = None,
    *,
    with_parent: bool = False,
) -> None:
    """Serve until stopped; prints the base URL on a line.

    Args:
        with_parent: end when standard input closes or the parent process is gone.
    """
    try:
        asyncio.run(_run(port, seed, latency_ms, faults, rates, with_parent))
    except KeyboardInterrupt:
        return


async def _run(
    port: int, seed: int, latency_ms: float, faults: Faults | None, rates: Rates | None, with_parent: bool
) -> None:
    stopped = asyncio.Event()
    if with_parent:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _watch_parent(asyncio.get_running_loop(), stopped)
    async with serve(port, seed, latency_ms, faults, rates) as url:
        print(url, flush=True)
        await stopped.wait()


def _watch_parent(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    """Stop when the parent's end of the pipe closes, or (if a sibling inherited that end) when the parent is gone."""
    parent = os.getppid()

    def read_to_end() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(stopped.set)

    def poll() -> None:
        if os.getppid() != parent:
            stopped.set()
        loop.call_later(PARENT_POLL_S, poll)

    threading.Thread(target=read_to_end, daemon=True).start()
    poll()


@contextmanager
def start_process(
    port: int = 0, seed: int = 0, latency_ms: float = 0.0, faults: Faults | None = None
) -> Generator[str]:
    """Serve from a process of its own, on a free port; yields the base URL.

    The process ends with the block, and also when this process dies in any way: it then reads the end of its input.
    """
    command = [sys.executable, "-m", "graphs.offline.server", "--port", str(port), "--seed", str(seed)]
    command += ["--latency-ms", str(latency_ms), "--with-parent"]
    if faults:
        command += ["--faults", faults.to_json()]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError(
                f"the demonstration server did not start (exit code {process.wait()}); see its messages above"
            )
        yield url
    finally:
        process.terminate()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


def main() -> None:
    options = argparse.ArgumentParser(description="Serve the demonstration model on 127.0.0.1.")
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--latency-ms", type=float, default=0.0)
    options.add_argument("--faults", default="", help="the fields of Faults as JSON")
    options.add_argument("--with-parent", action="store_true", help="end when standard input closes")
    chosen = options.parse_args()
    faults = Faults.from_json(chosen.faults) if chosen.faults else None
    run_server(chosen.port, chosen.seed, chosen.latency_ms, faults, with_parent=chosen.with_parent)


if __name__ == "__main__":
    main()

__all__ = ["HOST", "Settings", "handle", "run_server", "serve", "start_process"]
