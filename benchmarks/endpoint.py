"""A chat-completions endpoint for benchmarks: canned answers of the paper's lengths after a fixed latency, little else.

    python -m benchmarks.endpoint PORT LATENCY_MS

The first attempt at a reply is failed and the second passes, so a turn takes five calls.
"""

import asyncio
import json
import sys
from functools import partial

from graphs.spans import Spans, render_spans

FIRST, SECOND = "first thought", "second thought"
_WORD = "the kitchen was quiet and she looked at the old clock above the door while nobody said a thing to her "
_CRITERIA = ("relevance", "fluency", "empathy", "persona_consistency", "safety")


def _words(count: int, start: str) -> str:
    return " ".join((start + " " + _WORD * 8).split()[:count])


def _completion(text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    body = json.dumps(
        {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": "bench",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 1600, "completion_tokens": 150, "total_tokens": 1750},
        }
    ).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def _reply(start: str) -> str:
    return render_spans(Spans(_words(41, start), _words(53, "because"), "sad", _words(27, start)))


def _decision(decision: str, score: int) -> str:
    mark = {"evidence": _words(8, "she"), "reason": _words(18, "it"), "score": score}
    signs = {"quote": "", "relief": False, "open_question": True, "new_pain": False}
    answer = {"criteria": dict.fromkeys(_CRITERIA, mark), "user_signs": signs}
    return json.dumps({**answer, "critique": _words(25, "keep: it. change:"), "decision": decision})


USER = _completion(json.dumps({"events": ["heard"], "tells": "nothing", "message": _words(51, "today")}))
REPLIES = {FIRST: _completion(_reply(FIRST)), SECOND: _completion(_reply(SECOND))}
FAIL, PASS = _completion(_decision("FAIL", 3)), _completion(_decision("PASS", 4))


def canned(body: bytes) -> bytes:
    """The answer to a request, told from its role block and from which draft it speaks of."""
    role = body[: body.find(b"</role")]
    if b"user_simulator" in role:
        return USER
    if b"rubric_evaluator" in role:
        return PASS if SECOND.encode() in body[body.rfind(b"<reply") :] else FAIL
    return REPLIES[FIRST if b"(none)" in body[body.rfind(b"<draft") : body.rfind(b"</draft")] else SECOND]


class Connection(asyncio.Protocol):
    """Keep-alive HTTP/1.1, one request at a time, content-length bodies only."""

    def __init__(self, latency_s: float):
        self.latency_s = latency_s
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        lower = self.buffer[:head].lower()
        at = lower.find(b"content-length:")
        length = int(lower[at + 15 : lower.find(b"\r", at) if lower.find(b"\r", at) > 0 else head]) if at >= 0 else 0
        if len(self.buffer) >= head + 4 + length:
            body, self.buffer = self.buffer[head + 4 : head + 4 + length], self.buffer[head + 4 + length :]
            asyncio.get_running_loop().call_later(self.latency_s, self._answer, canned(body))

    def _answer(self, response: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(response)


async def serve(port: int, latency_ms: float) -> None:
    """Serve for ever on 127.0.0.1; prints the port when it is ready."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(Connection, latency_ms / 1000), "127.0.0.1", port, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
