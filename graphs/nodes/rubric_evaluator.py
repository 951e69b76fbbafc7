"""R: the rubric evaluator (paper Eq. 2). It does not decide alone: code holds its word to the pack's gates."""

import re

from langgraph.runtime import Runtime

from graphs.journal import Slot
from graphs.packs import Pack
from graphs.rubric import EvaluatorAnswer, Rubric
from graphs.schema import Attempt, Decision
from graphs.spans import parse_spans, response_of, span_violations
from graphs.state import Dialogue, DialogueState, Update, dialogue_text, turn_number

SHORTEST_STEM = 4
_ENDING = re.compile(r"(?:ing|ed|ful|y|ous|e)$")


async def evaluate(state: DialogueState, runtime: Runtime[Dialogue]) -> Update:
    """Decide on the reply under test: d_t = R(x_t, y_t). A reply that breaks a hard rule costs no call."""
    context, reply = runtime.context, state["reply"]
    broken = violations(reply, state["utterance"], context.pack)
    attempt = failed(reply, broken) if broken else await _evaluated(state, context)
    return {"attempts": [*state["attempts"], attempt]}


def violations(reply: str, utterance: str, pack: Pack) -> tuple[str, ...]:
    """The hard rules that a reply breaks: format (Eq. 10), a label of the pack, and care where there is risk."""
    if broken := span_violations(reply):
        return broken
    label = parse_spans(reply).emotion
    unknown = () if label in pack.labels else (f"emotion: {label[:40]!r} is not one of the labels",)
    careless = pack.safety.fault(utterance, response_of(reply))
    return (*unknown, careless) if careless else unknown


def failed(reply: str, broken: tuple[str, ...]) -> Attempt:
    """An attempt that code fails by itself; the critique names what is broken."""
    critique = "change: " + "; ".join(broken)
    return Attempt(
        reply=reply, decision=Decision.FAIL, because="breaks a hard rule", violations=broken, critique=critique
    )


async def _evaluated(state: DialogueState, context: Dialogue) -> Attempt:
    turn = turn_number(state)
    shown = response_of(state["reply"]) if context.settings.evaluator_sees == "response" else state["reply"]
    answer = await context.ask(
        state["pairing"].id,
        state["key"],
        Slot(turn, len(state["attempts"]) + 1, "rubric_evaluator"),
        lambda writer: writer.rubric_evaluator(
            state["key"], state["pairing"], dialogue_text(state, latest=True), shown, _turn_lines(turn, context)
        ),
        context.pack.rubric.read_decision,
    )
    decision, because = decide(answer, context.pack.rubric, may_solve=turn >= context.floor)
    return Attempt(
        reply=state["reply"],
        decision=decision,
        called=answer.decision,
        because=because,
        marks=answer.criteria,
        critique=mask_label(answer.critique, state["pairing"].situation.emotion),
    )


def decide(answer: EvaluatorAnswer, rubric: Rubric, *, may_solve: bool) -> tuple[Decision, str]:
    """Hold the evaluator's word to the gates; returns the decision and why it departs from that word."""
    for name, criterion in rubric.criteria.items():
        score = answer.criteria[name].score
        if criterion.fail_below is not None and score < criterion.fail_below:
            return (
                Decision.FAIL,
                "" if answer.decision is Decision.FAIL else f"{name} {score} is under {criterion.fail_below}",
            )
    if answer.decision is not Decision.SOLVED:
        return answer.decision, ""
    if not may_solve:
        return Decision.PASS, "SOLVED may not stand yet in this length mode"
    for name, criterion in rubric.criteria.items():
        if criterion.solved_from is not None and answer.criteria[name].score < criterion.solved_from:
            return Decision.PASS, f"SOLVED needs {name} of {criterion.solved_from}"
    if not answer.user_signs.need_met:
        return Decision.PASS, "the user's words do not show the need met"
    return Decision.SOLVED, ""


def mask_label(critique: str, label: str) -> str:
    """Take the gold label and its forms (guilty: guilt, guiltily) out of a critique: it must not reach the responder."""
    stem = _ENDING.sub("", label)
    word = rf"{re.escape(stem)}\w*" if len(stem) >= SHORTEST_STEM else rf"{re.escape(label)}(?:ness|ly|s|ened|ening)?"
    return re.sub(rf"\b{word}\b", "[the feeling]", critique, flags=re.IGNORECASE)


def _turn_lines(turn: int, context: Dialogue) -> str:
    may = "yes" if turn >= context.floor else f"no, not before turn {context.floor}"
    return f"turn {turn} of {context.settings.turns}\nSOLVED may be called: {may}"
