"""Differences by words: what a person sees of two versions of a text."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

_WORD = re.compile(r"\s+|[\w'’]+|[^\w\s]")
_SHORT = 2
"""So few kept words between changes are noise: `I [doubt] it [was] so` reads better as one change."""

Op = tuple[int, str]


def word_ops(before: str, after: str) -> list[Op]:
    """The way from one text to the other: (0, kept), (-1, taken out) and (1, put in), in order.

    The kept and the taken-out pieces give `before`, the kept and the put-in pieces give `after`.
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    pairs = [(tag == "equal", "".join(old[i:j]), "".join(new[m:n])) for tag, i, j, m, n in codes]
    return list(_ops(_joined(pairs)))


def marked_words(before: str, after: str) -> str:
    """The same as one text: `kept [-taken out-]{+put in+} kept`."""
    marks = {-1: "[-{}-]", 0: "{}", 1: "{{+{}+}}"}
    return "".join(marks[change].format(text) for change, text in word_ops(before, after))


def _joined(pairs: list[tuple[bool, str, str]]) -> list[tuple[bool, str, str]]:
    """Make one change of changes that only a few kept words part."""
    joined: list[tuple[bool, str, str]] = []
    for place, (equal, old, new) in enumerate(pairs):
        between = 0 < place < len(pairs) - 1 and len(old.split()) <= _SHORT
        kept = equal and not between
        if joined and not kept and not joined[-1][0]:
            joined[-1] = (False, joined[-1][1] + old, joined[-1][2] + new)
        else:
            joined.append((kept, old, new))
    return joined


def _ops(pairs: list[tuple[bool, str, str]]) -> Iterator[Op]:
    for equal, old, new in pairs:
        if equal:
            yield 0, old
            continue
        if old:
            yield -1, old
        if new:
            yield 1, new
