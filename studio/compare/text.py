"""Comparisons as text for people."""

from graphs.trials.trials import Comparison
from measure.contrast import Contrast
from measure.paired import Difference
from measure.prompt_report import Report

MOST_SHOWN = 8


def verdict(report: Report) -> str:
    """What the result says, in a sentence or two; never more than the intervals do."""
    result = report.result
    if not result.pairs:
        return "Nothing can be compared yet: no state was answered under both."
    if result.identical:
        return f"No difference at all: replies, decisions and scores are the same in {_pairs(result)}."
    found = [words for each, up, down in _WORDS if (words := _said(getattr(result, each), up, down))]
    if not found:
        return f"No difference that {_pairs(result)} can show."
    return f"B's replies {' and '.join(found)}."


_WORDS = (
    ("acceptable", "are acceptable more often", "are acceptable less often"),
    ("score", "score higher", "score lower"),
)


def _said(difference: Difference, up: str, down: str) -> str:
    if not excludes_zero(difference):
        return ""
    return up if (difference.difference or 0) > 0 else down


def excludes_zero(difference: Difference) -> bool:
    """Whether the interval lies on one side of zero."""
    return difference.low is not None and difference.high is not None and (difference.low > 0 or difference.high < 0)


def _pairs(contrast: Contrast) -> str:
    return f"{contrast.pairs} pair{'s' * (contrast.pairs != 1)} of replies"


def yardstick_text(report: Report, evaluator: str) -> str:
    """Whether both were measured alike; empty where the versions differ in nothing that measures."""
    if not report.yardstick:
        return ""
    what = f"The yardstick differs too: {', '.join(report.yardstick)}."
    held = {
        "a": " Both were judged by A's.",
        "b": " Both were judged by B's.",
        "own": " Each was judged by its own, so a difference may lie in the judging.",
    }
    return what + held[evaluator]


def floor_text(report: Report) -> str:
    """A word of care where A moved against itself; empty where it did not."""
    floor = report.floor
    if floor is None or not (excludes_zero(floor.acceptable) or excludes_zero(floor.score)):
        return ""
    return "A against itself moved too. Chance does that in one comparison of twenty: take more states or draws."


def left_out_text(contrast: Contrast) -> str:
    """What is not in the figures, and why."""
    parts: list[str] = []
    if contrast.excluded:
        count = len(contrast.excluded)
        parts.append(f"{count} draw{'s' * (count > 1)} gave no answer that can stand and {_is(count)} left out")
    if contrast.unscored:
        parts.append(
            f"{contrast.unscored} pair{'s' * (contrast.unscored > 1)} {_has(contrast.unscored)} no scores, for a reply "
            "broke a hard rule; as a decision it counts as FAIL"
        )
    if contrast.waiting:
        parts.append(f"{contrast.waiting} pair{'s' * (contrast.waiting > 1)} {_is(contrast.waiting)} not played yet")
    return "; ".join(parts)


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _has(count: int) -> str:
    return "has" if count == 1 else "have"


def amount(value: float | None, digits: int = 2, unit: str = "", *, signed: bool = False) -> str:
    """A figure with its sign and unit; a missing one is an en dash."""
    if value is None:
        return "–"
    value = round(value, digits) + 0.0
    sign = "+" if signed and value > 0 else "−" if value < 0 else ""
    text = f"{abs(value):,.{digits}f}"
    return f"{sign}{unit}{text}" if unit == "$" else f"{sign}{text}{unit}"


def span(difference: Difference, scale: float = 1.0, digits: int = 2, unit: str = "") -> str:
    """A difference with its interval, or why it has none."""
    if difference.difference is None:
        return f"– ({difference.why_not})"
    middle = amount(difference.difference * scale, digits, unit, signed=True)
    if difference.low is None or difference.high is None:
        return f"{middle} (no interval: {difference.why_not})"
    low, high = (amount(bound * scale, digits, signed=True) for bound in (difference.low, difference.high))
    return f"{middle} [{low}, {high}]"


def p_text(p: float | None) -> str:
    """A p value to a person: no more digits than it has."""
    return "" if p is None else "p < 0.001" if p < 0.001 else f"p = {p:.2g}" if p < 0.1 else f"p = {p:.2f}"


def report_text(comparison: Comparison, report: Report) -> str:
    """A result for a terminal."""
    config, result, floor = comparison.config, report.result, report.floor
    head = (
        f"{comparison.path}: B {config.b.called or config.b.pack} against A {config.a.called or config.a.pack}; "
        f"{report.states} states of {report.persons} person{'s' * (report.persons != 1)}, {report.draws} draw{'s' * (report.draws > 1)} each"
    )
    lines = [head, verdict(report), *filter(None, (yardstick_text(report, config.evaluator), floor_text(report)))]
    if not result.identical and result.pairs:
        lines += ["", f"{'B - A, 95 % interval':34}{'':30}{'A again - A' if floor else ''}"]
        lines += [_row(*row, floor) for row in _rows(result)]
        lines += ["", *_table(result)]
    if text := left_out_text(result):
        lines += [
            "",
            text,
            *(f"  {e.state} {e.arm} draw {e.draw + 1}: {e.reason}" for e in result.excluded[:MOST_SHOWN]),
        ]
    lines += ["", "most changed:"] if report.changes and not result.identical else []
    if not result.identical:
        lines += [
            f"  {c.state}  {c.dialogue} turn {c.turn}  score {amount(c.score, signed=True)}  words {c.words:.0%}  "
            f"{'/'.join(c.a)} -> {'/'.join(c.b)}"
            for c in report.changes[:MOST_SHOWN]
        ]
    return "\n".join(lines)


_Row = tuple[str, Difference, float, int, str, float | None, str]


def _rows(result: Contrast) -> list[_Row]:
    """Name, difference, scale, digits, unit, p, and the field that names it in the other contrast."""
    rows: list[_Row] = [
        ("acceptable, points", result.acceptable, 100, 1, "", result.acceptable.p, "acceptable"),
        ("mean score", result.score, 1, 2, "", result.score.p, "score"),
    ]
    for name, found in result.criteria.items():
        rows.append((f"  {name}", found, 1, 2, "", result.corrected[name], name))
    return [
        *rows,
        ("tokens read", result.tokens_read, 1, 0, "", None, "tokens_read"),
        ("tokens written", result.tokens_written, 1, 0, "", None, "tokens_written"),
        ("US dollars a reply", result.cost_usd, 1, 5, "", None, "cost_usd"),
    ]


def _row(
    name: str,
    found: Difference,
    scale: float,
    digits: int,
    unit: str,
    p: float | None,
    field: str,
    floor: Contrast | None,
) -> str:
    other = (floor.criteria.get(field) or getattr(floor, field, None)) if floor else None
    beside = span(other, scale, digits, unit) if other else ""
    return f"{name:22}{span(found, scale, digits, unit):28}{p_text(p):14}{beside}".rstrip()


def _table(result: Contrast) -> list[str]:
    names = list(result.table)
    head = f"{'decisions, A down, B across':30}" + "".join(f"{name:>8}" for name in names)
    return [head, *(f"{a:>30}" + "".join(f"{result.table[a][b]:8}" for b in names) for a in names)]
