"""Differences by words: what a person sees of two versions of a text."""

import re
from difflib import SequenceMatcher

_WORD = re.compile(r"\s+|[\w'’]+|[^\w\s]")


def word_ops(before: str, after: str) -> list[tuple[int, str]]:
    """The way from one text to the other: (0, kept), (-1, taken out) and (1, put in), in order.

    The kept and the taken-out pieces give `before`, the kept and the put-in pieces give `after`.
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    ops: list[tuple[int, str]] = []
    for tag, i, j, m, n in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            ops.append((0, "".join(old[i:j])))
            continue
        ops += [(-1, "".join(old[i:j]))] if j > i else []
        ops += [(1, "".join(new[m:n]))] if n > m else []
    return ops
