"""How pleasant or painful a text reads, from its words alone, by an open lexicon (§3.2, emotional jumps).

Measured: the lexicon of VADER (Hutto and Gilbert 2014, MIT, read from the installed package `vaderSentiment`), 7,500
English words and emoticons that ten people rated from -4 to 4, here scaled to -1 … 1. Of the package only the word
list is used, not its score: that saturates with length, so a long message would jump less than a short one. A text's
valence is the mean of its words; a negated word counts half and turned round ("not happy" is mildly sad).

It is a weak reading. A text without a listed word has none, and irony, or a misfortune told without feeling words, is
missed. What people do on this scale from message to message is printed by `python -m benchmarks.valence_on_people`.
"""

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

NEGATED = -0.5
"""What a negation leaves of a word (our choice: "not good" is not as bad as "bad")."""
NEGATION_REACH = 3
"""How many words ahead a negation is felt."""

_WITHOUT_FEELING = """
    like well yes yeah yep no ok okay sure pretty definitely true please kind want thank thanks sorry lol haha ha
    god wow honestly certain certainly agree friend friends feeling super number
"""
"""Listed words that people say out of manners or grammar, or that name a topic."""
_MANNERS = frozenset(_WITHOUT_FEELING.split())
_NEGATION = re.compile(
    r"not|never|nothing|nobody|none|neither|nor|no|without|hardly|barely|cannot|\w+n't|(?:ca|do|did)nt"
)
_WORD = re.compile(r"[:;=]'?-?[()dp](?!\w)|[a-z]+(?:'[a-z]+)*")


class Reading(NamedTuple):
    """The listed words of a text in order, and what each is worth there (-1 … 1, negation counted in)."""

    words: tuple[str, ...]
    values: tuple[float, ...]

    @property
    def valence(self) -> float:
        """The mean over the words: -1 … 1."""
        return sum(self.values) / len(self.values)


def read_valence(text: str) -> Reading | None:
    """Read a text's valence; None when it holds no listed word, which is not the same as neutral."""
    tokens = words_of(text)
    lexicon = _lexicon()
    found = [at for at, word in enumerate(tokens) if word in lexicon and not _is_polite(tokens, at)]
    if not found:
        return None
    values = (lexicon[tokens[at]] * (NEGATED if _is_negated(tokens, at) else 1) for at in found)
    return Reading(tuple(tokens[at] for at in found), tuple(values))


def words_of(text: str) -> list[str]:
    """Split a text into lower-case words and emoticons."""
    return _WORD.findall(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))


def _is_polite(tokens: list[str], at: int) -> bool:
    """Tell whether a listed word carries no feeling here; a best friend is a kind of friend."""
    return tokens[at] in _MANNERS or tokens[at : at + 2] in (["best", "friend"], ["best", "friends"])


def _is_negated(tokens: list[str], at: int) -> bool:
    return any(_NEGATION.fullmatch(word) for word in tokens[max(0, at - NEGATION_REACH) : at])


@cache
def _lexicon() -> dict[str, float]:
    """Read the package's word list, once; `files` imports an empty package, none of its code."""
    rows = files("vaderSentiment").joinpath("vader_lexicon.txt").read_text(encoding="utf-8").splitlines()
    return {word.lower(): float(mean) / 4 for word, mean, *_ in (row.split("\t") for row in rows if row)}
