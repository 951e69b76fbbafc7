"""The panes of a dialogue, for every page that shows one: the thread, the attempts, and one attempt in detail.

The first half makes data of a course and knows no browser; the second half draws it. Nothing here knows a page's state.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import streamlit as st

from graphs.course import Course
from graphs.journal import Call, Slot
from graphs.llm.prices import cost_text
from graphs.packs import Pack
from graphs.schema import Attempt, Decision, End
from graphs.spans import MalformedReply, parse_spans, response_of
from studio.widgets import parts
from studio.widgets.page import plain

_WAITING = {
    "user_simulator": "user simulator writes",
    "responder": "responder writes, attempt {attempt}",
    "rubric_evaluator": "evaluator reads attempt {attempt}",
    "screener": "screener reads the dialogue",
}
_NAMES = {"user_simulator": "user simulator", "responder": "responder", "rubric_evaluator": "evaluator"}
_BADGES: dict[Decision, tuple[Literal["green", "gray", "red"], str]] = {
    Decision.SOLVED: ("green", ":material/check:"),
    Decision.PASS: ("gray", ":material/arrow_forward:"),
    Decision.FAIL: ("red", ":material/close:"),
}


def waiting_text(slot: Slot | None) -> str:
    """Who is asked now, in words; empty where nobody is."""
    return _WAITING[slot.role].format(attempt=slot.attempt) if slot else ""


def thread_data(
    course: Course, turn: int, *, waiting: str | None = None, follow: bool = False, height: str | None = None
) -> dict[str, Any]:
    """A course as the thread component wants it, the open turn last.

    Args:
        turn: the chosen one, from 1; 0 for none.
        waiting: what stands at the open turn instead of who is asked, for example why nothing comes any more.
        follow: keep the end in sight while the dialogue grows.
        height: of the pane, in CSS; the rest of the window if not given.
    """
    said = waiting_text(course.waiting_for) if waiting is None else waiting
    turns = [_closed(course, number) for number in range(len(course.turns))]
    if course.waiting_for:
        turns.append(_open(course, said))
    return {
        "situation": course.pairing.situation.text,
        "selected": turn - 1,
        "turns": turns,
        "follow": follow,
        "height": height,
    }


def attempts_data(
    course: Course, turn: int, attempt: int, *, most: int, criteria: int, live: bool = False, user: str | None = None
) -> dict[str, Any]:
    """A course as the attempts component wants it.

    Args:
        turn, attempt: the chosen ones, from 1; 0 for none.
        most: K, the attempts that a turn may take.
        criteria: how many the rubric has.
        live: light the node that is asked now, whichever attempt is chosen.
        user: what the user simulator's node is called instead.
    """
    node, edge = _lit(course) if live else _lit(course, turn, attempt)
    rows = [
        [{"decision": one.decision.value, "mean": _mean(one)} for one in attempts] for attempts in attempts_of(course)
    ]
    return {
        "node": node, "edge": edge, "turn": turn, "attempt": attempt, "most": most, "criteria": criteria, "turns": rows,
        "user": user,
    }  # fmt: skip


def attempts_of(course: Course) -> list[tuple[Attempt, ...]]:
    """The attempts of every turn; the open turn counts once the user has spoken."""
    closed = [turn.attempts for turn in course.turns]
    return [*closed, course.attempts] if course.utterance else closed


def latest(course: Course) -> tuple[int, int]:
    """Turn and attempt that were decided last, from 1; (0, 0) before the first."""
    decided = [(t, len(attempts)) for t, attempts in enumerate(attempts_of(course), start=1) if attempts]
    return decided[-1] if decided else (0, 0)


def attempt_at(course: Course, turn: int, attempt: int) -> Attempt | None:
    """An attempt by its turn and number, both from 1; None if there is none (yet)."""
    turns = attempts_of(course)
    found = turns[turn - 1] if 1 <= turn <= len(turns) else ()
    return found[attempt - 1] if 1 <= attempt <= len(found) else None


def attempt_facts(course: Course, turn: int, attempt: int) -> str:
    """Tokens, cost and time of an attempt: its reply and the evaluation of it, all draws that were paid for."""
    steps = (course.step(Slot(turn, attempt, role)) for role in ("responder", "rubric_evaluator"))
    return call_facts([call for step in steps if step for call in step.calls])


def call_facts(calls: Sequence[Call]) -> str:
    """Tokens read and written, cost and time of some calls; a cost that is not known is said to be so."""
    if not calls:
        return ""
    costs = [call.cost_usd for call in calls if call.cost_usd is not None]
    cost = cost_text(sum(costs) if len(costs) == len(calls) else None)
    read, written = sum(call.tokens_in for call in calls), sum(call.tokens_out for call in calls)
    return f"{read:,} + {written:,} tokens  ·  {cost}  ·  {sum(call.latency_s for call in calls):.1f} s"


def spans_data(attempt: Attempt) -> dict[str, Any]:
    """A reply by its spans, with what was broken, who decided and the critique under them."""
    return {"spans": reply_spans(attempt.reply), "notes": list(_notes(attempt))}


def reply_spans(reply: str) -> list[list[str]]:
    """A reply by its spans; one that is off format as it was written."""
    try:
        return [[name, text] for name, text in parse_spans(reply)._asdict().items()]
    except MalformedReply:
        return [["as written", reply]]


def scores_data(attempt: Attempt, pack: Pack) -> list[dict[str, Any]]:
    """The marks of an attempt; those under the pack's gate are low."""
    gates = {name: criterion.fail_below for name, criterion in pack.rubric.criteria.items()}
    return [
        {
            "name": name.replace("_", " ").capitalize(),
            "score": mark.score,
            "low": (gate := gates.get(name)) is not None and mark.score < gate,
            "top": pack.rubric.scale.max,
            "reason": mark.reason,
            "evidence": mark.evidence,
        }
        for name, mark in attempt.marks.items()
    ]


