"""The card of one run: where it stands, how far it is, what it costs, and what may be done with it."""

from collections.abc import Callable
from typing import Literal

import streamlit as st

from graphs.watching.standing import Standing
from studio.play.playing import PREFIX, go_on
from studio.runs import jobs
from studio.runs.rows import RunRow, headline, numbers
from studio.widgets.page import faults, number, plain
from studio.wording import moment
from studio.workspace import Workspace

_BADGES: dict[str, tuple[Literal["blue", "gray", "orange", "red"], str]] = {
    "running": ("blue", ":material/progress_activity:"),
    "starting": ("blue", ":material/hourglass_empty:"),
    "pausing": ("blue", ":material/pause:"),
    "finished": ("gray", ":material/check:"),
    "lost": ("red", ":material/link_off:"),
    "refused": ("red", ":material/close:"),
    "broken": ("red", ":material/close:"),
}
WIDTHS = (5, 5, 5, 6, 8, 6)
PAUSE = "Calls under way come home, then it ends. Nothing is bought twice. Resume goes on."
STOP = "Ends it now. Calls under way are let go after a moment and bought again at Resume."


def run_card(workspace: Workspace, row: RunRow) -> None:
    """Draw a run's card with its actions."""
    standing = row.standing
    with st.container(border=True, key=f"card-{row.name}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(row.name)}**", width="content")
            colour, icon = _BADGES.get(row.state, ("orange", ":material/pause:"))
            st.badge(row.state.capitalize(), color=colour, icon=icon)
            st.caption(plain(_since(row)), width="content")
            st.space("stretch")
            (_live_actions if standing.is_live else _actions)(workspace, row)
        if standing.reason and not standing.is_live and standing.ended != "you":
            st.text(standing.reason)
        if row.config:
            _figures(standing)
        elif standing.is_live:
            st.progress(0.0, text="Checks, then starts")
        if row.state in ("refused", "broken", "lost") and (said := jobs.log_tail(workspace, row.path)):
            with st.expander("What its process said"):
                st.code(said, language=None)


def _figures(standing: Standing) -> None:
    done = standing.progress
    st.progress(done.share if done.total else 0.0, text=plain(headline(standing)))
    for column, figure in zip(st.columns(WIDTHS), numbers(standing), strict=True):
        with column:
            number(figure.label, figure.value, figure.note, figure.why or None)


def _since(row: RunRow) -> str:
    standing = row.standing
    when = f"since {moment(standing.since)}" if standing.since else ""
    if standing.is_live:
        return ", ".join(filter(None, (f"pid {standing.pid}" if standing.pid else "", when)))
    return f"last started {moment(standing.since)}" if standing.since else ""


def _live_actions(workspace: Workspace, row: RunRow) -> None:
    starting = row.standing.state == "starting"
    if st.button("Pause", icon=":material/pause:", type="tertiary", help=PAUSE, key=f"pause-{row.name}",
                 disabled=starting or row.standing.stopping):  # fmt: skip
        _do(lambda: jobs.pause(row.path))
    if st.button("Stop", icon=":material/stop:", type="tertiary", help=STOP, key=f"stop-{row.name}", disabled=starting):
        _do(lambda: jobs.stop(row.path))
    _open(row)


def _actions(workspace: Workspace, row: RunRow) -> None:
    standing = row.standing
    if row.config is None:
        if st.button("Forget", type="tertiary", help="Takes it off this list.", key=f"forget-{row.name}"):
            _do(lambda: jobs.forget(workspace, row.path))
        if st.button("Try again", icon=":material/refresh:", key=f"again-{row.name}"):
            _do(lambda: jobs.resume(workspace, row.path))
        return
    if standing.ended == "budget":
        _more_money(workspace, row)
    elif standing.state != "finished" and st.button(
        "Resume", icon=":material/play_arrow:", key=f"resume-{row.name}", help="Goes on where it stopped, with the settings of its last start."
    ):  # fmt: skip
        _do(lambda: _go_on(workspace, row))
    _open(row)


def _go_on(workspace: Workspace, row: RunRow) -> None:
    (go_on if row.path.name.startswith(PREFIX) else jobs.resume)(workspace, row.path)


def _more_money(workspace: Workspace, row: RunRow) -> None:
    """A budget that is spent needs a higher one to go on."""
    spent, had = row.standing.progress.cost_usd or 0.0, row.standing.progress.budget_usd or 0.0
    with st.popover("Resume", icon=":material/play_arrow:"):
        wanted = st.number_input("New budget, US dollars", min_value=0.0, value=round(2 * max(had, spent), 2), step=1.0)
        if st.button("Go on", type="primary", disabled=wanted <= spent, key=f"money-{row.name}"):
            _do(lambda: jobs.resume(workspace, row.path, ["--budget-usd", str(wanted)]))


def _open(row: RunRow) -> None:
    if row.config and st.button("Open", icon=":material/arrow_forward:", icon_position="right", key=f"open-{row.name}",
                 type="tertiary" if row.standing.state != "finished" else "secondary"):  # fmt: skip
        st.switch_page("views/data.py", query_params={"run": row.name})


def _do(act: Callable[[], None]) -> None:
    """Do it and draw the page anew; what goes wrong stands in the card."""
    with faults():
        act()
        st.rerun()
