"""pack.yaml as tables that can be edited; every cell is one value of the text, and nothing else of it moves."""

from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
import pandas as pd
import streamlit as st

from graphs.editing.yaml_edit import CannotEdit
from graphs.strict_yaml import BadYaml
from studio.prompts import tables as pack_tables
from studio.prompts.editing import Editing
from studio.prompts.tables import Table

VIEWS = ("Rubric", "Anchors", "Labels", "Limits")
_OPENED = "prompts-table"
_WHOLE = ("fail_below", "solved_from", "score", "value")
_TALLEST = 660


class _Layout(NamedTuple):
    """How a table is drawn: which columns are fixed, which may change, and how tall a row is."""

    table: Table
    fixed: list[str]
    open: list[str]
    columns: dict[str, Any]
    tall: int


def show_table(editing: Editing, view: str) -> None:
    """One of the tables; what is changed in it goes into the text at once."""
    base = _base(editing, view)
    try:
        text = _labels(base) if view == "Labels" else _cells(base, _LAYOUT[view](base))
    except (CannotEdit, BadYaml) as error:
        st.text(str(error))
        return
    if text is None:
        st.caption("pack.yaml has nothing to show here. See Checks, and mend it as text.")
    elif text != editing.texts["pack.yaml"]:
        editing.write("pack.yaml", text)
        st.rerun()


def _base(editing: Editing, view: str) -> str:
    """The text that a table was opened on: its edits are counted from there, until the text changes elsewhere."""
    opened = (editing.pack, view, editing.round)
    held = st.session_state.get(_OPENED)
    if not held or held[0] != opened:
        held = st.session_state[_OPENED] = (opened, editing.texts["pack.yaml"], f"prompts-table-{uuid4().hex}")
    return held[1]


def _key() -> str:
    return st.session_state[_OPENED][2]


def _cells(base: str, layout: _Layout) -> str | None:
    rows = layout.table.rows
    if not rows:
        return None
    edited = st.data_editor(
        pd.DataFrame(rows).astype({name: "Int64" for name in _WHOLE if name in rows[0]}),
        hide_index=True,
        disabled=layout.fixed,
        column_config=layout.columns,
        row_height=layout.tall,
        placeholder="\u2013",
        height=min(len(rows) * layout.tall + 38, _TALLEST),
        key=_key(),
    )
    return pack_tables.with_cells(base, layout.table, _plain_rows(edited), layout.open)


def _labels(base: str) -> str | None:
    table = pack_tables.labels(base)
    if not table.rows:
        return None
    frame = pd.DataFrame([{"was": number, **row} for number, row in enumerate(table.rows)]).astype({"was": "Int64"})
    axis: dict[str, Any] = {
        "min_value": -1.0,
        "max_value": 1.0,
        "step": 0.01,
        "format": "%.2f",
        "required": True,
        "alignment": "left",
    }
    edited = st.data_editor(
        frame,
        hide_index=True,
        num_rows="dynamic",
        column_order=("label", "valence", "arousal"),
        column_config={
            "label": st.column_config.TextColumn("Label", required=True, max_chars=64),
            "valence": st.column_config.NumberColumn("Valence", **axis),
            "arousal": st.column_config.NumberColumn("Arousal", **axis),
        },
        height=_TALLEST - 60,
        key=_key(),
    )
    return pack_tables.with_labels(base, table, _plain_rows(edited))


def _plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values; an empty cell is None, and a text stands on one line."""
    return [{str(name): _plain(value) for name, value in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return " ".join(value.split())
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _rubric(base: str) -> _Layout:
    gate: dict[str, Any] = {"min_value": 0, "step": 1, "width": 96, "alignment": "left"}
    columns = {
        "criterion": st.column_config.TextColumn("Criterion", width=140),
        "question": st.column_config.TextColumn("Question", required=True, width=430),
        "fail_below": st.column_config.NumberColumn("Fail below", help="A lower score fails the reply", **gate),
        "solved_from": st.column_config.NumberColumn("Solved from", help="SOLVED needs this score", **gate),
    }
    return _Layout(pack_tables.rubric(base), ["criterion"], ["question", "fail_below", "solved_from"], columns, tall=68)


def _anchors(base: str) -> _Layout:
    columns = {
        "criterion": st.column_config.TextColumn("Criterion", width=140),
        "score": st.column_config.NumberColumn("Score", width=64, alignment="left"),
        "anchor": st.column_config.TextColumn("What this score means", required=True, width=560),
    }
    return _Layout(pack_tables.anchors(base), ["criterion", "score"], ["anchor"], columns, tall=68)


def _limits(base: str) -> _Layout:
    columns = {
        "limit": st.column_config.TextColumn("Limit", width=420),
        "sign": st.column_config.TextColumn("Paper", width=60),
        "value": st.column_config.NumberColumn("Value", required=True, step=1, width=100, alignment="left"),
    }
    return _Layout(pack_tables.limits(base), ["limit", "sign"], ["value"], columns, tall=34)


_LAYOUT = {"Rubric": _rubric, "Anchors": _anchors, "Limits": _limits}
