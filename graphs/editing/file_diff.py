"""Two versions of a file, as stretches of lines that are the same and stretches that differ by words."""

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher, unified_diff
from typing import NamedTuple

from graphs.word_diff import word_ops

MOST_WORDS = 1500
"""A longer stretch is shown as taken out and put in whole: words would take too long to compare, and tell nobody more."""


class Stretch(NamedTuple):
    """Lines that follow each other; `line` is where they begin in the later text, or in the earlier if they are gone."""

    line: int
    lines: int
    same: bool
    ops: list[tuple[int, str]]


def stretches(before: str, after: str) -> list[Stretch]:
    """The way from one text to the other, line by line, and in changed lines word by word."""
    old, new = before.split("\n"), after.split("\n")
    found: list[Stretch] = []
    for tag, i, j, m, n in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        was, is_now = "\n".join(old[i:j]), "\n".join(new[m:n])
        ops = [(0, was)] if tag == "equal" else _ops(was, is_now)
        found.append(Stretch((m if n > m else i) + 1, max(j - i, n - m), tag == "equal", ops))
    return found


def files_that_differ(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Names of files that are not the same in both, in the order of a pack."""
    return [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]


def unified(before: Mapping[str, str], after: Mapping[str, str], heads: tuple[str, str]) -> Iterator[str]:
    """The same for a terminal: the lines of a unified diff over all files."""
    for name in files_that_differ(before, after):
        old, new = (side.get(name, "").split("\n") for side in (before, after))
        yield from unified_diff(old, new, f"{heads[0]}/{name}", f"{heads[1]}/{name}", lineterm="", n=2)


def _ops(before: str, after: str) -> list[tuple[int, str]]:
    if max(len(re.findall(r"\w+", text)) for text in (before, after)) > MOST_WORDS:
        return [(-1, before), (1, after)]
    return word_ops(before, after)
