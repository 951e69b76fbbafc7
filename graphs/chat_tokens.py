"""Control tokens of the usual chat formats in text: what a tokenizer could take for structure."""

import re

_TOKEN = re.compile(
    r"<\|[^<>|\n]{1,48}\|>|<｜[^<>\n]{1,48}｜>|</?s>|<(?:bos|eos|pad|unk|mask)>|<(?:start|end)_of_turn>|</?think>|<<SYS>>|\[/?INST\]"
)


def chat_tokens(text: str) -> list[str]:
    """The control tokens that stand in a text, each once, in order of the alphabet."""
    return sorted(set(_TOKEN.findall(text)))


def without_chat_tokens(text: str) -> str:
    """The text with a space after the first character of every control token, so that none is left."""
    return _TOKEN.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)
