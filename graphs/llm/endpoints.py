"""Endpoints: an OpenAI-compatible one through ChatOpenAI's own client, or any other LangChain chat model."""
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

import asyncio
import json
import os
import time
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from graphs.llm.classify import clean, read_answer, refusal, usable
from graphs.llm.errors import Answer, RunRefused, Transient, Unsupported
from graphs.prompts import Prompt

KEY_VARIABLE = "OPENAI_API_KEY"
_NO_KEY = "none"
_UNSAID = (
    "Lang",
    "Package-Version",
    "OS",
    "Arch",
    "Runtime",
    "Runtime-Version",
    "Async",
    "Retry-Count",
    "Read-Timeout",
)
_JSON: dict[str, Any] = {"content-type": "application/json"} | {
    f"X-Stainless-{name}": openai.Omit() for name in _UNSAID
}
"""Headers of a request. What the client would tell of this machine is left out: it is nobody's business, and slow."""


class OpenAIEndpoint:
    """A chat-completions endpoint. ChatOpenAI's client is used through its public `post`, for every body is classified by us."""

    def __init__(self, model: str, base_url: str | None, deadline_s: float):
        self.model = model
        self.deadline_s = deadline_s
        self._key = _key(base_url)
        chat = ChatOpenAI(
            model=model,
            base_url=base_url,
            api_key=SecretStr(self._key),
            max_retries=0,
            timeout=None,
            http_async_client=openai.DefaultAioHttpClient(
                limits=httpx2.Limits(max_connections=20_000, max_keepalive_connections=20_000, keepalive_expiry=300),
                follow_redirects=False,
                trust_env=not is_loopback(base_url),
            ),
        )
        self._client: openai.AsyncOpenAI = chat.root_async_client
        self._dropped: set[str] = set()

    async def ask(self, prompt: Prompt, seed: int, tries: int) -> Answer:
        """One request, at most `deadline_s` long; a parameter that the endpoint does not know is left out from then on."""
        while True:
            left_out = frozenset(self._dropped)
            try:
                return await self._ask(prompt, seed, tries)
            except Unsupported as error:
                if error.parameter in left_out:
                    raise
                self._dropped.add(error.parameter)

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.close()

    async def _ask(self, prompt: Prompt, seed: int, tries: int) -> Answer:
        started = time.monotonic()
        options: Any = {"headers": _JSON | {"x-kardia-try": str(tries)} if tries else _JSON}
        try:
            async with asyncio.timeout(self.deadline_s):
                reply = await self._client.post(
                    "/chat/completions", cast_to=httpx2.Response, content=self._body(prompt, seed), options=options
                )
        except TimeoutError as error:
            raise Transient("deadline", f"no whole answer within {self.deadline_s:g} s") from error
        except openai.APIStatusError as error:
            read_answer(error.status_code, error.response.headers, self._hide(error.response.content))
            raise AssertionError("unreachable: an error status always raises") from error
        except (openai.APIConnectionError, httpx2.HTTPError, OSError) as error:
            raise Transient("connection", f"{type(error.__cause__ or error).__name__}: {error}") from error
        answer = read_answer(reply.status_code, reply.headers, self._hide(reply.content))
        counted = answer.tokens_in or _characters(prompt) // 4
        return answer._replace(tokens_in=counted, latency_s=time.monotonic() - started)

    def _hide(self, body: bytes) -> bytes:
        """A key that an endpoint echoes goes no further."""
        return body.replace(self._key.encode(), b"[key]") if self._key != _NO_KEY else body

    def _body(self, prompt: Prompt, seed: int) -> bytes:
        """The request's JSON. What is the same in every call (system text, schema) is encoded once."""
        limit = "max_completion_tokens" if "max_tokens" in self._dropped else "max_tokens"
        fields = [
            f'"model":{_encoded(self.model)}',
            f'"messages":[{{"role":"system","content":{_encoded(prompt.system)}}},{_said(prompt)}]',
            f'"{limit}":{prompt.max_tokens}',
        ]
        if "temperature" not in self._dropped:
            fields.append(f'"temperature":{prompt.temperature}')
        if "seed" not in self._dropped:
            fields.append(f'"seed":{seed}')
        if prompt.schema and "response_format" not in self._dropped:
            schema = f'{{"name":"answer","strict":true,"schema":{prompt.schema}}}'
            fields.append(f'"response_format":{{"type":"json_schema","json_schema":{schema}}}')
        return f"{{{','.join(fields)}}}".encode()


class LangChainEndpoint:
    """Any LangChain chat model, called through `ainvoke`."""

    def __init__(self, chat: BaseChatModel, model: str, deadline_s: float):
        self.model = model
        self.deadline_s = deadline_s
        self._chat = chat

    async def ask(self, prompt: Prompt, seed: int, tries: int) -> Answer:
        started = time.monotonic()
        try:
            async with asyncio.timeout(self.deadline_s):
                message = await self._chat.ainvoke(_langchain_messages(prompt))
        except TimeoutError as error:
            raise Transient("deadline", f"no whole answer within {self.deadline_s:g} s") from error
        except Exception as error:
            raise refusal(int(getattr(error, "status_code", 0) or 500), {}, str(error)[:400]) from error
        text = clean(str(message.text))
        usage = getattr(message, "usage_metadata", None) or {}
        said = _characters(prompt) // 4
        answer = Answer(text, usage.get("input_tokens", said), usage.get("output_tokens", len(text) // 4))
        finish = str(
            message.response_metadata.get("finish_reason") or message.response_metadata.get("stop_reason") or ""
        )
        return usable(answer._replace(latency_s=time.monotonic() - started), finish, None)

    async def close(self) -> None:
        """Nothing to give back: the model is the caller's."""


def _said(prompt: Prompt) -> str:
    """All messages after the system message, as JSON without brackets."""
    said = [*prompt.earlier, ("user", prompt.user)]
    return ",".join(f'{{"role":"{role}","content":{json.dumps(text)}}}' for role, text in said)


def _langchain_messages(prompt: Prompt) -> list[BaseMessage]:
    earlier = [HumanMessage(text) if role == "user" else AIMessage(text) for role, text in prompt.earlier]
    return [SystemMessage(prompt.system), *earlier, HumanMessage(prompt.user)]


def _characters(prompt: Prompt) -> int:
    return len(prompt.system) + len(prompt.user) + sum(len(text) for _, text in prompt.earlier)


@lru_cache(maxsize=64)
def _encoded(text: str) -> str:
    return json.dumps(text)


def is_loopback(base_url: str | None) -> bool:
    """Whether an address is this very machine, where a key is not needed."""
    return urlsplit(base_url or "").hostname in ("127.0.0.1", "localhost", "::1")


def require_reachable(base_url: str | None) -> None:
    """Raise RunRefused, before anything is started, where an address is none or its key is missing."""
    if base_url is not None and urlsplit(base_url).scheme not in ("http", "https"):
        raise RunRefused("address", f"--base-url {base_url!r}: write http://HOST:PORT/v1 or https://HOST/v1")
    _key(base_url)


def _key(base_url: str | None) -> str:
    if is_loopback(base_url):
        return os.environ.get(KEY_VARIABLE) or _NO_KEY
    if key := os.environ.get(KEY_VARIABLE):
        return key
    raise RunRefused(
        "key", f"no API key; set the environment variable {KEY_VARIABLE}, or name a --base-url on this machine"
    )
