"""The page Train and its address: a link shows a run, a view, and in it one candidate of one prompt of one step.

What was chosen is kept as it stands in the address. An address that differs from that comes from the reader and is taken over.
"""

from collections.abc import Mapping

import streamlit as st

VIEWS = ("Curves", "Samples", "Ledger", "Alarms", "Settings")
FIELDS = ("run", "show", "step", "prompt", "candidate")
_CHOSEN, _TOUCHED, _NEXT, _RENEWED = "train-chosen", "train-touched", "train-next", "train-renewed"
_BELOW = {"run": ("step", "prompt", "candidate"), "step": ("candidate",), "prompt": ("candidate",)}
"""What no longer holds when something above it is chosen anew."""


def key(field: str) -> str:
    """The key of a field's widget. What is chosen for the reader needs a new one: a browser keeps what the old one held."""
    return f"train-{field}-{st.session_state.get(_RENEWED, 0)}"


def read_address() -> None:
    """Take over what the address says, unless the reader used the page just now."""
    state = st.session_state
    asked = {field: st.query_params[field] for field in FIELDS if st.query_params.get(field)}
    touched, meant = state.pop(_TOUCHED, False), state.pop(_NEXT, None)
    if meant is not None:
        _take(meant)
        st.query_params.from_dict(meant)
    elif not touched and asked != state.get(_CHOSEN):
        _take(asked)


def chosen(field: str) -> str:
    """What is chosen; empty where nothing is."""
    return st.session_state.get(_CHOSEN, {}).get(field, "")


def chosen_number(field: str) -> int | None:
    """The same as a number."""
    text = chosen(field)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def changed(field: str) -> None:
    """A widget was used: keep what it says, and put it into the address."""
    value = st.session_state.get(key(field))
    below = _BELOW.get(field, ())
    kept = {name: text for name, text in st.session_state.get(_CHOSEN, {}).items() if name not in below}
    kept[field] = "" if value is None else str(value)
    st.session_state[_CHOSEN] = {name: text for name, text in kept.items() if text}
    st.session_state[_TOUCHED] = True
    st.query_params.from_dict(st.session_state[_CHOSEN])


def go(address: Mapping[str, object]) -> None:
    """Show something else: the page is drawn anew with this address."""
    st.session_state[_NEXT] = {name: str(value) for name, value in address.items()}
    st.rerun()


def _take(address: dict[str, str]) -> None:
    st.session_state[_RENEWED] = st.session_state.get(_RENEWED, 0) + 1
    st.session_state[_CHOSEN] = address
