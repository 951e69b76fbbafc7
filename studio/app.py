"""The studio: every page behind one menu. Started by `kardia studio`."""

import streamlit as st

from studio.widgets import parts
from studio.widgets.login import require_login
from studio.widgets.page import STATIC, faults
from studio.widgets.theme import is_dark

st.set_page_config(
    page_title="Kardia Studio", page_icon=str(STATIC / "favicon.png"), layout="wide", initial_sidebar_state=208
)
st.html(STATIC / "studio.css")
st.logo(STATIC / f"logo-{'dark' if is_dark() else 'light'}.svg", size="medium")


def page(name: str, icon: str, *, first: bool = False) -> st.Page:
    """A page of views/ under its own name."""
    return st.Page(f"views/{name}.py", title=name.capitalize(), icon=f":material/{icon}:", url_path=name, default=first)


pages = {
    "": [page("start", "home", first=True)],
    "Write": [page("prompts", "edit_note"), page("play", "play_arrow"), page("compare", "difference")],
    "Look": [page("runs", "lists"), page("data", "table_rows"), page("replay", "history")],
    "People": [page("personas", "group"), page("annotation", "rate_review")],
    "Policy": [page("train", "trending_up")],
}
with st.sidebar:
    parts.follow_mode()
require_login()
with faults():
    st.navigation(pages, expanded=True).run()
