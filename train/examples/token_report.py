"""Texts and lengths as the policy's own tokenizer takes them (paper Eq. 5): no data becomes a control token."""

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from graphs.schema import Record
from train.policy_tokenizer import UnusableTokenizer, fit_tokenizer
from train.rows import ChatMessage, TrainingExample

_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "tokenizer.model")


class ForgedToken(ValueError):
    """A prompt in which a text stands for a control token; says in which message."""


class Lengths(NamedTuple):
    """Tokens of an example."""

    prompt: int
    target: int

    @property
    def total(self) -> int:
        return self.prompt + self.target


class Quantiles(Record):
    """Lengths in tokens over all examples."""

    mean: float
    p50: int
    p95: int
    max: int


class TokenReport(Record):
    """How long the examples are, by which tokenizer."""

    tokenizer: str
    """Its folder's name."""
    tokenizer_sha256: str
    prompt: Quantiles
    target: Quantiles
    total: Quantiles


class PolicyTokenizer:
    """The tokenizer and chat template of a model's folder; nothing is fetched.

    Raises:
        UnusableTokenizer: there is none, it has no chat template, or its special tokens collide with the four spans.
    """

    def __init__(self, folder: Path):
        from train.control_tokens import ControlTokens

        self.name = folder.resolve().name
        self._tokenizer = _loaded(folder)
        self.sha256 = _sha256(folder)
        self._control = ControlTokens(self._tokenizer)
        self._skeleton = lru_cache(maxsize=512)(self._count_without_texts)

    def plain(self, text: str) -> str:
        """A text in which the tokenizer finds no control token: a space parts each after its first character.

        Raises:
            UnusableTokenizer: a control token cannot be parted, for it is a single character or its spaces are dropped.
        """
        try:
            return self._control.parted(text)
        except ValueError as error:
            raise UnusableTokenizer(
                f"{self.name}: ordinary text becomes one of its control tokens; take another"
            ) from error

    def lengths_of(self, example: TrainingExample) -> Lengths:
        """Tokens of an example; see `lengths`."""
        return self.lengths(example.prompt, example.completion)

    def lengths(self, prompt: Sequence[ChatMessage], completion: Sequence[ChatMessage]) -> Lengths:
        """Tokens of prompt and target by the chat template; every reply of a whole conversation is target.

        Raises:
            ForgedToken: a text in it became a control token.
            UnusableTokenizer: the template shows a reply otherwise than it asks for one.
        """
        whole = [*prompt, *completion]
        text = self._rendered(whole)
        if len(completion) > 1:
            pieces = [message.content for message in completion if message.role == "assistant"]
            ids = self._encoded([text, *pieces])
            target = sum(len(piece) + 1 for piece in ids[1:])
            found = Lengths(len(ids[0]) - target, target)
        else:
            ids = self._encoded(self._halves(self._rendered(prompt, opens_reply=True), text))
            found = Lengths(*map(len, ids))
        self._refuse_forged(ids[:1] if len(completion) > 1 else ids, whole)
        return found

    def _halves(self, context: str, text: str) -> tuple[str, str]:
        if not text.startswith(context):
            raise UnusableTokenizer(f"{self.name}: its chat template shows a reply otherwise than it asks for one")
        return context, text[len(context) :]

    def _refuse_forged(self, ids: Iterable[list[int]], messages: Sequence[ChatMessage]) -> None:
        """As many control tokens as the template itself writes around so many messages, and no more."""
        if sum(map(self._count, ids)) != self._skeleton(tuple(message.role for message in messages)):
            raise ForgedToken(
                f"a control token of {self.name} stands in the policy prompt or in a dialogue; take it out"
            )

    def _rendered(self, messages: Sequence[ChatMessage], *, opens_reply: bool = False) -> str:
        """The chat as text, without white space at its end: what follows the last end token is no target."""
        chat = [message.model_dump() for message in messages]
        text = self._tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=opens_reply)
        return text if opens_reply else text.rstrip()

    def _encoded(self, texts: Sequence[str]) -> list[list[int]]:
        return self._tokenizer(list(texts), add_special_tokens=False)["input_ids"]

    def _count(self, ids: Iterable[int]) -> int:
        return sum(each in self._control.texts and each != self._tokenizer.unk_token_id for each in ids)

    def _count_without_texts(self, roles: tuple[Any, ...]) -> int:
        return self._count(self._encoded([self._rendered([ChatMessage(role=role, content="x") for role in roles])])[0])


def token_report(tokenizer: PolicyTokenizer, lengths: Sequence[Lengths]) -> TokenReport | None:
    """Mean, p50, p95 and maximum of prompt and target; None where there are no examples."""
    if not lengths:
        return None
    return TokenReport(
        tokenizer=tokenizer.name,
        tokenizer_sha256=tokenizer.sha256,
        prompt=quantiles([each.prompt for each in lengths]),
        target=quantiles([each.target for each in lengths]),
        total=quantiles([each.total for each in lengths]),
    )


def quantiles(values: Sequence[int]) -> Quantiles:
    """Quantiles by nearest rank: each is a length that occurs."""
    ordered = sorted(values)
    at = {share: ordered[max(0, -(-share * len(ordered) // 100) - 1)] for share in (50, 95)}
    return Quantiles(mean=round(sum(ordered) / len(ordered), 1), p50=at[50], p95=at[95], max=ordered[-1])


def _loaded(folder: Path) -> Any:
    if not folder.is_dir():
        raise UnusableTokenizer(f"{folder}: no such directory; name the folder of a model or of its tokenizer")
    tokenizer = fit_tokenizer(str(folder))
    if not tokenizer.is_fast:
        raise UnusableTokenizer(f"{folder}: a tokenizer without offsets; convert it to a tokenizer.json")
    return tokenizer


def _sha256(folder: Path) -> str:
    """Over the tokenizer's own files, in a fixed order."""
    found = hashlib.sha256()
    for path in (folder / name for name in _FILES):
        if path.is_file():
            found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()
