"""Talk with a trained policy: what it is asked, and its reply as it arrives (paper Eq. 5; §5.1 asks at temperature 0).

It is asked as it was taught (graphs.policy_context). What is shown is the response span alone, or all four; everything shown
is data: no control character, escape code or turned text reaches the terminal.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from graphs.policy_context import PolicySees, policy_context
from graphs.prompts import PromptWriter
from graphs.released import Message, Row
from graphs.spans import SPAN_NAMES, span_violations, strip_tags

Voice = Callable[[list[Message]], Iterator[str]]
"""Answers messages, a piece at a time."""

_NAMES = "|".join(SPAN_NAMES)
_HALF_TAG = re.compile(r"<[|/]?[a-z]{0,13}(?:_[a-z]{0,5})?\|?\Z")
_OPENING = re.compile(rf"<(?:\|(?P<paper>{_NAMES})_begin\||(?P<card>{_NAMES}))>")


class Shown(NamedTuple):
    """A reply as it was shown."""

    reply: str
    violations: tuple[str, ...]
    """What is wrong with its format, in the words of `graphs.spans`."""


class ReplyStream:
    """The part of a reply that can be shown, as the reply grows.

    Pieces may end anywhere, also inside a tag: what might become one is held back. Shown is each span's text from its first
    opening tag on; a reply that never opens a span to show is shown whole, without tags, when it ends.
    """

    def __init__(self, *, all_spans: bool = False):
        self.reply = ""
        self._wanted = SPAN_NAMES if all_spans else ("response",)
        self._titled = all_spans
        self._shown = ""

    def feed(self, piece: str) -> str:
        """Take a piece; returns what can be shown now."""
        self.reply += piece
        return self._new(self._visible(_without_half_tag(self.reply)))

    def end(self) -> str:
        """What is left to show once the reply is whole."""
        visible = self._visible(self.reply)
        return self._new(visible if visible or self._shown else strip_tags(self.reply))

    def _new(self, visible: str) -> str:
        new = visible[len(self._shown) :]
        self._shown = visible
        return new

    def _visible(self, text: str) -> str:
        """The wanted spans so far, the first of each name. Grows with the text and never takes anything back."""
        spans: dict[str, str] = {}
        for name, inside in _opened(text):
            if name in self._wanted:
                spans.setdefault(name, inside)
        return "\n".join(f"{name}: {inside}" if self._titled else inside for name, inside in spans.items())


class Chat:
    """A dialogue with a policy. Its history is what a release would hold."""

    def __init__(self, writer: PromptWriter, person: str, situation: str, sees: PolicySees, voice: Voice):
        self._writer = writer
        self._row: Row = {
            "person": person, "mbti": "", "emotion": "", "situation": situation, "anon_username": "", "messages": [],
        }  # fmt: skip
        self._sees = sees
        self._voice = voice

    def asked(self, utterance: str) -> list[Message]:
        """The messages that the policy gets for the next utterance: c_t."""
        row = self._row.copy()
        row["messages"] = [*self._row["messages"], *_exchange(utterance, "")]
        return policy_context(self._writer, row, len(row["messages"]) // 2, self._sees)

    def say(self, utterance: str, stream: ReplyStream, show: Callable[[str], None]) -> Shown:
        """Say something and show the reply as it arrives.

        Raises:
            whatever the voice raises; the dialogue then stands as it did.
        """
        for piece in self._voice(self.asked(utterance)):
            if new := stream.feed(piece):
                show(new)
        if new := stream.end():
            show(new)
        self._row["messages"] += _exchange(utterance, stream.reply)
        return Shown(stream.reply, span_violations(stream.reply))


def _exchange(utterance: str, reply: str) -> list[Message]:
    return [{"role": "user", "content": utterance}, {"role": "assistant", "content": reply}]


def _opened(text: str) -> Iterator[tuple[str, str]]:
    """Every span that was opened, with its text so far: to its closing tag, or to where another span opens."""
    openings = list(_OPENING.finditer(text))
    ends = [*(opening.start() for opening in openings[1:]), len(text)]
    for opening, end in zip(openings, ends, strict=False):
        name = opening["paper"] or opening["card"]
        closing = f"<|{name}_end|>" if opening["paper"] else f"</{name}>"
        yield name, strip_tags(text[opening.end() : end].partition(closing)[0])


def _without_half_tag(text: str) -> str:
    """A text without an end that may yet become a tag."""
    return _HALF_TAG.sub("", text)
