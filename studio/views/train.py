"""Train: SFT, GRPO and reward models as they run; launch, curves, samples with the judge's reasons, alarms, the ledger."""

import streamlit as st
import yaml

from studio.panes.train_address import VIEWS, changed, chosen, go, key, read_address
from studio.panes.train_alarms import train_alarms
from studio.panes.train_card import STAGES, train_card
from studio.panes.train_curves import train_curves
from studio.panes.train_ledger import train_ledger
from studio.panes.train_new import new_training
from studio.panes.train_samples import train_samples
from studio.training.figures import headline, progress_share
from studio.training.ledger_index import LedgerIndex, Reach
from studio.training.measured import read_alarms, read_measured
from studio.training.runs import TrainingRow, ledger_of, training_names, training_row, training_rows
from studio.widgets.page import bar, empty, faults, heading, tools
from studio.wording import NOTHING, counted, duration, moment
from studio.workspace import Workspace, open_workspace

SIZE = 50
MOST_CARDS = 4
TABLE_HEIGHT = 354
TABLE_EVERY_S = 5
SLICE_S, STILL_READING_S = 0.4, 0.8
"""How long a page may take in what is new in a ledger; what is left, a part each second."""


def _page() -> None:
    workspace = open_workspace()
    read_address()
    row = None
    names = training_names(workspace)
    with faults():
        row = training_row(workspace, chosen("run")) if chosen("run") else None
    if row:
        _one(workspace, row)
    else:
        _all(workspace, names)


def _all(workspace: Workspace, names: list[str]) -> None:
    """Every training run: those under way as cards, and a table."""
    live = [row.name for row in training_rows(workspace, names[:SIZE]) if row.is_live]
    with bar("Train", counted(len(names), "run"), f"{len(live)} training" if live else ""):
        new_training(workspace)
    if not names:
        with empty("No training run yet", "Start one with New training, or see the whole way in small: kardia train demo --out training/demo"):  # fmt: skip
            return
    _cards(workspace, live)
    _table(workspace, names, live)


def _cards(workspace: Workspace, live: list[str]) -> None:
    @st.fragment(run_every=1 if live else None)
    def cards() -> None:
        rows = training_rows(workspace, live[:MOST_CARDS])
        for row in rows:
            train_card(workspace, row, opens=True)
        if not all(row.is_live for row in rows):
            st.rerun()

    cards()


def _table(workspace: Workspace, names: list[str], live: list[str]) -> None:
    with tools():
        heading("All training runs")
        st.space("stretch")
        pages = -(-len(names) // SIZE)
        page = st.pagination(pages, key="training-page", max_visible_pages=5) if pages > 1 else 1
    shown = names[(page - 1) * SIZE : page * SIZE]

    @st.fragment(run_every=TABLE_EVERY_S if live else None)
    def table() -> None:
        _rows(training_rows(workspace, shown))

    table()


def _rows(rows: list[TrainingRow]) -> None:
    columns = st.column_config
    measured = [read_measured(row.path) for row in rows]
    best = [found.last("reward") or found.last("loss") for found in measured]
    st.dataframe(
        {
            "run": [row.name for row in rows],
            "stage": [STAGES.get(row.stage, row.stage) for row in rows],
            "state": [row.state for row in rows],
            "share": [int(100 * progress_share(row)) for row in rows],
            "at": [headline(row) for row in rows],
            "left": [duration(row.progress.eta_s) if row.is_live and row.progress else NOTHING for row in rows],
            "now": [f"{'reward' if 'reward' in found.train else 'loss'} {point.value:.3f}" if point else NOTHING
                    for found, point in zip(measured, best, strict=True)],
            "alarms": [len(read_alarms(row.path)) for row in rows],
            "model": [str(row.settings.get("model_name_or_path", NOTHING)) for row in rows],
            "started": [moment(row.started) for row in rows],
        },
        hide_index=True,
        row_height=32,
        height=TABLE_HEIGHT if len(rows) > 10 else "content",
        key="trainings",
        column_config={
            "run": columns.ButtonColumn("Run", type="tertiary", alignment="left", key="chosen-training"),
            "stage": columns.TextColumn("Stage", width=96),
            "state": columns.TextColumn("State", width=80),
            "share": columns.ProgressColumn("Progress", format="%d%%", min_value=0, max_value=100, width=150),
            "at": columns.TextColumn("At", width=130),
            "left": columns.TextColumn("Left", width=70),
            "now": columns.TextColumn("Now", width=100),
            "alarms": columns.NumberColumn("Alarms", width=60, alignment="left"),
            "model": columns.TextColumn("Model"),
            "started": columns.TextColumn("Started", width=120),
        },
    )  # fmt: skip
    if hit := st.session_state.get("chosen-training"):
        go({"run": rows[hit["row"]].name})


def _one(workspace: Workspace, row: TrainingRow) -> None:
    """One run: its card, and one of its views."""
    views = VIEWS if row.stage == "grpo" else tuple(view for view in VIEWS if view not in ("Samples", "Ledger"))
    with bar("Train", row.name):
        view = _view(row, views)
        if st.button("All runs", type="tertiary", icon=":material/arrow_back:"):
            go({})
        new_training(workspace)
    _card(workspace, row, view)
    with faults():
        _show(workspace, row, view)


def _view(row: TrainingRow, views: tuple[str, ...]) -> str | None:
    alarms = len(read_alarms(row.path))
    return st.segmented_control(
        "View", views, default=chosen("show") if chosen("show") in views else views[0], key=key("show"), required=True,
        label_visibility="collapsed", on_change=changed, args=("show",),
        format_func=lambda view: f"Alarms {alarms}" if view == "Alarms" and alarms else view,
    )  # fmt: skip


def _card(workspace: Workspace, row: TrainingRow, view: str | None) -> None:
    @st.fragment(run_every=1 if row.is_live else None)
    def card() -> None:
        now = training_row(workspace, row.name)
        train_card(workspace, now, figures=view == "Curves")
        if now.is_live != row.is_live or (now.stage and not row.stage):
            st.rerun()

    card()


def _show(workspace: Workspace, row: TrainingRow, view: str | None) -> None:
    if view == "Curves":
        train_curves(row)
    elif view == "Alarms":
        train_alarms(row)
    elif view == "Settings":
        st.code(yaml.safe_dump(row.config, sort_keys=False, allow_unicode=True), language=None)
    else:
        ledger = ledger_of(workspace, row)
        reach = ledger.refresh(SLICE_S)
        if not reach.is_whole:
            _reading(ledger, reach)
        elif not reach.rows:
            with empty("No rollout yet", "Candidates are written with the first step."):
                return
        elif view == "Samples":
            train_samples(workspace, row, ledger)
        else:
            train_ledger(row, ledger, reach)


def _reading(ledger: LedgerIndex, reach: Reach) -> None:
    """Say how far the index of a long ledger is; a part is taken in each second."""

    @st.fragment(run_every=1)
    def line() -> None:
        now = ledger.refresh(STILL_READING_S)
        if now.is_whole:
            st.rerun()
        mb = 1_000_000
        st.progress(
            now.read / max(now.size, 1), text=f"Reading the ledger: {now.read / mb:,.0f} of {now.size / mb:,.0f} MB"
        )

    line()


_page()
