"""Texts that a tokenizer would take for control tokens, and how they are taken apart: data never steers a model (Eq. 5)."""

import re
from functools import lru_cache
from typing import Any

from transformers import PreTrainedTokenizerBase

from graphs.spans import strip_tags

_MARKUP = re.compile(r"<.+>|\[.+\]", re.DOTALL)
"""How added tokens look that steer a model without being marked special, as `<tool_call>` of Qwen2.5."""
_PARTINGS = 8
"""Far more often than a text with tokens inside tokens needs."""


class ControlTokens:
    """The control tokens of a tokenizer: the special ones, and what is added and looks like markup; never a span tag."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase):
        self._tokenizer: Any = tokenizer
        added = tokenizer.added_tokens_decoder
        self.texts: dict[int, str] = {
            each: token.content for each, token in added.items() if token.special or _MARKUP.fullmatch(token.content)
        }
        self.texts |= {self._tokenizer.convert_tokens_to_ids(text): text for text in tokenizer.all_special_tokens}
        self.texts = {each: text for each, text in self.texts.items() if strip_tags(text)}
        longest_first = sorted({text.strip() for text in self.texts.values()} - {""}, key=len, reverse=True)
        self.pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        self._is_exact = not any(added[each].normalized for each in self.texts if each in added)
        """Whether tokens are looked for in the text as it is, so that their own letters find them all."""

    def parted(self, text: str) -> str:
        """A text in which the tokenizer finds none: a space parts each after its first character.

        Raises:
            ValueError: one cannot be parted, for it is a single character or its spaces are dropped.
        """
        for _ in range(_PARTINGS):
            spans = [found.span() for found in self.pattern.finditer(text)]
            spans = spans or ([] if self._is_exact else self._found_by_tokenizer(text))
            if not spans:
                return text
            for start, end in reversed(spans):
                if end - start > 1:
                    text = f"{text[: start + 1]} {text[start + 1 :]}"
        raise ValueError(
            f"model_name_or_path: its tokenizer makes a control token of the text {text[:60]!r}; take another"
        )

    def _found_by_tokenizer(self, text: str) -> list[tuple[int, int]]:
        """Where the tokenizer sees one in what it made of the text (lower case, other spellings of a character)."""
        encoded = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        spans: list[tuple[int, int]] = []
        for each, (start, end) in zip(encoded["input_ids"], encoded["offset_mapping"], strict=True):
            found = text[start:end]
            if each in self.texts and each != self._tokenizer.unk_token_id:
                first = start + len(found) - len(found.lstrip())
                spans.append((first, first + len(found.strip())))
        return spans


@lru_cache(maxsize=8)
def control_tokens(tokenizer: PreTrainedTokenizerBase) -> ControlTokens:
    """The control tokens of a tokenizer."""
    return ControlTokens(tokenizer)
