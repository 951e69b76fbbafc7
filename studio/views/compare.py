"""Compare: two versions of the prompts on the same recorded states, with what chance alone does beside it."""

import streamlit as st

from studio.opened import remember
from studio.panes.compared import show
from studio.panes.comparing import ask
from studio.workspace import open_workspace

workspace = open_workspace()
if "d" in st.query_params:  # the browser's Back leaves the address of Replay here
    st.query_params.from_dict(st.session_state.get("compare-at", {}))
st.session_state["compare-at"] = dict(st.query_params)
name = st.query_params.get("c")
form = st.empty() if name else st.container()  # what the other state drew goes at once, not when this one is done
found = st.container() if name else st.empty()
if name:
    with found:
        show(workspace, name)
    remember(workspace, "compare", name, {"c": name})
else:
    with form:
        ask(workspace)
