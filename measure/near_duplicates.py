"""Near-duplicate texts among many, without comparing each with every other.

Texts are alike by the share of word pairs that they have in common (Jaccard over shingles of two words, our choice: one
changed word costs two of them). MinHash with locality-sensitive hashing (datasketch) proposes candidates, and each is then
measured exactly, so that no pair is reported that is none. What hashing may miss is stated and tested: a pair right at the
threshold is proposed with a probability of `FOUND` or more, a closer one with more.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

THRESHOLD = 0.8
FOUND = 0.995
PERMUTATIONS = 128
CROWD = 50
"""Of more texts than this that all look alike, the first stand for the rest: later ones are reported beside these only,
so that copies of one template cost no more than other texts."""

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_AT_ONCE = 10_000


class MissingLibrary(ValueError):
    """What finds candidates is not installed; says how to install it."""


class Pair(NamedTuple):
    """Two texts that are alike: their ids, in the order in which they came, and how alike they are (0 to 1)."""

    first: str
    second: str
    similarity: float


def near_duplicates(texts: Iterable[tuple[str, str]], threshold: float = THRESHOLD, words: int = 2) -> Iterator[Pair]:
    """Find the pairs of texts that are alike, each text with those that came before it.

    A text that stood there before word for word is reported beside the first of its kind, and beside what is like both.

    Args:
        texts: id and text, streamed; a text without words is like no other.
        threshold: the least similarity to report, over 0, at most 1.
        words: how many neighbouring words make one shingle; more ask for longer passages in common.

    Raises:
        ValueError: a threshold or number of words that makes no sense.
        MissingLibrary: datasketch is not installed.
    """
    if not 0 < threshold <= 1 or words < 1:
        raise ValueError(
            f"threshold {threshold}, words {words}: give a threshold over 0, at most 1, and 1 word or more"
        )
    return _pairs(texts, threshold, lru_cache(maxsize=4_096)(lambda text: shingles(text, words)))


def similarity(one: str, other: str, words: int = 2) -> float:
    """The share of shingles that two texts have in common: 1 for the same words in the same order."""
    return _jaccard(shingles(one, words), shingles(other, words))


def shingles(text: str, words: int = 2) -> frozenset[str]:
    """The runs of neighbouring words of a text, casing and punctuation aside; a shorter text is one shingle."""
    found = [word.casefold() for word in _WORD.findall(text)]
    runs = (" ".join(found[at : at + words]) for at in range(max(1, len(found) - words + 1)))
    return frozenset(run for run in runs if run)


def _pairs(texts: Iterable[tuple[str, str]], threshold: float, cut: Callable[[str], frozenset[str]]) -> Iterator[Pair]:
    sketched, index = _sketcher(), _index(threshold)
    known: list[tuple[str, str]] = []
    whole: set[str] = set()
    for name, text in texts:
        mine = cut(text)
        if not mine:
            continue
        sketch = sketched(mine)
        near = sorted(index.query(sketch))
        for first, earlier in (known[number] for number in near):
            alike = _jaccard(cut(earlier), mine)
            if alike >= threshold:
                yield Pair(first, name, alike)
        if len(near) < CROWD and text not in whole:
            whole.add(text)
            index.insert(len(known), sketch)
            known.append((name, text))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 0.0


def _sketcher() -> Callable[[frozenset[str]], Any]:
    try:
        from datasketch import MinHash
    except ImportError as error:
        raise MissingLibrary("near-duplicates need datasketch: pip install -e '.[scale]'") from error

    blank = MinHash(PERMUTATIONS)

    def sketched(found: frozenset[str]) -> Any:
        sketch, bare = blank.copy(), [run.encode("utf-8", "ignore") for run in found]
        for start in range(0, len(bare), _AT_ONCE):
            sketch.update_batch(bare[start : start + _AT_ONCE])
        return sketch

    return sketched


def _index(threshold: float) -> Any:
    from datasketch import MinHashLSH

    rows = rows_of(threshold)
    return MinHashLSH(num_perm=PERMUTATIONS, params=(PERMUTATIONS // rows, rows))


def rows_of(threshold: float) -> int:
    """How many rows a band of the index has: as many as still propose a pair at the threshold with `FOUND`."""
    rows = range(PERMUTATIONS // 2, 0, -1)
    return next((count for count in rows if 1 - (1 - threshold**count) ** (PERMUTATIONS // count) >= FOUND), 1)
