"""What is wrong with one row of a release: its fields, roles, spans, labels, control tokens and identifiers."""

from collections.abc import Collection, Iterator

from graphs.chat_tokens import chat_tokens
from graphs.released import Row
from graphs.spans import MalformedReply, parse_spans, render_spans, strip_tags
from measure.identifiers import find_identifiers
from release.finding import Finding
from release.layout import ROW_SCHEMA


def holes(row: Row) -> list[str]:
    """Where a row lacks something: everything may be null in a file, and only `mbti` may be empty."""
    fields = [name for name in ROW_SCHEMA.names if row[name] is None or (not row[name] and name != "mbti")]
    said = enumerate(row["messages"] or ())
    return fields + [f"messages[{at}]" for at, one in said if one is None or None in one.values()]


def row_findings(row: Row, where: str, labels: Collection[str]) -> Iterator[Finding]:
    """What is wrong with a row that lacks nothing."""
    roles = [message["role"] for message in row["messages"]]
    turns = (len(roles) - 1) // 2
    if turns < 1 or roles != ["system", *["user", "assistant"] * turns]:
        yield Finding("roles", where, "not system, then user and assistant in turn")
    if labels and row["emotion"] not in labels:
        yield Finding("label", where, f"emotion {row['emotion']!r} is not a label of the pack")
    for at, message in enumerate(row["messages"]):
        if message["role"] == "assistant":
            yield from _reply(message["content"], f"{where}, turn {(at + 1) // 2}", labels)
        elif message["role"] == "user":
            yield from _utterance(message["content"], f"{where}, turn {(at + 1) // 2}")
    for name in ("person", "situation"):
        yield from _identifiers(row[name], f"{where}, {name}", row["anon_username"])
    for at, message in enumerate(row["messages"][1:]):
        yield from _identifiers(message["content"], f"{where}, turn {at // 2 + 1}", row["anon_username"], played=True)


def _reply(reply: str, where: str, labels: Collection[str]) -> Iterator[Finding]:
    try:
        spans = parse_spans(reply)
    except MalformedReply as error:
        yield Finding("spans", where, str(error))
        return
    if reply != render_spans(spans):
        yield Finding("spans", where, "not in the paper's tags, one span a line")
    if labels and spans.emotion not in labels:
        yield Finding("label", where, f"{spans.emotion!r} is not a label of the pack")
    yield from _control_tokens(" ".join(spans), where)


def _utterance(text: str, where: str) -> Iterator[Finding]:
    if not text.strip():
        yield Finding("roles", where, "empty utterance")
    if strip_tags(text) != text.strip():
        yield Finding("control token", where, "the utterance holds a span tag: text that looks like structure")
    else:
        yield from _control_tokens(text, where)


def _control_tokens(text: str, where: str) -> Iterator[Finding]:
    for token in chat_tokens(text):
        yield Finding("control token", where, f"{token!r} stands in text; a tokenizer may obey it")


def _identifiers(text: str, where: str, own_name: str, *, played: bool = False) -> Iterator[Finding]:
    """Name kind and place, never the identifier; none are the invented user name and a first name made up in play."""
    for found in find_identifiers(text):
        if text[found.start : found.end] != own_name and not (played and found.kind == "name"):
            yield Finding("identifier", where, f"{found.kind} at character {found.start}; mask it and build again")
