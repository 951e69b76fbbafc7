"""What the search box of Argilla's page understands, after Elasticsearch's simple_query_string with AND as default."""

import html
import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

_PART = re.compile(r'(-?)(?:"([^"]*)"|([^\s|]+))|(\|)')
_WORD = re.compile(r"\w+")


class Term(NamedTuple):
    """Neighbouring words to look for; wanted or not; the last one whole, or only its beginning."""

    words: list[str]
    wanted: bool
    whole: bool


def scorer(query: str) -> Callable[[str], float]:
    """How well a text answers a query: 0 where it does not, more where the words stand more often."""
    groups = _groups(query)

    def score(text: str) -> float:
        lowered = text.lower()
        if not all(any(_may_stand(term, lowered) for term in group) for group in groups):
            return 0.0  # most texts, without cutting them into words
        words = _WORD.findall(lowered)
        best = [max(_hits(term, words) for term in group) for group in groups]
        return sum(best) / math.sqrt(len(words) + 1) if best and all(best) else 0.0

    return score


def text_of(value: Any) -> str:
    """All words of a field's value as they are shown: a text, the messages of a chat, or what a custom field holds."""
    if isinstance(value, dict):
        return "\n".join(text_of(part) for part in value.values())
    if isinstance(value, list):
        return "\n".join(text_of(part) for part in value)
    return "" if value is None else html.unescape(str(value))


def _groups(query: str) -> list[list[Term]]:
    """What must all be found, each in one of several ways."""
    groups: list[list[Term]] = []
    joined = False
    for minus, phrase, word, bar in _PART.findall(query):
        term = Term(_words(phrase or word), not minus, bool(phrase) or not word.endswith("*"))
        if bar:
            joined = bool(groups)
        elif term.words:
            groups = [*groups[:-1], [*groups[-1], term]] if joined else [*groups, [term]]
            joined = False
    return groups


def _may_stand(term: Term, lowered: str) -> bool:
    return not term.wanted or term.words[0] in lowered


def _hits(term: Term, words: list[str]) -> int:
    count = sum(_stands(term, words[at : at + len(term.words)]) for at in range(len(words)))
    return count if term.wanted else int(not count)


def _stands(term: Term, words: list[str]) -> bool:
    if term.whole:
        return words == term.words
    return len(words) == len(term.words) and words[:-1] == term.words[:-1] and words[-1].startswith(term.words[-1])


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
