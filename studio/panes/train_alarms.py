"""The alarms of a training run: what the sentinel saw, and what to do about it."""

import streamlit as st

from studio.training.curves import figure
from studio.training.measured import Alarm, read_alarms
from studio.training.runs import TrainingRow
from studio.training.what_to_do import what_to_do
from studio.widgets.page import empty, heading, plain
from studio.wording import counted


def train_alarms(row: TrainingRow) -> None:
    """Draw the alarms by rule, the one that rang last first."""
    found = read_alarms(row.path)
    if not found:
        with empty("No alarm", "The sentinel watches rewards by part, KL, entropy, length, labels and the judge."):
            return
    rules = dict.fromkeys(alarm.rule for alarm in found)
    for rule in rules:
        _rule(row, [alarm for alarm in found if alarm.rule == rule])


def _rule(row: TrainingRow, alarms: list[Alarm]) -> None:
    last, first = alarms[0], alarms[-1]
    with st.container(border=True, key=f"alarm-{plain(last.rule)}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(plain(last.rule.replace("_", " ").capitalize()), color="orange", icon=":material/warning:")
            steps = f"step {last.step:,}" if len(alarms) == 1 else f"steps {first.step:,} to {last.step:,}"
            st.caption(plain(f"{counted(len(alarms), 'time')}, {steps}"), width="content")
            st.space("stretch")
            if st.button("Samples of that step", type="tertiary", key=f"alarm-step-{last.rule}"):
                st.query_params.from_dict({"run": row.name, "show": "Samples", "step": str(last.step)})
                st.rerun()
        st.text(last.finding)
        if last.value is not None:
            st.caption(plain(f"measured {figure(last.value)}, limit {figure(last.limit)}"))
        heading("What to do")
        st.text(what_to_do(last.rule))
