"""The four numbers of a comparison, and the sentences under its chart and table, in words."""

from collections.abc import Callable
from typing import NamedTuple

from measure.contrast import Contrast
from measure.paired import Difference
from measure.prompt_report import Report
from studio.compare.text import amount, p_text


class Shown(NamedTuple):
    """One number as it is written."""

    label: str
    value: str
    sure: str
    """Its interval and p."""
    means: str
    beside: str
    """What A does against itself; empty where nobody asked."""
    why_not: str


class _Figure(NamedTuple):
    label: str
    of: Callable[[Contrast], Difference]
    scale: float
    digits: int
    unit: str
    mean_unit: str

    def said(self, value: float | None, unit: str = "", *, signed: bool = False) -> str:
        return amount(None if value is None else value * self.scale, self.digits, unit, signed=signed)

    def interval(self, found: Difference) -> str:
        if found.low is None or found.high is None:
            return "no interval"
        return f"{self.said(found.low, signed=True)} to {self.said(found.high, signed=True)}"


_FIGURES = (
    _Figure("Acceptable replies", lambda each: each.acceptable, 100, 1, " points", " %"),
    _Figure("Mean score", lambda each: each.score, 1, 2, "", ""),
    _Figure("Tokens written a reply", lambda each: each.tokens_written, 1, 0, "", ""),
    _Figure("Cost of 1,000 replies", lambda each: each.cost_usd, 1000, 2, "$", "$"),
)


def four_numbers(report: Report) -> list[Shown]:
    """Differences of B against A, each with its interval, both means, and what A does against itself."""
    return [_shown(figure, report.result, report.floor) for figure in _FIGURES]


def _shown(figure: _Figure, result: Contrast, floor: Contrast | None) -> Shown:
    found, again = figure.of(result), figure.of(floor) if floor else None
    a, b = (figure.said(mean, figure.mean_unit) for mean in (found.a, found.b))
    return Shown(
        figure.label,
        figure.said(found.difference, figure.unit, signed=True),
        " · ".join(filter(None, (f"95 %: {figure.interval(found)}", p_text(found.p)))),
        f"A {a}, B {b}",
        f"A against itself {figure.said(again.difference, signed=True)} ({figure.interval(again)})" if again else "",
        found.why_not,
    )


def criteria_note(result: Contrast) -> str:
    """Which criteria differ beyond chance, by which test."""
    sure = [name.replace("_", " ") for name, p in result.corrected.items() if p is not None and p < 0.05]
    said = f"{', '.join(sure)}: p under 0.05" if sure else "No criterion has p under 0.05"
    return f"{said} (Wilcoxon's signed rank, corrected by Holm for {len(result.corrected)} criteria)."


def decisions_note(result: Contrast) -> str:
    """How many persons moved which way, and the test of it."""
    found = result.acceptable
    moved = f"B is acceptable more often with {found.more} persons, less often with {found.less}"
    return f"{moved}: {p_text(found.p)} ({found.test})."
