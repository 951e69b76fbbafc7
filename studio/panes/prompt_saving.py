"""Saving a pack: who and why, what to do when somebody saved before you, and texts that were left unsaved."""

from typing import NamedTuple

import streamlit as st

from graphs.editing.versions import Version
from studio.prompts import drafts
from studio.prompts.editing import Editing, Moved, open_draft
from studio.prompts.packs import new_pack
from studio.widgets import parts
from studio.widgets.login import who
from studio.widgets.page import fault, faults, plain
from studio.wording import moment

_AUTHOR = "prompts-author"
_HIDDEN = "prompts-hidden-drafts"
COMPARE = "prompts-compare"
SAVE = "prompts-ask-save"


class _Signed(NamedTuple):
    """What a dialog was told."""

    name: str
    author: str
    note: str


@st.dialog("Save this version", width=460, on_dismiss="rerun")
def ask_save(editing: Editing) -> None:
    """Ask for author and note, and save."""
    st.caption(plain(f"{editing.pack}: {', '.join(editing.changed)}"))
    if signed := _signed("What changed, and why", "Save"):
        with faults():
            editing.save(signed.author, signed.note)
            st.rerun()


@st.dialog("Bring an old version back", width=460, on_dismiss="rerun")
def ask_revert(editing: Editing, version: Version) -> None:
    """Ask for author and note, and revert."""
    st.caption(plain(f"The files of {version.hash[:8]} become the newest version. What lies there now is kept."))
    if signed := _signed("Why", "Revert"):
        with faults():
            editing.revert(version, signed.author, signed.note)
            st.session_state.pop(COMPARE, None)
            st.rerun()


@st.dialog("New pack from this one", width=460)
def ask_new(editing: Editing) -> None:
    """Ask for a name, and copy the pack with what is unsaved in it."""
    unsaved = f", with your unsaved {', '.join(editing.changed)}" if editing.changed else ""
    st.caption(plain(f"A copy of {editing.pack}{unsaved}, in prompts/ of this workspace."))
    if signed := _signed("What it is for", "Make pack", named=True):
        with faults():
            note = signed.note or f"Copied from {editing.pack}"
            new_pack(editing.workspace, signed.name, editing.texts, signed.author, note)
            st.query_params.from_dict({"pack": signed.name})
            st.rerun()


def show_moved(editing: Editing, moved: Moved) -> None:
    """The banner when somebody saved before you: look at it, then take it in or save over it."""
    version = moved.version
    when = f"{version.hash[:8]}, {moment(version.time)}"
    by = "on disk" if version.origin in ("found", "disk") else f"by {version.author or 'somebody'}"
    note = f": \u201c{version.note}\u201d" if version.note else ""
    text = f"{', '.join(moved.files)} changed {by} ({when}){note}."
    if moved.clash:
        text += f" You have changed {', '.join(moved.clash)} too."
        actions = [("compare", "Compare"), ("overwrite", "Overwrite"), ("discard", "Discard mine")]
    else:
        text += " You have not touched what changed there."
        actions = [("compare", "Compare"), ("take", "Take it in"), ("discard", "Discard mine")]
    data = {"title": f"{editing.pack} was saved since you began", "text": text, "actions": actions}
    picked = parts.notice(data, key="prompts-moved")
    if picked == "compare":
        st.session_state[COMPARE] = {"a": version.hash, "b": ""}
        st.rerun()
    if picked in ("take", "overwrite"):
        editing.take_in(version)
        st.session_state[SAVE] = picked == "overwrite"
        st.rerun()
    if picked == "discard":
        editing.discard()
        st.rerun()


def show_drafts(editing: Editing) -> None:
    """Texts that another window or day left unsaved; shown until they are opened or thrown away."""
    left = [draft for draft in drafts.drafts_of(editing.workspace, editing.pack) if draft.id != editing.draft]
    left = [draft for draft in left if draft.id not in st.session_state.get(_HIDDEN, ())]
    if editing.changed or not left:
        return
    draft = left[0]
    text = f"{', '.join(draft.texts)}, from {moment(draft.time)}. It may still be open in another window."
    actions = [("open", "Open a copy"), ("drop", "Throw away"), ("hide", "Not now")]
    picked = parts.notice({"title": "There is unsaved text", "text": text, "actions": actions}, key="prompts-drafts")
    if picked == "open":
        open_draft(editing, draft)
        st.rerun()
    if picked == "drop":
        drafts.drop(editing.workspace, draft.id)
        st.rerun()
    if picked == "hide":
        st.session_state[_HIDDEN] = (*st.session_state.get(_HIDDEN, ()), *(one.id for one in left))
        st.rerun()


def _signed(question: str, word: str, *, named: bool = False) -> _Signed | None:
    """Author and note, once they are given."""
    with st.form("prompts-sign", border=False):
        name = st.text_input("Name of the pack", placeholder="lower-case letters, digits, - and _") if named else ""
        author = st.text_input("Your name", st.session_state.get(_AUTHOR) or who(), max_chars=80).strip()
        note = st.text_area(question, height=90, max_chars=400).strip()
        with st.container(horizontal=True, horizontal_alignment="right"):
            done = st.form_submit_button(word, type="primary")
    if done and not author:
        fault("Your name is missing.", "Versions say who made them; it is remembered while this page is open.")
    if not (done and author):
        return None
    st.session_state[_AUTHOR] = author
    return _Signed(name.strip(), author, note)
