"""Choose where a prompt is seen: a dialogue of a run and a place in it, or a persona and a situation."""

import asyncio
from pathlib import Path

import streamlit as st

from graphs.editing.preview import Scene
from graphs.journal import Slot
from graphs.packs import Pack
from graphs.runs import open_run
from graphs.schema import Pairing, Persona, Situation
from studio.prompts import scenes
from studio.prompts.editing import Editing
from studio.widgets.page import plain

UNPLAYED = "Not played yet"
_PLACE = "prompts-place"
_WIDE = 420


def choose_scene(editing: Editing, pack: Pack, role: str) -> Scene | None:
    """Two small controls: the dialogue, and the place in it."""
    sources = [*(editing.workspace.name(path) for path in editing.workspace.runs()), UNPLAYED]
    source = st.session_state.get(_source_key(editing))
    if source not in sources:
        source = scenes.run_of_pack(editing.workspace, editing.pack) or UNPLAYED
        st.session_state[_source_key(editing)] = source
    return _unplayed(editing, pack, role, sources) if source == UNPLAYED else _played(editing, role, source, sources)


def _played(editing: Editing, role: str, source: str, sources: list[str]) -> Scene | None:
    path = str(editing.workspace.run(source))
    rows = {pairing.id: pairing for pairing in _dialogues(path, _stamp(path))}
    key = f"prompts-dialogue-{source}"
    thread = st.session_state.get(key) or next(iter(rows), None)
    with st.popover(plain(_name(rows, thread)), width="stretch"), st.container(width=_WIDE):
        _source_box(editing, sources)
        thread = st.selectbox(
            "Dialogue, or the id of any other",
            list(rows),
            format_func=lambda each: _title(rows, each),
            accept_new_options=True,
            key=key,
            persist_state="session",
        )
    return _at_place(path, thread, role) if thread else None


def _at_place(run_path: str, thread: str, role: str) -> Scene | None:
    slots = scenes.places(open_run(Path(run_path)), thread, role)
    if not slots:
        st.caption("Not asked here.", width="content")
        return None
    turn, attempt = st.session_state.get(_PLACE, (1, 1))
    slot = st.selectbox(
        "Place",
        slots,
        index=scenes.nearest(slots, turn, attempt),
        format_func=scenes.place_name,
        label_visibility="collapsed",
        key=f"{_PLACE}-{run_path}-{thread}-{role}",
        width=150,
    )
    if slot != scenes.WHOLE:
        st.session_state[_PLACE] = (slot.turn, max(slot.attempt, 1))
    return _scene(run_path, _stamp(run_path), thread, slot)


def _unplayed(editing: Editing, pack: Pack, role: str, sources: list[str]) -> Scene | None:
    cast = scenes.cast(editing.workspace, pack.labels)
    personas = {row.id: row for row in cast.personas}
    situations = {row.id: row for row in cast.situations}
    name = "No situation fits this pack"
    if personas and situations:
        who, what = _held("prompts-who", list(personas)), _held("prompts-what", list(situations))
        name = f"{situations[what].emotion}, {who}"
    with st.popover(plain(name), width="stretch"), st.container(width=_WIDE):
        _source_box(editing, sources)
        if not (personas and situations):
            st.caption("None has a label of this pack. `kardia situations import` brings some.")
            return None
        who = st.selectbox("Persona", list(personas), format_func=lambda each: _who(personas, each), key="prompts-who")
        what = st.selectbox(
            "Situation", list(situations), format_func=lambda each: _what(situations, each), key="prompts-what"
        )
        st.caption("What is said before the role is asked comes from the embedded model.")
    return asyncio.run(scenes.scene_of_two(personas[who], situations[what], pack, role))


def _source_key(editing: Editing) -> str:
    return f"prompts-source-{editing.pack}"


def _source_box(editing: Editing, sources: list[str]) -> None:
    st.selectbox("From", sources, key=_source_key(editing), persist_state="session")


def _held(key: str, options: list[str]) -> str:
    """The value of a box that is drawn later, so that its popover can be named after it; the first one to begin with."""
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    return st.session_state[key]


def _name(rows: dict[str, Pairing], thread: str | None) -> str:
    """A dialogue on a button: what it is about first, for there is little room."""
    row = rows.get(thread or "")
    return f"{row.situation.emotion}, {row.id}" if row else thread or "No dialogue"


def _title(rows: dict[str, Pairing], thread: str) -> str:
    row = rows.get(thread)
    return f"{row.id}: {scenes.about(row.persona, row.situation.emotion)}" if row else thread


def _who(personas: dict[str, Persona], each: str) -> str:
    return f"{each}: {scenes.about(personas[each], '')}"


def _what(situations: dict[str, Situation], each: str) -> str:
    return f"{situations[each].emotion}: {situations[each].text} ({each})"


def _stamp(run_path: str) -> int:
    """Tells a run from another one that takes its name later."""
    return (Path(run_path) / "run.yaml").stat().st_mtime_ns


@st.cache_resource(max_entries=8, show_spinner=False)
def _dialogues(run_path: str, stamp: int) -> list[Pairing]:
    return scenes.dialogues(open_run(Path(run_path)))


@st.cache_resource(max_entries=64, show_spinner=False)
def _scene(run_path: str, stamp: int, thread: str, slot: Slot) -> Scene:
    """What stands before a place of the journal never changes."""
    return asyncio.run(scenes.scene_in_run(open_run(Path(run_path)), thread, slot))
