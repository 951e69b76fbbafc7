"""A play on the page: the thread as it grows, the graph with the node that is asked, and an attempt in detail."""

import time
from pathlib import Path

import streamlit as st

from graphs.course import Course
from graphs.llm.prices import cost_text
from graphs.person import Unsayable
from graphs.rubric import LONGEST_UTTERANCE
from graphs.schema import Removal
from studio.play import outcomes, playing
from studio.play.outcomes import Look
from studio.runs import jobs
from studio.widgets import dialogue, parts
from studio.widgets.page import bar, fault, heading, plain
from studio.workspace import Workspace

LOOK_EVERY_S = 0.5
SLOW_AFTER_S = 3.0
_SAYING_PX, _THREAD_PX = 148, 84


def watch(workspace: Workspace, path: Path) -> None:
    """The whole page of a play: its bar, and the panes, which look again while it plays."""
    found = _looked(workspace, path)
    choice = playing.choice_of(workspace, path)
    with bar("Play", *_facts(found, choice)):
        _actions(workspace, path, found, choice)
    every = LOOK_EVERY_S if found.standing.is_live else None
    st.fragment(_panes, run_every=every)(workspace, path, found.standing.state)


def _looked(workspace: Workspace, path: Path) -> Look:
    """The play as it stands; its course is read anew only where its journal has changed."""
    key, stamp = f"course-{path.name}", outcomes.stamp(path)
    seen, course = st.session_state.get(key, (None, None))
    found = outcomes.look(workspace, path, course if seen == stamp else None)
    st.session_state[key] = (stamp, found.course)
    return found


def _facts(found: Look, choice: playing.Choice | None) -> list[str]:
    pairing = found.course.pairing if found.course else choice.pairing if choice else None
    facts = [pairing.persona.id, pairing.persona.mbti, pairing.situation.emotion] if pairing else []
    if found.run:
        config = found.run.config
        facts += [f"{config.pack}@{config.pack_hash[:4]}", config.models["responder"], f"seed {config.seed}"]
        facts += ["you speak"] if config.person_spoke else []
    return facts


def _actions(workspace: Workspace, path: Path, found: Look, choice: playing.Choice | None) -> None:
    if found.standing.is_live:
        starting = found.standing.state == "starting"
        if st.button("Stop", type="primary", icon=":material/stop:", shortcut="S", disabled=starting):
            jobs.stop(path)
            st.rerun()
        return
    st.button("New play", type="tertiary", icon=":material/add:", shortcut="N", on_click=_leave)
    if found.course and found.course.steps and st.button("Open in Replay", type="tertiary", icon=":material/history:"):
        query = {"run": workspace.name(path), "d": found.course.pairing.id}
        st.switch_page("views/replay.py", query_params=query)
    over = found.course is not None and found.course.trajectory is not None
    if not over and st.button("Go on", type="primary", icon=":material/play_arrow:", shortcut="G"):
        playing.go_on(workspace, path)
        st.rerun()
    kind = "primary" if over else "secondary"
    if choice and st.button("Play again", type=kind, icon=":material/replay:", shortcut="A", help="With another seed."):
        st.query_params["run"] = workspace.name(playing.begin(workspace, playing.again(choice)))
        st.rerun()


def _leave() -> None:
    st.query_params.clear()


def _panes(workspace: Workspace, path: Path, was: str) -> None:
    found = _looked(workspace, path)
    if found.standing.state != was:
        st.rerun()
    left, right = st.columns([5, 7], gap="medium")
    with left:
        _left(workspace, path, found)
    with right:
        grid = st.grid("auto", min_column_width=430, gap="medium")
        with grid.container():
            _state(found)
            _graph(path, found)
        with grid.container():
            _detail(path, found)


def _left(workspace: Workspace, path: Path, found: Look) -> None:
    live, speaks = found.standing.is_live, found.speaks
    if found.course:
        turn, _ = _shown(path, found.course)
        height = f"calc(100vh - {_SAYING_PX if live and speaks else _THREAD_PX}px)"
        waiting = _waiting(found)
        data = dialogue.thread_data(found.course, turn, waiting=waiting, follow=live, height=height)
        _pick(path, parts.thread(data, key="play-thread"))
    if live and speaks:
        _listen(workspace, path, found)


def _waiting(found: Look) -> str | None:
    if not found.standing.is_live:
        return "stopped here"
    if found.standing.state == "starting":
        return "starting"
    return "waits for your words" if found.listens_at else None


