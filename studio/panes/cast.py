"""Who plays in what, on the page: found in the workspace's files, or written here."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from graphs.schema import Persona, Situation
from studio.play import casting
from studio.widgets import parts
from studio.widgets.page import heading, plain
from studio.workspace import Workspace

_FOUND, _WRITTEN = "From the files", "Written here"


def choose_persona(workspace: Workspace) -> Persona | str:
    """The persona, or what is missing of it."""
    heading("Who")
    if _source("play-who") == _WRITTEN:
        return _written_persona()
    files = tuple(workspace.files("personas"))
    found = _personas(files, _stamps(files), _search("Search personas", "play-who"))
    rows = {persona.id: persona for persona in found.rows}
    _left_out(found.unread)
    if (persona := _pick("Persona", rows, casting.persona_title, "play-persona", more=found.more)) is None:
        return "No persona holds these words. Search for others, or write one."
    _card(
        [("About", persona.about), ("Style", persona.style), ("Recent posts", "\n".join(persona.activities))],
        key="play-persona-card",
    )
    return persona


def choose_situation(workspace: Workspace, labels: Sequence[str]) -> Situation | str:
    """The situation, or what is missing of it."""
    heading("What happened")
    if _source("play-what") == _WRITTEN:
        return _written_situation(labels)
    files = tuple(workspace.files("situations"))
    found = _situations(files, _stamps(files), _search("Search situations", "play-what"), tuple(labels))
    rows = {situation.id: situation for situation in found.rows}
    _left_out(found.unread)
    if (situation := _pick("Situation", rows, casting.situation_title, "play-situation", more=found.more)) is None:
        return "No situation holds these words under a label of the pack. Search for others, or write one."
    _card([(situation.emotion.capitalize(), situation.text)], key="play-situation-card")
    return situation


def _source(key: str) -> str | None:
    return st.segmented_control(
        "From where",
        [_FOUND, _WRITTEN],
        default=_FOUND,
        required=True,
        label_visibility="collapsed",
        key=f"{key}-from",
        persist_state="session",
    )


def _search(label: str, key: str) -> str:
    return st.text_input(
        label,
        placeholder=f"{label} by any word",
        label_visibility="collapsed",
        key=f"{key}-search",
        persist_state="session",
    )


def _pick(label: str, rows: dict[str, Any], title: Any, key: str, *, more: bool) -> Any:
    """One of the rows; a button takes any of them."""
    if not rows:
        st.caption("Nothing here holds these words.")
        return None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        chosen = st.selectbox(
            label,
            list(rows),
            format_func=lambda name: title(rows[name]),
            label_visibility="collapsed",
            key=key,
            persist_state="session",
        )
        st.button(
            "", icon=":material/shuffle:", key=f"{key}-any", help=f"Any {label.lower()}", on_click=_any,
            args=(key, list(rows)),
        )  # fmt: skip
    if more:
        st.caption(f"The first {len(rows)}; search to find others.")
    return rows[chosen]


def _left_out(unread: list[str]) -> None:
    if unread:
        st.caption(plain(f"Cannot be read: {unread[0]}{f'; and {len(unread) - 1} more' if unread[1:] else ''}"))


def _any(key: str, names: list[str]) -> None:
    st.session_state[key] = random.choice(names)


def _card(parts_of: Sequence[tuple[str, str]], key: str) -> None:
    notes = [{"title": title, "text": text, "quiet": True} for title, text in parts_of if text]
    with st.container(height=330, border=False):
        parts.spans({"spans": [], "notes": notes}, key=key)


def _written_persona() -> Persona | str:
    about = st.text_area(
        "About",
        height=120,
        key="play-about",
        persist_state="session",
        placeholder="In their own words: who they are, how they live.",
    )
    left, right = st.columns(2)
    mbti = left.selectbox(
        "MBTI",
        ["", *casting.MBTI],
        format_func=lambda name: name or "Not known",
        key="play-mbti",
        persist_state="session",
    )
    gender = right.text_input("Gender", key="play-gender", persist_state="session")
    occupation = st.text_input("Occupation", key="play-occupation", persist_state="session")
    style = st.text_input("How they write", key="play-style", persist_state="session")
    try:
        return casting.written_persona(about, mbti, gender, occupation, style)
    except ValueError as error:
        return str(error).capitalize()


def _written_situation(labels: Sequence[str]) -> Situation | str:
    text = st.text_area(
        "Situation",
        height=120,
        key="play-text",
        persist_state="session",
        placeholder="What happened, as they would tell it.",
    )
    emotion = st.selectbox("Emotion", labels, key="play-emotion", persist_state="session")
    try:
        return casting.written_situation(text, emotion)
    except ValueError as error:
        return str(error).capitalize()


def _stamps(files: Sequence[Path]) -> tuple[int, ...]:
    return tuple(file.stat().st_mtime_ns for file in files)


@st.cache_data(max_entries=64, show_spinner=False)
def _personas(files: tuple[Path, ...], stamps: tuple[int, ...], search: str) -> casting.Found[Persona]:
    """Personas of these files as they were at these times."""
    return casting.find_personas(files, search)


@st.cache_data(max_entries=64, show_spinner=False)
def _situations(
    files: tuple[Path, ...], stamps: tuple[int, ...], search: str, labels: tuple[str, ...]
) -> casting.Found[Situation]:
    """Situations of these files as they were at these times, under labels of the pack."""
    return casting.find_situations(files, search, labels)
