"""Small English: sentences, content words, what a text is about, and turning "I" into "you"."""

import re
from functools import lru_cache
from typing import NamedTuple

from graphs.offline.phrases.nouns import (
    ALSO_VERBS,
    CLAUSE_STARTS,
    DETERMINERS,
    IDIOMS,
    MODIFIERS,
    NOT_NOUNS,
    PEOPLE,
    PREPOSITIONS,
    STOP,
    THINGS,
)

_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+")
_SPLIT_TOKENS = re.compile(r"[A-Za-z][A-Za-z'’-]*|[0-9]+|[^\sA-Za-z0-9]")


class Thing(NamedTuple):
    """A noun phrase a text is about, ready to stand after a preposition."""

    text: str
    weight: int
    is_person: bool


def sentences(text: str) -> list[str]:
    """Split at sentence ends; never empty strings."""
    return [piece for piece in (part.strip() for part in _SENTENCE_END.split(text)) if piece]


def words(text: str) -> list[str]:
    """The words of a text in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


@lru_cache(maxsize=2048)
def content_words(text: str) -> frozenset[str]:
    """Words that carry content: three letters or more and not a function word."""
    return frozenset(word for word in words(text) if len(word) > 2 and word not in STOP)


def capital(text: str) -> str:
    """Give a text a capital."""
    return text[:1].upper() + text[1:]


def lower_start(text: str) -> str:
    """Make a sentence fit after a colon or a conjunction: no capital unless the word needs one."""
    first = text.split(" ", 1)[0].rstrip(",.;:!?")
    keep = first == "I" or first.startswith(("I'", "I’")) or (first[1:] != first[1:].lower()) or not _is_common(first)
    return text if keep else text[:1].lower() + text[1:]


def _is_common(word: str) -> bool:
    """Whether a capital at the sentence's start is only that: the word is known in lower case."""
    low = word.lower()
    return low in STOP or low in THINGS or low in PEOPLE or low in MODIFIERS or low.endswith(("ing", "ed", "ly"))


def yours(thing: str) -> str:
    """Say a person's thing back to them: my sister -> your sister."""
    owner, _, rest = thing.partition(" ")
    return f"your {rest}" if owner in ("my", "our") else thing


@lru_cache(maxsize=2048)
def things_in(text: str) -> tuple[Thing, ...]:
    """What a text is about: its noun phrases, the weightiest first, each once."""
    tokens = _SPLIT_TOKENS.findall(text.replace("’", "'"))
    found: dict[str, Thing] = {}
    for at, token in enumerate(tokens):
        thing = _after_determiner(tokens, at) if token.lower() in DETERMINERS else _bare(tokens, at)
        if thing and thing.text.lower() not in found and thing.text not in IDIOMS:
            found[thing.text.lower()] = thing
    return tuple(sorted(found.values(), key=lambda thing: -thing.weight))


def _after_determiner(tokens: list[str], at: int) -> Thing | None:
    """A determiner with modifiers and nouns; an unknown noun weighs less, and none is guessed after `this` or `his`."""
    determiner = tokens[at].lower()
    phrase, head = _nouns_from(tokens, at + 1)
    if not phrase or (head is None and determiner not in _GUESSED_AFTER):
        return None
    own = determiner if determiner in _OWNERS else "the"
    follows = tokens[at - 1].lower() if at else ""
    weight = _WEIGHTS.get(determiner, 5) - (0 if head else 3) - (3 if follows in PREPOSITIONS else 0)
    return Thing(f"{own} {' '.join(phrase)}", weight, head in PEOPLE)


_OWNERS = {"my", "our", "his", "her", "their"}
_GUESSED_AFTER = {"my", "our", "the", "a", "an"}
_WEIGHTS = {"my": 9, "our": 8, "the": 7, "a": 6, "an": 6}


def _nouns_from(tokens: list[str], at: int) -> tuple[list[str], str | None]:
    """Modifiers, possessives and nouns from a place on, and the head if it is a known noun."""
    phrase: list[str] = []
    known = 0
    for token in tokens[at : at + 5]:
        word = token.lower()
        is_noun = word in THINGS or word in PEOPLE
        if is_noun or word in MODIFIERS or (word.endswith("'s") and word not in NOT_NOUNS):
            phrase.append(token if token[0].isupper() and not is_noun else word)
            known = len(phrase) if is_noun else known
        elif not known and len(phrase) < 2 and _may_be_noun(token):
            phrase.append(token)
        else:
            break
    if known:
        return phrase[:known], phrase[known - 1]
    guess = [word for word in phrase if word not in MODIFIERS]
    return (phrase if len(phrase) == 1 and guess and not guess[0].endswith(_ADJECTIVE_ENDS) else []), None


_ADJECTIVE_ENDS = (
    "ed",
    "est",
    "ful",
    "ous",
    "ive",
    "al",
    "ic",
    "able",
    "ish",
    "less",
    "ing",
    "ly",
    "er",
    "y",
    "'s",
    "en",
)


def _may_be_noun(token: str) -> bool:
    word = token.lower()
    return token[0].isalpha() and len(word) > 2 and word not in STOP and "'" not in word


def _bare(tokens: list[str], at: int) -> Thing | None:
    """A known thing without an article ("football season"), as `the …`; people and verbs are left alone."""
    word = tokens[at].lower()
    if word not in THINGS or word in ALSO_VERBS:
        return None
    before = tokens[at - 1].lower() if at else ""
    if (
        before in DETERMINERS
        or before in MODIFIERS
        or before in THINGS
        or before.endswith("'s")
        or before in {"to", "i"}
    ):
        return None
    return Thing(f"the {word}", 3, False)


def clip(text: str, most: int) -> str:
    """The first words of a text, cut where a clause ends if one does."""
    kept = text.split()
    if len(kept) <= most:
        return text
    for at in range(min(most, len(kept)) - 1, max(2, most // 2) - 1, -1):
        if kept[at][-1] in ",;.!?":
            return " ".join(kept[: at + 1]).rstrip(",;.!?")
    for at in range(min(most, len(kept) - 1), max(2, most // 2 - 1), -1):
        if kept[at].lower() in CLAUSE_STARTS:
            return " ".join(kept[:at]).rstrip(",;")
    return ""


__all__ = ["Thing", "capital", "clip", "content_words", "lower_start", "sentences", "things_in", "words", "yours"]
