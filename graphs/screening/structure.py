"""Structural degradation: a dialogue whose form broke, whatever it says (§3.2).

A text comes again when it is equal to an earlier one, or shares most word trigrams with it (near: a word changed, a
phrase added). Short texts ("Thank you.") are left out, people repeat them, and so is what the helper quotes in marks.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from graphs.schema import Removal, Trajectory, Turn
from graphs.screening.leaks import leak_cue, machine_cue
from graphs.screening.phrases import excerpt, plain, unquoted
from graphs.screening.rules import StructureRule, StructureThresholds
from graphs.screening.voices import helper_cue, user_cue
from graphs.spans import MalformedReply, parse_spans, response_of, strip_tags

NGRAM = 3
LOOP_NGRAM = 4
FOREIGN_LETTERS = 3
"""Fewer letters of another script are a name or a smiley."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_LETTER = re.compile(r"[^\W\d_]")
_NOT_LATIN = re.compile(r"[^\W\d_A-Za-zªºÀ-ɏḀ-ỿ]")
_GARBLED = re.compile(r"\ufffd|[ÃÂ][\x80-¿]|â€|([^\W\d_])\1{14,}|[#@$%^&*~|\\<>+=_]{6,}")

_Found = Iterator[tuple[StructureRule, int, str]]


class _Heard(NamedTuple):
    """What the two said in a turn, no longer than is looked at, and the reply's own fault."""

    turn: int
    utterance: str
    response: str
    thoughts: tuple[str, ...]
    malformed: str


class _Said(NamedTuple):
    """A text ready for comparison."""

    turn: int
    text: str
    words: tuple[str, ...]
    trigrams: frozenset[tuple[str, ...]]


def structure_removals(trajectory: Trajectory, limits: StructureThresholds) -> tuple[Removal, ...]:
    """Find what is broken in the dialogue as a whole, inside its texts, and between them."""
    heard = [_hear(turn, number, limits.max_chars) for number, turn in enumerate(trajectory.turns, 1)]
    found = (*_whole(trajectory, heard, limits), *_inside(heard, limits), *_between(heard, limits))
    in_order = sorted(found, key=lambda finding: finding[1])
    return tuple(Removal(kind="structure", rule=rule, turn=turn, finding=why) for rule, turn, why in in_order)


def _hear(turn: Turn, number: int, max_chars: int) -> _Heard:
    utterance = plain(turn.utterance[:max_chars])
    try:
        spans = parse_spans(turn.reply)
    except MalformedReply as broken:
        reply = plain(turn.reply[:max_chars])
        return _Heard(number, utterance, response_of(reply), (strip_tags(reply),), str(broken))
    understanding, reasoning, _, response = (plain(span[:max_chars]) for span in spans)
    return _Heard(number, utterance, response, (understanding, reasoning), "")


def _whole(trajectory: Trajectory, heard: list[_Heard], limits: StructureThresholds) -> _Found:
    if len(heard) < limits.min_turns:
        yield "few_turns", 0, f"{len(heard)} turns, at least {limits.min_turns} are asked"
    for number, turn in enumerate(trajectory.turns, 1):
        if (longest := max(len(turn.utterance), len(turn.reply))) > limits.max_chars:
            yield "too_long", number, f"{longest} characters, {limits.max_chars} are allowed"
    sides = {"utterances": [turn.utterance for turn in heard], "responses": [turn.response for turn in heard]}
    for side, texts in sides.items():
        short = sum(len(_words(text)) < limits.min_words for text in texts)
        if short > limits.short_share * len(texts):
            yield "too_short", 0, f"{short} of {len(texts)} {side} have fewer than {limits.min_words} words"


def _inside(heard: list[_Heard], limits: StructureThresholds) -> _Found:
    """Look at each text alone: at most one finding a rule and turn."""
    for turn in heard:
        said = (turn.utterance, turn.response)
        checks: tuple[tuple[StructureRule, tuple[str, ...], Callable[[str], str | None]], ...] = (
            ("leak", (*said, *turn.thoughts), leak_cue),
            ("leak", (turn.utterance,), machine_cue),
            ("garbled", (*said, *turn.thoughts), _garbled),
            ("loop", (*said, *turn.thoughts), lambda text: _loop(text, limits.loop_share)),
            ("foreign", said, lambda text: _foreign(text, limits.foreign_share)),
            ("user_as_helper", (unquoted(turn.utterance),), lambda text: helper_cue(text, limits.helper_voice)),
            ("helper_as_user", (unquoted(turn.response),), lambda text: user_cue(text, limits.user_voice)),
        )
        if turn.malformed:
            yield "malformed", turn.turn, turn.malformed
        for rule, texts, look in checks:
            cue = next((cue for text in texts if (cue := look(text))), None)
            if cue is not None:
                yield rule, turn.turn, excerpt(cue)


def _between(heard: list[_Heard], limits: StructureThresholds) -> _Found:
    """Compare every utterance and response with what was said before it, by oneself or by the other."""
    users: list[_Said] = []
    helpers: list[_Said] = []
    for turn in heard:
        utterance, response = _say(turn.turn, turn.utterance), _say(turn.turn, turn.response)
        own_words = _say(turn.turn, unquoted(turn.response))
        checks: tuple[tuple[StructureRule, str, _Said, list[_Said], bool], ...] = (
            ("repeated_utterance", "repeats the utterance", utterance, users, False),
            ("copied_utterance", "the user says the response", utterance, helpers, False),
            ("repeated_response", "repeats the response", response, helpers, False),
            ("copied_response", "the helper says the utterance", own_words, [*users, utterance], True),
        )
        for rule, does, said, earlier, whole in checks:
            same = next((other for other in reversed(earlier) if _is_again(said, other, limits, whole=whole)), None)
            if same is not None:
                yield rule, turn.turn, f"{does} of turn {same.turn}: {excerpt(said.text)}"
        users.append(utterance)
        helpers.append(response)


def _say(turn: int, text: str) -> _Said:
    words = _words(text)
    return _Said(turn, text, words, frozenset(_ngrams(words, NGRAM)))


def _is_again(said: _Said, earlier: _Said, limits: StructureThresholds, *, whole: bool) -> bool:
    """Tell whether an earlier text comes again in this one, or (`whole`) is all there is to it: one may echo the other."""
    shorter = min(len(said.words), len(earlier.words))
    if shorter >= limits.exact_words and said.words == earlier.words:
        return True
    measure = len(said.trigrams) if whole else min(len(said.trigrams), len(earlier.trigrams))
    return shorter >= limits.overlap_words and len(said.trigrams & earlier.trigrams) >= limits.overlap * measure


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.lower()))


def _ngrams(words: tuple[str, ...], size: int) -> Iterator[tuple[str, ...]]:
    return zip(*(islice(words, start, None) for start in range(size)), strict=False)


def _loop(text: str, share: float) -> str | None:
    """Quote the four words that a text repeats most, if it goes in circles."""
    seen = Counter(_ngrams(_words(text), LOOP_NGRAM))
    if sum(seen.values()) - len(seen) <= max(1, share * sum(seen.values())):
        return None
    words, times = seen.most_common(1)[0]
    return f"{' '.join(words)} ({times} times)"


def _foreign(text: str, share: float) -> str | None:
    foreign = len(_NOT_LATIN.findall(text))
    is_foreign = foreign >= FOREIGN_LETTERS and foreign >= share * len(_LETTER.findall(text))
    return text if is_foreign else None


def _garbled(text: str) -> str | None:
    found = _GARBLED.search(text)
    return found[0] if found else None
