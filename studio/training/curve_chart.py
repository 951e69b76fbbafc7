"""The chart of a training curve, for the page and for files: train as a line, held-out dashed with points."""

from collections.abc import Mapping
from typing import Any

import altair as alt

from studio.training.curves import TITLES, Panel, figure
from studio.training.measured import Measured, thinned


def curve(measured: Measured, panel: Panel, tokens: Mapping[str, Any], height: int = 180) -> Any:
    """A metric by step: train as a line, held-out dashed with points."""
    rows = _rows(measured, panel.metric)
    kinds = [title for split, title in TITLES.items() if measured.of(split).get(panel.metric)]
    colours = dict(zip(TITLES.values(), tokens["chartCategoricalColors"], strict=False))
    scale = alt.Scale(domain=list(panel.domain), nice=False) if panel.domain else alt.Scale(zero=False)
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("step:Q", title=None, axis=alt.Axis(tickCount=6, tickMinStep=1, grid=False, format=",~d")),
        y=alt.Y("value:Q", title=None, scale=scale, axis=alt.Axis(tickCount=4, domain=False, ticks=False, format="~s")),
        color=alt.Color("split:N", scale=alt.Scale(domain=kinds, range=[colours[kind] for kind in kinds]), legend=None),
        tooltip=[
            alt.Tooltip("split:N", title="Examples"),
            alt.Tooltip("step:Q", title="Step", format=",.0f"),
            alt.Tooltip("said:N", title=panel.title),
        ],
    )
    dashed = alt.condition("datum.split === 'Held out'", alt.value([5, 3]), alt.value([1, 0]))
    lines = base.mark_line(strokeWidth=1.8, interpolate="linear").encode(strokeDash=dashed)
    alone = "datum.split === 'Held out' || datum.alone"
    dots = base.transform_filter(alone).mark_point(filled=True, size=38, opacity=1, shape="diamond")
    return (lines + dots).properties(height=height)


def _rows(measured: Measured, metric: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for split, title in TITLES.items():
        points = thinned(measured.of(split).get(metric, []))
        rows += [
            {
                "split": title,
                "step": point.step,
                "value": point.value,
                "said": figure(point.value) + (f", mean of {point.steps} steps" if point.steps > 1 else ""),
                "alone": len(points) == 1,
            }
            for point in points
        ]
    return rows
