"""The curves of a training run, drawn anew each second while it trains."""

import streamlit as st

from studio.training.curve_chart import curve
from studio.training.curves import Panel, curve_text, panels
from studio.training.measured import Measured, read_measured
from studio.training.runs import TrainingRow
from studio.widgets.charts import look
from studio.widgets.page import empty, heading, plain
from studio.widgets.theme import section

EVERY_S = 1
_MAIN_PX, _MORE_PX = 176, 120


def train_curves(row: TrainingRow) -> None:
    """Draw the curves: rewards by part first, then what else moved."""

    @st.fragment(run_every=EVERY_S if row.is_live else None)
    def curves() -> None:
        measured = read_measured(row.path)
        main, more = panels(row.stage, measured)
        if not main and not more:
            with empty("Nothing measured yet", "The first figures come with the first step that is logged."):
                return
        _legend(row, measured)
        _grid(main, measured, columns=2, height=_MAIN_PX)
        if more:
            heading("What else moved")
            _grid(more, measured, columns=4, height=_MORE_PX)

    curves()


def _legend(row: TrainingRow, measured: Measured) -> None:
    at = " at temperature 0" if row.stage == "grpo" else ""
    told = ":blue[━] train" + (f"  ·  :orange[◆] held out{at}, dashed" if measured.held_out else "")
    st.markdown(f"{told}  ·  by optimiser step", width="content")


def _grid(shown: list[Panel], measured: Measured, columns: int, height: int) -> None:
    for start in range(0, len(shown), columns):
        for column, panel in zip(st.columns(columns), shown[start : start + columns], strict=False):
            with column, st.container(border=True, gap="xxsmall"):
                heading(panel.title, panel.note if columns < 4 else "")
                st.altair_chart(
                    look(curve(measured, panel, section(), height), section()),
                    theme=None,
                    width="stretch",
                    alt=plain(curve_text(measured, panel)),
                    key=f"curve-{panel.metric}",
                )
