"""What a person's posts say about them: which to keep as recent activities, and how they write (§3.1).

Both are deterministic readings of the posts, without a model. The choice of posts and every threshold are ours.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from personas.cleaning import clip

MAX_POSTS = 12
MAX_POST_CHARS = 300
MIN_POST_WORDS = 6
MIN_POSTS_FOR_STYLE = 5
MAX_SHARED_WORDS = 0.4
"""Two posts that share more of their longer words than this say the same."""
CUT_AT = 190
"""Posts of this length that end in dots were cut by the forum's own export, near 200 characters."""

_WORD = re.compile(r"[^\W\d_][\w'’]*")
_MASK = re.compile(r"\[[a-z ]+\]")
_SELF = re.compile(r"\b(?:I|me|my|mine|myself|I'm|I've|I'd|I'll|im|ive)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…]+(?:\s|$)")
_SMILEY = re.compile(r":[a-z_]{2,16}:|[:;=8][-'^o]?[()DPp3/|]|\bx[dD]\b|<3|\^_*\^|[\U0001f300-\U0001faff\u2600-\u27bf]")
_HEDGE = re.compile(
    r"\b(?:maybe|perhaps|probably|possibly|i guess|i think|i suppose|i feel like|kind of|kinda|sort of|sorta|seems?"
    r"|might|somewhat|not sure)\b",
    re.IGNORECASE,
)
_SWEAR = re.compile(
    r"\b(?:fuck\w*|shit\w*|damn\w*|bitch\w*|ass(?:hole)?s?|bastards?|crap\w*|wtf|hell)\b", re.IGNORECASE
)
_LAUGH = re.compile(r"\b(?:lol|lmao|rofl|(?:ha){2,}h?|(?:he){2,})\b", re.IGNORECASE)
_SHOUT = re.compile(r"\b[A-Z]{4,}\b")


def choose_posts(posts: Sequence[str], most: int = MAX_POSTS) -> tuple[str, ...]:
    """Pick the clean posts that say most of the person, none like another, in the order they came."""
    whole = [clip(_uncut(post), MAX_POST_CHARS) for post in posts]
    ranked = sorted((-_worth(post), index) for index, post in enumerate(whole) if says_something(post))
    chosen: dict[int, frozenset[str]] = {}
    for _, index in ranked:
        words = _longer_words(whole[index])
        if not any(_alike(words, others) for others in chosen.values()):
            chosen[index] = words
        if len(chosen) == most:
            break
    return tuple(whole[index] for index in sorted(chosen))


def says_something(post: str) -> bool:
    """Whether a post is more than a few words, a link, a list of figures or an emoticon."""
    words = _WORD.findall(_MASK.sub(" ", post))
    letters = sum(map(len, words))
    return len(words) >= MIN_POST_WORDS and letters >= 0.6 * len(post.replace(" ", ""))


def describe_style(posts: Sequence[str]) -> str:
    """One or two sentences on how a person writes; empty for too few posts to tell."""
    told = [_MASK.sub(" ", _uncut(post)) for post in posts]
    told = [post for post in told if _WORD.search(post)]
    if len(told) < MIN_POSTS_FOR_STYLE:
        return ""
    habits = _habits(told)
    first = f"Writes {_length(told)}{_casing(told)}."
    return f"{first} {_listed(habits)}." if habits else first


class _Habit(NamedTuple):
    """A way of writing, and from what share of a person's posts on it is told.

    The shares are near the upper quartile among 466 users of a personality forum: what marks a person against most.
    """

    says: str
    pattern: re.Pattern[str]
    from_share: float


_HABITS = (
    _Habit("asks many questions", re.compile(r"\?"), 0.18),
    _Habit("exclaims a lot", re.compile(r"!"), 0.17),
    _Habit("hedges what is said", _HEDGE, 0.22),
    _Habit("adds smileys", _SMILEY, 0.15),
    _Habit("trails off in dots", re.compile(r"(?:\.{2,}|…)(?!$)"), 0.15),
    _Habit("swears", _SWEAR, 0.05),
    _Habit("laughs in writing", _LAUGH, 0.06),
    _Habit("puts words in capitals for weight", _SHOUT, 0.05),
    _Habit("adds asides in brackets", re.compile(r"\([^()]{4,}\)"), 0.10),
)


def _habits(posts: Sequence[str]) -> list[str]:
    """The three habits that stand out most against other people's; none where the person writes like most."""
    shares = [(sum(bool(habit.pattern.search(post)) for post in posts) / len(posts), habit) for habit in _HABITS]
    marked = sorted((share / habit.from_share, habit.says) for share, habit in shares if share >= habit.from_share)
    return [says for _, says in marked[::-1]][:3]


def _length(posts: Sequence[str]) -> str:
    words = sum(len(_WORD.findall(post)) for post in posts)
    sentences = sum(max(1, len(_SENTENCE_END.findall(post))) for post in posts)
    mean = words / sentences
    return "short sentences" if mean < 9.5 else "long sentences" if mean > 12.5 else "sentences of middling length"


def _casing(posts: Sequence[str]) -> str:
    lower = sum(next((char for char in post if char.isalpha()), "A").islower() for post in posts) / len(posts)
    return ", mostly without capitals" if lower > 0.6 else ", often without a capital" if lower > 0.2 else ""


def _listed(habits: Sequence[str]) -> str:
    *most, last = habits
    text = f"{', '.join(most)} and {last}" if most else last
    return text[0].upper() + text[1:]


def _uncut(post: str) -> str:
    """A post that its source cut, back to its last whole sentence."""
    if len(post) < CUT_AT or not post.endswith(("...", "…")):
        return post
    body = post.rstrip(".… ")
    end = max(body.rfind(mark) for mark in (". ", "! ", "? "))
    return body[: end + 1] if end > 0 and says_something(body[: end + 1]) else f"{body}…"


def _worth(post: str) -> float:
    """Higher for a post of some length in which the person speaks of themselves, lower for masks and type talk."""
    words = len(_WORD.findall(post))
    said = min(words, 30) / 30 + min(len(_SELF.findall(post)), 4) / 4
    return said - 0.3 * len(_MASK.findall(post)) - (0.1 if post.endswith("…") else 0.0)


def _alike(words: frozenset[str], others: frozenset[str]) -> bool:
    return len(words & others) > MAX_SHARED_WORDS * min(len(words), len(others))


def _longer_words(post: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(_MASK.sub(" ", post)) if len(word) > 3)
