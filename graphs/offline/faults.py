"""Seeded faults of an endpoint, as the embedded server injects them for tests.

Which fault a request meets is a pure function of (fault seed, body, try). The try is the header `x-kardia-try`, which a
client raises at each transport retry: without it a request that failed once would fail the same way for ever.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from graphs.offline.draw import Draw

TRY_HEADER = "x-kardia-try"

TRANSIENT = ("429", "500", "503", "hang", "drip", "reset", "short_body")
"""Go away when asked again."""
MALFORMED = ("cut_json", "html_200", "no_choices", "error_200")
"""A 200 that holds no answer."""
UNUSABLE = ("null", "empty", "refusal", "filtered", "cut", "wrong_schema", "fenced")
"""A well-formed answer whose text cannot stand (`fenced` can, once the fence is taken off)."""
PERMANENT_FOR_CALL = ("400_context",)
PERMANENT_FOR_RUN = ("429_quota", "401", "404_model")
"""Never go away: a run should stop at the first."""
KINDS = TRANSIENT + MALFORMED + UNUSABLE + PERMANENT_FOR_CALL + PERMANENT_FOR_RUN


@dataclass(frozen=True)
class Faults:
    """How often which fault is injected.

    `rate` is shared evenly by `kinds`; `each` gives single kinds a rate of their own on top.
    """

    rate: float = 0.0
    kinds: tuple[str, ...] = TRANSIENT + MALFORMED + UNUSABLE + PERMANENT_FOR_CALL
    seed: int = 0
    each: Mapping[str, float] = field(default_factory=dict[str, float])
    retry_after_s: int = 1
    hang_s: float = 3600.0
    drip_s: float = 0.5
    """Pause after every few bytes of a dripped body."""

    def __post_init__(self) -> None:
        if unknown := [kind for kind in (*self.kinds, *self.each) if kind not in KINDS]:
            raise ValueError(f"faults: {', '.join(unknown)} unknown; there are {', '.join(KINDS)}")
        if not 0 <= self.rate + sum(self.each.values()) <= 1:
            raise ValueError("faults: the rates must add up to at most 1")

    def draw(self, key: bytes, attempt: int) -> str:
        """The fault of a request, "" for none.

        Args:
            key: the body's canonical bytes.
            attempt: the request's try, 0 at first.
        """
        at = Draw(self.seed, b"fault", key, str(attempt).encode()).unit()
        for kind in self.kinds:
            at -= self.rate / len(self.kinds)
            if at < 0:
                return kind
        for kind, rate in self.each.items():
            at -= rate
            if at < 0:
                return kind
        return ""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Faults":
        read: dict[str, Any] = json.loads(text)
        kinds = tuple(map(str, read.pop("kinds")))
        return cls(kinds=kinds, **read)


class Reply(NamedTuple):
    """What goes out: a status, a body, and how it is sent."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    manner: str = ""
    """`hang`, `drip`, `reset` or `short_body`; "" is sent at once."""


def spoil(kind: str, completion: dict[str, Any], faults: Faults) -> Reply:
    """Turn a right answer into the faulty one of a kind."""
    if kind in ("hang", "drip", "reset", "short_body"):
        return Reply(200, encode(completion), manner=kind)
    if kind in _ERRORS:
        status, message, code = _ERRORS[kind]
        headers = (("retry-after", str(faults.retry_after_s)),) if kind == "429" else ()
        return Reply(
            status, encode({"error": {"message": message, "type": code, "param": None, "code": code}}), headers=headers
        )
    if kind in _PAGES:
        status, page = _PAGES[kind]
        return Reply(status, page, content_type="text/html; charset=utf-8")
    return Reply(200, _spoilt_answer(kind, completion))


_ERRORS = {
    "429": (429, "Rate limit reached: too many requests", "rate_limit_exceeded"),
    "429_quota": (
        429,
        "You exceeded your current quota, please check your plan and billing details",
        "insufficient_quota",
    ),
    "500": (500, "The server had an error while processing your request", "server_error"),
    "400_context": (400, "This model's maximum context length is exceeded by your messages", "context_length_exceeded"),
    "401": (401, "Incorrect API key provided", "invalid_api_key"),
    "404_model": (404, "The model does not exist or you do not have access to it", "model_not_found"),
}
_PAGES = {
    "503": (503, b"<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>"),
    "html_200": (200, b"<!doctype html><html><body>Please log in to the network</body></html>"),
}


def _spoilt_answer(kind: str, completion: dict[str, Any]) -> bytes:
    """A 200 whose body or content is damaged in the way that the kind names."""
    content: str = completion["choices"][0]["message"]["content"]
    if kind == "cut_json":
        whole = encode(completion)
        return whole[: len(whole) * 2 // 3]
    if kind == "no_choices":
        return encode({**completion, "choices": []})
    if kind == "error_200":
        return encode({"error": {"message": "upstream provider failed", "code": 502}})
    message, finish = {
        "null": ({"content": None}, "stop"),
        "empty": ({"content": ""}, "stop"),
        "refusal": ({"content": None, "refusal": "I can't help with that."}, "stop"),
        "filtered": ({"content": ""}, "content_filter"),
        "cut": ({"content": content[: len(content) // 3]}, "length"),
        "fenced": ({"content": f"```json\n{content}\n```"}, "stop"),
        "wrong_schema": ({"content": _off_schema(content)}, "stop"),
    }[kind]
    choice = completion["choices"][0]
    changed = {**choice, "message": {**choice["message"], **message}, "finish_reason": finish}
    return encode({**completion, "choices": [changed]})


def _off_schema(content: str) -> str:
    """Prose where JSON was asked for, with the word that a careless reader would take for a decision."""
    if not content.startswith("{"):
        return "Sure! Here is a reply for you."
    return "Sure! I'd call this SOLVED." if len(content) % 2 else '{"decision": "MAYBE", "note": "SOLVED"}'


def error(status: int, message: str) -> Reply:
    """A refusal in the shape of OpenAI's API."""
    return Reply(
        status, encode({"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}})
    )


def encode(value: Any) -> bytes:
    """Compact UTF-8 JSON; what UTF-8 cannot carry becomes a question mark."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


__all__ = [
    "KINDS",
    "MALFORMED",
    "PERMANENT_FOR_CALL",
    "PERMANENT_FOR_RUN",
    "TRANSIENT",
    "TRY_HEADER",
    "UNUSABLE",
    "Faults",
    "Reply",
    "encode",
    "error",
    "spoil",
]
