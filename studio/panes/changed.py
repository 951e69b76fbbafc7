"""The states that changed most: a list, and beside it the chosen one word by word."""

from typing import Any

import streamlit as st

from graphs.packs import Pack
from graphs.schema import Attempt
from graphs.trials.trials import Arm, Comparison
from measure.prompt_report import Report
from studio.compare.pairs import Answered, answers, change_rows, diff_data, frozen_state, replay_query
from studio.widgets import parts
from studio.widgets.dialogue import scores_data
from studio.widgets.page import heading, plain
from studio.workspace import Workspace

MOST = 100


def show_changes(workspace: Workspace, comparison: Comparison, found: Report) -> None:
    """Draw the list and the chosen state; which one is chosen stands in the address."""
    if not found.changes:
        return
    st.space("small")
    heading("Most changed", f"{len(found.changes):,} states, by score, then by words")
    chosen = st.query_params.get("s") or found.changes[0].state
    left, right = st.columns([9, 15], gap="medium")
    with left:
        rows = change_rows(found.changes, MOST)
        pick = parts.changes({"selected": chosen, "rows": rows}, key="changes")
    if pick and pick["state"] != st.query_params.get("s"):
        st.query_params["s"] = pick["state"]
        st.rerun()
    with right:
        _state(workspace, comparison, chosen)


def _state(workspace: Workspace, comparison: Comparison, chosen: str) -> None:
    state, draws = frozen_state(comparison, chosen), answers(comparison, chosen)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(state.pairing.id)}, turn {state.turn}**", width="content")
        st.caption(plain(f"{state.pairing.situation.emotion}  ·  {state.id}"), width="content")
        st.space("stretch")
        query = replay_query(workspace, comparison, state)
        if query and st.button("Open in Replay", type="tertiary", icon=":material/history:"):
            st.switch_page("views/replay.py", query_params=query)
    parts.spans({"spans": [["utterance", state.utterance]], "notes": []}, key="changed-utterance")
    if not draws:
        st.caption("Not answered yet.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        view = st.segmented_control(
            "View",
            ["Reply", "Scores"],
            default="Reply",
            required=True,
            label_visibility="collapsed",
            key="changed-view",
        )
        shown = _draw(draws)
        against = _against(draws[0])
    _pair(comparison, shown, view or "Reply", again=against)


def _draw(draws: list[Answered]) -> Answered:
    if len(draws) == 1:
        return draws[0]
    number = st.segmented_control(
        "Draw", range(len(draws)), default=0, required=True, label_visibility="collapsed", key="changed-draw",
        format_func=lambda index: f"Draw {index + 1}",
    )  # fmt: skip
    return draws[min(number or 0, len(draws) - 1)]


def _against(first: Answered) -> bool:
    """Whether A's second round is shown in the place of B."""
    return "a2" in first.arms and st.toggle(
        "A against itself", key="changed-again", help="What chance alone changes here."
    )


def _pair(comparison: Comparison, draw: Answered, view: str, *, again: bool) -> None:
    other: Arm = "a2" if again else "b"
    sides: tuple[Arm, Arm] = ("a", other)
    one, two = draw.attempt("a"), draw.attempt(other)
    for name, attempt, arm in zip(("A", "A again" if again else "B"), (one, two), sides, strict=True):
        if attempt is None:
            st.text(f"{name} gave no answer that can stand: {draw.fault(arm)}")
    if one is None or two is None:
        return
    config = comparison.config
    heads = (f"A {config.a.called}", f"A again {config.a.called}" if again else f"B {config.b.called}")
    if view == "Reply":
        parts.diff(diff_data(one, two, heads), key="changed-diff")
        return
    packs = [comparison.pack(config.judging(arm)) for arm in sides]
    parts.scores(_scores(list(zip("AB", (one, two), packs, strict=True))), key="changed-scores")
    for name, attempt in zip(heads, (one, two), strict=True):
        if not attempt.marks:
            st.text(f"{name} has no scores: {'; '.join(attempt.violations)}")


def _scores(sides: list[tuple[str, Attempt, Pack]]) -> list[dict[str, Any]]:
    """Both judgements, criterion by criterion."""
    rows = [(row, name) for name, attempt, pack in sides for row in scores_data(attempt, pack)]
    order = {name: at for at, name in enumerate(dict.fromkeys(row["name"] for row, _ in rows))}
    rows.sort(key=lambda each: order[each[0]["name"]])
    return [row | {"name": f"{name}  {row['name']}"} for row, name in rows]
