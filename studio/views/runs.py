"""Runs: what plays now, what was played, why something failed; plan, launch, pause, stop and resume."""

from typing import Any

import streamlit as st

from studio.panes.failures import failures_table
from studio.panes.new_run import new_run
from studio.panes.run_card import run_card
from studio.play.playing import PREFIX
from studio.runs.rows import RunRow, live_names, run_names, run_row, run_rows
from studio.widgets.page import bar, empty, faults, heading, tools
from studio.wording import counted, moment, money
from studio.workspace import Workspace, open_workspace

SIZE = 50
MOST_CARDS = 4
TABLE_EVERY_S = 5
TABLE_HEIGHT = 354


def _cards(workspace: Workspace, live: list[str], chosen: str | None) -> None:
    """Cards of what plays, drawn anew each second, and of the run that was chosen."""
    first = [chosen] if chosen else []
    names = [*first, *(name for name in live if name != chosen)][:MOST_CARDS]

    @st.fragment(run_every=1 if live else None)
    def cards() -> None:
        for row in run_rows(workspace, names):
            run_card(workspace, row)
        if live and live_names(workspace) != live:
            st.rerun()

    cards()
    if len(live) > MOST_CARDS:
        st.caption(f"{counted(len(live) - MOST_CARDS, 'more run')} playing; see the table.")


def _table(workspace: Workspace, names: list[str], live: list[str]) -> None:
    """All runs; while something plays, drawn anew from time to time."""
    with tools():
        heading("All runs")
        st.space("stretch")
        plays = [name for name in names if name.startswith(PREFIX)]
        if plays and not st.toggle(f"Single plays {len(plays):,}", help="Dialogues that were played on the page Play."):
            names = [name for name in names if name not in plays]
        pages = -(-len(names) // SIZE)
        page = st.pagination(pages, key="runs-page", max_visible_pages=5) if pages > 1 else 1
    shown = names[(page - 1) * SIZE : page * SIZE]

    @st.fragment(run_every=TABLE_EVERY_S if live else None)
    def table() -> None:
        _rows(run_rows(workspace, shown))

    table()


def _rows(rows: list[RunRow]) -> None:
    columns = st.column_config
    st.dataframe(
        _columns(rows),
        hide_index=True,
        row_height=32,
        height=TABLE_HEIGHT if len(rows) > 10 else "content",
        key="runs",
        column_config={
            "run": columns.ButtonColumn("Run", type="tertiary", alignment="left", key="chosen-run"),
            "state": columns.TextColumn("State", width=110),
            "share": columns.ProgressColumn("Progress", format="%d%%", min_value=0, max_value=100, width=180),
            "done": columns.NumberColumn("Done", format="localized", width=70, alignment="left"),
            "of": columns.NumberColumn("Of", format="localized", width=70, alignment="left"),
            "failed": columns.NumberColumn("Failed", format="localized", width=64, alignment="left"),
            "cost": columns.TextColumn("Cost", width=80, help="A dash where the price of a model is not known."),
            "pack": columns.TextColumn("Pack", width=120),
            "model": columns.TextColumn("Model"),
            "started": columns.TextColumn("Started", width=120),
        },
    )
    if hit := st.session_state.get("chosen-run"):
        st.query_params["run"] = rows[hit["row"]].name
        st.rerun()


def _columns(rows: list[RunRow]) -> dict[str, list[Any]]:
    figures = [row.standing.progress for row in rows]
    return {
        "run": [row.name for row in rows],
        "state": [row.state for row in rows],
        "share": [int(100 * done.share) if done.total else 0 for done in figures],
        "done": [done.finished for done in figures],
        "of": [done.total for done in figures],
        "failed": [done.failed for done in figures],
        "cost": [money(done.cost_usd) for done in figures],
        "pack": [row.pack for row in rows],
        "model": [row.models for row in rows],
        "started": [moment(row.started) for row in rows],
    }


def _page() -> None:
    workspace = open_workspace()
    names, live = run_names(workspace), live_names(workspace)
    with bar("Runs", counted(len(names), "run"), f"{len(live)} running" if live else ""):
        new_run(workspace)
    if not names:
        with empty(
            "No runs yet", "Plan one with New run: people and situations, prompts, a model, and what it will cost."
        ):
            return
    chosen = st.query_params.get("run") or (None if live else names[0])
    row = None
    with faults():
        row = run_row(workspace, chosen) if chosen else None
    _cards(workspace, live, row.name if row else None)
    _table(workspace, names, live)
    if row := row or next(iter(run_rows(workspace, live[:1])), None):
        failures_table(workspace, row)


_page()
