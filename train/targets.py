"""Examples as tokens, and which of them are targets: the assistant's replies with their end token, nothing else (Eq. 5).

A reply is tokenised apart from its context, as it is generated: no token lies across the border. An example that is too
long loses its oldest turns; a target is never cut.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypedDict

import pyarrow as pa
from transformers import PreTrainedTokenizerBase

from graphs.released import Message
from train.control_tokens import control_tokens
from train.examples.example_rows import fitted
from train.examples.token_report import Lengths
from train.models import plain_messages
from train.rows import TrainingExample
from train.stages import WrongSettings

IGNORED = -100
"""The label of a token that is no target."""
_SCHEMA = pa.schema([("input_ids", pa.list_(pa.int32())), ("labels", pa.list_(pa.int32()))])
_BATCH = 500


class Tokens(TypedDict):
    """One training sequence, in TRL's column names."""

    input_ids: list[int]
    labels: list[int]


class Taught(NamedTuple):
    """What the trainer gets, and what became of the examples."""

    table: pa.Table
    """Columns of `Tokens`, a row a sequence."""
    tokens: int
    targets: int
    """Tokens that the loss is on."""
    longest: int
    """Tokens of the longest sequence."""
    shortened: int
    """Examples that lost their oldest turns."""
    too_long: int
    """Examples left out, for their target does not fit."""

    def text(self) -> str:
        """The same in one line."""
        less = f"; {self.shortened} lost their oldest turns" if self.shortened else ""
        out = f"; {self.too_long} LEFT OUT, for their target does not fit max_length" if self.too_long else ""
        return f"{self.table.num_rows} sequences, {self.tokens} tokens, {self.targets} of them targets{less}{out}"


def taught(examples: Iterable[TrainingExample], tokenizer: PreTrainedTokenizerBase, max_length: int | None) -> Taught:
    """Tokenise examples.

    Args:
        max_length: the longest sequence, in tokens.

    Raises:
        WrongSettings: there are no examples, none fits, or the chat template does not end a reply with a special token.
    """
    counts: Counter[str] = Counter()
    rows = (tokens for example in examples if (tokens := _fitting(example, tokenizer, max_length, counts)))
    table = pa.Table.from_batches(_batches(rows, counts), schema=_SCHEMA)
    if not table.num_rows and not counts["too_long"]:
        raise WrongSettings("examples: there are none in the file; make some with `kardia train examples`")
    if not table.num_rows:
        raise WrongSettings(f"max_length: no example fits into {max_length} tokens; raise it")
    return Taught(table, *(counts[name] for name in ("tokens", "targets", "longest", "shortened", "too_long")))


def _fitting(
    example: TrainingExample, tokenizer: PreTrainedTokenizerBase, limit: int | None, counts: Counter[str]
) -> Tokens | None:
    tokens = tokens_of(example, tokenizer)
    if not limit or len(tokens["input_ids"]) <= limit:
        return tokens
    kept, _ = fitted(example, lambda each: _lengths(tokens_of(each, tokenizer)), limit)
    counts["too_long" if kept is None else "shortened"] += 1
    return tokens_of(kept, tokenizer) if kept else None


def _batches(rows: Iterable[Tokens], counts: Counter[str]) -> Iterator[pa.RecordBatch]:
    """Rows packed tightly as they come: lists of Python numbers would take eight times the room."""
    rows = iter(rows)
    while batch := list(islice(rows, _BATCH)):
        for row in batch:
            counts["tokens"] += len(row["input_ids"])
            counts["longest"] = max(counts["longest"], len(row["input_ids"]))
            counts["targets"] += _lengths(row).target
        yield pa.RecordBatch.from_pylist(batch, schema=_SCHEMA)


def tokens_of(example: TrainingExample, tokenizer: PreTrainedTokenizerBase) -> Tokens:
    """One example's tokens; every assistant message of the completion is a target.

    Raises:
        WrongSettings: the chat template does not end a reply with a special token.
    """
    messages = plain_messages((*example.prompt, *example.completion), tokenizer)
    ids: list[int] = []
    labels: list[int] = []
    done = ""
    for at in range(len(example.prompt), len(messages)):
        if messages[at]["role"] != "assistant":
            continue
        context, target = _reply(messages[: at + 1], tokenizer)
        if not context.startswith(done):
            raise WrongSettings("model_name_or_path: its chat template rewrites earlier turns; take another model")
        for text, is_target in ((context[len(done) :], False), (target, True)):
            found: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
            ids += found
            labels += found if is_target else [IGNORED] * len(found)
        done = context + target
    return {"input_ids": ids, "labels": labels}


def _reply(messages: Sequence[Message], tokenizer: PreTrainedTokenizerBase) -> tuple[str, str]:
    """The context as a policy is asked with it, and the reply up to the end of its end token, as texts."""
    context = _rendered(messages[:-1], tokenizer, opens_reply=True)
    whole = _rendered(messages, tokenizer, opens_reply=False)
    reply = re.escape(messages[-1]["content"].strip())
    end = control_tokens(tokenizer).pattern.pattern
    found = re.match(rf"\s*{reply}\s*(?:{end})", whole[len(context) :])
    if not whole.startswith(context) or found is None:
        raise WrongSettings(
            "model_name_or_path: its chat template does not render a reply as prompt, reply and end token; "
            "take another model"
        )
    return context, found[0]


def _rendered(messages: Sequence[Message], tokenizer: PreTrainedTokenizerBase, *, opens_reply: bool) -> str:
    chat = [{"role": str(message["role"]), "content": message["content"]} for message in messages]
    return str(tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=opens_reply))


def _lengths(tokens: Tokens) -> Lengths:
    targets = sum(label != IGNORED for label in tokens["labels"])
    return Lengths(len(tokens["input_ids"]) - targets, targets)
