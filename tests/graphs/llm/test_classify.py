"""Whatever an endpoint sends back: an answer, or the error that says what to do next."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.llm.classify import clean, read_answer, retry_after
from graphs.llm.errors import Answer, CallError, CallRefused, RunRefused, Transient, Unsupported, Unusable

REPLY = "<|understanding_begin|>You saw it fall.<|understanding_end|>"


def body(content: Any = REPLY, finish: Any = "stop", usage: Any = ..., **message: Any) -> bytes:
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content, **message}}
    whole: dict[str, Any] = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    if usage is not None:
        whole["usage"] = {"prompt_tokens": 50, "completion_tokens": 30, "total_tokens": 80} if usage is ... else usage
    return json.dumps(whole).encode()


def error(message: str, code: Any = None, kind: str = "invalid_request_error") -> bytes:
    return json.dumps({"error": {"message": message, "type": kind, "code": code}}).encode()


def caught(status: int, content: bytes, headers: dict[str, str] | None = None) -> CallError:
    with pytest.raises(CallError) as raised:
        read_answer(status, headers or {}, content)
    assert raised.value.reason
    return raised.value


# Statuses and errors: (why, status, body, class, kind)

CONTEXT = "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens."
QUOTA = "You exceeded your current quota, please check your plan and billing details."
SAID = [
    # faults of the endpoint: try again
    ("rate limit", 429, error("Rate limit reached for m", "rate_limit_exceeded"), Transient, "http 429"),
    ("rate limit, bare", 429, b'{"error":{"message":"rate"}}', Transient, "http 429"),
    ("rate limit, no body", 429, b"", Transient, "http 429"),
    ("server error", 500, b'{"error":{"message":"boom"}}', Transient, "http 500"),
    ("server error that speaks of support", 500, error("Unknown error: unsupported state of seed"), Transient, "http 500"),
    ("bad gateway", 502, b"<html>bad</html>", Transient, "http 502"),
    ("unavailable, HTML", 503, b"<html>bad</html>", Transient, "http 503"),
    ("gateway timeout", 504, b"", Transient, "http 504"),
    ("cloudflare timeout", 524, b"error code: 524", Transient, "http 524"),
    ("overloaded", 529, error("Overloaded", None, "overloaded_error"), Transient, "http 529"),
    ("request timeout", 408, b"", Transient, "http 408"),
    ("conflict", 409, error("try again"), Transient, "http 409"),
    ("too early", 425, b"", Transient, "http 425"),
    # no request of the run will be answered
    ("quota as 429", 429, error(QUOTA, "insufficient_quota", "insufficient_quota"), RunRefused, "quota"),
    ("quota by its code alone", 429, error("no", "insufficient_quota"), RunRefused, "quota"),
    ("no money", 402, error("Payment required"), RunRefused, "quota"),
    ("no money, no body", 402, b"", RunRefused, "quota"),
    ("credit used up as 400", 400, error("Your credit balance is too low"), RunRefused, "quota"),
    ("bad key", 401, error("Incorrect API key provided", "invalid_api_key"), RunRefused, "key"),
    ("bad key, HTML", 401, b"<html>login</html>", RunRefused, "key"),
    ("forbidden", 403, error("Country not supported", "unsupported_country_region_territory"), RunRefused, "key"),
    ("no such model", 404, error("The model `m` does not exist", "model_not_found"), RunRefused, "model"),
    ("no such model as 400", 400, error("nope", "model_not_found"), RunRefused, "model"),
    ("no such path", 404, b'{"detail":"Not Found"}', RunRefused, "address"),
    ("no such path, HTML", 404, b"<html>404</html>", RunRefused, "address"),
    ("wrong method", 405, b'{"detail":"Method Not Allowed"}', RunRefused, "address"),
    ("redirect", 301, b"", RunRefused, "address"),
    ("redirect to a login", 302, b"<html>Moved</html>", RunRefused, "address"),
    ("redirect, permanent", 308, b"", RunRefused, "address"),
    # this request will not be answered
    ("too long", 400, error(CONTEXT, "context_length_exceeded"), CallRefused, "context_length_exceeded"),
    ("too long, without code", 400, json.dumps({"object": "error", "message": CONTEXT, "code": 400}).encode(), CallRefused, "http 400"),
    ("too large", 413, b"<html>413</html>", CallRefused, "http 413"),
    ("unprocessable", 422, b'{"detail":[{"loc":["body","messages"],"msg":"field required"}]}', CallRefused, "http 422"),
    ("filtered prompt", 400, error("The prompt triggered the content policy", "content_filter"), CallRefused, "content_filter"),
    ("bad request", 400, error("bad"), CallRefused, "invalid_request_error"),
    ("bad request, no body", 400, b"", CallRefused, "http 400"),
    ("teapot", 418, b"", CallRefused, "http 418"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "status", "content", "kind", "named"), SAID, ids=[row[0] for row in SAID])
def test_status_says_what_to_do(why, status, content, kind, named):
    found = caught(status, content)
    assert type(found) is kind
    assert found.kind == named


@pytest.mark.parametrize(
    ("status", "pushed_back"),
    [(429, True), (503, True), (529, True), (500, False), (502, False), (408, False)],
)
def test_push_back_is_told_from_a_fault(status, pushed_back):
    found = caught(status, b"", {"retry-after": "7"})
    assert isinstance(found, Transient)
    assert (found.pushed_back, found.wait_s) == (pushed_back, 7.0)


UNSUPPORTED = [
    ("response_format", 400, error("'response_format' of type 'json_schema' is not supported with this model.")),
    ("response_format", 400, error("This model does not support json_schema")),
    ("response_format", 422, b'{"detail":[{"type":"extra_forbidden","loc":["body","response_format"],"msg":"Extra inputs are not permitted"}]}'),
    ("seed", 400, error("Unknown parameter: 'seed'.", "unknown_parameter")),
    ("seed", 422, b'{"message":"property seed is unsupported"}'),
    ("temperature", 400, error("Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.", "unsupported_value")),
    ("max_tokens", 400, error("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "unsupported_parameter")),
]  # fmt: skip


@pytest.mark.parametrize(("parameter", "status", "content"), UNSUPPORTED)
def test_unknown_parameter_is_named(parameter, status, content):
    found = caught(status, content)
    assert isinstance(found, Unsupported)
    assert found.parameter == parameter


# 200s

MALFORMED = [
    ("nothing", b""),
    ("HTML of a portal", b"<html>portal</html>"),
    ("JSON cut short", body()[:100]),
    ("not UTF-8", b"\xff\xfe\x00"),
    ("null", b"null"),
    ("a list", b"[]"),
    ("a text", b'"hello"'),
    ("empty object", b"{}"),
    ("no choices", b'{"id":"c","choices":[]}'),
    ("choices null", b'{"choices":null}'),
    ("choices an object", b'{"choices":{"message":{"content":"hi"}}}'),
    ("choices of texts", b'{"choices":["hi"]}'),
    ("choice null", b'{"choices":[null]}'),
    ("no message", b'{"choices":[{"index":0,"finish_reason":"stop"}]}'),
    ("message null", b'{"choices":[{"message":null}]}'),
    ("message a text", b'{"choices":[{"message":"hi"}]}'),
    ("content a number", body(7)),
    ("content an object", body({"text": "hi"})),
    ("content a list of texts", body(["hi"])),
    ("content parts of numbers", body([{"type": "text", "text": 7}])),
    ("a stream", b'data: {"choices":[{"delta":{"content":"hi"}}]}\n\ndata: [DONE]\n'),
    ("an error within", error("provider failed", 502)),
    ("an error within, as text", b'{"error":"overloaded"}'),
    ("an error within, empty", b'{"error":{"message":""},"choices":[]}'),
    ("an error within beside choices", json.dumps({**json.loads(body()), "error": {"message": "cut", "code": 502}}).encode()),
    ("brackets without end", b"[" * 200_000),
]  # fmt: skip


@pytest.mark.parametrize(("why", "content"), MALFORMED, ids=[why for why, _ in MALFORMED])
def test_malformed_200_is_tried_again(why, content):
    found = caught(200, content)
    assert isinstance(found, Transient)
    assert found.kind == "malformed"
    assert not found.pushed_back


@pytest.mark.parametrize(
    ("code", "kind", "named"),
    [
        (429, Transient, "http 429"),
        ("429", Transient, "http 429"),
        (503, Transient, "http 503"),
        (401, RunRefused, "key"),
        (402, RunRefused, "quota"),
        (400, CallRefused, "400"),
        ("provider_error", Transient, "malformed"),
        (None, Transient, "malformed"),
        (1, Transient, "malformed"),
        (10**30, Transient, "malformed"),
    ],
)
def test_error_within_a_200_is_sorted_by_its_code(code, kind, named):
    found = caught(200, error("provider failed", code, ""))
    assert (type(found), found.kind) == (kind, named)


CANNOT_STAND = [
    ("empty", body(""), "empty"),
    ("white space", body(" \n\t "), "empty"),
    ("null", body(None), "empty"),
    ("only thinking", body("<think>Hm.</think>\n"), "empty"),
    ("only surrogates and nul", body("\ud800\0"), "empty"),
    ("empty list of parts", body([]), "empty"),
    ("parts of thinking only", body([{"type": "thinking", "text": "Hm."}]), "empty"),
    ("reasoning beside an empty answer", body(None, reasoning_content="Hm."), "empty"),
    ("a tool call", body(None, "tool_calls", tool_calls=[{"id": "1"}]), "empty"),
    ("refusal field", body(None, refusal="no"), "refused"),
    ("refusal field beside text", body(REPLY, refusal="I won't."), "refused"),
    ("refusal that is no text", body(None, refusal={"code": 1}), "refused"),
    ("content filter", body("", "content_filter"), "filtered"),
    ("content filter with half an answer", body(REPLY, "content_filter"), "filtered"),
    ("cut at length", body(REPLY[:5], "length"), "cut"),
    ("cut at length, empty", body("", "length"), "cut"),
    ("cut, another word for it", body(REPLY, "max_tokens"), "cut"),
    ("cut within thinking", body("<think>Hm, let me", "length"), "cut"),
]


@pytest.mark.parametrize(("why", "content", "kind"), CANNOT_STAND, ids=[row[0] for row in CANNOT_STAND])
def test_answer_that_cannot_stand_is_unusable_and_counted(why, content, kind):
    found = caught(200, content)
    assert isinstance(found, Unusable)
    assert found.kind == kind
    assert (found.answer.tokens_in, found.answer.tokens_out) == (50, 30)


@pytest.mark.parametrize(
    ("why", "content", "text"),
    [
        ("plain", body(), REPLY),
        ("white space around", body(f"\n {REPLY}\n"), REPLY),
        ("no finish reason", body(finish=None), REPLY),
        ("finish reason of another sort", body(finish="eos"), REPLY),
        ("a list of parts", body([{"type": "text", "text": "You "}, {"type": "text", "text": "saw."}]), "You saw."),
        ("a part without type", body([{"text": "You saw."}]), "You saw."),
        ("parts of other kinds", body([{"type": "thinking", "text": "Hm."}, {"type": "text", "text": "You saw."}]), "You saw."),
        ("a part without text", body([{"type": "text", "text": None}, {"type": "text", "text": "You saw."}]), "You saw."),
        ("thinking before", body("<think>\nHm. {\"decision\": \"SOLVED\"}\n</think>\n\nYou saw."), "You saw."),
        ("empty thinking before", body("<think>\n\n</think>\n\nYou saw."), "You saw."),
        ("thinking named later", body("You saw. <think>no</think>"), "You saw. <think>no</think>"),
        ("lone surrogates and nul", body("You\ud83d saw\0."), "You saw."),
        ("a whole pair", body("You saw \U0001f642."), "You saw \U0001f642."),
        ("off format, for the reader to see", body('{"decision":"MAYBE","x":1}'), '{"decision":"MAYBE","x":1}'),
        ("fenced, for the reader to see", body('```json\n{"a":1}\n```'), '```json\n{"a":1}\n```'),
        ("prose, for the reader to see", body("Sure! SOLVED"), "Sure! SOLVED"),
        ("refusal null", body(refusal=None), REPLY),
        ("refusal empty", body(refusal=""), REPLY),
        ("an error of null", json.dumps({**json.loads(body()), "error": None}).encode(), REPLY),
        ("two choices", json.dumps({"choices": [*json.loads(body("You saw."))["choices"], *json.loads(body("x"))["choices"]]}).encode(), "You saw."),
    ],
)  # fmt: skip
def test_answer_is_read(why, content, text):
    answer = read_answer(200, {}, content)
    assert answer.text == text, why
    assert answer.tokens_out > 0


@pytest.mark.parametrize(
    ("why", "usage", "counted"),
    [
        ("all there", {"prompt_tokens": 50, "completion_tokens": 30, "prompt_tokens_details": {"cached_tokens": 20}}, (50, 30, 20)),
        ("no details", {"prompt_tokens": 50, "completion_tokens": 30, "prompt_tokens_details": None}, (50, 30, 0)),
        ("missing", None, (0, 10, 0)),
        ("empty", {}, (0, 10, 0)),
        ("a list", [], (0, 10, 0)),
        ("texts", {"prompt_tokens": "50", "completion_tokens": "30"}, (0, 10, 0)),
        ("negative", {"prompt_tokens": -1, "completion_tokens": -1}, (0, 10, 0)),
        ("zero out", {"prompt_tokens": 50, "completion_tokens": 0}, (50, 10, 0)),
        ("details a list", {"prompt_tokens": 50, "completion_tokens": 30, "prompt_tokens_details": []}, (50, 30, 0)),
    ],
)  # fmt: skip
def test_tokens_are_the_endpoints_or_four_characters_each(why, usage, counted):
    answer = read_answer(200, {}, body("x" * 40, usage=usage))
    assert (answer.tokens_in, answer.tokens_out, answer.tokens_cached) == counted, why


def test_counts_beyond_any_ledger_are_not_believed():
    """A 64-bit column takes them, or the row of a paid answer is lost."""
    answer = read_answer(200, {}, body(usage={"prompt_tokens": 10**30, "completion_tokens": 10**30}))
    assert max(answer.tokens_in, answer.tokens_out) < 2**63


# Refusals in words


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't assist with that request.",
        "I’m sorry, but I can’t help with that.",
        "I'm sorry, I can't help with that.",
        "I am sorry, but I cannot provide that.",
        "Sorry, I can't do that.",
        "I apologize, but I cannot continue this conversation.",
        "I apologise, but I can not create that content.",
        "I can't assist with that.",
        "I cannot fulfill this request.",
        "I cannot generate that.",
        "I won't write this.",
        "I'm unable to help with this request.",
        "I am not able to comply with that.",
        "I'm not able to participate in this.",
        "As an AI language model, I cannot engage in this.",
        "As an AI, I can't help with that.",
        "i'm sorry, but i can't assist with that.",
        "<think>This is unsafe.</think>I'm sorry, but I can't help with that.",
    ],
)
def test_refusal_in_words_is_unusable(text):
    found = caught(200, body(text))
    assert isinstance(found, Unusable)
    assert found.kind == "refused"
    assert found.answer.text == clean(text)


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry you had to see it fall.",
        "I'm sorry, that cup was dear to you.",
        "I can't imagine how quiet the kitchen is now.",
        "I cannot imagine how that felt.",
        "I can't help but think of the shelf it stood on.",
        "I can't help feeling moved by this.",
        "I cannot help wondering what she would say.",
        "I won't pretend to know how that is.",
        "I won't tell you it was just a cup.",
        "I can't promise it gets easier.",
        "I'm not able to see your face, but I hear it in your words.",
        "I am unable to sleep, you wrote. That sounds long.",
        "I'm sorry. I can't know what she meant to you.",
        "Sorry, I can't quite tell: was it hers?",
        "You said: I'm sorry, but I can't help with that. That must have stung.",
        '{"message": "I\'m sorry, but I can\'t help with that."}',
        "<|understanding_begin|>I'm sorry, but I can't help with that.<|understanding_end|>",
    ],
)
def test_empathy_is_no_refusal(text):
    assert read_answer(200, {}, body(text)).text == text


# Retry-After


def at(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"retry-after": "1"}, 1.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after-ms": "nan"}, None),
        ({"retry-after-ms": "inf"}, None),
        ({"retry-after": "²"}, None),
        ({"retry-after": "Mon, 01 Jan 2001 00:00:00 GMT"}, 0.0),
        ({"retry-after": "Mon, 99 Jan 2001 00:00:00 GMT"}, None),
        ({"retry-after": "Mon, 01 Jan 99999999999 00:00:00 GMT"}, None),
    ],
)
def test_wait_is_read(headers, wait_s):
    assert retry_after(headers) == wait_s


def test_wait_may_be_a_date():
    wait_s = retry_after({"retry-after": at(30)})
    assert wait_s is not None
    assert 27 < wait_s <= 30


# Anything at all

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.sampled_from(["message", "content", "choices", "error", "code"]), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip
payloads = json_values | json_values.map(lambda v: {"choices": [{"message": {"content": v}, "finish_reason": v}]}) | json_values.map(
    lambda v: {"choices": v, "error": v}
)  # fmt: skip


@given(
    st.sampled_from([200, 301, 400, 401, 404, 422, 429, 500]),
    st.binary() | payloads.map(lambda v: json.dumps(v).encode()),
)
def test_any_body_gives_an_answer_or_a_sorted_error(status, content):
    try:
        answer = read_answer(status, {"retry-after": "x"}, content)
    except CallError as found:
        found.reason.encode()
        assert len(found.reason) < 1000
    else:
        assert isinstance(answer, Answer)
        assert answer.text
        answer.text.encode()


@pytest.mark.parametrize("status", [200, 400, 500])
def test_words_that_utf8_cannot_carry_are_not_in_a_reason(status):
    caught(status, error("bad \ud800 words")).reason.encode()
    caught(200, body(None, refusal="\udfff no")).reason.encode()


def test_reason_is_short_and_on_one_line():
    found = caught(400, error("very\nbad " * 1000))
    assert len(found.reason) <= 400
    assert "\n" not in found.reason
