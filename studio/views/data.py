"""Data: all dialogues of the runs with search and filters; their statistics beside the paper's."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from graphs.schema import digest
from studio.browse.catalogue import Backlog, Catalogue
from studio.browse.exporting import as_csv, as_jsonl
from studio.browse.finding import PAGE, Found, Search, count, find, glyphs
from studio.panes.data_address import read_address, touched
from studio.panes.data_filters import export, filters, order_chooser, run_chooser, view_switch
from studio.panes.data_statistics import statistics
from studio.widgets.page import bar, empty, plain, tools
from studio.wording import counted, money
from studio.workspace import Workspace, open_workspace

SLICE_S = 0.3
"""How long a page may take in what is new; a process of its own does the rest."""


@st.cache_data(ttl=2, show_spinner=False)
def _looked(root: str) -> Backlog:
    return Catalogue(open_workspace()).refresh(SLICE_S)


def _page() -> None:
    workspace = open_workspace()
    catalogue, backlog = Catalogue(workspace), _looked(str(workspace.root))
    read_address()
    with bar(
        "Data",
        _only_run(workspace),
        f"{counted(backlog.indexed, 'dialogue')} in {counted(len(workspace.runs()), 'run')}",
    ):
        runs = run_chooser(workspace)
        view = view_switch()
        actions = st.container(width="content")
    if not backlog.is_whole:
        _filling(catalogue)
    for name, fault in backlog.faults.items():
        st.caption(f":red[{plain(name)}: {plain(fault)}]")
    if not backlog.indexed:
        _nothing_yet(backlog)
    elif view == "Statistics":
        statistics(catalogue, runs, actions)
    else:
        _dialogues(catalogue, runs, actions)


def _only_run(workspace: Workspace) -> str:
    """The name of the run where there is nothing to choose."""
    runs = workspace.runs()
    return workspace.name(runs[0]) if len(runs) == 1 else ""


def _filling(catalogue: Catalogue) -> None:
    """Say how far the index is, while a process of its own fills it; then draw the page anew."""
    catalogue.fill_in_background()

    @st.fragment(run_every=1)
    def line() -> None:
        now = catalogue.refresh(0)
        if now.is_whole:
            _looked.clear()
            st.rerun()
        done = now.indexed / max(now.indexed + now.waiting, 1)
        st.progress(done, text=f"Reading the runs: {now.indexed:,} of {now.indexed + now.waiting:,} dialogues")

    line()


def _nothing_yet(backlog: Backlog) -> None:
    if backlog.is_whole:
        with empty(
            "No finished dialogue yet", "Play some: on the page Runs, or the demonstration from the page Start."
        ):
            if st.button("Open the runs", type="primary"):
                st.switch_page("views/runs.py")


def _dialogues(catalogue: Catalogue, runs: tuple[str, ...], actions: DeltaGenerator) -> None:
    with tools():
        search = filters(catalogue, runs)
    total, whole = count(catalogue, search), count(catalogue, Search(runs=runs))
    with actions:
        _export(catalogue, search, total)
    if not total:
        with empty("No dialogue matches", "Take a filter away, or search for fewer words."):
            return
    first = _pager(search, total, whole)
    _table(find(catalogue, search, limit=PAGE, offset=first), several=len(runs) != 1)


def _pager(search: Search, total: int, whole: int) -> int:
    """How many there are, and the pages; returns how many rows stand before the page. Each search has its own pager."""
    pages = -(-total // PAGE)
    with st.container(horizontal=True, vertical_alignment="center"):
        line = st.empty()
        st.space("stretch")
        order_chooser()
        page = st.pagination(
            pages,
            key=f"data-page-{digest(search)[:12]}",
            persist_state="session",
            max_visible_pages=5,
            on_change=touched,
        )
    first = (min(page, pages) - 1) * PAGE
    line.caption(
        f"{total:,} of {counted(whole, 'dialogue')}  ·  rows {first + 1:,} to {min(total, first + PAGE):,}",
        width="content",
    )
    return first


def _table(found: Sequence[Found], *, several: bool) -> None:
    columns = st.column_config
    shown = {
        "id": ([one.id for one in found], columns.ButtonColumn("Dialogue", width=132, type="tertiary", alignment="left", key="data-open")),
        "run": ([one.run for one in found], columns.TextColumn("Run", width=110)),
        "text": ([one.passage or one.opening for one in found], columns.TextColumn("Where it was found" if any(one.passage for one in found) else "Opening", width=170 if several else 264)),
        "emotion": ([one.emotion for one in found], columns.TextColumn("Emotion", width=96)),
        "mbti": ([one.mbti for one in found], columns.TextColumn("MBTI", width=56)),
        "turns": ([one.turns for one in found], columns.NumberColumn("Turns", width=52, alignment="left")),
        "path": ([glyphs(one.path) for one in found], columns.TextColumn("Decisions", width=104, help="A ring is PASS, a cross FAIL after all attempts, a dot SOLVED.")),
        "fails": ([one.fails for one in found], columns.NumberColumn("Fails", width=48, alignment="left", help="Attempts that failed.")),
        "ended": (["limit" if one.ended == "cap" else one.ended for one in found], columns.TextColumn("Ended", width=62, help="Solved, or at the limit of turns.")),
        "screened": ([one.screened for one in found], columns.TextColumn("Screened", width=78)),
        "split": ([one.split for one in found], columns.TextColumn("Split", width=50)),
        "cost": ([money(one.cost) for one in found], columns.TextColumn("Cost", width=62, alignment="right", help="A dash where the price of a model is not known.")),
    }  # fmt: skip
    if not several:
        del shown["run"]
    st.dataframe(
        {name: cells for name, (cells, _) in shown.items()},
        hide_index=True,
        height="content",
        row_height=32,
        key="data-table",
        column_config={name: column for name, (_, column) in shown.items()},
        alt="Dialogues",
    )
    if hit := st.session_state.get("data-open"):
        one = found[hit["row"]]
        st.switch_page("views/replay.py", query_params={"run": one.run, "d": one.id})


def _export(catalogue: Catalogue, search: Search, total: int) -> None:
    with export():
        st.caption(f"{counted(total, 'dialogue')}, as filtered and ordered")
        for label, make, file, mime in (
            ("CSV", as_csv, "dialogues.csv", "text/csv"),
            ("JSONL", as_jsonl, "dialogues.jsonl", "application/jsonl"),
        ):
            st.download_button(
                label, lambda make=make: make(catalogue, search), file, mime, on_click="ignore", width="stretch", key=f"take-{file}"
            )  # fmt: skip


_page()
