"""Replay: any dialogue of any run, attempt by attempt; fork it anywhere, and see what a fork changed."""

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from graphs.branches import Branch, branches
from graphs.course import Course, follow
from graphs.runs import Run, open_run
from studio.opened import last_opened, remember
from studio.panes.branching import fork_dialog, show_branches
from studio.panes.calls import show_prompts, show_record
from studio.play.outcomes import stamp
from studio.widgets import dialogue, parts
from studio.widgets.page import bar, empty, fault
from studio.workspace import Workspace, open_workspace


class Chosen(NamedTuple):
    """What stands in the address: the run, the dialogue, the turn and attempt."""

    run: Run
    course: Course
    turn: int
    attempt: int


@st.cache_resource(max_entries=24, show_spinner=False)
def _course(run_path: str, thread: str, written: tuple[tuple[int, int], ...]) -> tuple[Run, Course]:
    """A dialogue's course; `written` changes whenever its journal does."""
    run = open_run(Path(run_path))
    journal = run.journal(readonly=True)
    try:
        return run, asyncio.run(follow(run, journal, run.pairing(thread)))
    finally:
        journal.close()


def _choose(workspace: Workspace) -> Chosen | None:
    asked = st.query_params
    if "run" not in asked or "d" not in asked:
        if not (recent := [one for one in last_opened(workspace) if one.page == "replay"]):
            return None
        asked.from_dict(recent[0].query)
    path = workspace.run(asked["run"])
    run, course = _course(str(path), asked["d"], stamp(path))
    attempts = dialogue.attempts_of(course)
    turn = min(max(_number("t", len(attempts)), 1), max(len(attempts), 1))
    most = len(attempts[turn - 1]) if attempts else 1
    return Chosen(run, course, turn, min(max(_number("k", most), 1), max(most, 1)))


def _number(name: str, otherwise: int) -> int:
    text = st.query_params.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 4 else otherwise


def _go(turn: int, attempt: int) -> None:
    st.query_params.update(t=str(turn), k=str(attempt))


def _step(course: Course, turn: int) -> None:
    attempts = dialogue.attempts_of(course)
    turn = min(max(turn, 1), len(attempts))
    _go(turn, len(attempts[turn - 1]))


def _picked(pick: dict[str, Any] | None) -> None:
    """A click in the thread or the table; the address then says what is shown."""
    if pick and (str(pick["turn"]), str(pick["attempt"])) != (st.query_params.get("t"), st.query_params.get("k")):
        _go(pick["turn"], pick["attempt"])
        st.rerun()


def _dialogue(chosen: Chosen) -> None:
    run, course, turn, attempt = chosen
    left, right = st.columns([5, 7], gap="medium")
    with left:
        _picked(parts.thread(dialogue.thread_data(course, turn), key="thread"))
    with right:
        grid = st.grid("auto", min_column_width=430, gap="medium")
        most, criteria = run.config.dialogue.attempts, len(run.pack.rubric.criteria)
        with grid.container():
            shown = dialogue.attempts_data(course, turn, attempt, most=most, criteria=criteria)
            _picked(parts.attempts(shown, key="attempts"))
        with grid.container():
            _detail(chosen)


def _detail(chosen: Chosen) -> None:
    run, course, turn, attempt = chosen
    found = dialogue.attempt_at(course, turn, attempt)
    dialogue.show_title(course, turn, attempt)
    spans, scores, prompt, record = st.tabs(["Spans", "Scores", "Prompt as sent", "Record"])
    with spans:
        if found:
            dialogue.show_spans(found, "detail")
        else:
            st.caption("Not decided yet.")
        _end(course, turn)
    with scores:
        if found:
            dialogue.show_scores(found, run.pack, "detail")
    with prompt:
        show_prompts(course, turn, attempt)
    with record:
        show_record(course, turn, attempt)


def _end(course: Course, turn: int) -> None:
    """Under the last turn: how the dialogue ended, and why screening takes it out, if it does."""
    if course.failure:
        fault(f"The dialogue stops here: {course.failure}", "`kardia synth resume RUN` tries again what can be tried.")
    if turn < len(course.turns) or course.trajectory is None:
        return
    notes = [
        {
            "title": "End",
            "text": "Solved" if course.trajectory.end == "solved" else "At the cap of turns",
            "quiet": True,
        }
    ]
    notes += [
        {"title": f"Removed by screening: {removal.kind}", "text": f"{removal.rule}, turn {removal.turn}: {removal.finding}", "quiet": False}
        for removal in course.trajectory.removals
    ]  # fmt: skip
    parts.spans({"spans": [], "notes": notes}, key="end")


def _facts(chosen: Chosen, workspace: Workspace) -> tuple[str, ...]:
    pairing, config = chosen.course.pairing, chosen.run.config
    return (
        pairing.situation.emotion,
        pairing.persona.mbti,
        "fork" if config.lineage else "",
        workspace.name(chosen.run.path).split("/")[0],
        f"{config.pack}@{config.pack_hash[:4]}",
        pairing.persona.id,
    )


def _ways(workspace: Workspace, chosen: Chosen) -> list[Branch]:
    """The run at the root of this dialogue, and all its forks."""
    top = workspace.run(workspace.name(chosen.run.path).split("/forks/")[0])
    return branches(open_run(top), chosen.course.pairing.id)


def _page() -> None:
    workspace = open_workspace()
    chosen = _choose(workspace)
    if chosen is None:
        with bar("Replay"):
            pass
        with empty("No dialogue chosen", "Open one from the list of all dialogues."):
            if st.button("Open the data", type="primary"):
                st.switch_page("views/data.py")
        return
    run, course, turn, attempt = chosen
    thread = course.pairing.id
    remember(workspace, "replay", f"{thread} of {workspace.name(run.path)}", dict(st.query_params))
    ways = _ways(workspace, chosen)
    st.session_state["view"] = st.session_state.pop("view-next", st.session_state.get("view", "Dialogue"))
    with bar(thread, *_facts(chosen, workspace)):
        view = st.segmented_control(
            "View",
            ["Dialogue", "Branches"],
            format_func=lambda name: f"Branches {len(ways) - 1}" if name == "Branches" and len(ways) > 1 else name,
            required=True,
            label_visibility="collapsed",
            key="view",
        )
        st.button(
            "Previous",
            icon=":material/keyboard_arrow_up:",
            on_click=_step,
            args=(course, turn - 1),
            shortcut="K",
            type="tertiary",
        )
        st.button(
            "Next",
            icon=":material/keyboard_arrow_down:",
            on_click=_step,
            args=(course, turn + 1),
            shortcut="J",
            type="tertiary",
        )
        forking = st.button("Fork from here", icon=":material/fork_right:", type="primary", shortcut="F")
    if forking:
        fork_dialog(workspace, run, course, turn, attempt)
    if view == "Dialogue":
        _dialogue(chosen)
    else:
        show_branches(workspace, ways, workspace.name(run.path))


_page()
