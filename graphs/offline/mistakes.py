"""The mistakes that the demonstration responder plants: how often, and how a label or the format is broken."""

from typing import NamedTuple

from graphs.offline.draw import Draw
from graphs.spans import Spans, render_spans

REFINEMENT_SHARE = 0.25
"""What a refinement keeps of the rates of mistakes."""


class Rates(NamedTuple):
    """How often a first attempt carries a planted mistake (our choice); at most one a reply."""

    broken_format: float = 0.04
    unknown_label: float = 0.03
    cold: float = 0.12
    unsafe: float = 0.02
    generic: float = 0.06


FLAWLESS = Rates(0, 0, 0, 0, 0)
"""Asked as a policy it plants none: somebody may be talking to it."""


def planted(draw: Draw, rates: Rates, refines: bool) -> str:
    """Draw the mistake of an attempt: a name of `Rates`, or "" for none."""
    at = draw.unit() / (REFINEMENT_SHARE if refines else 1)
    for name, rate in zip(Rates._fields, rates, strict=True):
        at -= rate
        if at < 0:
            return name
    return ""


def unknown_label(label: str, labels: tuple[str, ...], draw: Draw) -> str:
    """A label that the list does not hold: an inflected one, two at once or a near word."""
    other = draw.pick(labels) if labels else "calm"
    options = (f"{label}ness", f"{label} and {other}", f"very {label}", "overwhelmed", "mixed feelings", "relieved-ish")
    return next((option for option in (draw.pick(options), *options) if option not in labels), f"un{label}")


def broken(spans: Spans, draw: Draw) -> str:
    """Break the format in one of several ways."""
    whole = render_spans(spans)
    lines = whole.split("\n")
    ways = (
        whole.replace("<|response_end|>", ""),
        "\n".join([lines[0], lines[1], lines[3]]),
        "\n".join([lines[1], lines[0], lines[2], lines[3]]),
        f"Sure, here is my reply:\n{whole}",
        whole.replace(f"<|reasoning_begin|>{spans.reasoning}", "<|reasoning_begin|>"),
        whole.replace("<|emotion_begin|>", "<emotion>"),
        spans.response,
        f"{whole}\n{lines[3]}",
    )
    return draw.pick(ways)


__all__ = ["REFINEMENT_SHARE", "Rates", "broken", "planted", "unknown_label"]
