"""The page Data and its address: a link, a reload and the browser's Back show what was shown.

What was chosen is kept as it stands in the address. A change of a widget writes it; an address that differs otherwise comes
from the reader, who followed a link or went back, and is read. Widgets that are not drawn forget, and get it back.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from studio.browse.finding import CHOICES

CHIPS = ("emotion", "mbti", "ended", "difficulty", "screened", "split")
VIEWS = ("Dialogues", "Statistics")
_BLANK: Mapping[str, str | None] = {"q": "", "run": None, "order": "run", "show": "Dialogues"}
"""Fields of one value, and what they are when nothing was chosen; the chips hold lists."""
_CHOICES = CHOICES | {"show": VIEWS}
_FIELDS = (*_BLANK, *CHIPS)
_CHOSEN, _TOUCHED, _RENEWED = "data-chosen", "data-touched", "data-renewed"
_MOST = 64

Query = dict[str, list[str]]


def key(field: str) -> str:
    """The key of a field's widget.

    What is chosen for the reader needs a new widget: a browser does not draw what is in a closed popover, keeps what it
    last knew of it, and would send that with the next click.
    """
    times = st.session_state.get(_RENEWED, 0)
    return f"data-{field}-{times}" if times else f"data-{field}"


def read_address() -> None:
    """Take over what the address says, unless the session knows better, and tell the widgets."""
    state, query = st.session_state, st.query_params
    entered, touched_now = key("show") not in state, state.pop(_TOUCHED, False)
    asked = _known({field: query.get_all(field) for field in _FIELDS if field in query})
    returned = "d" in query or (entered and not asked)  # from Replay, whose address this is, or by the menu
    if not returned and (entered or not touched_now) and asked != _chosen():
        _choose(asked)
    for field in _FIELDS:
        if key(field) not in state:
            state[key(field)] = _value(field)
    _write()


def changed() -> None:
    """Something was chosen: keep it, and put it into the address."""
    state = st.session_state
    values = {field: state[key(field)] if key(field) in state else _value(field) for field in _FIELDS}
    lists = {field: [value] if field in _BLANK else list(value or ()) for field, value in values.items()}
    state[_CHOSEN] = {
        field: found for field, found in lists.items() if found and found != [_BLANK.get(field)] and found[0]
    }
    touched()
    _write()


def touched() -> None:
    """The reader used the page: what the browser sends as its address may be the one before the last change."""
    st.session_state[_TOUCHED] = True


def clear() -> None:
    """Take search and filters away."""
    _choose({field: values for field, values in _chosen().items() if field not in (*CHIPS, "q")})
    touched()
    _write()


def chosen(field: str) -> Sequence[str]:
    """The values of a chip."""
    return _chosen().get(field, [])


def link() -> str:
    """An address that shows what is shown now."""
    address = str(st.context.url or "").partition("?")[0]
    return f"{address}?{urlencode(_chosen(), doseq=True)}" if _chosen() else address


def _choose(query: Query) -> None:
    """Choose for the reader."""
    state = st.session_state
    state[_CHOSEN] = query
    if key("show") in state:
        state[_RENEWED] = state.get(_RENEWED, 0) + 1


def _chosen() -> Query:
    return st.session_state.get(_CHOSEN, {})


def _known(asked: Query) -> Query:
    """What an address asks for, without what there is no choice of."""
    found = {
        field: [value for value in values[:_MOST] if value in _CHOICES.get(field, (value,))]
        for field, values in asked.items()
    }
    return {field: values[:1] if field in _BLANK else values for field, values in found.items() if values}


def _value(field: str) -> Any:
    """What a field's widget holds."""
    values = _chosen().get(field, [])
    return list(values) if field in CHIPS else next(iter(values), _BLANK[field])


def _write() -> None:
    query, shown = st.query_params, _chosen()
    if {name: query.get_all(name) for name in query} != shown:
        query.from_dict(shown)
