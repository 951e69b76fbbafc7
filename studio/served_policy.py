"""A served policy, asked over its OpenAI-compatible address: its words a piece at a time."""

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

import httpx2
import openai
from openai.types.chat import ChatCompletionMessageParam

from graphs.llm.classify import refusal
from graphs.llm.endpoints import KEY_VARIABLE, is_loopback, require_reachable
from graphs.llm.errors import Transient
from graphs.released import Message

_NO_KEY = "none"


class ServedPolicy(NamedTuple):
    """Who is asked, and how."""

    base_url: str
    model: str
    temperature: float
    max_tokens: int
    silence_s: float = 120.0
    """The longest that it may say nothing."""

    def answer(self, messages: Sequence[Message]) -> Iterator[str]:
        """The reply to a chat, as it arrives.

        Raises:
            CallError: of the kind that says what to do.
        """
        require_reachable(self.base_url)
        local = is_loopback(self.base_url)
        client = openai.OpenAI(
            base_url=self.base_url,
            api_key=os.environ.get(KEY_VARIABLE) or _NO_KEY,
            max_retries=0,
            timeout=self.silence_s,
            http_client=openai.DefaultHttpxClient(follow_redirects=False, trust_env=not local),
        )
        with client:
            try:
                yield from self._pieces(client, messages)
            except openai.APIStatusError as error:
                raise refusal(error.status_code, error.response.headers, error.message[:400]) from error
            except (openai.APIError, httpx2.HTTPError, OSError, ValueError) as error:
                raise Transient("connection", f"{type(error).__name__}: {error}") from error

    def _pieces(self, client: openai.OpenAI, messages: Sequence[Message]) -> Iterator[str]:
        answer = client.chat.completions.create(
            model=self.model,
            messages=cast(list[ChatCompletionMessageParam], list(messages)),
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            stream=True,
        )
        with answer:
            for event in answer:
                for choice in event.choices[:1]:
                    if choice.delta.content:
                        yield choice.delta.content
