"""The left and the middle of the prompts page: the files of a pack, and the chosen one as text or as tables."""

from uuid import uuid4

import streamlit as st

from graphs.packs import FILES, Finding
from studio.panes.prompt_saving import SAVE
from studio.panes.prompt_tables import VIEWS, show_table
from studio.prompts.editing import Editing
from studio.widgets import parts
from studio.widgets.page import heading
from studio.wording import counted

GOTO, VIEW, AS_TEXT = "prompts-goto", "prompts-view", "prompts-as-text"


def show_files(editing: Editing, chosen: str, findings: list[Finding]) -> str | None:
    """The list of files; returns the one that was picked just now."""
    count = {name: sum(finding.file == name for finding in findings) for name in FILES}
    names = list(editing.texts)
    rows = {name: {"name": name, "changed": name in editing.changed, "findings": count[name]} for name in names}
    groups = (("Prompts", [name for name in names if name.endswith(".md")]), ("Rules", ["pack.yaml", "safety.yaml"]))
    shown = [{"title": title, "files": [rows[name] for name in of if name in rows]} for title, of in groups]
    return parts.files({"chosen": chosen, "groups": shown}, key="prompts-files")


def show_packs(editing: Editing) -> str | None:
    """The list of packs; returns the one that was picked just now."""
    rows = [{"name": name, "changed": False, "findings": 0} for name in editing.workspace.packs()]
    data = {"chosen": editing.pack, "groups": [{"title": "Packs", "files": rows}]}
    return parts.files(data, key="prompts-packs")


def view_of(file: str) -> str:
    """How the chosen file is shown: as text, or as one of the tables of pack.yaml."""
    if st.session_state.pop(AS_TEXT, False):
        st.session_state[VIEW] = "Text"
    return st.session_state.get(VIEW, "Text") if file == "pack.yaml" else "Text"


def show_chosen(editing: Editing, file: str, findings: list[Finding]) -> None:
    """The chosen file, as text or as a table."""
    view = view_of(file)
    with st.container(horizontal=True, vertical_alignment="center", height=32, border=False, wrap=False):
        if file == "pack.yaml":
            _choose_view()
        else:
            heading(file, counted(editing.texts[file].count("\n") + 1, "line"))
    if view == "Text":
        _editor(editing, file, findings)
    else:
        show_table(editing, view)


def _choose_view() -> None:
    st.markdown("**pack.yaml**", width="content")
    views = ("Text", *VIEWS)
    st.segmented_control(
        "View", views, default="Text", required=True, label_visibility="collapsed", key=VIEW, persist_state="session"
    )


def go_to(file: str, line: int) -> None:
    """Let the editor show a line when it is drawn next."""
    st.session_state[GOTO] = {"file": file, "line": line, "id": uuid4().hex}
    st.session_state[AS_TEXT] = True


def _editor(editing: Editing, file: str, findings: list[Finding]) -> None:
    key = f"prompts-editor-{editing.pack}-{file}-{editing.round}"

    def typed() -> None:
        editing.write(file, st.session_state[key].text)

    def save() -> None:
        st.session_state[SAVE] = True

    asked = st.session_state.get(GOTO)
    data = {
        "name": file,
        "text": editing.texts[file],
        "marks": [{"line": each.line, "message": each.message} for each in findings if each.file == file and each.line],
        "goto": asked if asked and asked["file"] == file else None,
    }
    parts.editor(data, key, typed, save)
