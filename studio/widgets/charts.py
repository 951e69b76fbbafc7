"""Charts: one look for the page and for the file, taken from the theme's tokens. Altair only."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import altair as alt

FONT = "Inter, Helvetica, Arial, sans-serif"
"""The page and the exporter have Inter; a picture that is opened where it is not installed falls back."""
_SMALL, _TEXT = 11, 12
_QUIET: dict[str, Any] = {"domain": False, "ticks": False}
_GAPS = alt.Scale(paddingInner=0.08)
_SLANTED = alt.Axis(**_QUIET, title=None, labelAngle=-60, labelOverlap=False, labelLimit=110)


class _Inks(NamedTuple):
    """What words and lines are drawn in."""

    text: str
    quiet: str
    line: str
    quiet_opacity: float = 1
    line_opacity: float = 1


_AROUND = _Inks("currentColor", "currentColor", "currentColor", 0.74, 0.15)


def look(chart: Any, tokens: Mapping[str, Any], background: str | None = None) -> Any:
    """Dress a chart in the studio's fonts, colours and ranges.

    Use it as `st.altair_chart(look(chart, section()), theme=None, width="stretch", alt=…)`. Marks take their colour from
    the ranges (category, heatmap, ramp, diverging). On a page, axes and words are drawn in the text colour of whatever
    surrounds them: the reader may turn to dark, and the page is not drawn anew.

    Args:
        chart: any Altair chart that was not configured yet.
        tokens: the theme's section of one mode (`studio.widgets.theme.section()`).
        background: of a picture that stands alone, in the colours of `tokens`; on a page there is none.
    """
    inks = _AROUND if background is None else _Inks(tokens["textColor"], tokens["grayTextColor"], tokens["borderColor"])
    category, sequential = tokens["chartCategoricalColors"], tokens["chartSequentialColors"]
    return chart.configure(
        background=background or "transparent",
        font=FONT,
        padding=4,
        view=alt.ViewConfig(stroke=None),
        axis=_axis(inks),
        legend=_legend(inks),
        header=alt.HeaderConfig(
            labelColor=inks.quiet, titleColor=inks.quiet, labelFontSize=_TEXT, titleFontSize=_SMALL
        ),
        title=alt.TitleConfig(color=inks.text, subtitleColor=inks.quiet, fontSize=14, fontWeight=600, anchor="start"),
        range=alt.RangeConfig(
            category=category, heatmap=sequential, ramp=sequential, diverging=tokens["chartDivergingColors"]
        ),
        mark=alt.MarkConfig(color=category[0]),
        text=alt.MarkConfig(color=inks.quiet, opacity=inks.quiet_opacity, fontSize=_SMALL),
        rule=alt.MarkConfig(color=inks.line, opacity=inks.line_opacity),
    )


def heat(counts: Mapping[str, Mapping[str, int]], rows: Sequence[str], columns: Sequence[str]) -> Any:
    """Fig. 4a: dialogues by MBTI type and emotion, every row and column of a fixed order, from 0."""
    cells = [
        {"mbti": row, "emotion": column, "n": counts.get(row, {}).get(column, 0)} for row in rows for column in columns
    ]
    quiet = alt.Axis(**_QUIET, labelOverlap=False, labelBound=False, title=None)
    return (
        alt.Chart(alt.Data(values=cells))
        .mark_rect(cornerRadius=1.5)
        .encode(
            x=alt.X("emotion:N", sort=list(columns), scale=_GAPS, axis=_SLANTED),
            y=alt.Y("mbti:N", sort=list(rows), scale=_GAPS, axis=quiet),
            color=alt.Color(
                "n:Q",
                scale=alt.Scale(domainMin=0),
                legend=alt.Legend(
                    title="Dialogues",
                    orient="right",
                    gradientLength=180,
                    gradientThickness=8,
                    tickCount=4,
                    format=",d",
                    tickMinStep=1,
                ),
            ),
            tooltip=[
                alt.Tooltip("mbti:N", title="MBTI"),
                alt.Tooltip("emotion:N", title="Emotion"),
                alt.Tooltip("n:Q", title="Dialogues", format=","),
            ],
        )
        .properties(height=27 * len(rows))
    )


def turn_bars(counts: Mapping[int, int], height: int = 240) -> Any:
    """Fig. 4b: the share of dialogues by their number of turns."""
    total = sum(counts.values())
    turns = range(1, max(counts, default=1) + 1)
    bars = [{"turns": t, "n": counts.get(t, 0), "share": counts.get(t, 0) / max(total, 1)} for t in turns]
    top = max(bar["share"] for bar in bars) * 1.12 or 1
    shares = alt.Chart(alt.Data(values=bars)).encode(
        x=alt.X("turns:O", title="Turns", axis=alt.Axis(labelAngle=0, ticks=False)),
        y=alt.Y(
            "share:Q",
            title="Share of dialogues",
            scale=alt.Scale(domain=[0, top], nice=False),
            axis=alt.Axis(format="%", tickCount=4, **_QUIET),
        ),
        tooltip=[
            alt.Tooltip("turns:O", title="Turns"),
            alt.Tooltip("n:Q", title="Dialogues", format=","),
            alt.Tooltip("share:Q", title="Share", format=".1%"),
        ],
    )
    labels = shares.transform_filter("datum.n > 0").mark_text(dy=-7).encode(text=alt.Text("share:Q", format=".0%"))
    return (shares.mark_bar(size=26, cornerRadiusEnd=2) + labels).properties(height=height)


def _axis(inks: _Inks) -> alt.AxisConfig:
    return alt.AxisConfig(
        labelColor=inks.quiet,
        labelOpacity=inks.quiet_opacity,
        titleColor=inks.quiet,
        titleOpacity=inks.quiet_opacity,
        gridColor=inks.line,
        gridOpacity=inks.line_opacity,
        domainColor=inks.line,
        domainOpacity=inks.line_opacity,
        tickColor=inks.line,
        tickOpacity=inks.line_opacity,
        labelFontSize=_SMALL,
        titleFontSize=_SMALL,
        titleFontWeight=500,
        labelFontWeight=400,
        titlePadding=10,
    )


def _legend(inks: _Inks) -> alt.LegendConfig:
    return alt.LegendConfig(
        labelColor=inks.quiet,
        labelOpacity=inks.quiet_opacity,
        titleColor=inks.quiet,
        titleOpacity=inks.quiet_opacity,
        labelFontSize=_TEXT,
        titleFontSize=_SMALL,
        titleFontWeight=500,
        symbolSize=90,
    )
