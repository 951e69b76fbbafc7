"""A trained policy in this process, for talking with it: its words a piece at a time (§5.1: temperature 0)."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from peft import PeftModel
from transformers import (
    AutoModelForCausalLM,
    GenerationConfig,
    StoppingCriteria,
    StoppingCriteriaList,
    TextIteratorStreamer,
)

from graphs.released import Message
from train.models import load_tokenizer, plain_messages
from train.quiet import quietly
from train.rows import ChatMessage
from train.running.trained_model import NoModel, TrainedModel, facts
from train.settings import ModelSettings


class TooLong(ValueError):
    """A dialogue that the model cannot read whole."""


class _Stopped(StoppingCriteria):
    """Ends a generation that nobody waits for any more."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs: Any) -> torch.Tensor:  # pyright: ignore
        return torch.full((input_ids.shape[0],), self.asked.is_set(), device=input_ids.device)


class LocalPolicy:
    """A model with its tokenizer, ready to answer."""

    def __init__(self, model: TrainedModel, *, temperature: float, max_tokens: int, device: str | None = None):
        """
        Args:
            max_tokens: of one reply.
            device: where it runs; None takes the GPU if there is one.

        Raises:
            NoModel, WrongSettings: it cannot be loaded.
        """
        self._name = str(model.folder)
        self._known = facts(model)
        self._tokenizer: Any = load_tokenizer(ModelSettings(model_name_or_path=self._name))
        place = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self._model: Any = _load(model).to(place).eval()
        self._max_tokens = max_tokens
        self._how = GenerationConfig(
            do_sample=temperature > 0,
            temperature=temperature or None,
            max_new_tokens=max_tokens,
            eos_token_id=list(self._known.ends),
            pad_token_id=self._known.pad,
        )

    def answer(self, messages: Sequence[Message]) -> Iterator[str]:
        """The reply to a chat, as it is written.

        Raises:
            TooLong: there is no room left for a reply.
        """
        prompt = self._prompt(messages)
        streamer = TextIteratorStreamer(self._tokenizer, skip_prompt=True, skip_special_tokens=True)
        stopped, failed = _Stopped(), list[Exception]()

        def write() -> None:
            try:
                with torch.inference_mode():
                    self._model.generate(
                        **prompt,
                        generation_config=self._how,
                        streamer=streamer,
                        stopping_criteria=StoppingCriteriaList([stopped]),
                    )
            except Exception as error:
                failed.append(error)
                streamer.end()

        writer = threading.Thread(target=write, name="policy", daemon=True)
        writer.start()
        try:
            yield from streamer
        finally:
            stopped.asked.set()
            writer.join()
        if failed:
            raise failed[0]

    def _prompt(self, messages: Sequence[Message]) -> Any:
        chat = plain_messages([ChatMessage(**message) for message in messages], self._tokenizer)
        tokens = self._tokenizer.apply_chat_template(
            chat, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        count = tokens["input_ids"].shape[1]
        if count + self._max_tokens > self._known.longest:
            raise TooLong(
                f"the dialogue has {count} tokens, and with {self._max_tokens} for a reply that is more than the "
                f"{self._known.longest} that {self._name} reads; begin anew, or lower --max-tokens"
            )
        return tokens.to(self._model.device)


def _load(model: TrainedModel) -> Any:
    """The weights as saved; an adapter merged into its base."""
    try:
        with quietly():
            whole: Any = AutoModelForCausalLM.from_pretrained(model.base or model.folder, dtype="auto")
            return (
                whole if model.base is None else PeftModel.from_pretrained(whole, str(model.folder)).merge_and_unload()
            )
    except (OSError, ValueError, KeyError) as error:
        raise NoModel(f"{model.folder}: cannot be loaded: {str(error).strip().splitlines()[0]}") from error
