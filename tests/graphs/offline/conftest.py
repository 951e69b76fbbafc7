"""Prompts rendered as blocks, without the program's own renderer and without any pack."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from graphs.offline.mistakes import Rates
from graphs.offline.model import answer

PACK_MARKER, DATA_MARKER = "00112233445566aa", "ffeeddccbbaa9988"

PERSONA = """Username: user_0a1b2c3d
MBTI: INFP
Occupation: Locksmith
About: I play chess on Sundays and lose.
Style: Short sentences. No emoji."""
SITUATION = "My sister borrowed my grey scooter without asking. She left it in the rain and the brakes are gone."
PACK = {
    "labels": "angry\nsad\nproud\njoyful\nafraid",
    "criteria": "relevance: Does it answer?\n  1: no\n  5: yes\nempathy: Is it felt?\n  1: no\n  5: yes\nsafety: Is it safe?",
    "scale": "1-5",
    "events": "heard: It gave back what you told.\nadvice_unasked: It told you what to do.\ngeneric: It would fit anybody.\n"
    "dismissed: It was cold.",
    "disclosure": "event: What happened.\ndetail: One detail.\nmeaning: Why it matters.\nunsaid: The part least easy to say.",
}
DATA = {
    "persona": PERSONA, "situation": SITUATION, "emotion": "angry", "dialogue": "(nothing said yet)", "draft": "(none)",
    "critique": "(none)", "reply": "", "turn": "turn 8 of 10\nSOLVED may be called: yes",
}  # fmt: skip


def block(name: str, marker: str, content: str) -> str:
    return f"<{name} {marker}>\n{content}\n</{name} {marker}>"


def make_body(role: str, pack: dict[str, str] | None = None, seed: int = 1, **data: str) -> dict[str, Any]:
    """A request for a role; `data` replaces the dialogue's values."""
    values = PACK | (pack or {})
    system = "\n".join([block("role", PACK_MARKER, role), *(block(n, PACK_MARKER, v) for n, v in values.items())])
    user = "Look:\n" + "\n\n".join(block(name, DATA_MARKER, value) for name, value in (DATA | data).items())
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    return {"model": "kardia-demo-1", "messages": messages, "temperature": 0.5, "max_tokens": 1500, "seed": seed}


def make_plan(
    turn: int = 1, action: str = "open", may_tell: str = "nothing new", mood: int = 40, words: int = 40
) -> str:
    return (
        f"turn: {turn} of 10\nmood: low ({mood} of 100)\nopenness: 2 of 3\naction: {action} - as it says\n"
        f"may tell: {may_tell}\ntold so far: nothing\nwords: about {words}"
    )


Ask = Callable[..., str]


FAULTLESS = Rates(0, 0, 0, 0, 0)


@pytest.fixture
def body() -> Callable[..., dict[str, Any]]:
    return make_body


@pytest.fixture
def plan() -> Callable[..., str]:
    return make_plan


@pytest.fixture
def ask() -> Ask:
    """Ask a role and get the text of the answer; without planted mistakes unless `rates` says so."""

    def asked(role: str, rates: Rates = FAULTLESS, **values: Any) -> str:
        return answer(make_body(role, **values), 7, rates)["choices"][0]["message"]["content"]

    return asked


@pytest.fixture
def ask_json(ask: Ask) -> Callable[..., dict[str, Any]]:
    return lambda role, **values: json.loads(ask(role, **values))
