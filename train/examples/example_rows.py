"""One context-response pair c_t -> y_t, or one whole conversation, from a released dialogue (paper §4, Eq. 5).

Texts of users, personas and models are data: no control token and no span tag survives in them.
"""

from collections.abc import Callable

from graphs.policy_context import PolicySees, dialogue_lines, policy_context, turns_of
from graphs.prompts import PromptWriter
from graphs.released import Message, Row
from graphs.schema import one_line
from graphs.spans import MalformedReply, Spans, parse_spans, render_spans, response_of
from train.examples.token_report import Lengths
from train.rows import Allocated, ChatMessage, TrainingExample


class WrongExamples(ValueError):
    """Examples that cannot be made or read: what is wrong, where, what to do."""


def clean_row(dialogue: Allocated, make_plain: Callable[[str], str]) -> Row:
    """A dialogue whose texts can stand in a chat: of a user's text one line, of a reply its four spans in the paper's tags.

    Raises:
        WrongExamples: a message is out of place, or a reply lacks its spans.
    """
    said = [message for message in dialogue.messages if message.role != "system"]
    if [message.role for message in said] != ["user", "assistant"] * len(dialogue.gold_emotions):
        raise WrongExamples(f"dialogue {dialogue.id}: utterance and reply must take turns, one gold label a turn")
    messages: list[Message] = []
    for number, message in enumerate(said):
        try:
            text = (
                one_line(make_plain(message.content))
                if message.role == "user"
                else render_spans(Spans(*map(make_plain, parse_spans(message.content))))
            )
        except MalformedReply as error:
            raise WrongExamples(
                f"dialogue {dialogue.id}, turn {number // 2 + 1}: {error}; build the release again"
            ) from error
        messages.append({"role": message.role, "content": text})
    return {
        "person": one_line(make_plain(dialogue.person)),
        "mbti": dialogue.mbti,
        "emotion": dialogue.emotion,
        "situation": one_line(make_plain(dialogue.situation)),
        "anon_username": dialogue.anon_username,
        "messages": messages,
    }


def turn_example(writer: PromptWriter, dialogue: Allocated, row: Row, turn: int, sees: PolicySees) -> TrainingExample:
    """The pair c_t -> y_t.

    The gold label is called a correction's where it is another than the dialogue's: a correction that left the label as
    it was cannot be told from none, and need not be.

    Args:
        row: `dialogue` after `clean_row`.
        turn: t, from 1.
    """
    gold = dialogue.gold_emotions[turn - 1]
    return TrainingExample(
        id=f"{dialogue.id}.{turn}",
        dialogue=dialogue.id,
        persona=row["anon_username"],
        turn=turn,
        prompt=_chat(policy_context(writer, row, turn, sees)),
        completion=(ChatMessage(role="assistant", content=turns_of(row)[turn - 1][1]),),
        emotion=gold,
        emotion_from="dialogue" if gold == dialogue.emotion else "correction",
        person=row["person"],
        situation=row["situation"],
        dialogue_text=dialogue_lines(row, turn),
        reference=response_of(turns_of(row)[turn - 1][1]),
    )


def conversation_example(writer: PromptWriter, dialogue: Allocated, row: Row, sees: PolicySees) -> TrainingExample:
    """A whole conversation: the system message, then every utterance and reply; label and reference are the last turn's."""
    last = len(dialogue.gold_emotions)
    system, *history = policy_context(writer, row, last, sees)
    example = turn_example(writer, dialogue, row, last, sees)
    return example.model_copy(
        update={
            "id": f"{dialogue.id}.0",
            "turn": 0,
            "prompt": _chat([system]),
            "completion": (*_chat(history), *example.completion),
        }
    )


def fitted(
    example: TrainingExample, lengths_of: Callable[[TrainingExample], Lengths], limit: int | None
) -> tuple[TrainingExample | None, Lengths]:
    """The example with as much history as fits into `limit` tokens: the oldest turns go first, the target is never cut.

    Returns:
        None for the example where its target does not fit even without history (a conversation is never shortened, for
        every reply of it is a target), and the lengths of what was measured last.
    """
    kept, lengths = example, lengths_of(example)
    while limit and lengths.total > limit:
        if len(kept.prompt) < 3:
            return None, lengths
        kept = kept.model_copy(update={"prompt": (kept.prompt[0], *kept.prompt[3:])})
        lengths = lengths_of(kept)
    return kept, lengths


def _chat(messages: list[Message]) -> tuple[ChatMessage, ...]:
    return tuple(ChatMessage.model_validate(message) for message in messages)
