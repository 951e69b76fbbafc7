"""The card of one training run: where it stands, how far it is, and what may be done with it."""

from collections.abc import Callable
from typing import Literal

import streamlit as st

from studio.training import runs
from studio.training.figures import headline, numbers, progress_share
from studio.training.measured import read_alarms, read_measured
from studio.training.runs import TrainingRow
from studio.widgets.page import faults, number, plain
from studio.wording import moment
from studio.workspace import Workspace

STAGES = {"sft": "SFT", "grpo": "GRPO", "reward_model": "Reward model"}
_BADGES: dict[str, tuple[Literal["blue", "gray", "orange", "red"], str]] = {
    "training": ("blue", ":material/progress_activity:"),
    "starting": ("blue", ":material/hourglass_empty:"),
    "stopping": ("blue", ":material/stop:"),
    "done": ("gray", ":material/check:"),
    "stopped": ("orange", ":material/pause:"),
    "failed": ("red", ":material/close:"),
    "refused": ("red", ":material/close:"),
    "lost": ("red", ":material/link_off:"),
}
STOP = "The step under way ends and a checkpoint is saved. Resume goes on from there."
RESUME = "The same command again: goes on from the last checkpoint."
WIDTHS = (5, 5, 5, 5, 5, 5)


def train_card(workspace: Workspace, row: TrainingRow, *, opens: bool = False, figures: bool = True) -> None:
    """Draw a run's card with its actions.

    Args:
        opens: offer to open the run, where the card stands among others.
        figures: show the six numbers.
    """
    with st.container(border=True, key=f"card-{row.name}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(row.name)}**", width="content")
            colour, icon = _BADGES[row.state]
            st.badge(row.state.capitalize(), color=colour, icon=icon)
            st.caption("  ·  ".join(map(plain, _facts(row))), width="content")
            st.space("stretch")
            _actions(workspace, row)
            if opens and st.button("Open", type="tertiary", icon=":material/arrow_forward:", icon_position="right", key=f"open-{row.name}"):  # fmt: skip
                st.query_params.from_dict({"run": row.name})
                st.rerun()
        if row.reason:
            st.text(row.reason)
        st.progress(progress_share(row), text=plain(headline(row)))
        if row.progress and figures:
            _figures(row)
        if row.state in ("refused", "failed", "lost") and (said := runs.last_words(workspace, row)):
            with st.expander("What its process said"):
                st.code(said, language=None)


def _figures(row: TrainingRow) -> None:
    found = numbers(row, read_measured(row.path), read_alarms(row.path))
    for column, figure in zip(st.columns(WIDTHS), found, strict=True):
        with column:
            number(figure.label, figure.value, figure.note, figure.why or None)


def _facts(row: TrainingRow) -> list[str]:
    pid = f"pid {row.progress.pid}" if row.is_live and row.progress and row.progress.pid else ""
    since = f"{'since' if row.is_live else 'started'} {moment(row.started)}" if row.started else ""
    return [fact for fact in (STAGES.get(row.stage, row.stage), pid, since) if fact]


def _actions(workspace: Workspace, row: TrainingRow) -> None:
    if row.is_live:
        if st.button("Stop", icon=":material/stop:", type="tertiary", help=STOP, key=f"stop-{row.name}", disabled=row.state != "training"):  # fmt: skip
            _do(lambda: runs.stop(row))
        return
    if row.progress is None and row.state == "refused":
        if st.button("Forget", type="tertiary", help="Takes it off this list.", key=f"forget-{row.name}"):
            _do(lambda: runs.forget(workspace, row))
        if st.button("Try again", icon=":material/refresh:", key=f"again-{row.name}"):
            _do(lambda: runs.resume(workspace, row))
    elif row.state != "done":
        ours = runs.is_ours(workspace, row)
        why = RESUME if ours else "Not started from this page: give the same command again where it was started."
        if st.button("Resume", icon=":material/play_arrow:", help=why, key=f"resume-{row.name}", disabled=not ours):
            _do(lambda: runs.resume(workspace, row))


def _do(act: Callable[[], object]) -> None:
    """Do it and draw the page anew; what goes wrong stands in the card."""
    with faults():
        act()
        st.rerun()
