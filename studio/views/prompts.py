"""Prompts: the files of a pack, filled in with real people as you write, checked, and kept version by version."""

from uuid import uuid4

import streamlit as st

from graphs.editing.pack_texts import check_texts
from graphs.packs import Finding
from graphs.records import BadFile
from studio.opened import remember
from studio.panes.prompt_compare import show_compare
from studio.panes.prompt_files import go_to, show_chosen, show_files, show_packs, view_of
from studio.panes.prompt_panes import show_checks, show_preview, show_variables, show_versions
from studio.panes.prompt_saving import COMPARE, SAVE, ask_new, ask_revert, ask_save, show_drafts, show_moved
from studio.prompts.editing import Editing, begin
from studio.widgets.page import bar, empty, fault
from studio.wording import counted
from studio.workspace import Workspace, open_workspace

TABS = ("Preview", "Variables", "Checks", "Versions")
FIRST_FILE = "responder.md"


def _editing(workspace: Workspace, pack: str) -> Editing:
    """This session's work on a pack; what was unsaved before a reload is found by the draft in the address."""
    held: dict[str, Editing] = st.session_state.setdefault("prompts", {})
    owner = st.session_state.setdefault("prompts-owner", uuid4().hex)
    if pack not in held or held[pack].workspace != workspace:
        held[pack] = begin(workspace, pack, owner, st.query_params.get("draft", ""))
    return held[pack]


def _pack(workspace: Workspace) -> str | None:
    """The pack in the address, else the one that was open, else the first."""
    asked = st.query_params.get("pack") or st.session_state.get("prompts-pack")
    return asked or next(iter(workspace.packs()), None)


def _address(editing: Editing, file: str) -> None:
    query = {"pack": editing.pack, "file": file}
    remember(editing.workspace, "prompts", f"{editing.pack}, {file}", query)
    wanted = query | ({"draft": editing.draft} if editing.changed else {})
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)
    st.session_state["prompts-pack"], st.session_state["prompts-file"] = editing.pack, file


def _open(file: str) -> None:
    st.query_params["file"] = file
    st.rerun()


def _bar(editing: Editing, findings: list[Finding]) -> None:
    unsaved = f"unsaved: {', '.join(editing.changed)}" if editing.changed else ""
    with bar(editing.pack, editing.base[:8], unsaved):
        if findings:
            st.badge(counted(len(findings), "finding"), color="red")
        _packs(editing)
        if editing.changed and st.button("Discard", type="tertiary", help="Go back to the text on disk"):
            editing.discard()
            st.rerun()
        if st.button("Save", type="primary", shortcut="Ctrl+S", disabled=not editing.changed):
            st.session_state[SAVE] = True


def _packs(editing: Editing) -> None:
    with st.popover("Packs", icon=":material/folder_open:"):
        if picked := show_packs(editing):
            st.query_params.from_dict({"pack": picked})
            st.rerun()
        if st.button("New pack from this one", icon=":material/content_copy:", width="stretch"):
            ask_new(editing)


def _may_save(editing: Editing, findings: list[Finding]) -> bool:
    """Whether somebody asked to save, here or in the editor, and may. Findings are shown instead."""
    asked = st.session_state.pop(SAVE, False) and bool(editing.changed)
    if asked and findings:
        st.session_state["prompts-tab"] = "Checks"
        st.toast(f"Not saved: {counted(len(findings), 'finding')}. Your text is kept as a draft.")
    return asked and not findings


def _right(editing: Editing, file: str, findings: list[Finding]) -> None:
    tabs = dict(zip(TABS, st.tabs(TABS, key="prompts-tab", on_change="rerun"), strict=True))
    with tabs["Preview"]:
        if tabs["Preview"].open:
            show_preview(editing, file)
    with tabs["Variables"]:
        if tabs["Variables"].open:
            show_variables(editing, file)
    with tabs["Checks"]:
        if tabs["Checks"].open:
            _checks(findings)
    with tabs["Versions"]:
        if tabs["Versions"].open and (asked := show_versions(editing)):
            _do(editing, asked)


def _checks(findings: list[Finding]) -> None:
    if pick := show_checks(findings):
        go_to(pick["file"], pick["line"])
        _open(pick["file"])


def _do(editing: Editing, asked: dict[str, str]) -> None:
    if "run" in asked:
        st.switch_page("views/runs.py", query_params={"run": asked["run"]})
    if "revert" in asked:
        ask_revert(editing, editing.history.version(asked["revert"]))
    if "compare" in asked:
        st.session_state[COMPARE] = {"a": asked["compare"], "b": ""}
        st.rerun()


def _body(editing: Editing, file: str, findings: list[Finding]) -> None:
    with st.container(horizontal=True, wrap=False, gap="medium"):
        with st.container(width=180):
            if picked := show_files(editing, file, findings):
                _open(picked)
        middle, right = st.columns([58, 42], gap="medium") if view_of(file) == "Text" else (st.container(), None)
    with middle:
        show_chosen(editing, file, findings)
        if right is None and findings:
            _checks(findings)
    if right is not None:
        with right:
            _right(editing, file, findings)


def show(editing: Editing) -> None:
    """The page of one pack."""
    moved, texts = editing.moved(), editing.texts
    asked = st.query_params.get("file") or st.session_state.get("prompts-file")
    file = asked if asked in texts else FIRST_FILE if FIRST_FILE in texts else next(iter(texts))
    findings = check_texts(texts)
    _address(editing, file)
    _bar(editing, findings)
    save = _may_save(editing, findings)
    with st.container(key="prompts-notices"):  # always there: the editor must not be drawn anew when one appears
        if moved:
            show_moved(editing, moved)
        show_drafts(editing)
    if COMPARE in st.session_state:
        show_compare(editing)
    else:
        _body(editing, file, findings)
    if save:
        ask_save(editing)


workspace = open_workspace()
pack = _pack(workspace)
if pack is None or pack not in workspace.packs():
    with bar("Prompts"):
        pass
    with empty("No such pack", "Packs lie in prompts/ of the project and of the workspace."):
        if st.button("Open kardia"):
            st.query_params.from_dict({"pack": "kardia"})
            st.rerun()
else:
    editing = _editing(workspace, pack)
    try:
        show(editing)
    except BadFile as error:
        with bar(pack, editing.base[:8]):
            _packs(editing)
        fault(str(error), f"kardia packs versions {pack}, and kardia packs revert, bring back what was there before.")
