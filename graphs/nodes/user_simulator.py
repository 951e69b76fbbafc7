"""U: the simulated user (paper Eq. 3). It never sees decisions, scores or critiques."""

from langgraph.runtime import Runtime

from graphs.feelings import plan, react, tell
from graphs.journal import Slot
from graphs.prompts import draw_number, nonce
from graphs.rubric import OffFormat, UserAnswer, read_json
from graphs.schema import Feelings, Pairing
from graphs.spans import strip_tags
from graphs.state import Dialogue, DialogueState, Update, dialogue_text, turn_number


async def simulate_user(state: DialogueState, runtime: Runtime[Dialogue]) -> Update:
    """Open the dialogue, or go on with it: x_1 = U(u, s), x_{t+1} = U(u, s, x_≤t, y_t)."""
    context, turn = runtime.context, turn_number(state)
    pairing = Pairing.model_validate(state["pairing"])
    key = nonce(context.seed, pairing)
    rules = context.pack.settings.user
    start = rules.start(context.pack.settings.labels[pairing.situation.emotion].valence)
    before = state.get("feelings") or Feelings(mood=start, openness=1)
    planned = plan(before, turn, start, rules, context.settings.length, context.floor, draw_number(key, "words", turn))
    answer = await context.ask(
        pairing.id,
        key,
        Slot(turn, 0, "user_simulator"),
        lambda writer: writer.user_simulator(
            key,
            pairing,
            dialogue_text(state, latest=False),
            f"turn: {turn} of {context.settings.turns}",
            before,
            planned,
        ),
        read_utterance,
    )
    after = react(before, answer.events, rules) if turn > 1 else before
    return {
        "pairing": pairing,
        "key": key,
        "utterance": answer.message,
        "feelings": tell(after, answer.tells, rules),
        "attempts": [],
    }


def read_utterance(text: str) -> UserAnswer:
    """Read U's answer; span tags in what it says are taken out, for nobody's text may forge a span."""
    answer = read_json(text, UserAnswer)
    message = " ".join(strip_tags(answer.message).split())
    if not message:
        raise OffFormat("message: nothing but tags")
    return answer.model_copy(update={"message": message})
