"""The page Data and its address: a link, a reload and the browser's Back show what was shown.

What is chosen lives in the session and stands in the address. A change writes the address; an address that differs
otherwise comes from the reader, who followed a link or went back, and is read.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import streamlit as st

from studio.finding import CHOICES

CHIPS = ("emotion", "mbti", "ended", "difficulty", "screened", "split")
VIEWS = ("Dialogues", "Statistics")
BLANK: Mapping[str, str | None] = {"q": "", "run": None, "order": "run", "show": "Dialogues"}
"""Fields of one value, and what they are when nothing was chosen; the chips hold lists."""
_CHOICES = CHOICES | {"show": VIEWS}
_FIELDS = (*BLANK, *CHIPS)
_CHANGED, _SAVED = "data-changed", "data-saved"
_MOST = 64

Query = dict[str, list[str]]


def key(field: str) -> str:
    """A field's place in the session, which is its widget's key."""
    return f"data-{field}"


def read_address() -> None:
    """Take over what the address says, unless the session knows better."""
    state = st.session_state
    entered = key("show") not in state
    if state.pop(_CHANGED, False) and not entered:
        return
    asked = {field: st.query_params.get_all(field)[:_MOST] for field in _FIELDS if field in st.query_params}
    if "d" in st.query_params or (entered and not asked):  # back from Replay, whose address this is, or by the menu
        asked = state.get(_SAVED, {})
    elif not entered and asked == _shown():
        return
    for field, blank in BLANK.items():
        known = (value for value in asked.get(field, ()) if value in _CHOICES.get(field, (value,)))
        state[key(field)] = next(known, blank)
    for field in CHIPS:
        state[key(field)] = [value for value in asked.get(field, ()) if value in _CHOICES.get(field, (value,))]
    _write()


def changed() -> None:
    """Something was chosen: put it into the address."""
    touched()
    _write()


def touched() -> None:
    """The reader used the page: what the browser sends as its address may be the one before the last change."""
    st.session_state[_CHANGED] = True


def clear() -> None:
    """Take search and filters away."""
    st.session_state[key("q")] = ""
    for field in CHIPS:
        st.session_state[key(field)] = []
    changed()


def chosen(field: str) -> Sequence[str]:
    """The values of a chip."""
    return st.session_state[key(field)]


def link() -> str:
    """An address that shows what is shown now."""
    address = str(st.context.url or "").partition("?")[0]
    shown = _shown()
    return f"{address}?{urlencode(shown, doseq=True)}" if shown else address


def _shown() -> Query:
    """What is chosen, as it stands in the address; what is not chosen does not."""
    state = st.session_state
    single = {field: state.get(key(field), blank) for field, blank in BLANK.items()}
    query = {field: [value] for field, value in single.items() if value and value != BLANK[field]}
    return query | {field: list(values) for field in CHIPS if (values := state.get(key(field)))}


def _write() -> None:
    shown = st.session_state[_SAVED] = _shown()
    if {name: st.query_params.get_all(name) for name in st.query_params} != shown:
        st.query_params.from_dict(shown)
