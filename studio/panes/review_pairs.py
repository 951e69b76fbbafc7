"""Duplicates on the page Personas: two rows that say nearly the same, side by side, word by word."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from personas.dedupe import Double
from personas.review import Case
from studio.panes.review import Review, ask_reviewer, choose_file, give_verdict, undo_button, verdict_button
from studio.people.reviewing import compared, pair_row, standing_text
from studio.widgets import parts
from studio.widgets.page import empty, tools


def pair_actions(review: Review) -> None:
    """The bar's actions: undo, reject the right-hand row, keep both."""
    pairs = review.opened.findings.doubles
    at = _current(pairs)
    undo_button(review, lambda row: _show_row(pairs, row))
    if verdict_button("Reject the right one", "X", review, enabled=bool(pairs)):
        kept, other = _cases(review, pairs[at])
        give_verdict(review, other, "reject", f"{pairs[at].reason} as {kept.persona.id}")
        _next(review, pairs, at)
    if verdict_button("Keep both", "A", review, primary=True, enabled=bool(pairs)):
        for case in _cases(review, pairs[at]):
            give_verdict(review, case, "accept", "not the same person")
        _next(review, pairs, at)


def show_pairs(review: Review, names: list[str], changed: Callable[[], None]) -> None:
    """Tools, the list of pairs, and the pair that is looked at."""
    with tools():
        choose_file(names, changed)
        st.space("stretch")
        ask_reviewer(review)
    pairs = review.opened.findings.doubles
    if not pairs:
        with empty(
            "No two rows say the same", "Rows of 20 words or more are compared; none share 80 % of their word pairs."
        ):
            return
    left, right = st.columns([3, 9], gap="medium")
    with left:
        _list(review, pairs)
    with right:
        _pair(review, pairs[_current(pairs)])


def _list(review: Review, pairs: tuple[Double, ...]) -> None:
    at = _current(pairs)
    rows = [pair_row(number, pair, _cases(review, pair)[1].standing) for number, pair in enumerate(pairs[:500])]
    data = {"label": "Rows that say nearly the same", "selected": at, "rows": rows, "height": "calc(100vh - 130px)"}
    pick = parts.queue(data, key="pairs")
    if pick and pick["key"] != at:
        _show(pick["key"])
        st.rerun()


def _pair(review: Review, pair: Double) -> None:
    kept, other = _cases(review, pair)
    heads = [[case.persona.id, _facts(case, word)] for case, word in ((kept, "to keep"), (other, "to leave out"))]
    data: dict[str, Any] = {"heads": heads, "items": compared(kept.persona, other.persona)}
    parts.diff(data, key="pair")


def _facts(case: Case, word: str) -> str:
    return standing_text(case.standing) or f"row {case.row + 1}, {word}"


def _cases(review: Review, pair: Double) -> tuple[Case, Case]:
    by_row = {case.row: case for case in review.queue}
    return by_row[pair.kept_row - 1], by_row[pair.row - 1]


def _current(pairs: tuple[Double, ...]) -> int:
    asked = st.query_params.get("n", "")
    number = int(asked[:9]) - 1 if asked.isdecimal() else 0
    return min(max(number, 0), max(len(pairs) - 1, 0))


def _next(review: Review, pairs: tuple[Double, ...], at: int) -> None:
    """The next pair whose right-hand row nobody has decided on, else the next one."""
    waiting = [n for n in range(at + 1, len(pairs)) if _cases(review, pairs[n])[1].standing.stands == "undecided"]
    _show(waiting[0] if waiting else min(at + 1, len(pairs) - 1))
    st.rerun()


def _show(number: int) -> None:
    st.query_params["n"] = str(number + 1)


def _show_row(pairs: tuple[Double, ...], row: int) -> None:
    at = next((n for n, pair in enumerate(pairs) if row + 1 in (pair.row, pair.kept_row)), 0)
    _show(at)
