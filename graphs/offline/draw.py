"""Seeded choices and phrases: every choice of the demonstration model is a hash of its key, never of a clock or counter.

A phrase is a line of text with `{one|or|another}` choices and `{slot}` values, and may begin with `@flag` words that
say when it fits. A pool is a tuple of phrases.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from random import Random
from typing import TypeVar

T = TypeVar("T")

Slots = Mapping[str, str]
"""Values of slots by name; a flag that holds is a slot with an empty value."""

_TELLING_CHARS = 8
_BRACES = re.compile(r"\{([^{}]*)\}")


class Draw:
    """A stream of choices that depends on its key alone."""

    __slots__ = ("_next",)

    def __init__(self, seed: int, *key: bytes):
        mac = blake2b(b"\0".join(key), key=str(seed).encode(), digest_size=8)
        # Random.random() keeps its sequence over Python versions; choice and shuffle do not promise to.
        self._next = Random(int.from_bytes(mac.digest(), "big")).random

    def unit(self) -> float:
        return self._next()

    def chance(self, rate: float) -> bool:
        return self._next() < rate

    def below(self, count: int) -> int:
        return int(self._next() * count)

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self._next() * len(options))]


@dataclass(frozen=True, eq=False, slots=True)
class Phrase:
    """A compiled line: literals, choices (two or more) and slots (a tuple of one name)."""

    parts: tuple[str | tuple[str, ...], ...]
    needs: frozenset[str]
    words: int
    traces: tuple[str, ...]
    """Its most telling part in lower case, all choices of it: one of them found in a text, the phrase was used there."""


Pool = tuple[Phrase, ...]


def compile_phrase(line: str) -> Phrase:
    """Compile one line of a phrase table."""
    needs: set[str] = set()
    while line.startswith("@"):
        flag, _, line = line[1:].partition(" ")
        needs.add(flag)
    parts: list[str | tuple[str, ...]] = []
    for index, piece in enumerate(_BRACES.split(line)):
        if index % 2 == 0:
            parts += [piece] if piece else []
        else:
            parts.append(tuple(piece.split("|")))
    needs |= {part[0] for part in parts if isinstance(part, tuple) and len(part) == 1}
    sample = "".join(part if isinstance(part, str) else part[-1] for part in parts)
    return Phrase(tuple(parts), frozenset(needs), len(sample.split()), _traces(parts))


def _traces(parts: list[str | tuple[str, ...]]) -> tuple[str, ...]:
    """The part whose shortest wording is longest; a phrase of short parts leaves no trace and may come again."""
    worded = [(part,) if isinstance(part, str) else part for part in parts if isinstance(part, str) or len(part) > 1]
    plain = [tuple(wording.lower().strip(" .,:;!?") for wording in part) for part in worded]
    best = max(plain, key=lambda part: min(map(len, part)), default=())
    return best if best and min(map(len, best)) >= _TELLING_CHARS else ()


def pools(text: str) -> dict[str, Pool]:
    """Read a phrase table: `[name]` lines head the pools, other lines are phrases."""
    tables: dict[str, list[Phrase]] = {}
    lines: list[Phrase] = []
    for line in text.strip().splitlines():
        if line.startswith("["):
            lines = tables.setdefault(line.strip("[] "), [])
        elif line.strip():
            lines.append(compile_phrase(line.strip()))
    return {name: tuple(phrases) for name, phrases in tables.items()}


def fresh(pool: Pool, draw: Draw, slots: Slots, said: str = "", most: int = 99) -> Phrase | None:
    """Draw a phrase that fits the slots, was not said before and has at most `most` words; None if there is none."""
    have = slots.keys()
    count = len(pool)
    start = draw.below(count) if count else 0
    for index in range(count):
        phrase = pool[(start + index) % count]
        if phrase.words <= most and phrase.needs <= have and not any(trace in said for trace in phrase.traces):
            return phrase
    return None


def render(phrase: Phrase, draw: Draw, slots: Slots) -> str:
    """Fill a phrase; the first letter becomes a capital, and a choice that came out empty leaves no gap."""
    text = (
        "".join(
            [
                part if isinstance(part, str) else slots[part[0]] if len(part) == 1 else draw.pick(part)
                for part in phrase.parts
            ]
        )
        .replace("  ", " ")
        .replace(" .", ".")
        .replace(" ?", "?")
    )
    return text[:1].upper() + text[1:]


__all__ = ["Draw", "Phrase", "Pool", "Slots", "compile_phrase", "fresh", "pools", "render"]
