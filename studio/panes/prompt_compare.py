"""Two versions of a pack side by side, file by file, word by word."""

from typing import Any

import streamlit as st

from graphs.editing.file_diff import Stretch, files_that_differ, stretches
from graphs.editing.versions import Version
from studio.panes.prompt_saving import COMPARE, ask_revert
from studio.prompts.editing import Editing
from studio.widgets import parts
from studio.widgets.page import empty, heading, tools
from studio.wording import counted, moment

_MINE = ""


def show_compare(editing: Editing) -> None:
    """What differs between a version and another one, or the text in the editor."""
    versions = {version.hash: version for version in reversed(editing.history.versions())}
    asked = st.session_state[COMPARE]
    with tools():
        if st.button("Editor", icon=":material/arrow_back:", type="tertiary", help="Back to the editor"):
            st.session_state.pop(COMPARE)
            st.rerun()
        a = _choose("Version", list(reversed(versions)), asked["a"], versions, "prompts-compare-a")
        st.caption("against", width="content")
        b = _choose("Other", [_MINE, *reversed(versions)], asked["b"], versions, "prompts-compare-b")
        only = st.toggle("Only what differs", value=True)
        st.space("stretch")
        if versions[a].hash != editing.base and st.button(
            f"Revert to {a[:8]}", disabled=bool(editing.changed), help=_why(editing)
        ):
            ask_revert(editing, versions[a])
    st.session_state[COMPARE] = {"a": a, "b": b}
    _show(editing, versions[a], versions[b] if b else None, only=only)


def _choose(label: str, options: list[str], chosen: str, versions: dict[str, Version], key: str) -> str:
    index = options.index(chosen) if chosen in options else 0
    return st.selectbox(
        label,
        options,
        index=index,
        format_func=lambda each: _title(versions[each]) if each else "Text in the editor",
        label_visibility="collapsed",
        width=256,
        key=f"{key}-{chosen}",
    )


def _show(editing: Editing, a: Version, b: Version | None, *, only: bool) -> None:
    before, after = editing.history.texts(a), editing.history.texts(b) if b else editing.texts
    differing = files_that_differ(before, after)
    if not differing:
        with empty("The same", "Both hold the same files, word for word."):
            return
    heads = [_head(a), _head(b) if b else ("Text in the editor", _unsaved(editing))]
    for number, file in enumerate(differing):
        items = _items(before.get(file, ""), after.get(file, ""), only=only)
        heading(file, counted(sum(item["mark"] != "same" for item in items), "change"))
        data = {"mono": True, "items": items} | ({"heads": heads} if number == 0 else {})
        parts.diff(data, key=f"prompts-diff-{file}")


def _items(before: str, after: str, *, only: bool) -> list[dict[str, Any]]:
    return [
        {
            "name": str(stretch.line) + (f"\u2013{stretch.line + stretch.lines - 1}" if stretch.lines > 1 else ""),
            "mark": "same" if stretch.same else "changed",
            "why": _what_happened(stretch),
            "parts": [{"name": "", "ops": stretch.ops}],
        }
        for stretch in stretches(before, after)
        if not (stretch.same and only)
    ]


def _what_happened(stretch: Stretch) -> str:
    kinds = {kind for kind, text in stretch.ops if text.strip()}
    return {frozenset({1}): "Added", frozenset({-1}): "Taken out"}.get(
        frozenset(kinds), "" if stretch.same else "Changed"
    )


def _title(version: Version) -> str:
    return f"{version.hash[:8]}, {moment(version.time)}, {version.author or version.origin}"


def _head(version: Version) -> tuple[str, str]:
    return version.hash[:8], ", ".join(word for word in (version.author, moment(version.time), version.note) if word)


def _unsaved(editing: Editing) -> str:
    return f"unsaved: {', '.join(editing.changed)}" if editing.changed else "as it lies on disk"


def _why(editing: Editing) -> str | None:
    return "Save or discard your changes first" if editing.changed else None
