"""What the simulated user has to tell: the situation taken apart, and the person's manner of writing."""

import re
from functools import lru_cache
from typing import NamedTuple

from graphs.offline.blocks import read_fields
from graphs.offline.draw import Draw
from graphs.offline.language import capital, content_words, sentences, things_in
from graphs.offline.phrases.feelings import IN_OTHER_WORDS
from graphs.offline.phrases.nouns import CONTRACTED, PLAIN_WORDS
from graphs.offline.phrases.user_talk import INTERESTS, MARKERS, NEUTRAL_TOPICS
from graphs.offline.reading import family_of, is_positive

_AHEAD = re.compile(
    r"\b(?:i'm going|i am going|we're going|i will|i'll be|tomorrow|next (?:week|month|year|weekend)|can't wait|cant wait|looking "
    r"forward|upcoming|days left|days to go|(?:is|are) on (?:mon|tues|wednes|thurs|fri|satur|sun)day|due tonight|about to)\b"
)
_OLD = re.compile(
    r"\b(?:years ago|when i was|as a (?:kid|child)|in (?:high|middle|primary) school|back in|back then|i remember|used to)\b"
)
_NO_JOB = re.compile(r"\b(?:none|unemployed|student|retired|no job|n/?a|unknown|between)\b", re.IGNORECASE)
_QUOTED = re.compile(r"'([^']{1,12})'")
_PARTNERED = ("married", "relationship", "living with", "engaged", "dating")
_EMOJI = {
    "neg": ("\N{CRYING FACE}", "\N{WEARY FACE}", "\N{SKULL}"),
    "pos": ("\N{SMILING FACE WITH OPEN MOUTH}", "\N{SPARKLES}", "\N{UPSIDE-DOWN FACE}"),
}
_PLAINER = {
    "threat": "on edge",
    "anger": "worked up",
    "loss": "low",
    "shame": "awful",
    "envy": "sore",
    "disgust": "put off",
    "memory": "soft",
    "joy": "pleased",
    "pride": "pleased",
    "bond": "touched",
    "hope": "keen",
    "wonder": "floored",
    "plain": "stirred up",
}


SHORT_SENTENCE = 3
"""A sentence of fewer words is no story by itself."""


class Story(NamedTuple):
    """A situation as this person can tell it."""

    label: str
    side: str
    """`neg` or `pos`: which half of the phrase tables fits."""
    family: str
    sentences: tuple[str, ...]
    slots: dict[str, str]


@lru_cache(maxsize=512)
def read_story(persona: str, situation: str, emotion: str) -> Story:
    """Take a situation apart and add what the persona gives to talk about."""
    label = emotion.strip().lower()
    family = family_of(label)
    told = _told_apart(situation) or ["Something happened, and I can't say it well."]
    kept = tuple(_without_label(capital(part), label, family) for part in told)
    slots = {**_topics(situation), **_tense(situation.lower()), **_person(persona)}
    return Story(label, "pos" if is_positive(label) else "neg", family, kept, slots)


@lru_cache(maxsize=512)
def _label_words(label: str) -> re.Pattern[str]:
    """The label and its forms: words of the table that begin as it does, and the label itself."""
    stem = label[: max(3, len(label) - 3)]
    forms = sorted((word for word in IN_OTHER_WORDS if word.startswith(stem)), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, [*forms, label]))})\b", re.IGNORECASE)


def _without_label(text: str, label: str, family: str) -> str:
    """The user never says the label's word in the opening: it is put in other words."""
    if not label:
        return text
    return _label_words(label).sub(lambda match: IN_OTHER_WORDS.get(match.group().lower(), _PLAINER[family]), text)


def _told_apart(situation: str) -> list[str]:
    """Its sentences, each ended; a very short one stays with the next."""
    parts: list[str] = []
    for part in sentences(situation.strip()):
        ended = part if part[-1] in ".!?…" else f"{part.rstrip(' ,;:')}."
        if parts and len(parts[-1].split()) < SHORT_SENTENCE:
            parts[-1] = f"{parts[-1]} {ended}"
        else:
            parts.append(ended)
    return parts


def _topics(situation: str) -> dict[str, str]:
    things = things_in(situation)
    slots = {"topic": things[0].text if things else NEUTRAL_TOPICS[len(situation) % len(NEUTRAL_TOPICS)]}
    others = [thing.text for thing in things[1:]]
    if others:
        slots["other"] = others[0]
    if not things or not things[0].is_person:
        slots["thing"] = ""
    people = [thing.text for thing in things if thing.is_person and thing.text.split()[0] in ("my", "our")]
    if people:
        slots["who"] = people[0]
    return slots


def _tense(situation: str) -> dict[str, str]:
    if _AHEAD.search(situation):
        return {"ahead": ""}
    return {"done": "", "old" if _OLD.search(situation) else "recent": ""}


def _person(persona: str) -> dict[str, str]:
    """What the persona's card adds: a job, an interest, somebody at home."""
    fields = read_fields(persona)
    slots: dict[str, str] = {}
    job = fields.get("Occupation", "")
    if job and len(job) < 40 and not any(character.isdigit() for character in job):
        low = job if job[:2].isupper() else job[:1].lower() + job[1:]
        slots["a_job"] = f"{'an' if low[0].lower() in 'aeiou' else 'a'} {low}"
        if not _NO_JOB.search(job):
            slots["work"] = ""
    if any(word in fields.get("Relationship", "").lower() for word in _PARTNERED):
        slots["partnered"] = ""
    if _NO_JOB.fullmatch(job.strip()):
        slots.pop("a_job", None)
    interest = interest_of(persona)
    return {**slots, "interest": interest} if interest else slots


