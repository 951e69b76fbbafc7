"""Start: what is in this workspace, what to do next, and what was opened last."""

import streamlit as st

from studio.opened import last_opened
from studio.runs import jobs
from studio.showing import prepare_demo
from studio.starting import Fact, here, next_step
from studio.widgets.page import bar, plain
from studio.workspace import Workspace, open_workspace

DIALOGUES, SEED = 64, 0


def _play_demo(workspace: Workspace) -> None:
    out = workspace.root / "runs"
    run = prepare_demo(out, DIALOGUES, SEED)
    jobs.launch(workspace, run, ["demo", "--out", str(out), "--dialogues", str(DIALOGUES), "--seed", str(SEED)])
    st.switch_page("views/runs.py", query_params={"run": workspace.name(run)})


def _row(fact: Fact, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button(plain(fact.title), type="tertiary", key=key):
            st.switch_page(f"views/{fact.page}.py", query_params=fact.query)
        st.caption(plain(fact.detail), width="content")


def _rows(title: str, facts: list[Fact], nothing: str) -> None:
    with st.container(gap="xxsmall"):
        st.markdown(f"**{title}**")
        for number, fact in enumerate(facts):
            _row(fact, f"{title}-{number}")
        if not facts:
            st.caption(nothing)


def _page() -> None:
    workspace = open_workspace()
    step, found = next_step(workspace), here(workspace)
    recent = [Fact(one.title, one.page, one.page, one.query) for one in last_opened(workspace)]
    with bar("Start", workspace.root.name):
        pass
    left, right = st.columns([5, 4], gap="large")
    with right:
        with st.container(border=True):
            st.markdown("**Next**")
            st.text(step.sentence)
            if st.button(step.action, type="primary", shortcut="Ctrl+Enter"):
                if step.page:
                    st.switch_page(f"views/{step.page}.py", query_params=step.query)
                _play_demo(workspace)
        _rows("Opened last", recent, "Nothing yet.")
    with left:
        _rows("Runs", found.runs, "None yet: the demo is one, or start your own on the page Runs.")
        _rows("Packs", found.packs, "None.")
        _rows("Files of people and situations", found.files, "None yet: `kardia personas import` makes them.")


_page()
