"""Play: choose who and what happened, watch the dialogue as it is played, or speak as the user yourself."""

import streamlit as st

from graphs.records import BadFile
from studio.opened import remember
from studio.panes.choosing import choose
from studio.panes.watching import watch
from studio.play import playing
from studio.widgets.page import bar, empty
from studio.workspace import Workspace, open_workspace


def _play(workspace: Workspace, name: str) -> None:
    try:
        path = playing.place(workspace, name)
    except BadFile:
        _nowhere()
        return
    remember(workspace, "play", name, {"run": name})
    watch(workspace, path)


def _nowhere() -> None:
    with bar("Play"):
        pass
    with empty("No such play here", "It was moved or deleted, or the address is wrong."):
        st.button("New play", type="primary", on_click=st.query_params.clear)


if "run" in st.query_params:
    _play(open_workspace(), st.query_params["run"])
else:
    choose(open_workspace())
