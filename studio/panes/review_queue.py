"""The queue of the page Personas: the list on the left, the persona on the right, verdicts by key."""

from collections.abc import Callable

import streamlit as st

from personas.decisions import Stands, Word
from personas.flag_rules import REASONS, Reason
from personas.review import Case, chosen, counts
from studio.panes.review import (
    Review,
    ask_reviewer,
    choose_file,
    give_verdict,
    note_key,
    undo_button,
    verdict_button,
)
from studio.panes.review_export import show_export
from studio.people.reviewing import after, card, list_row, standing_text
from studio.widgets import parts
from studio.widgets.page import empty, plain, tools

PAGE = 50
STANDS: dict[str, tuple[Stands, ...]] = {
    "To do": ("undecided", "disputed"),
    "Decided": ("accepted", "rejected", "disputed"),
    "All": (),
}
NOTHING_FOUND = "nothing found"


def queue_actions(review: Review) -> None:
    """The bar's actions: undo, reject, accept."""
    shown = _shown(review)
    case = _current(review, shown)
    undo_button(review, _go)
    words: tuple[tuple[str, str, Word], ...] = (("Reject", "X", "reject"), ("Accept", "A", "accept"))
    for label, key, word in words:
        if verdict_button(label, key, review, primary=word == "accept", enabled=case is not None) and case:
            give_verdict(review, case, word)
            _go(after(shown, case.row), shown)
            st.rerun()


def show_queue(review: Review, names: list[str], changed: Callable[[], None]) -> None:
    """Tools, list and card."""
    with tools():
        choose_file(names, changed)
        _filters(review)
        st.space("stretch")
        ask_reviewer(review)
        show_export(review)
    shown = _shown(review)
    case = _current(review, shown)
    left, right = st.columns([5, 7], gap="medium")
    with left:
        _list(review, shown, case)
    with right:
        if case:
            _card(case, shown)


def _filters(review: Review) -> None:
    found = counts(review.queue)
    clean = sum(not case.flags for case in review.queue)
    options = [*(REASONS[reason] for reason in found), *([NOTHING_FOUND] if clean else [])]
    many = {**{REASONS[reason]: count for reason, count in found.items()}, NOTHING_FOUND: clean}
    picked = [name for name in st.session_state.get("personas-reasons") or [] if name in options]
    label = f"Reason: {picked[0]}{f' +{len(picked) - 1}' if len(picked) > 1 else ''}" if picked else "Reason"
    with st.popover(label, type="secondary" if picked else "tertiary"):
        st.pills(
            "Reasons",
            options,
            selection_mode="multi",
            key="personas-reasons",
            format_func=lambda name: f"{name} {many[name]:,}",
            label_visibility="collapsed",
            on_change=_first_page,
            persist_state="session",
        )
    st.segmented_control(
        "Which",
        list(STANDS),
        default="To do",
        required=True,
        key="personas-stands",
        label_visibility="collapsed",
        on_change=_first_page,
        persist_state="session",
    )


def _list(review: Review, shown: list[Case], case: Case | None) -> None:
    pages = max(1, -(-len(shown) // PAGE))
    page = min(max(st.session_state.get("personas-page", 1), 1), pages)
    first = (page - 1) * PAGE
    with st.container(key="count", horizontal=True, vertical_alignment="center"):
        rows = f"{first + 1} to {min(first + PAGE, len(shown))} of {len(shown):,}" if shown else "none"
        st.caption(f"{rows}{_damaged(review)}", width="content")
        st.space("stretch")
        if (
            pages > 1
            and (turned := st.pagination(pages, default=page, key=f"page-{page}", max_visible_pages=5)) != page
        ):
            st.session_state["personas-page"] = turned
            st.rerun()
    if not shown:
        with empty(*_way_out(review)):
            return
    data = {
        "label": "Personas to look at",
        "selected": case.row if case else None,
        "rows": [list_row(each) for each in shown[first : first + PAGE]],
    }
    pick = parts.queue(data, key="queue")
    if pick and (case is None or pick["key"] != case.row):
        _go(pick["key"])
        st.rerun()


def _card(case: Case, shown: list[Case]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(case.persona.id)}**", width="content")
        st.caption(plain(f"row {case.row + 1}"), width="content")
        st.space("stretch")
        rows = [each.row for each in shown]
        at = rows.index(case.row) if case.row in rows else -1
        for label, icon, key, to in (("Previous", "up", "K", at - 1), ("Next", "down", "J", at + 1)):
            there = 0 <= to < len(rows) and at >= 0
            if st.button(
                label, type="tertiary", icon=f":material/keyboard_arrow_{icon}:", shortcut=key, disabled=not there
            ):
                _go(rows[to], shown)
                st.rerun()
    if said := standing_text(case.standing):
        st.text(said)
    st.text_input(
        "Why",
        key=note_key(case.row),
        max_chars=500,
        placeholder="Why, kept with your verdict",
        label_visibility="collapsed",
    )
    parts.persona({**card(case), "height": f"calc(100vh - {270 if said else 232}px)"}, key="persona")


def _shown(review: Review) -> list[Case]:
    """The part of the queue that the filters ask for."""
    picked = st.session_state.get("personas-reasons") or []
    reasons: list[Reason] = [reason for reason, title in REASONS.items() if title in picked]
    stands = STANDS[st.session_state.get("personas-stands") or "To do"]
    return chosen(review.queue, reasons, stands, unflagged=NOTHING_FOUND in picked)


def _current(review: Review, shown: list[Case]) -> Case | None:
    """The row of the address, else the first of the list."""
    asked = st.query_params.get("n", "")
    if asked.isdecimal() and (case := review.case(int(asked[:9]) - 1)):
        return case
    named = st.query_params.get("p")
    return next((case for case in review.queue if case.persona.id == named), shown[0] if shown else None)


def _go(row: int | None, shown: list[Case] | None = None) -> None:
    """Show a row next, and the page of the list that it stands on."""
    st.query_params.pop("p", None)
    if row is None:
        st.query_params.pop("n", None)
        return
    st.query_params["n"] = str(row + 1)
    rows = [case.row for case in shown or []]
    if row in rows:
        st.session_state["personas-page"] = rows.index(row) // PAGE + 1


def _first_page() -> None:
    st.session_state["personas-page"] = 1
    st.query_params.pop("n", None)
    st.query_params.pop("p", None)


def _damaged(review: Review) -> str:
    damaged = review.log.damaged
    return f" · {damaged} lines of the decisions cannot be read" if damaged else ""


def _way_out(review: Review) -> tuple[str, str]:
    if review.queue and review.done == len(review.queue):
        return "Every row was looked at", "Export writes the accepted ones."
    return "Nothing here", "No row has these reasons and stands so: take a filter off."