def _listen(workspace: Workspace, path: Path, found: Look) -> None:
    """The box at the foot; what was said is taken where the run finds it."""
    key, turn = f"say-fault-{path.name}", found.listens_at
    hint = "Say something as the user. Enter says it." if turn else "Not your turn yet."
    data = {"turn": turn, "ready": bool(turn), "hint": hint, "most": LONGEST_UTTERANCE}
    said = parts.say({**data, "fault": st.session_state.get(key, "")}, key="play-say")
    if said:
        try:
            playing.say(workspace, path, int(said["turn"]), str(said["text"]))
            st.session_state.pop(key, None)
        except Unsayable as error:
            st.session_state[key] = f"What you said {error}."


def _state(found: Look) -> None:
    """Where it stands, in one row; under it what went wrong, and what screening found."""
    course, figures = found.course, found.standing.progress
    calls = _count_calls(course)
    cost = cost_text(figures.cost_usd)
    if found.standing.is_live:
        asked = dialogue.waiting_text(course.waiting_for) if course else ""
        now = _waiting(found) or asked
        begun = (calls, cost) if course and dialogue.latest(course)[0] else ()
        heading(f"Turn {len(course.turns) + 1 if course else 1}", now + _for_long(found), *begun)
        return
    heading(outcomes.outcome(found), calls, cost)
    if why := outcomes.trouble(found):
        fault(why, "See to it, then go on: nothing that came is asked for again.")
    elif said := outcomes.why_stopped(found):
        st.caption(plain(said))
    if course and course.trajectory and course.trajectory.removals:
        notes = [_finding(removal) for removal in course.trajectory.removals]
        parts.spans({"spans": [], "notes": notes}, key="play-removals")


def _finding(removal: Removal) -> dict[str, str]:
    """Why screening takes a dialogue out."""
    turn = f", turn {removal.turn}" if removal.turn else ""
    return {"title": f"Screening: {removal.kind}, {removal.rule.replace('_', ' ')}{turn}", "text": removal.finding}


def _count_calls(course: Course | None) -> str:
    made = [call for step in course.steps for call in step.calls if call.status != "edited"] if course else []
    return f"{len(made)} call{'' if len(made) == 1 else 's'}"


def _for_long(found: Look) -> str:
    """How long nothing came, where that is longer than one would think."""
    if found.listens_at or found.run is None:
        return ""
    newest = max((when for when, _ in outcomes.stamp(found.run.path)), default=time.time_ns())
    quiet = (time.time_ns() - newest) / 1e9
    return f" for {quiet:.0f} s" if quiet > SLOW_AFTER_S else ""


def _graph(path: Path, found: Look) -> None:
    if found.course is None:
        return
    turn, attempt = _shown(path, found.course)
    data = dialogue.attempts_data(
        found.course, turn, attempt, most=found.attempts, live=found.standing.is_live,
        criteria=len(found.pack.rubric.criteria) if found.pack else 0, user="You" if found.speaks else None,
    )  # fmt: skip
    _pick(path, parts.attempts(data, key="play-attempts"))


def _detail(path: Path, found: Look) -> None:
    """The attempt that was picked; else the draft that is read just now, or the latest attempt."""
    course, live = found.course, found.standing.is_live
    turn, attempt = _shown(path, course) if course else (0, 0)
    if course and found.pack and (shown := dialogue.attempt_at(course, turn, attempt)):
        dialogue.show_title(course, turn, attempt)
        dialogue.show_attempt(shown, found.pack, "play")
        if notes := dialogue.draw_notes(course, turn, attempt):
            parts.spans({"spans": [], "notes": notes}, key="play-draws")
    elif course and course.reply:
        dialogue.show_draft(course, "play")
    elif live:
        st.caption("The first attempt will be shown here.")
    if live and _picked(path):
        st.button("Show the latest again", type="tertiary", icon=":material/vertical_align_bottom:", on_click=_unpick)


def _picked(path: Path) -> tuple[int, int] | None:
    return st.session_state.get("play-picked", {}).get(path.name)


def _shown(path: Path, course: Course) -> tuple[int, int]:
    """The attempt that was picked, else the draft that is read just now, else the latest."""
    picked = _picked(path)
    if picked and dialogue.attempt_at(course, *picked):
        return picked
    if course.reply and course.waiting_for:
        return course.waiting_for.turn, course.waiting_for.attempt
    return dialogue.latest(course)


def _pick(path: Path, pick: dict[str, int] | None) -> None:
    chosen = (pick["turn"], pick["attempt"]) if pick else None
    if chosen and _picked(path) != chosen:
        st.session_state["play-picked"] = {path.name: chosen}
        st.rerun()


def _unpick() -> None:
    st.session_state.pop("play-picked", None)
