"""The dialogues of a run that could not be finished, with class and reason, and the way to try them again."""

from typing import Any

import streamlit as st

from graphs.csv_text import csv_text
from studio.runs import jobs
from studio.runs.rows import FailureRow, RunRow, failure_rows, kinds
from studio.widgets.page import faults, heading, plain
from studio.wording import counted
from studio.workspace import Workspace

SIZE = 50
_ALL = "All"


def failures_table(workspace: Workspace, row: RunRow) -> None:
    """Draw the failures of a run; nothing where there are none."""
    found = failure_rows(row.path)
    if not found:
        return
    classes = kinds(found)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        heading(f"Failures of {row.name}", counted(len(found), "dialogue"))
        st.space("stretch")
        kind = _class(classes)
        _actions(workspace, row, found)
    shown = [failure for failure in found if kind in (None, failure.kind)]
    page = st.pagination(-(-len(shown) // SIZE), key=f"failures-page-{kind}") if len(shown) > SIZE else 1
    _table(row, shown[(page - 1) * SIZE : page * SIZE])


def _class(classes: dict[str, int]) -> str | None:
    if len(classes) < 2:
        return None
    names = [_ALL, *classes]
    titles = {name: plain(f"{name} {classes[name]:,}" if name in classes else name) for name in names}
    chosen = st.segmented_control(
        "Class", names, format_func=titles.__getitem__, default=_ALL, required=True, label_visibility="collapsed"
    )
    return None if chosen == _ALL else chosen


def _actions(workspace: Workspace, row: RunRow, found: list[FailureRow]) -> None:
    columns = ("dialogue", "turn", "attempt", "role", "class", "reason", "tried_again")
    st.download_button(
        "CSV",
        csv_text(columns, found),
        f"failures-{row.path.name}.csv",
        "text/csv",
        type="tertiary",
        icon=":material/download:",
    )
    if st.button(
        "Retry failed", icon=":material/refresh:", disabled=row.standing.is_live, key="retry-failed",
        help="Plays these dialogues again from where they failed; what was answered is not bought again.",
    ):  # fmt: skip
        with faults():
            jobs.resume(workspace, row.path, ["--retry-failed"])
            st.rerun()


def _table(row: RunRow, shown: list[FailureRow]) -> None:
    columns = st.column_config
    data: dict[str, list[Any]] = {
        "dialogue": [failure.dialogue for failure in shown],
        "stage": [failure.role for failure in shown],
        "turn": [failure.turn for failure in shown],
        "class": [failure.kind for failure in shown],
        "reason": [failure.reason for failure in shown],
    }
    st.dataframe(
        data,
        hide_index=True,
        row_height=32,
        key="failures",
        column_config={
            "dialogue": columns.ButtonColumn("Dialogue", width=150, type="tertiary", alignment="left", key="failed-dialogue"),
            "stage": columns.TextColumn("Stage", width=120),
            "turn": columns.NumberColumn("Turn", width=60, alignment="left"),
            "class": columns.TextColumn("Class", width=190),
            "reason": columns.TextColumn("Reason"),
        },
    )  # fmt: skip
    if hit := st.session_state.get("failed-dialogue"):
        failure = shown[hit["row"]]
        query = {"run": row.name, "d": failure.dialogue, "t": str(failure.turn or 1), "k": str(failure.attempt or 1)}
        st.switch_page("views/replay.py", query_params=query)
