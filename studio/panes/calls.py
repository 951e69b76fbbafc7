"""What was asked and what came: the prompt as sent, the answers that were bought, tokens, cost and latency."""

import json

import streamlit as st

from graphs.course import Course, Step
from graphs.journal import Call, Slot
from studio.widgets.dialogue import attempt_at, call_facts
from studio.widgets.page import plain

ROLES = {"User simulator": "user_simulator", "Responder": "responder", "Evaluator": "rubric_evaluator"}


def show_prompts(course: Course, turn: int, attempt: int) -> None:
    """The prompt of one of the three roles at a turn and attempt, as it was sent, and the answer as it came."""
    role = st.segmented_control(
        "Role", list(ROLES), default="Responder", required=True, label_visibility="collapsed", key="prompt-role"
    )
    slot = Slot(turn, 0 if role == "User simulator" else attempt, ROLES[role])
    step = course.step(slot)
    if step is None:
        st.caption("Nobody was asked here: the reply breaks a hard rule, and code decided alone.")
        return
    prompt = step.prompt
    sampling = f"{step.model}  ·  temperature {prompt.temperature:g}  ·  at most {prompt.max_tokens} tokens"
    st.caption(plain(sampling))
    _text("User message", prompt.user)
    _text("System message", prompt.system, height=260)
    if prompt.schema:
        _text("Answer must fit this schema", prompt.schema)
    for call in step.calls:
        _answer(call, step)


def _answer(call: Call, step: Step) -> None:
    many = f", draw {call.draw + 1}" if len(step.calls) > 1 or call.draw else ""
    words = {"answered": "Answer", "edited": "Words of a person", "unusable": "Answer that could not stand"}
    facts = call_facts([call]) if call.status != "edited" else ""
    _text(f"{words.get(call.status, call.status.capitalize())}{many}", call.answer or call.reason, facts)
    if call.answer and call.reason:
        st.text(call.reason)


def _text(title: str, text: str, facts: str = "", height: int | None = None) -> None:
    with st.container(gap="xxsmall"):
        with st.container(horizontal=True, gap="small"):
            st.markdown(f"**{plain(title)}**", width="content")
            if facts:
                st.caption(plain(facts), width="content")
        st.code(text, language=None, wrap_lines=True, height=height or "content")


def show_record(course: Course, turn: int, attempt: int) -> None:
    """The attempt as it stands in trajectories.jsonl, and the rows of the journal behind it."""
    found = attempt_at(course, turn, attempt)
    calls = [
        call
        for step in course.steps
        if step.slot.turn == turn and step.slot.attempt in (0, attempt)
        for call in step.calls
    ]
    rows = [
        {
            "slot": str(call.slot), "draw": call.draw, "status": call.status, "request": call.request.hex()[:16],
            "tokens_in": call.tokens_in, "tokens_out": call.tokens_out, "cost_usd": call.cost_usd,
            "latency_s": round(call.latency_s, 3), "reason": call.reason,
        }
        for call in calls
    ]  # fmt: skip
    record = {"attempt": found.model_dump(mode="json") if found else None, "calls": rows}
    st.code(json.dumps(record, ensure_ascii=False, indent=2), language=None, wrap_lines=True)
