"""The demonstration model itself: a chat completion as a pure function of (request body, seed, rates)."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, cast

from graphs.offline import MODEL_NAME
from graphs.offline.blocks import read_prompt
from graphs.offline.draw import Draw
from graphs.offline.evaluator import evaluate
from graphs.offline.judge import judge
from graphs.offline.mistakes import FLAWLESS, Rates
from graphs.offline.policy import read_policy_prompt
from graphs.offline.responder import respond
from graphs.offline.screener import screen
from graphs.offline.supervisor import supervise
from graphs.offline.user import simulate_user

CHARS_PER_TOKEN = 4
_GREETINGS = (
    "I'm {name}, a demonstration model: I only play the roles of this program's prompts, so I can't talk freely. "
    "Choose a real model for that.",
    "Thanks for writing. I'm {name}, the built-in demonstration model; outside the roles of a prompt pack I can only say this much.",
    "This is {name}, a rule-based demonstration model. It answers the prompts of a pack and nothing else, kindly but without understanding.",
)


def answer(
    body: Mapping[str, Any], seed: int = 0, rates: Rates | None = None, key: bytes | None = None
) -> dict[str, Any]:
    """Answer a chat-completions request; the same body, seed and rates give the same answer for ever.

    Args:
        key: the body's canonical bytes, when the caller has them already.
    """
    key = body_key(body) if key is None else key
    messages = cast(list[Any], body.get("messages") or [])
    said = [cast(dict[str, Any], message) for message in messages if isinstance(message, dict)]
    prompt = read_prompt(said)
    if not prompt.role:
        prompt = read_policy_prompt(said) or prompt
    draw = Draw(seed, _chance(body, key))
    match prompt.role:
        case "user_simulator":
            content = simulate_user(prompt, draw)
        case "policy":
            content = respond(prompt, draw, FLAWLESS)
        case "responder":
            content = respond(prompt, draw, rates or Rates())
        case "rubric_evaluator":
            content = evaluate(prompt, draw)
        case "screener":
            content = screen(prompt, draw)
        case "supervisor":
            content = supervise(prompt)
        case "judge":
            content = judge(prompt, draw)
        case _:
            content = draw.pick(_GREETINGS).format(name=MODEL_NAME)
    return completion(key, content, body)


def body_key(body: Mapping[str, Any]) -> bytes:
    """A request body's canonical bytes: the order of its keys does not count, and lone surrogates do no harm."""
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def _chance(body: Mapping[str, Any], key: bytes) -> bytes:
    """What an answer is drawn from: the whole body, but at temperature 0 the request's seed does not matter."""
    if body.get("temperature") != 0 or "seed" not in body:
        return key
    return body_key({name: value for name, value in body.items() if name != "seed"})


def completion(key: bytes, content: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Wrap a text as a chat completion; an answer over `max_tokens` is cut as an endpoint would."""
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    finish = "stop"
    if isinstance(limit, int) and limit > 0 and len(content) > limit * CHARS_PER_TOKEN:
        content, finish = content[: limit * CHARS_PER_TOKEN], "length"
    asked, answered = len(key) // CHARS_PER_TOKEN, -(-len(content) // CHARS_PER_TOKEN)
    return {
        "id": f"chatcmpl-demo-{blake2b(key, digest_size=8).hexdigest()}",
        "object": "chat.completion",
        "created": 0,
        "model": MODEL_NAME,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content},
                "logprobs": None,
                "finish_reason": finish,
            }
        ],
        "usage": {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered},
    }


__all__ = ["CHARS_PER_TOKEN", "answer", "body_key", "completion"]
