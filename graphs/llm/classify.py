"""Turn whatever an endpoint sends back into an answer or one of the errors, whatever its shape."""
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

from graphs.llm.errors import Answer, CallError, CallRefused, RunRefused, Transient, Unsupported, Unusable
from graphs.schema import one_line

_RETRIABLE = {408, 409, 425, 429}
_MOST_TOKENS = 10**9
_STATUS_OF = {
    "insufficient_quota": 402,
    "invalid_api_key": 401,
    "authentication_error": 401,
    "model_not_found": 404,
    "rate_limit_exceeded": 429,
}
"""What an error inside a 200 would have been as a status."""
_MODERATED = re.compile(r"moderat|content.?policy|flagged|usage polic", re.I)
_QUOTA = (
    "insufficient_quota",
    "billing_hard_limit",
    "billing_not_active",
    "credit balance",
    "exceeded your current quota",
    "payment required",
)
_DROPPABLE = ("response_format", "seed", "temperature", "max_tokens")
_UNSUPPORTED = re.compile(
    r"unsupported|not support|unknown|unrecognized|unexpected|not permitted|not allowed|extra", re.I
)
_THINKING = re.compile(r"\A\s*<think>.*?</think>", re.S)
_REFUSAL = re.compile(
    r"\A(i['’]m sorry|i am sorry|sorry|i apologi[sz]e|as an ai( language)?( model)?)?[,.]?\s*(but\s+)?"
    r"i\s?(can['’]t|cannot|can not|won['’]t|am (not able|unable) to|['’]m (not able|unable) to)\s+"
    r"(assist|help (you|with)|comply|fulfill|continue|engage|provide|create|write|generate|do that|participate)\b",
    re.I,
)


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Read one HTTP response of a chat-completions endpoint.

    Raises:
        CallError: of the kind that says what to do next.
    """
    payload = _json(body)
    if status != 200:
        raise refusal(status, headers, _message(payload, body), _code(payload))
    if not isinstance(payload, dict):
        raise Transient("malformed", f"200 without a JSON object: {_short(body)}")
    if payload.get("error"):
        raise _error_in_200(payload, headers, body)
    return _completion(payload)


def refusal(status: int, headers: Mapping[str, str], message: str, code: str = "") -> CallError:
    """Sort a status other than 200 by what to do about it."""
    said = f"{code} {message}".lower()
    if setting := _setting(status, code, said):
        return RunRefused(setting, f"HTTP {status}: {message}")
    if status in _RETRIABLE or status >= 500:
        return Transient(f"http {status}", message, retry_after(headers), pushed_back=status in (429, 503, 529))
    if status == 403:
        return CallRefused("filtered", message)
    unknown = _UNSUPPORTED.search(said) if status in (400, 422) else None
    for parameter in _DROPPABLE if unknown else ():
        if parameter in said or (parameter == "response_format" and "json_schema" in said):
            return Unsupported(parameter, message)
    return CallRefused(code or f"http {status}", message)


def _setting(status: int, code: str, said: str) -> str | None:
    """Which setting of the run is wrong, if no call can be answered until it changes."""
    if status == 402 or (status in (400, 403, 429) and any(word in said for word in _QUOTA)):
        return "quota"
    if status == 401 or (status == 403 and not _MODERATED.search(said)):
        return "key"
    if status in (404, 405) or 300 <= status < 400 or code in ("model_not_found", "invalid_model"):
        return "model" if "model" in said else "address"
    return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the endpoint asks to wait, from retry-after-ms or Retry-After (seconds or a date)."""
    asked = (_seconds(headers.get("retry-after-ms"), 0.001), _seconds(headers.get("retry-after")))
    return next((wait for wait in asked if wait is not None), None)


def _seconds(value: str | None, unit: float = 1.0) -> float | None:
    """A number of units, or (in seconds) a date; None for what is neither."""
    if not value:
        return None
    try:
        wait = float(value) * unit
    except ValueError:
        wait = _until(value) if unit == 1.0 else None
    return wait if wait is not None and isfinite(wait) and wait >= 0 else None


def _until(date: str) -> float | None:
    try:
        return max(0.0, (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def usable(answer: Answer, finish: str, refused: str | None) -> Answer:
    """Let an answer through unless it was filtered, refused, cut or is empty."""
    if finish == "content_filter":
        raise Unusable("filtered", "the endpoint's content filter took the answer", answer)
    if refused or _REFUSAL.match(answer.text[:300]):
        raise Unusable("refused", refused or _short(answer.text.encode()), answer)
    if finish in ("length", "max_tokens"):
        raise Unusable("cut", "the answer reached max_tokens; raise it in the template's front matter", answer)
    if not answer.text:
        raise Unusable("empty", "the answer holds no text", answer)
    return answer


def clean(text: str) -> str:
    """Drop a leading block of thinking and what UTF-8 cannot carry."""
    return _THINKING.sub("", text).encode("utf-8", "ignore").decode("utf-8").replace("\0", "").strip()


def _completion(payload: dict[str, Any]) -> Answer:
    try:
        choice = payload["choices"][0]
        message = choice["message"]
        text = _text(message.get("content"))
        finish, refused = str(choice.get("finish_reason") or ""), message.get("refusal")
    except (LookupError, TypeError, AttributeError) as error:
        raise Transient(
            "malformed", f"200 without choices[0].message: {_short(json.dumps(payload).encode())}"
        ) from error
    return usable(_count(clean(text), payload.get("usage")), finish, one_line(str(refused)) if refused else None)


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content if part.get("type") in (None, "text"))
    if content is not None and not isinstance(content, str):
        raise TypeError(f"content is {type(content).__name__}")
    return content or ""


def _count(text: str, usage: Any) -> Answer:
    """Tokens as the endpoint counted them; where it does not, four characters are taken for one."""
    usage = usage if isinstance(usage, dict) else {}
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    return Answer(
        text, _int(usage.get("prompt_tokens")), _int(usage.get("completion_tokens")) or len(text) // 4, _int(cached)
    )


def _int(value: Any) -> int:
    return value if isinstance(value, int) and 0 < value < _MOST_TOKENS else 0


def _error_in_200(payload: dict[str, Any], headers: Mapping[str, str], body: bytes) -> CallError:
    code = _code(payload)
    status = int(code) if code.isdigit() and 300 <= int(code) < 600 else _STATUS_OF.get(code, 502)
    found = refusal(status, headers, _message(payload, body), code)
    return Transient("malformed", f"200 with an error: {found.reason}") if status == 502 else found


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _message(payload: Any, body: bytes) -> str:
    error = payload.get("error", payload) if isinstance(payload, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return one_line(message)[:400] if isinstance(message, str) and message.strip() else _short(body)


def _code(payload: Any) -> str:
    error = payload.get("error") if isinstance(payload, dict) else None
    if not isinstance(error, dict):
        return ""
    return str(error.get("code") or error.get("type") or "")


def _short(body: bytes) -> str:
    return one_line(body[:200].decode("utf-8", "replace")) or "(empty body)"
