"""What the views of the page Personas share: the review under way, who reviews, and giving a verdict."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

import streamlit as st

from graphs.records import replacing
from graphs.schema import one_line
from personas.decisions import Log, Word, decide, last_of, row_digest
from personas.review import Case, looked_at
from studio.people.reviewing import Opened, default_reason
from studio.widgets.login import who
from studio.widgets.page import plain
from studio.workspace import Workspace

MOST_NAME_CHARS = 64


class Review(NamedTuple):
    """A personas file under review."""

    workspace: Workspace
    opened: Opened
    log: Log
    queue: list[Case]
    reviewer: str

    @property
    def done(self) -> int:
        return looked_at(self.queue)

    def case(self, row: int) -> Case | None:
        return next((case for case in self.queue if case.row == row), None)


def reviewer_of(workspace: Workspace) -> str:
    """Who decides: the login's name, else the name given in this tab, else the one given last in this workspace."""
    if name := who():
        return name[:MOST_NAME_CHARS]
    if "reviewer" not in st.session_state:
        with suppress(OSError, UnicodeDecodeError):
            name = one_line((workspace.state / "reviewer").read_text(encoding="utf-8"))[:MOST_NAME_CHARS]
        st.session_state["reviewer"] = name
    return st.session_state["reviewer"]


def ask_reviewer(review: Review) -> None:
    """Ask for the name once; later it is a quiet word that can be changed."""
    if who():
        st.caption(plain(f"as {review.reviewer}"), width="content")
    elif review.reviewer:
        with st.popover(plain(f"as {review.reviewer}"), type="tertiary", icon=":material/person:"):
            _name_input(review)
    else:
        _name_input(review)


def choose_file(names: Sequence[str], changed: Callable[[], None]) -> None:
    """Which personas file."""
    st.selectbox(
        "File", names, key="personas-file", label_visibility="collapsed", on_change=changed, width=230, filter_mode=None
    )


def note_key(row: int) -> str:
    """Where the reviewer's note about a row stands."""
    return f"note-{row}"


def give_verdict(review: Review, case: Case, word: Word, reason: str = "") -> None:
    """Put a verdict on record; a rejection without a note gives what was found as its reason."""
    said = st.session_state.get(note_key(case.row), "").strip() or reason
    if word == "reject" and not said:
        said = default_reason(case.flags)
    decide(review.opened.log_path, case.persona, word, review.reviewer, said)


def undo_button(review: Review, go: Callable[[int], None]) -> None:
    """Take the reviewer's last verdict back and show its row."""
    last = last_of(review.log, review.reviewer)
    case = next((case for case in review.queue if last and _is(case, last.persona, last.row)), None)
    help_ = "Take your last verdict back" if case else "You have given no verdict on this file yet"
    if st.button("Undo", type="tertiary", shortcut="U", disabled=case is None, help=help_) and case:
        decide(review.opened.log_path, case.persona, "undo", review.reviewer)
        go(case.row)
        st.rerun()


def verdict_button(label: str, key: str, review: Review, *, primary: bool = False, enabled: bool = True) -> bool:
    """A button that gives a verdict, pressed just now or not; without a reviewer it says what is missing."""
    help_ = None if review.reviewer else "Say your name first: it is kept with each verdict"
    kind = "primary" if primary else "secondary"
    return st.button(label, type=kind, shortcut=key, disabled=not (enabled and review.reviewer), help=help_)


def _is(case: Case, persona: str, row: str) -> bool:
    return case.persona.id == persona and row_digest(case.persona) == row


def _name_input(review: Review) -> None:
    st.text_input(
        "Your name",
        value=review.reviewer,
        key="reviewer-name",
        max_chars=MOST_NAME_CHARS,
        placeholder="Your name, kept with each verdict",
        label_visibility="collapsed",
        width=260,
        on_change=_name_given,
        args=(review.workspace,),
    )


def _name_given(workspace: Workspace) -> None:
    name = one_line(st.session_state["reviewer-name"])
    st.session_state["reviewer"] = name
    with suppress(OSError), replacing(workspace.state / "reviewer", mode=0o600) as file:
        file.write(name.encode())
