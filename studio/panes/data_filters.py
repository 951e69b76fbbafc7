"""What the page Data looks for: runs, words, filters and order."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager

import streamlit as st

from release.statistics import UNKNOWN_MBTI
from studio.browse.catalogue import Catalogue
from studio.browse.finding import MBTI, Search, labels_in
from studio.panes.data_address import VIEWS, changed, chosen, clear, key, link
from studio.play.playing import PREFIX
from studio.widgets.page import plain
from studio.workspace import Workspace

PLAYS = "Single plays"
_LONGEST = 24
_TITLES: Mapping[str, Mapping[str, str]] = {
    "ended": {"solved": "Solved", "cap": "At the turn limit"},
    "difficulty": {"smooth": "No fails", "some": "1 to 2 fails", "many": "3 or more", "hard": "Hard (Eq. 4)"},
    "screened": {"passed": "Passed", "structure": "Broken structure", "jump": "Emotional jump", "drift": "Identity drift"},
    "split": {"train": "Train", "test": "Test"},
    "mbti": {UNKNOWN_MBTI: "Unknown"},
    "order": {
        "run": "Run order", "turns": "Most turns", "fails": "Most fails", "cost": "Highest cost", "tokens": "Most tokens",
    },
}  # fmt: skip


def run_chooser(workspace: Workspace) -> tuple[str, ...]:
    """The runs to look at: one, all but single plays, or only these; shown where there is something to choose."""
    names = [workspace.name(path) for path in workspace.runs()]
    plays = [name for name in names if name.startswith(PREFIX)]
    others = [name for name in names if name not in plays]
    options = [*others, *([PLAYS] if plays else []), *plays]
    if len(options) < 2:
        return tuple(options)
    one = _chosen_run(options)
    if one is None:
        return tuple(others) if plays else ()
    return tuple(plays) if one == PLAYS else (one,)


def _chosen_run(options: list[str]) -> str | None:
    if (asked := st.session_state[key("run")]) not in options:
        st.session_state[key("run")] = None
        if asked is not None:
            st.toast(plain(f"No run {asked} here: all runs are shown."))
    return st.selectbox(
        "Run",
        options,
        index=None,
        placeholder="All runs",
        key=key("run"),
        label_visibility="collapsed",
        width=190,
        on_change=changed,
    )


def view_switch() -> str | None:
    """Dialogues or their statistics."""
    return st.segmented_control(
        "View", VIEWS, default=None, required=True, label_visibility="collapsed", key=key("show"), on_change=changed
    )


def filters(catalogue: Catalogue, runs: tuple[str, ...]) -> Search:
    """The row of search field, chips and order; returns what is looked for."""
    words = st.text_input(
        "Search",
        key=key("q"),
        placeholder="Search words or an id",
        icon=":material/search:",
        label_visibility="collapsed",
        width=210,
        on_change=changed,
    )
    options = {
        "emotion": labels_in(catalogue, runs),
        "mbti": [*MBTI, UNKNOWN_MBTI],
        **{field: list(_TITLES[field]) for field in ("ended", "difficulty", "screened", "split")},
    }
    found = {field: tuple(_chip(field, values)) for field, values in options.items()}
    if words or any(found.values()):
        st.button("Clear", type="tertiary", icon=":material/close:", on_click=clear)
    return Search(runs=runs, words=words or "", order=st.session_state[key("order")], **found)


def order_chooser() -> None:
    """What comes first."""
    titles = _TITLES["order"]
    st.selectbox(
        "Order",
        list(titles),
        format_func=titles.__getitem__,
        key=key("order"),
        label_visibility="collapsed",
        width=132,
        on_change=changed,
    )


@contextmanager
def export() -> Generator[None]:
    """The bar's action to take along what is shown: files that the caller draws, and a link."""
    with st.popover("Export", type="tertiary", icon=":material/download:", key="data-export"):
        yield
        st.caption("A link to this view")
        st.code(link(), language=None, wrap_lines=True)


def _chip(field: str, options: Sequence[str]) -> list[str]:
    """A button that says what is chosen and opens its pills."""
    values = chosen(field)
    name = "MBTI" if field == "mbti" else field.capitalize()
    label = f"{name}: {_title(field, values[0][:_LONGEST])}" if values else name
    more = f" +{len(values) - 1}" if len(values) > 1 else ""
    with st.popover(label + more, type="secondary" if values else "tertiary", key=f"data-chip-{field}"):
        return st.pills(
            name,
            list(dict.fromkeys([*options, *values])),
            selection_mode="multi",
            format_func=lambda value: _title(field, value),
            key=key(field),
            label_visibility="collapsed",
            on_change=changed,
        )


def _title(field: str, value: str) -> str:
    return plain(_TITLES.get(field, {}).get(value, value))
