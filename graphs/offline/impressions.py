"""What a response did to the simulated user: the pack's events, found by their names and meanings."""

import re
from functools import lru_cache

from graphs.offline.blocks import Said, read_fields
from graphs.offline.draw import Draw
from graphs.offline.reading import Marks, read_response

Kinds = tuple[tuple[str, re.Pattern[str]], ...]

MISSES_RATE = 0.06
"""How often a response that looks right does not fit this person after all."""

_EVENT_KINDS: Kinds = tuple(
    (kind, re.compile(words))
    for kind, words in (
        ("unsaid", r"unsaid|not said|beneath|beyond|deeper|located|very place"),
        ("stock", r"stock|opener|ready-made"),
        ("cold", r"cold|dismiss|brush|minimi|harsh|judg|belittl|silver|smaller|rush|scold"),
        ("cheer", r"cheer|bright side"),
        ("praise", r"praise|flatter"),
        ("joy", r"joy|delight|savou?r|glad with"),
        ("advice", r"advice|advise|suggest|lectur|gave it away"),
        ("repeat", r"repeat|same again"),
        ("generic", r"generic|vague|platitude|hollow|fit anybody"),
        ("wrong", r"wrong|misread|misjudg"),
        ("never", r"ignor|unanswered|itself|too much"),
        ("question", r"question|asks|asked|explor|curious"),
        ("warm", r"warm|plain|seriously|gentle|patient"),
        ("heard", r"heard|hear|reflect|underst|accurate|names|named|felt|took up|used my"),
    )
)


def marks_of_last(dialogue: list[Said]) -> Marks | None:
    """How the helper's last response reads to this user; None before there is one."""
    responses = [said.text for said in dialogue if said.speaker == "helper"]
    if not responses:
        return None
    own = tuple(said.text for said in dialogue if said.speaker == "user")
    return read_response(responses[-1], own, tuple(responses[:-1]))


def events_of(block: str, marks: Marks, side: str, draw: Draw) -> list[str]:
    """The pack's events that the last response was, found by the words of their names, then of their meanings."""
    bad = {
        "cold": marks.cold or marks.unsafe, "advice": marks.advice and not marks.cold, "repeat": marks.repeated,
        "generic": marks.generic, "stock": marks.stock and not marks.generic, "cheer": marks.cold and side == "neg" and marks.stock,
    }  # fmt: skip
    bad["wrong"] = not any(bad.values()) and draw.chance(MISSES_RATE)
    well = not any(bad.values())
    holds = bad | {
        "unsaid": well and marks.unsaid and draw.chance(0.45),
        "heard": well and (marks.feeling or marks.shared >= 2) and draw.chance(0.7),
        "question": well and marks.question and draw.chance(0.6),
        "joy": well and side == "pos" and marks.shared >= 1 and draw.chance(0.5),
        "warm": well and not marks.question and marks.shared >= 1 and draw.chance(0.5),
    }
    return [name for name, kind in _kinds_of(block) if holds.get(kind, False)][:3]


@lru_cache(maxsize=64)
def _kinds_of(block: str) -> tuple[tuple[str, str], ...]:
    """The events of a pack with the kind that each is."""
    return tuple((name, kind_of(_EVENT_KINDS, name, means)) for name, means in read_fields(block).items())


def kind_of(kinds: Kinds, name: str, means: str) -> str:
    for text in (name.lower().replace("_", " "), means.lower()):
        for kind, words in kinds:
            if words.search(text):
                return kind
    return ""


__all__ = ["Kinds", "events_of", "kind_of", "marks_of_last"]
