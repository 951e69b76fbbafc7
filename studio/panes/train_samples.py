"""Samples of a training run: the candidates of a prompt at a step, with spans, rewards and what the judge said of each."""

import streamlit as st

from graphs.records import BadFile
from graphs.rubric import Rubric
from studio.panes.train_address import changed, chosen, chosen_number, go, key
from studio.training.candidates import context_data, facts, marks_data, queue_row, reward_numbers, spans_data
from studio.training.ledger_index import Entry, LedgerIndex, Sought
from studio.training.runs import TrainingRow
from studio.training.sources import example_of
from studio.widgets import parts
from studio.widgets.page import heading, number, plain, tools
from studio.workspace import Workspace
from train.rows import Rollout

MOST_CANDIDATES = 256


def train_samples(workspace: Workspace, row: TrainingRow, ledger: LedgerIndex) -> None:
    """Draw one prompt of one step: left what was asked and the candidates, right the chosen one."""
    with tools():
        step = _step(ledger.steps())
        group = _group(ledger.groups(step))
    entries = ledger.find(Sought(steps=(step, step), group=group, order="oldest"), MOST_CANDIDATES)
    rollouts = {entry.candidate: ledger.read(entry) for entry in entries}
    shown = chosen_number("candidate")
    entry = next((one for one in entries if one.candidate == shown), entries[0])
    left, right = st.columns([5, 7], gap="medium")
    with left:
        _candidates(row, entries, rollouts, entry)
        _asked(workspace, row, entry)
    with right:
        _one(rollouts[entry.candidate], ledger.rubric())


def _step(steps: list[int]) -> int:
    """The step to look at; the newest until one is chosen."""
    wanted = chosen_number("step")
    here = len(steps) - 1 if wanted is None else min(range(len(steps)), key=lambda at: abs(steps[at] - wanted))
    step = st.selectbox(
        "Step", steps, here, key=key("step"), on_change=changed, args=("step",), label_visibility="collapsed", width=130,
        format_func="Step {:,}".format,
    )  # fmt: skip
    for label, icon, shortcut, to in (("Earlier", "left", "K", here - 1), ("Later", "right", "J", here + 1)):
        there = 0 <= to < len(steps)
        if st.button(label, type="tertiary", icon=f":material/chevron_{icon}:", shortcut=shortcut, disabled=not there):
            go({"run": chosen("run"), "show": "Samples", "step": steps[to], "prompt": chosen_number("prompt") or 1})
    return step


def _group(groups: list[int]) -> int:
    """The prompt of the step's batch; addresses count from 1."""
    wanted = chosen_number("prompt") or 1
    at = min(max(wanted, 1), len(groups))
    st.space("stretch")
    if len(groups) > 1:
        st.caption(f"Prompt of {len(groups):,}", width="content")
        st.pagination(
            len(groups), default=at, key=key("prompt"), on_change=changed, args=("prompt",), max_visible_pages=7
        )
    return groups[at - 1]


def _asked(workspace: Workspace, row: TrainingRow, entry: Entry) -> None:
    """The example: who, what happened, and the dialogue up to the words that are answered."""
    heading("What they answer", f"example {entry.example}", f"gold label {entry.gold}")
    try:
        example = example_of(workspace, row, entry.example)
    except BadFile as error:
        st.caption(plain(str(error)))
        return
    parts.spans(context_data(example), key="train-asked")
    with st.expander("The person"):
        st.text(example.person or "not told")
    with st.expander("The reference reply"):
        st.text(example.reference)


def _candidates(row: TrainingRow, entries: list[Entry], rollouts: dict[int, Rollout], entry: Entry) -> None:  # fmt: skip
    data = {
        "label": "Candidates",
        "height": "auto",
        "selected": entry.candidate,
        "rows": [queue_row(one, rollouts[one.candidate]) for one in entries],
    }
    pick = parts.queue(data, key="train-candidates")
    if pick and pick["key"] != entry.candidate:
        prompt = chosen_number("prompt") or 1
        go({"run": row.name, "show": "Samples", "step": entry.step, "prompt": prompt, "candidate": pick["key"]})


def _one(rollout: Rollout, rubric: Rubric) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**Step {rollout.step:,}, candidate {rollout.candidate + 1}**", width="content")
        st.space("stretch")
        st.caption("  ·  ".join(plain(fact) for fact in facts(rollout) if fact), width="content")
    found = reward_numbers(rollout)
    for column, each in zip(st.columns(len(found)), found, strict=True):
        with column:
            number(each.label, each.value, each.note, each.why or None)
    parts.spans(spans_data(rollout), key="train-spans")
    if rollout.marks:
        parts.scores(marks_data(rollout, rubric), key="train-marks")
    elif rollout.raw_outcome is not None:
        st.caption(plain(f"The model said {rollout.raw_outcome:.4f} before it was scaled."))
    elif not rollout.failure:
        st.caption("No marks: there is no response that a judge could read.")
