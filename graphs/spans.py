"""The four spans of a reply: tags, parsing, rendering and the nine format constraints (paper §4, Eq. 10).

The paper leaves the number of constraints open. We count nine: for each span its tags (both there, once, in
order, of one dialect) and its content (not empty), and the order of the four with nothing outside them. Both tag
dialects are read, `<|x_begin|>…<|x_end|>` of the paper and `<x>…</x>` of the released card; the first is written.
"""

import re
from functools import lru_cache
from typing import NamedTuple

SPAN_NAMES = ("understanding", "reasoning", "emotion", "response")
_TAGS_WRONG = "{name}: tags missing, repeated, mixed or out of order"
_EMPTY = "{name}: empty"
_ORDER = "order: the four spans must follow one another, with nothing outside them"
CONSTRAINTS = (
    *(wrong.format(name=name) for wrong in (_TAGS_WRONG, _EMPTY) for name in SPAN_NAMES),
    _ORDER,
)
"""How a violation of each constraint is worded: k = 1..9 of Eq. 10, in this order."""
FORMAT_CONSTRAINTS = len(CONSTRAINTS)

_NAMES = "|".join(SPAN_NAMES)
_TAG = re.compile(rf"<(?:\|(?P<paper>{_NAMES})_(?P<edge>begin|end)\||(?P<slash>/?)(?P<card>{_NAMES}))>")
_OPEN_THEN_CLOSED = [(name, opens) for name in SPAN_NAMES for opens in (True, False)]


class Spans(NamedTuple):
    """A reply y_t, split: what the responder understood, how it reasons, the label, and what it says."""

    understanding: str
    reasoning: str
    emotion: str
    response: str


class MalformedReply(ValueError):
    """A reply that breaks the four-span format; `violations` names each broken constraint once."""

    def __init__(self, violations: tuple[str, ...]):
        super().__init__("; ".join(violations))
        self.violations = violations


class _Tag(NamedTuple):
    name: str
    opens: bool
    dialect: str
    start: int
    end: int


def span_violations(reply: str) -> tuple[str, ...]:
    """Name every broken format constraint of a reply, each at most once (Eq. 10's v_{j,k})."""
    tags = _tags(reply)
    bounds = {name: _bounds(tags, name) for name in SPAN_NAMES}
    broken = [_TAGS_WRONG.format(name=name) for name, at in bounds.items() if at is None]
    broken += [_EMPTY.format(name=name) for name, at in bounds.items() if at is None or not _inside(reply, *at)]
    if [(tag.name, tag.opens) for tag in tags] != _OPEN_THEN_CLOSED or _outside(reply, tags):
        broken.append(_ORDER)
    return tuple(broken)


def parse_spans(reply: str) -> Spans:
    """Split a reply into its four spans, stripped.

    Raises:
        MalformedReply: a span lacks its tags, repeats them, is empty or is out of order.
    """
    if violations := span_violations(reply):
        raise MalformedReply(violations)
    tags = _tags(reply)
    return Spans(*(_inside(reply, *bounds) for name in SPAN_NAMES if (bounds := _bounds(tags, name))))


def render_spans(spans: Spans) -> str:
    """Write a reply in the paper's dialect, one span a line."""
    return "\n".join(f"<|{name}_begin|>{text}<|{name}_end|>" for name, text in zip(SPAN_NAMES, spans, strict=True))


def span_of(reply: str, name: str) -> str:
    """The content of one span if it can be read, whatever else of the format is broken; "" if it cannot."""
    bounds = _bounds(_tags(reply), name)
    return _inside(reply, *bounds) if bounds else ""


def response_of(reply: str) -> str:
    """What the user gets to read: the response span, or of a malformed reply the text without tags."""
    bounds = _bounds(_tags(reply), "response")
    return _inside(reply, *bounds) if bounds else strip_tags(reply)


def strip_tags(text: str) -> str:
    """Take span tags of both dialects out of a text; the space left behind keeps a new one from closing up."""
    return _TAG.sub(" ", text).strip()


@lru_cache(maxsize=1024)
def _tags(reply: str) -> tuple[_Tag, ...]:
    """All tags of a reply; it is looked at by parser, evaluator and screening in turn."""
    return tuple(
        _Tag(
            match["paper"] or match["card"],
            match["edge"] == "begin" if match["paper"] else not match["slash"],
            "paper" if match["paper"] else "card",
            *match.span(),
        )
        for match in _TAG.finditer(reply)
    )


def _bounds(tags: tuple[_Tag, ...], name: str) -> tuple[int, int] | None:
    """Where a span's content starts and ends, if its two tags stand there once, in order and of one dialect."""
    own = [tag for tag in tags if tag.name == name]
    if [tag.opens for tag in own] != [True, False] or own[0].dialect != own[1].dialect:
        return None
    return own[0].end, own[1].start


def _inside(reply: str, start: int, end: int) -> str:
    return strip_tags(reply[start:end])


def _outside(reply: str, tags: tuple[_Tag, ...]) -> bool:
    """Whether text stands before, between or after the spans."""
    edges = [0, *(edge for tag in tags for edge in (tag.start, tag.end)), len(reply)]
    gaps = [reply[edges[i] : edges[i + 1]] for i in range(0, len(edges), 4)]
    return any(gap.strip() for gap in gaps)
