"""The figures of the runs beside the paper's: five numbers, Fig. 4a, Fig. 4b, Table 3, each to take along as a file."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from release.statistics import PAPER
from studio.browse.catalogue import Catalogue
from studio.browse.counting import Counted, count_up
from studio.browse.figures import figure_4a, figure_4b, png, shown, svg, table_3, zipped
from studio.browse.finding import labels_in
from studio.panes.data_address import touched
from studio.panes.data_filters import export
from studio.widgets.charts import look
from studio.widgets.page import empty, heading, number, plain, tools
from studio.widgets.theme import section

_WIDTHS = (178, 64, 60, 64, 84, 80, 80)
_BY_SCREENING = re.compile("screening: (.*)")
_SCOPES = {"released": "Passed", "all": "All"}
_NO_NUMBERS = "The paper prints this figure without its numbers, so there is nothing to set beside ours."


def statistics(catalogue: Catalogue, runs: tuple[str, ...], actions: DeltaGenerator) -> None:
    """Count what a release of the runs would hold, or all that was played."""
    with tools():
        scope = st.segmented_control(
            "Count", list(_SCOPES), default="released", required=True, format_func=_SCOPES.__getitem__,
            label_visibility="collapsed", key="data-scope", persist_state="session", on_change=touched,
            help="Passed: what a release of these runs would count. All: everything that was played to its end.",
        )  # fmt: skip
        counted = count_up(catalogue, runs, released=scope != "all")
        st.caption(_left_out(counted) if scope != "all" else "Dialogues that screening removed are counted too.")
    if not counted.table.all.dialogues:
        with empty("Nothing to count", "No dialogue of these runs is finished, or screening let none pass."):
            return
    labels = labels_in(catalogue, runs)
    with actions, export():
        _file_button("All figures", lambda: zipped(counted.table, labels), "figures.zip", "application/zip")
    _numbers(counted)
    _heat_card(counted, labels)
    left, right = st.columns([4, 8])
    with left.container(border=True, height="stretch"):
        _turns_card(counted)
    with right.container(border=True, height="stretch"):
        _table_card(counted)


def _numbers(counted: Counted) -> None:
    ours, papers = counted.table.all, PAPER.all
    solved = None if counted.solved is None else f"{100 * counted.solved:.1f} %"
    figures = (
        ("Dialogues", shown(ours.dialogues), f"paper {shown(papers.dialogues)}"),
        ("Turns, mean", shown(ours.turns), f"paper {shown(papers.turns)}"),
        ("Solved", shown(solved), "not told by the paper"),
        ("Fails a dialogue", shown(counted.fails), "not told by the paper"),
        ("User profiles", shown(ours.user_profiles), f"paper {shown(papers.user_profiles)}"),
    )
    for column, figure in zip(st.columns(5), figures, strict=True):
        with column:
            number(*figure)


def _heat_card(counted: Counted, labels: Sequence[str]) -> None:
    chart = figure_4a(counted.table.all, labels)
    with st.container(border=True):
        with _head("MBTI and emotion", "Fig. 4a"):
            st.segmented_control(
                "Whose", ["Ours", "Paper", "Difference"], default="Ours", disabled=True,
                label_visibility="collapsed", key="data-whose",
            )  # fmt: skip
            _picture_buttons(chart, "figure-4a", 900)
        st.altair_chart(look(chart, section()), theme=None, width="stretch", alt="Dialogues by MBTI type and emotion")
        st.caption(plain(_NO_NUMBERS))


def _turns_card(counted: Counted) -> None:
    chart = figure_4b(counted.table.all, height=320)
    with _head("Turns", "Fig. 4b"):
        _picture_buttons(figure_4b(counted.table.all), "figure-4b", 480)
    st.altair_chart(look(chart, section()), theme=None, width="stretch", alt="Share of dialogues by number of turns")
    long = counted.table.all.share_8_to_10_turns
    st.caption(plain(f"{shown(None if long is None else f'{100 * long:.0f} %')} have 8 to 10 turns; paper over 90 %."))


def _table_card(counted: Counted) -> None:
    table = table_3(counted.table)
    with _head("Statistics", "Table 3"):
        _file_button("CSV", table.csv, "table-3.csv", "text/csv")
        _file_button("LaTeX", table.latex, "table-3.tex", "application/x-tex")
    cells = table.shown()
    st.dataframe(
        {name: [row[at] for row in cells] for at, name in enumerate(table.columns)},
        hide_index=True,
        height="content",
        row_height=32,
        column_config={
            name: st.column_config.TextColumn(name, width=_WIDTHS[at], alignment="right" if at else "left")
            for at, name in enumerate(table.columns)
        },
        alt="Table 3, ours beside the paper's",
    )
    st.caption(plain(counted.table.unit))


def _head(title: str, fact: str) -> Any:
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with row:
        heading(title, fact)
        st.space("stretch")
    return row


def _picture_buttons(chart: Any, name: str, width: int) -> None:
    _file_button("SVG", lambda: svg(chart, width), f"{name}.svg", "image/svg+xml")
    _file_button("PNG", lambda: png(chart, width), f"{name}.png", "image/png")


def _file_button(label: str, content: Callable[[], str | bytes], file: str, mime: str) -> None:
    """A download whose content is made when it is asked for."""
    st.download_button(
        label, content, file, mime, type="tertiary", icon=":material/download:", on_click="ignore", key=f"take-{file}"
    )


def _left_out(counted: Counted) -> str:
    said = {_BY_SCREENING.sub(r"removed by screening for \1", why): count for why, count in counted.left_out.items()}
    reasons = ", ".join(f"{count:,} {why}" for why, count in said.items())
    return plain(f"Left out: {reasons}.") if reasons else "Nothing is left out."
