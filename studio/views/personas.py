"""Personas: who should be looked at first and why, rows that say nearly the same, and the audit figures."""

from pathlib import Path

import streamlit as st

from personas.decisions import read_decisions
from studio.opened import remember
from studio.panes.audit_figures import show_audit
from studio.panes.review import Review, reviewer_of
from studio.panes.review_pairs import pair_actions, show_pairs
from studio.panes.review_queue import queue_actions, show_queue
from studio.people.reviewing import Opened, log_file, open_file, queue_of
from studio.widgets.page import bar, empty
from studio.workspace import Workspace, open_workspace

VIEWS = ("Queue", "Duplicates", "Audit")


@st.cache_resource(max_entries=6, show_spinner="Looking through the personas")
def _opened(root: str, path: str, stamp: tuple[int, int]) -> Opened:
    """A file and its findings; `stamp` tells when it was written to last."""
    return open_file(Workspace(Path(root)), Path(path))


@st.cache_resource(max_entries=6, show_spinner=False)
def _review(root: str, path: str, stamps: tuple[tuple[int, int], ...], reviewer: str) -> Review:
    opened = _opened(root, path, stamps[0])
    log = read_decisions(opened.log_path)
    return Review(Workspace(Path(root)), opened, log, queue_of(opened, log), reviewer)


def _stamp(path: Path) -> tuple[int, int]:
    if not path.exists():
        return 0, 0
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def _names(workspace: Workspace) -> dict[str, Path]:
    """Personas files by how they are called in addresses and lists, the workspace's own first."""
    files = workspace.files("personas")
    inside = {
        path.relative_to(workspace.root).as_posix(): path for path in files if path.is_relative_to(workspace.root)
    }
    return inside | {f"{path.parent.name}/{path.name}": path for path in files if path not in inside.values()}


def _chosen(names: dict[str, Path]) -> str:
    """The file of the address where it names one, else the one that was looked at before."""
    asked = st.query_params.get("file", "")
    if asked in names:
        st.session_state["personas-file"] = asked
    elif st.session_state.get("personas-file") not in names:
        st.session_state["personas-file"] = next(iter(names))
    return st.session_state["personas-file"]


def _view() -> str:
    asked = st.query_params.get("view", "").capitalize()
    if asked in VIEWS:
        st.session_state["personas-view"] = asked
    st.session_state.setdefault("personas-view", VIEWS[0])
    return st.session_state["personas-view"]


def _keep_address() -> None:
    """The address says what was just chosen, and no row of what was shown before."""
    st.query_params["file"] = st.session_state["personas-file"]
    st.query_params["view"] = st.session_state["personas-view"].lower()
    st.query_params.pop("n", None)


def _nothing(title: str, way_out: str, others: bool) -> None:
    with bar("Personas"):
        pass
    with empty(title, way_out):
        if others and st.button("Show the others"):
            st.query_params.clear()
            st.rerun()


def _page() -> None:
    workspace = open_workspace()
    names = _names(workspace)
    if not names:
        return _nothing(
            "No personas here yet", "kardia personas import FILE --out data/personas.jsonl makes them.", False
        )
    if (asked := st.query_params.get("file")) and asked not in names:
        return _nothing("No personas file of this name", "It is not in this workspace, or holds other rows.", True)
    name, view = _chosen(names), _view()
    path = names[name]
    stamps = (_stamp(path), _stamp(log_file(workspace, path)))
    review = _review(str(workspace.root), str(path), stamps, reviewer_of(workspace))
    remember(workspace, "personas", name, {"file": name})
    with bar("Personas", f"{review.done:,} of {len(review.queue):,} looked at"):
        st.segmented_control(
            "View", VIEWS, key="personas-view", label_visibility="collapsed", required=True, on_change=_keep_address
        )
        {"Queue": queue_actions, "Duplicates": pair_actions}.get(view, lambda _: None)(review)
    {"Queue": show_queue, "Duplicates": show_pairs, "Audit": show_audit}[view](review, list(names), _keep_address)
    return None


_page()
