"""What a reward model reads: the dialogue with a response at its end, in its own chat template (§5.1, App. B.1).

Training and reward build it here, so that a reward model is asked as it was taught. It sees the response span only, and in
the system message who the user is and what happened (our choice; the paper does not say what its reward model sees).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from graphs.policy_context import plain
from graphs.preferences import Preference
from graphs.prompts import NONE
from graphs.spans import response_of
from train.rows import ChatMessage, TrainingExample

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Conversation = list[ChatMessage]
Speaker = Literal["system", "user", "assistant"]


def rated_conversation(example: TrainingExample, completion: str) -> Conversation:
    """The dialogue of a training example up to x_t, answered with the response span of a completion."""
    said: list[tuple[Speaker, str]] = [
        (message.role, response_of(message.content)) for message in example.prompt if message.role != "system"
    ]
    return _conversation(example.person, example.situation, said, response_of(completion))


def preferred_conversations(preference: Preference) -> tuple[Conversation, Conversation]:
    """The dialogue with the chosen and with the rejected response."""
    said: list[tuple[Speaker, str]] = [(message.role, message.content) for message in preference.dialogue]
    chosen, rejected = (
        _conversation(preference.person, preference.situation, said, response)
        for response in (preference.chosen, preference.rejected)
    )
    return chosen, rejected


def conversation_ids(tokenizer: "PreTrainedTokenizerBase", conversation: Conversation) -> list[int]:
    """Tokens of a conversation in the model's own template; no text in it can become a control token."""
    from train.models import plain_messages

    chat: Any = plain_messages(conversation, tokenizer)
    text = str(tokenizer.apply_chat_template(chat, tokenize=False))
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _conversation(person: str, situation: str, said: Sequence[tuple[Speaker, str]], response: str) -> Conversation:
    about = f"Profile of the user:\n{plain(person) or NONE}\n\nSituation:\n{plain(situation) or NONE}"
    turns: list[tuple[Speaker, str]] = [*said, ("assistant", response)]
    dialogue = [ChatMessage(role=role, content=plain(text)) for role, text in turns]
    return [ChatMessage(role="system", content=about), *dialogue]
