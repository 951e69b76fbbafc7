"""The anatomy of every page: one bar, quiet facts, and the same empty and error states everywhere."""

import logging
import re
import sqlite3
import string
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

STATIC = Path(__file__).resolve().parents[1] / "static"
_log = logging.getLogger("kardia.studio")
_JOINER = "\u2060"
"""Has no width and parts nothing to the eye; Markdown reads no address across it."""
_LINK_STARTS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=\w)(?=@\w)", re.IGNORECASE)
_PUNCTUATION = re.compile(f"([{re.escape(string.punctuation)}])")


def plain(text: str) -> str:
    """A text for a label or caption, which are Markdown: every sign stands for itself, and no address becomes a link."""
    return _PUNCTUATION.sub(r"\\\1", _LINK_STARTS.sub(_JOINER, " ".join(text.split())))


@contextmanager
def bar(title: str, *facts: str) -> Generator[None]:
    """A page's bar: its name, quiet facts, and at the right the actions that the caller draws in the context."""
    with st.container(key="bar", horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(plain(title), anchor=False, width="content")
        st.caption("  ·  ".join(plain(fact) for fact in facts if fact), width="content")
        st.space("stretch")
        yield


@contextmanager
def tools() -> Generator[None]:
    """The row of search, filters and order above a list."""
    with st.container(key="tools", horizontal=True, vertical_alignment="center", gap="small"):
        yield


def heading(title: str, *facts: str) -> None:
    """A card's or section's title with quiet facts behind it, in one row."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(title)}**", width="content")
        st.caption("  ·  ".join(plain(fact) for fact in facts if fact), width="content")


@contextmanager
def empty(title: str, way_out: str, height: int = 240) -> Generator[None]:
    """The state of nothing to show: what is missing, the way out, and at most one button drawn in the context."""
    box = st.container(border=True, horizontal_alignment="center", vertical_alignment="center", height=height)
    with box:
        st.markdown(f"**{plain(title)}**", width="content")
        st.caption(plain(way_out), width="content")
        yield


def number(label: str, value: str, note: str = "", why: str | None = None) -> None:
    """A figure with a quiet second line; a missing value is an en dash with the reason in `why`, never 0."""
    with st.container(gap=None):
        st.metric(plain(label), plain(value), help=plain(why) if why else None)
        st.caption(plain(note) or "\u00a0")


def fault(message: str, what_to_do: str = "", fault_id: str = "") -> None:
    """An error on the page: what, where, what to do."""
    with st.container(key="fault", gap="xxsmall"):
        st.markdown("**This could not be done**")
        st.text(message)
        if what_to_do:
            st.text(what_to_do)
        if fault_id:
            st.code(fault_id, language=None, width="content")


@contextmanager
def faults() -> Generator[None]:
    """Show what can go wrong as one plain message; what nobody foresaw gets an id that stands in the server's log."""
    try:
        yield
    except (ValueError, LookupError, OSError, sqlite3.DatabaseError, RuntimeError) as error:
        fault(str(error) or type(error).__name__)
        _log.info("shown to the reader", exc_info=True)
    except Exception:
        fault_id = uuid.uuid4().hex[:8]
        _log.exception("fault %s", fault_id)
        fault("An unexpected error.", "The server's log says more under this id:", fault_id)
