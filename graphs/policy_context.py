"""What the policy sees at turn t: the context c_t of Eq. 5, built from a released row in one place.

Training, examination and chat all take it from here, so that a model is asked as it was taught. Never shown is the gold
label; earlier replies show their response span only unless told otherwise, for earlier gold emotion spans in the history
would turn emotion accuracy into copying (our choice; `all` gives KardiaBench's own messages).
"""

from typing import Literal

from graphs.chat_tokens import without_chat_tokens
from graphs.prompts import NONE, NOT_TOLD, PromptWriter
from graphs.released import Message, Row
from graphs.schema import Record, one_line
from graphs.spans import response_of, strip_tags

HistorySpans = Literal["response", "all"]


class PolicySees(Record):
    """Settings of the policy's context."""

    persona: bool = True
    situation: bool = True
    """The released card's system prompt has the situation's text; Eq. 1 does not."""
    history_spans: HistorySpans = "response"


def plain(text: str) -> str:
    """A text that can neither be read as a control token nor forge a span: tags out, control tokens broken by a space."""
    return without_chat_tokens(strip_tags(text))


def turns_of(row: Row) -> list[tuple[str, str]]:
    """Utterance x_t and reply y_t of every turn of a row."""
    said = [message["content"] for message in row["messages"] if message["role"] != "system"]
    return list(zip(said[::2], said[1::2], strict=True))


def policy_context(writer: PromptWriter, row: Row, turn: int, sees: PolicySees) -> list[Message]:
    """Messages up to and with x_t: the pack's policy prompt, then the dialogue.

    Args:
        turn: t, from 1.
    """
    turns = turns_of(row)
    messages: list[Message] = [
        {"role": "system", "content": system_text(writer, row["person"], row["situation"], sees)}
    ]
    for utterance, reply in turns[: turn - 1]:
        messages.append({"role": "user", "content": plain(utterance)})
        messages.append({"role": "assistant", "content": _said(reply, sees.history_spans)})
    messages.append({"role": "user", "content": plain(turns[turn - 1][0])})
    return messages


def system_text(writer: PromptWriter, person: str, situation: str, sees: PolicySees) -> str:
    """The policy prompt with what the policy may know of the user."""
    return writer.policy_text(
        plain(person) or NONE if sees.persona else NOT_TOLD, plain(situation) or NONE if sees.situation else NOT_TOLD
    )


def dialogue_lines(row: Row, turn: int) -> str:
    """The dialogue up to and with x_t as the judge reads it: response spans only, one message a line."""
    turns = turns_of(row)
    lines: list[str] = []
    for number, (utterance, reply) in enumerate(turns[: turn - 1], start=1):
        lines += (f"[{number}] user: {one_line(utterance)}", f"[{number}] helper: {one_line(response_of(reply))}")
    return "\n".join([*lines, f"[{turn}] user: {one_line(turns[turn - 1][0])}"])


def _said(reply: str, spans: HistorySpans) -> str:
    return reply if spans == "all" else plain(response_of(reply))
