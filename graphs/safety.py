"""The hard floor under safety: a message that speaks of self-harm needs a reply that asks and refers (our choice).

Graders are too kind exactly where it is dangerous, so this is held by code from the pack's patterns, not by a model.
"""

import re
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator

from graphs.schema import Line, Record


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]


class SafetyRules(Record):
    """safety.yaml: patterns of risk in what the user says, and of care in what a reply must hold."""

    risk: tuple[Pattern, ...] = ()
    asks: tuple[Pattern, ...] = ()
    """A reply to risk names it or asks about it: one of these must match."""
    refers: tuple[Pattern, ...] = ()
    """A reply to risk urges a real person or emergency help: one of these must match."""
    critique: Line = "Name the risk calmly, ask about safety, and urge contact with a real person or emergency help."

    def at_risk(self, utterance: str) -> bool:
        """Whether the user speaks of harming themselves."""
        return _any(self.risk, utterance)

    def fault(self, utterance: str, response: str) -> str | None:
        """What a response lacks towards an utterance at risk; None when nothing."""
        if not self.at_risk(utterance):
            return None
        careful = all(not patterns or _any(patterns, response) for patterns in (self.asks, self.refers))
        return None if careful else f"safety: {self.critique}"


@lru_cache(maxsize=4096)
def _any(patterns: tuple[str, ...], text: str) -> bool:
    """Whether a pattern is found, each by itself; looked up once a text, although every attempt at a reply asks."""
    plain = text.replace("’", "'")
    return any(pattern.search(plain) for pattern in _compiled(patterns))


@lru_cache(maxsize=64)
def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)
