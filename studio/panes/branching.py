"""Forks on the page: the dialog that makes one, and two branches side by side."""

import streamlit as st

from graphs.branches import Branch, differences, discard, keep, release
from graphs.course import Course
from graphs.llm.prices import cost_text
from graphs.runs import Run
from studio.forking import branch_title, expected, fork_with, slot_of, template_text, total_cost
from studio.runs import jobs
from studio.widgets import parts
from studio.widgets.page import empty, fault, faults, heading, plain
from studio.workspace import Workspace

CHANGES = {
    "Responder": "responder",
    "Evaluator": "rubric_evaluator",
    "User simulator": "user_simulator",
    "User's words": "words",
    "New draw": "draw",
}


def fork_dialog(workspace: Workspace, run: Run, course: Course, turn: int, attempt: int) -> None:
    """Ask what changes at a turn and attempt, and play the fork."""

    @st.dialog(f"Fork from turn {turn}, attempt {attempt}", position="right", width=540)
    def dialog() -> None:
        st.caption("What came before stays as it is and is proven equal by hash. The parent is not touched.")
        what = st.segmented_control("What changes", list(CHANGES), default="Responder", required=True)
        role = {"words": "user_simulator", "draw": "responder"}.get(CHANGES[what], CHANGES[what])
        slot = slot_of(role, turn, attempt)
        templates, words = _changes(run, course, turn, CHANGES[what])
        will = expected(course, slot)
        cost = cost_text(will.cost_usd)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(plain(f"About {will.calls} calls, {cost}, if it goes as long as the parent"), width="stretch")
            if not st.button("Run fork", type="primary", shortcut="Ctrl+Enter"):
                return
        with faults():
            made = fork_with(workspace.state / "edits", run, course.pairing.id, slot, templates, words)
            jobs.launch(workspace, made.path, ["synth", "resume", str(made.path)])
            st.session_state.update({"branch": workspace.name(made.path), "view-next": "Branches"})
            st.rerun()

    dialog()


def _changes(run: Run, course: Course, turn: int, what: str) -> tuple[dict[str, str], str | None]:
    if what == "draw":
        st.caption("The same request is asked again with another seed.")
        return {}, None
    if what == "words":
        said = course.turns[turn - 1].utterance if turn <= len(course.turns) else course.utterance
        return {}, st.text_area("What the user says instead", said, height=160)
    text = st.text_area(f"{what}, as this run used it", template_text(run, what), height=420, key=f"fork-{what}")
    return {what: text}, None


def show_branches(workspace: Workspace, ways: list[Branch], here: str) -> None:
    """Two branches of a dialogue side by side, with what may be done with the right one."""
    if len(ways) < 2:
        with empty("No branches yet", "Fork from here, at any turn and attempt, and compare the two."):
            return
    names = [workspace.name(way.run.path) for way in ways]
    titles = dict(zip(names, map(branch_title, ways), strict=True))
    wanted = st.session_state.pop("branch", here if here != names[0] else names[-1])
    with st.container(key="tools", horizontal=True, vertical_alignment="center", gap="small"):
        left = st.selectbox("Left", names, format_func=titles.__getitem__, label_visibility="collapsed", width=200)
        st.caption("against", width="content")
        right = st.selectbox("Right", names, format_func=titles.__getitem__, label_visibility="collapsed", width=280,
                             index=names.index(wanted) if wanted in names else len(names) - 1, key=f"right-{wanted}")  # fmt: skip
        only = st.toggle("Only what differs")
        st.space("stretch")
        chosen = ways[names.index(right)]
        if chosen.fork:
            _actions(workspace, chosen)
    _compare(ways[names.index(left)], chosen, only)


def _actions(workspace: Workspace, branch: Branch) -> None:
    name = workspace.name(branch.run.path)
    if st.button("Open", type="tertiary", icon=":material/history:"):
        st.session_state["view-next"] = "Dialogue"
        st.query_params["run"] = name
        st.rerun()
    with faults():
        if branch.kept:
            st.button(
                "Kept", icon=":material/check:", on_click=release, args=(branch.run,), help="Click to take it back"
            )
        else:
            st.button("Discard branch", type="tertiary", on_click=_discard, args=(workspace, branch))
            st.button("Keep branch", on_click=keep, args=(branch.run,))


def _discard(workspace: Workspace, branch: Branch) -> None:
    """Delete the fork; a page that showed it goes back to its parent."""
    with faults():
        discard(branch.run)
        gone = workspace.name(branch.run.path)
        if st.query_params.get("run", "").startswith(gone):
            st.query_params["run"] = gone.rsplit("/forks/", 1)[0]


def _compare(left: Branch, right: Branch, only: bool) -> None:
    if left == right:
        st.caption("The same branch on both sides.")
        return
    standing = jobs.standing(right.run.path)
    if standing.state in ("running", "starting"):
        _wait(right, right.run.config.dialogue.turns)
        return
    try:
        found = differences(left, right)
    except ValueError as error:
        fault(str(error), standing.reason)
        return
    turns = [turn for turn in found if turn.mark != "same" or not only]
    items = [
        {
            "name": f"Turn {turn.turn}",
            "mark": {"both": "edited", "equal": "same"}.get(turn.mark, turn.mark),
            "why": turn.why,
            "parts": [(name, ops) for name, ops in turn.parts if _shown(turn.mark, name, ops, only)],
        }
        for turn in turns
    ]
    heads = [[branch_title(branch), _facts(branch)] for branch in (left, right)]
    parts.diff({"heads": heads, "items": [i | {"parts": [{"name": n, "ops": o} for n, o in i["parts"]]} for i in items]}, key="branches")  # fmt: skip


def _shown(mark: str, name: str, ops: list[tuple[int, str]], only: bool) -> bool:
    """Of a turn that is the same only what the user said is shown; of others all parts, or those that differ."""
    if mark in ("same", "equal"):
        return name == "utterance"
    return not only or any(change for change, _ in ops)


def _facts(branch: Branch) -> str:
    config = branch.run.config
    journal = branch.run.journal(readonly=True)
    outcome = journal.outcome(branch.thread) or {}
    cost = cost_text(total_cost(journal.calls(branch.thread)))
    journal.close()
    end = "solved" if outcome.get("end") == "solved" else "at the cap"
    return f"{config.pack}@{config.pack_hash[:4]}  ·  {len(outcome.get('turns', ()))} turns, {end}  ·  {cost}"


@st.fragment(run_every=0.7)
def _wait(branch: Branch, turns: int) -> None:
    """Until the fork has been played; `turns` is how long the other one went on."""
    if jobs.standing(branch.run.path).state not in ("running", "starting"):
        st.rerun()
    journal = branch.run.journal(readonly=True)
    reached = max((call.slot.turn for call in journal.calls(branch.thread)), default=0)
    journal.close()
    heading("The fork is playing", f"turn {reached}, what came before is read from the parent")
    st.progress(min(0.95, reached / max(turns, 1)))
