"""A: the empathetic responder (paper Eq. 1). It never sees the label, and of R's answer only the critique."""

from langgraph.runtime import Runtime

from graphs.journal import Slot
from graphs.schema import one_line
from graphs.spans import response_of
from graphs.state import Dialogue, DialogueState, Update, dialogue_text, turn_number


async def respond(state: DialogueState, runtime: Runtime[Dialogue]) -> Update:
    """Draft, or refine after a FAIL, the four-span reply y_t = A(x_≤t, u)."""
    settings, failed = runtime.context.settings, state["attempts"][-1:]
    draft = one_line(response_of(failed[0].reply)) if failed else ""
    critique = failed[0].critique if failed and settings.critique_to_responder else ""
    reply = await runtime.context.ask(
        state["pairing"].id,
        state["key"],
        Slot(turn_number(state), len(state["attempts"]) + 1, "responder"),
        lambda writer: writer.responder(
            state["key"],
            state["pairing"],
            dialogue_text(state, latest=True, spans=settings.history_spans),
            draft,
            critique,
            situation=settings.situation_to_responder,
        ),
        str,
    )
    return {"reply": reply}
