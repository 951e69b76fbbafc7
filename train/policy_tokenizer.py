"""The policy's tokenizer, loaded and made fit in one place: lengths are reported by the one that is trained with (§5.1)."""

from typing import TYPE_CHECKING, Any

from graphs.spans import strip_tags

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_FOLDED = (
    "{%- if messages[0]['role'] == 'system' and messages[1:] -%}"
    "{%- set messages = [{'role': messages[1]['role'], 'content': messages[0]['content'] + '\\n\\n' + messages[1]['content']}]"
    " + messages[2:] -%}{%- endif -%}"
)
"""Set before a template that knows no system role (Gemma's): its text opens the first user message."""


class UnusableTokenizer(ValueError):
    """A tokenizer that the policy cannot be trained with; says why and what to do."""


def fit_tokenizer(where: str) -> "PreTrainedTokenizerBase":
    """The tokenizer of a folder or of a name on the Hub, its chat template made fit for a system message, its padding set.

    Raises:
        UnusableTokenizer: there is none, it has no chat template, or a span tag is a special token.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(where)
    except (OSError, ValueError, KeyError) as error:
        raise UnusableTokenizer(
            f"{where}: no tokenizer can be read: {first_line(error)}; name a folder with one"
        ) from error
    if not tokenizer.chat_template:
        raise UnusableTokenizer(f"{where} has no chat template; take the instruct model, or add a chat_template.jinja")
    _refuse_special_tags(tokenizer, where)
    if _refusal_of_system(tokenizer) is not None:
        tokenizer.chat_template = _FOLDED + tokenizer.chat_template
        if (why := _refusal_of_system(tokenizer)) is not None:
            raise UnusableTokenizer(f"the chat template of {where} takes no system message{why}; take another model")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _refuse_special_tags(tokenizer: Any, where: str) -> None:
    special = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    for text in sorted(special | set(tokenizer.all_special_tokens)):
        if text.strip() and not strip_tags(text):
            raise UnusableTokenizer(
                f"{text} is a special token of {where}, and decoding drops those; add span tags with special=False"
            )


def _refusal_of_system(tokenizer: Any) -> str | None:
    """Why a template does not show a system message, in its own words where it has any; None where it does."""
    from jinja2.exceptions import TemplateError

    chat = [{"role": "system", "content": "§1"}, {"role": "user", "content": "§2"}]
    try:
        text = tokenizer.apply_chat_template(chat, tokenize=False)
    except TemplateError as error:
        return f": {error}"
    return None if "§1" in text and "§2" in text else ""


def first_line(error: Exception) -> str:
    """What a library says of an error, without the pages that some add."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
