"""The audit on the page Personas: what was masked, what still stands, what is known, and who can be told apart."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from graphs.csv_text import csv_text
from personas.audit import Audit, audit, splits_of
from studio.panes.review import Review, choose_file
from studio.people.persona_text import field_name
from studio.people.reviewing import TITLES, Opened, safe_name
from studio.widgets.charts import look
from studio.widgets.page import heading, number, tools
from studio.widgets.theme import section

NO_PAIRINGS = "No pairings"
MOST_BARS = 16
MOST_ROWS = 12


def show_audit(review: Review, names: list[str], changed: Callable[[], None]) -> None:
    """Tools, numbers, tables and charts."""
    pairings = {path.relative_to(review.workspace.root).as_posix(): path for path in _pairings(review)}
    with tools():
        choose_file(names, changed)
        picked = st.selectbox(
            "Pairings",
            [NO_PAIRINGS, *pairings],
            label_visibility="collapsed",
            width=230,
            key="audit-pairings",
            filter_mode=None,
        )
    figures = _figures(review.opened, pairings.get(picked))
    name = safe_name(review.opened.path.stem)
    _numbers(figures)
    left, right = st.columns(2, gap="medium")
    with left:
        _identifiers(figures, name)
        _fields(figures, name)
        _standing(figures, name)
    with right:
        _anonymity(figures, name)
        _values(figures, name)


def _pairings(review: Review) -> list[Path]:
    return [path for path in review.workspace.files("pairings") if path.is_relative_to(review.workspace.root)]


def _figures(opened: Opened, pairings: Path | None) -> Audit:
    stamp = (str(pairings), pairings.stat().st_mtime_ns) if pairings else None
    return _audited(opened.findings.file, stamp, opened)


@st.cache_resource(max_entries=6, show_spinner="Taking the figures")
def _audited(digest: str, pairings: tuple[str, int] | None, _opened: Opened) -> Audit:
    """The figures of a file; it and its pairings are known by digest and time."""
    splits = splits_of(Path(pairings[0])) if pairings else None
    return audit(_opened.personas, _opened.findings.doubles, splits)


def _numbers(figures: Audit) -> None:
    whole = figures.anonymity[-1]
    shown = [
        ("Personas", f"{figures.personas:,}", ""),
        ("Identifiers masked", f"{_sum(figures, 'masked'):,}", f"in {figures.touched:,} rows"),
        ("Still standing", f"{_sum(figures, 'standing'):,}", f"in {figures.exposed:,} rows"),
        (
            "Alone in their group",
            _share(whole.unique, figures.personas),
            f"{whole.unique:,} personas, k = {whole.smallest}",
        ),
        ("Nearly the same", f"{figures.duplicates:,}", f"rows of {figures.duplicate_groups:,} people"),
    ]
    columns = st.columns(len(shown) + 1)
    for column, (label, value, note) in zip(columns, shown, strict=False):
        with column:
            number(label, value, note)
    with columns[-1]:
        _split_number(figures)


def _split_number(figures: Audit) -> None:
    if figures.sides is None:
        number("In test", "–", "", "Choose pairings to see the split.")
        return
    both, straddling = figures.sides["both"], figures.straddling or 0
    number("In test", f"{figures.sides['test']:,}", f"{both:,} in both, {straddling:,} near-duplicates across")


def _identifiers(figures: Audit, name: str) -> None:
    rows = [
        [kind, found.masked, found.masked_rows, found.standing, found.standing_rows]
        for kind, found in figures.identifiers.items()
    ]
    columns = ["kind", "masked", "rows masked", "standing", "rows standing"]
    with st.container(border=True):
        _title(
            "Identifiers",
            f"{name}-identifiers.csv",
            columns,
            rows,
            f"{figures.types_masked:,} mentions of types masked too",
        )
        if not figures.leftovers:
            st.caption(
                "None of the known kinds stands. Names without a mark, places and employers a person has to read for."
            )


def _fields(figures: Audit, name: str) -> None:
    rows = [
        [
            TITLES[field],
            found.filled,
            _share(found.filled, figures.personas),
            found.stated,
            found.inferred,
            found.unmarked,
        ]
        for field, found in figures.filled.items()
    ]
    with st.container(border=True):
        _title("Fields", f"{name}-fields.csv", ["field", "filled", "share", "stated", "inferred", "not said"], rows)


def _standing(figures: Audit, name: str) -> None:
    if not figures.leftovers:
        return
    rows = [[each.persona, field_name(each.field), each.context] for each in figures.leftovers]
    with st.container(border=True):
        _title(
            "Still standing", f"{name}-standing.csv", ["persona", "field", "context"], rows, "identifiers masked here"
        )


def _anonymity(figures: Audit, name: str) -> None:
    rows = [
        [
            ", ".join(TITLES[field].lower() for field in each.fields),
            each.smallest,
            each.unique,
            _share(each.unique, figures.personas),
            each.few,
        ]
        for each in figures.anonymity
    ]
    with st.container(border=True):
        _title("Who can be told apart", f"{name}-anonymity.csv", ["by", "k", "unique", "share", "under 5"], rows)
        st.text(figures.meaning)


def _values(figures: Audit, name: str) -> None:
    rows = [[TITLES[field], value, count] for field, found in figures.values.items() for value, count in found.items()]
    with st.container(border=True):
        _head("Types", f"{name}-values.csv", ["field", "value", "personas"], rows)
        _bars(figures.values["mbti"], "Type", 16)
    for field in ("gender", "relationship", "occupation"):
        if figures.filled[field].filled:
            with st.container(border=True):
                alone = figures.rare[field]
                heading(TITLES[field], f"{alone:,} said by one persona only" if alone else "")
                _bars(figures.values[field], TITLES[field], MOST_BARS)


def _bars(found: dict[str, int], title: str, most: int) -> None:
    if not found:
        st.caption("No value is shared by two.")
        return
    frame = pd.DataFrame([{"value": value, "personas": count} for value, count in list(found.items())[:most]])
    base = alt.Chart(frame, height=alt.Step(20)).encode(
        x=alt.X("personas:Q", axis=None),
        y=alt.Y("value:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False)),
    )
    chart = base.mark_bar(height=12, cornerRadiusEnd=2) + base.mark_text(align="left", dx=4).encode(text="personas:Q")
    st.altair_chart(look(chart, section()), theme=None, width="stretch", alt=f"Personas by {title.lower()}")


def _title(title: str, file: str, columns: Sequence[str], rows: list[list[Any]], fact: str = "") -> None:
    """A card's title with its download, and the table."""
    _head(title, file, columns, rows, fact)
    text = {columns[0], "share", "field", "context"}
    numbers = {name: st.column_config.NumberColumn(alignment="left") for name in columns if name not in text}
    st.dataframe(
        pd.DataFrame(rows, columns=list(columns)),
        hide_index=True,
        height="content" if len(rows) <= MOST_ROWS else 32 * MOST_ROWS,
        column_config={name: st.column_config.TextColumn() for name in columns if name in text} | numbers,
        alt=title,
    )


def _head(title: str, file: str, columns: Sequence[str], rows: list[list[Any]], fact: str = "") -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        heading(title, fact)
        st.download_button(
            "CSV", lambda: csv_text(columns, rows), file, "text/csv", type="tertiary", icon=":material/download:", key=file,
            on_click="ignore",
        )  # fmt: skip


def _sum(figures: Audit, what: str) -> int:
    return sum(getattr(found, what) for found in figures.identifiers.values())


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"