@lru_cache(maxsize=512)
def interest_of(persona: str) -> str:
    """The interest that the card names first, "" if none is recognised."""
    low = persona.lower()
    found = [(low.find(f" {stem}"), name) for stem, name in INTERESTS.items() if f" {stem}" in low]
    return min(found)[1] if found else ""


class Manner(NamedTuple):
    """How this person writes, read from the style line."""

    lower: bool
    bare: bool
    """No apostrophes."""
    open_end: bool
    """No final full stop."""
    dots: bool
    shout: bool
    formal: bool
    lower_starts: bool
    no_articles: bool
    emoji: bool
    markers: tuple[str, ...]


@lru_cache(maxsize=512)
def read_manner(persona: str) -> Manner:
    """Read the Style field by its key words, and the phrases it quotes."""
    style = read_fields(persona).get("Style", "")
    low = style.lower()
    quoted = tuple(word for word in _QUOTED.findall(low) if MARKERS.get(word))
    said = tuple(word for word in ("haha", "hahaha") if word in low.split()) if not quoted else ()
    return Manner(
        lower=_writes_lower(low) and not _LOWER_STARTS.search(low),
        bare="without apostrophes" in low or "few apostrophes" in low or "no apostrophes" in low,
        open_end="without final full stop" in low or "skips final" in low or "no full stop" in low,
        dots="dots" in low or "ellips" in low,
        shout="exclamation mark" in low and "no exclamation" not in low,
        formal="no contractions" in low or "rarely uses contractions" in low or "formal" in low,
        lower_starts=bool(_LOWER_STARTS.search(low)),
        no_articles="drop articles" in low or "drops articles" in low or "loses articles" in low,
        emoji="emoji" in low
        and not any(f"{no} emoji" in low for no in ("no", "not", "never", "without"))
        and "emoji almost" not in low,
        markers=quoted + said,
    )


_LOWER_STARTS = re.compile(r"(?:lower-case|lower case|lowercase)(?: at the)? start|start[^.;]*lower-case")
_ARTICLE = re.compile(r"\b(?:the|a|an) ")


def _writes_lower(style: str) -> bool:
    return any(word in style for word in ("lower-case", "lower case", "lowercase")) and "or not" not in style


_EXPANDED = {
    short: long.replace("i ", "I ", 1) if long.startswith("i ") else long for long, short in CONTRACTED.items()
}
_CONTRACTION = re.compile("|".join(rf"\b{re.escape(short)}\b" for short in _EXPANDED), re.IGNORECASE)


def in_manner(text: str, manner: Manner, side: str, bright: bool, draw: Draw) -> str:
    """Put a message into the person's way of writing; every change is a choice of the draw."""
    if manner.formal:
        text = _CONTRACTION.sub(lambda match: _expand(match.group()), text)
    if manner.markers and draw.chance(0.3):
        text = _mark(text, MARKERS[draw.pick(manner.markers)])
    if manner.shout and bright and draw.chance(0.5) and text.endswith("."):
        text = text[:-1] + "!"
    if manner.dots and ". " in text and draw.chance(0.6):
        text = text.replace(". ", "... ", 1)
    if manner.no_articles:
        text = _ARTICLE.sub(lambda match: "" if draw.chance(0.55) else match.group(), text)
    if manner.lower:
        text = text.lower()
    if manner.lower_starts:
        text = text if text.startswith(("I ", "I'")) else text[:1].lower() + text[1:]
    if manner.bare:
        text = text.replace("'", "")
    if manner.open_end:
        text = text.removesuffix(".")
    if manner.emoji and draw.chance(0.35):
        text = f"{text} {draw.pick(_EMOJI['pos' if bright else side])}"
    return text


def _expand(word: str) -> str:
    long = _EXPANDED[next(short for short in _EXPANDED if short.lower() == word.lower())]
    return capital(long) if word[0].isupper() else long


def _mark(text: str, marker: str) -> str:
    """Put a pet phrase before the message or behind its last sentence."""
    if marker.startswith("{}"):
        body = text.rstrip(".")
        return text if text[-1:] in "?!" or marker[3:].strip(".") in text.lower() else f"{body},{marker[2:]}"
    opening = (
        text
        if text.startswith(("I ", "I'")) or marker.split("{", maxsplit=1)[0].rstrip()[-1:] == "."
        else text[:1].lower() + text[1:]
    )
    return marker.format(opening)


def retell(sentence: str, draw: Draw) -> str:
    """Say a sentence of the situation a little differently: plainer words, contractions."""
    for long, short in CONTRACTED.items():
        if long in sentence.lower() and draw.chance(0.7):
            sentence = re.sub(rf"\b{long}\b", short, sentence, flags=re.IGNORECASE)
    for stiff, plain in PLAIN_WORDS.items():
        if stiff in sentence and draw.chance(0.6):
            sentence = re.sub(rf"\b{stiff}\b", plain, sentence)
    return capital(sentence)


def untold(story: Story, utterances: tuple[str, ...]) -> tuple[str, ...]:
    """Sentences of the situation that the dialogue has not held yet, most of their content words missing."""
    heard = frozenset[str]().union(*map(content_words, utterances))
    return tuple(part for part in story.sentences if (own := content_words(part)) and len(own & heard) < 0.5 * len(own))


__all__ = ["Manner", "Story", "in_manner", "interest_of", "read_manner", "read_story", "retell", "untold"]
