"""The chart of a comparison: what changed in each criterion, with intervals, and beside it what chance alone does."""

from collections.abc import Iterator, Mapping
from typing import Any

import altair as alt

from measure.contrast import Contrast
from measure.paired import Difference
from measure.prompt_report import Report
from studio.widgets.charts import look

RESULT, FLOOR = "B against A", "A against itself"
_ROW_PX, _HEAD_PX = 44, 70


def contrast_chart(report: Report, tokens: Mapping[str, Any]) -> Any:
    """Dots with 95 % intervals: the mean score and every criterion; the noise floor in gray."""
    rows = [*_rows(RESULT, report.result), *(_rows(FLOOR, report.floor) if report.floor else [])]
    kinds = [RESULT, FLOOR] if report.floor else [RESULT]
    names = list(dict.fromkeys(row["name"] for row in rows))
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y(
            "name:N", sort=names, title=None, axis=alt.Axis(domain=False, ticks=False, labelFontSize=12, grid=False)
        ),
        yOffset=alt.YOffset("kind:N", sort=kinds, scale=alt.Scale(paddingInner=0.3, paddingOuter=0.55)),
        color=alt.Color("kind:N", scale=_colours(kinds, tokens), legend=_legend() if report.floor else None),
    )
    zero = alt.Chart(alt.Data(values=[{"x": 0}])).mark_rule(color=tokens["grayColor"], strokeWidth=1).encode(x="x:Q")
    reach = base.mark_rule(strokeWidth=2, strokeCap="round").encode(x=_axis(rows), x2="high:Q")
    dots = base.mark_point(filled=True, size=64, opacity=1).encode(
        x="difference:Q",
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=["circle", "diamond"]), legend=None),
        tooltip=[
            alt.Tooltip("name:N", title="Criterion"),
            alt.Tooltip("kind:N", title="What"),
            alt.Tooltip("said:N", title="Difference"),
            alt.Tooltip("p:N", title="Test"),
        ],
    )
    chart = (zero + reach + dots).properties(height=_ROW_PX * len(names) + _HEAD_PX)
    return look(chart, tokens)


def _rows(kind: str, contrast: Contrast) -> Iterator[dict[str, Any]]:
    from studio.compare.text import p_text, span

    found: dict[str, Difference] = {"All criteria": contrast.score}
    found |= {name.replace("_", " ").capitalize(): each for name, each in contrast.criteria.items()}
    for name, each in found.items():
        if each.difference is not None:
            low, high = (each.low, each.high) if each.low is not None else (each.difference, each.difference)
            words = {"said": span(each), "p": f"{p_text(each.p)}, {each.test}"}
            yield {"name": name, "kind": kind, "difference": each.difference, "low": low, "high": high, **words}


def _axis(rows: list[dict[str, Any]]) -> alt.X:
    """Symmetric around zero, so that the eye reads the side before the number."""
    reach = max([0.25, *(abs(bound) for row in rows for bound in (row["low"], row["high"]))]) * 1.08
    axis = alt.Axis(domain=False, ticks=False, format="+.1f", tickCount=7)
    return alt.X(
        "low:Q", title="Difference in mean score", scale=alt.Scale(domain=[-reach, reach], nice=False), axis=axis
    )


def _colours(kinds: list[str], tokens: Mapping[str, Any]) -> alt.Scale:
    return alt.Scale(domain=kinds, range=[tokens["chartCategoricalColors"][0], tokens["grayColor"]][: len(kinds)])


def _legend() -> alt.Legend:
    return alt.Legend(orient="top", title=None, symbolType="circle", symbolStrokeWidth=0, offset=4)


def chart_text(report: Report) -> str:
    """The chart for those who cannot see it."""
    rows = [f"{row['name']} {row['said']}" for row in _rows(RESULT, report.result)]
    return "Differences in mean score with 95 % intervals, B against A: " + "; ".join(rows)
