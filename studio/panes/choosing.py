"""What to play: who, what happened, under which pack and model, and who speaks as the user."""

from typing import Any

import streamlit as st

from graphs.packs import load_pack
from studio.panes.cast import choose_persona, choose_situation
from studio.play import playing
from studio.play.playing import Choice
from studio.runs import jobs
from studio.runs.endpoints import endpoints
from studio.widgets.page import bar, fault, heading, plain
from studio.workspace import Workspace

_LENGTHS = {"paper": "As in the paper, about 8 turns", "natural": "As long as it needs"}


def choose(workspace: Workspace) -> None:
    """The page before a play: the choice, and a start."""
    with bar("Play", "one dialogue, watched as it is played"):
        start = st.button("Start", type="primary", icon=":material/play_arrow:", shortcut="Ctrl+Enter")
    said = st.container() if start else None
    who, what, how = st.columns([5, 5, 3], gap="large")
    with how:
        pack, chosen = _how(workspace)
    labels = list(load_pack(str(workspace.packs()[pack])).settings.labels)
    with who:
        persona = choose_persona(workspace)
    with what:
        situation = choose_situation(workspace, labels)
    if said and not isinstance(persona, str) and not isinstance(situation, str):
        _start(workspace, Choice(pairing=playing.paired(persona, situation), pack=pack, **chosen))
    elif said:
        with said:
            fault("\n".join(one for one in (persona, situation) if isinstance(one, str)))
    _earlier(workspace)


def _start(workspace: Workspace, choice: Choice) -> None:
    st.query_params["run"] = workspace.name(playing.begin(workspace, choice))
    st.rerun()


def _how(workspace: Workspace) -> tuple[str, dict[str, Any]]:
    """Pack, model, length, seed, and who speaks."""
    heading("How")
    packs, ends = list(workspace.packs()), endpoints(workspace)
    pack = st.selectbox(
        "Pack", packs, index=packs.index("kardia") if "kardia" in packs else 0, key="play-pack", persist_state="session"
    )
    endpoint = st.selectbox(
        "Model",
        list(ends),
        key="play-endpoint",
        persist_state="session",
        help="Names and addresses stand in kardia.yaml.",
    )
    st.caption(plain(ends[endpoint].model))
    length = st.selectbox(
        "Length", list(_LENGTHS), format_func=lambda name: _LENGTHS[name], key="play-length", persist_state="session"
    )
    seed = st.number_input(
        "Seed", min_value=0, max_value=playing.LARGEST_SEED, step=1, key="play-seed", persist_state="session"
    )
    speaks = st.toggle("You speak as the user", key="play-speaks", persist_state="session")
    if speaks:
        st.caption("What you say stays in this workspace. No data set takes it.")
    return pack, {"endpoint": endpoint, "length": length, "seed": int(seed), "speaks": speaks}


def _earlier(workspace: Workspace) -> None:
    """The last plays, to come back to."""
    if not (earlier := playing.plays(workspace)):
        return
    heading("Earlier plays")
    for run in earlier:
        name, choice = workspace.name(run), playing.choice_of(workspace, run)
        who = [choice.pairing.persona.id, choice.pairing.situation.emotion, choice.endpoint] if choice else []
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(name, type="tertiary", key=f"earlier-{name}", on_click=_open, args=(name,))
            st.caption(
                "  ·  ".join(plain(fact) for fact in [*who, jobs.standing(run, workspace).state]), width="content"
            )


def _open(name: str) -> None:
    st.query_params["run"] = name