def draw_notes(course: Course, turn: int, attempt: int) -> list[dict[str, Any]]:
    """Answers of an attempt, and of the user's turn before it, that were paid for and could not stand."""
    slots = (Slot(turn, 0, "user_simulator"), Slot(turn, attempt, "responder"), Slot(turn, attempt, "rubric_evaluator"))
    steps = (step for slot in slots if (step := course.step(slot)))
    return [
        {"title": f"Drawn again: {_NAMES[step.slot.role]}", "text": call.reason, "quiet": True}
        for step in steps
        for call in step.calls
        if call.status == "unusable"
    ]


def show_title(course: Course, turn: int, attempt: int) -> None:
    """Which attempt is shown, its decision, and what it took."""
    found = attempt_at(course, turn, attempt)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**Turn {turn}, attempt {attempt}**", width="content")
        if found:
            colour, icon = _BADGES[found.decision]
            st.badge(found.decision.capitalize(), color=colour, icon=icon)
        st.space("stretch")
        st.caption(plain(attempt_facts(course, turn, attempt)), width="content")


def show_draft(course: Course, key: str) -> None:
    """The reply that the evaluator reads just now: its spans, no decision yet."""
    assert course.waiting_for is not None
    turn, attempt = course.waiting_for.turn, course.waiting_for.attempt
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**Turn {turn}, attempt {attempt}**", width="content")
        st.caption("with the evaluator", width="content")
    parts.spans({"spans": reply_spans(course.reply), "notes": []}, key=f"{key}-spans")


def show_spans(attempt: Attempt, key: str) -> None:
    """The four spans, violations and critique."""
    parts.spans(spans_data(attempt), key=f"{key}-spans")


def show_scores(attempt: Attempt, pack: Pack, key: str) -> None:
    """The scores with reason and evidence, or why there are none."""
    if attempt.marks:
        parts.scores(scores_data(attempt, pack), key=f"{key}-scores")
    else:
        st.caption("No scores: the reply breaks a hard rule, so no evaluator was asked.")


def show_attempt(attempt: Attempt, pack: Pack, key: str) -> None:
    """One attempt in detail: spans, violations, critique, and under them the scores with their reasons."""
    show_spans(attempt, key)
    show_scores(attempt, pack, key)


def _closed(course: Course, index: int) -> dict[str, Any]:
    turn = course.turns[index]
    return {
        "utterance": turn.utterance,
        "response": turn.response,
        "decision": turn.decision.value,
        "emotion": _emotion(turn.reply),
        "attempts": len(turn.attempts),
        "waiting": "",
    }


def _open(course: Course, waiting: str) -> dict[str, Any]:
    """The open turn shows the last draft: the one under test, or the one that was refused until the next is there."""
    refused = course.attempts[-1] if course.attempts and not course.reply else None
    draft = refused.reply if refused else course.reply
    return {
        "utterance": course.utterance,
        "response": response_of(draft) if draft else None,
        "decision": refused.decision.value if refused else None,
        "emotion": _emotion(draft),
        "attempts": len(course.attempts),
        "waiting": waiting,
    }


def _emotion(reply: str) -> str:
    try:
        return parse_spans(reply).emotion
    except MalformedReply:
        return ""


def _mean(attempt: Attempt) -> float | None:
    scores = [mark.score for mark in attempt.marks.values()]
    return sum(scores) / len(scores) if scores else None


def _lit(course: Course, turn: int = 0, attempt: int = 0) -> tuple[str, str]:
    """The node and the edge that are lit: of the chosen attempt, else of the slot that is asked, else the end."""
    if chosen := attempt_at(course, turn, attempt):
        return "rubric_evaluator", chosen.decision.value
    if (slot := course.waiting_for) is None:
        solved = course.trajectory is not None and course.trajectory.end is End.SOLVED
        return "end", "SOLVED" if solved else ""
    edges = {
        "user_simulator": "PASS" if slot.turn > 1 else "",
        "responder": "FAIL" if slot.attempt > 1 else "draft",
        "rubric_evaluator": "grade",
    }
    return slot.role, edges.get(slot.role, "")


def _notes(attempt: Attempt) -> Iterable[dict[str, Any]]:
    failed = attempt.decision is Decision.FAIL
    if attempt.violations:
        yield {"title": "Hard rules broken", "text": "\n".join(attempt.violations), "quiet": False}
    elif attempt.because and attempt.called:
        text = f"The evaluator called {attempt.called.value}. Code decided {attempt.decision.value}: {attempt.because}."
        yield {"title": "Held to the pack's gates", "text": text, "quiet": True}
    if attempt.critique:
        title = "Critique for the responder" if failed else "Critique, kept here: the reply stands"
        yield {"title": title, "text": attempt.critique, "quiet": not failed}
