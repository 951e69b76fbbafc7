"""Read the named blocks of a prompt: where the demonstration model learns its role and its data.

A block is `<name marker>`, its content and `</name marker>`, each tag alone on its line, the marker 16 hex digits. A
message has one marker, that of its first block. The scan goes from one block's end to the next block's start, so a
look-alike inside a block is content, and the first block of a name counts.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, cast

_OPEN = re.compile(r"^<([a-z_]+) ([0-9a-f]{16})>\n", re.MULTILINE)

Speaker = Literal["user", "helper"]


class Prompt(NamedTuple):
    """A request's blocks: the pack's values from system messages, a dialogue's data from user messages."""

    role: str
    pack: dict[str, str]
    data: dict[str, str]
    marker: str
    """The marker of the data, which differs from dialogue to dialogue."""


class Said(NamedTuple):
    """One message of the dialogue block."""

    speaker: Speaker
    text: str


def read_prompt(messages: Sequence[Mapping[str, Any]]) -> Prompt:
    """Collect the blocks of all messages; an unknown shape gives a prompt without a role."""
    pack: dict[str, str] = {}
    data: dict[str, str] = {}
    marker = ""
    for message in messages:
        into = pack if message.get("role") in ("system", "developer") else data
        found, its_marker = read_blocks(_text_of(message.get("content")))
        for name, content in found.items():
            into.setdefault(name, content)
        marker = its_marker if into is data else marker
    return Prompt(pack.get("role", "").strip(), pack, data, marker)


def read_blocks(text: str) -> tuple[dict[str, str], str]:
    """Scan one message for its blocks; returns them and the message's marker ("" if it has none)."""
    blocks: dict[str, str] = {}
    marker, at = "", 0
    while opened := _OPEN.search(text, at):
        name, its_marker = opened.groups()
        start = opened.end()
        end = text.find(f"\n</{name} {its_marker}>", start - 1)
        if end < 0 or (marker and its_marker != marker):
            at = start
            continue
        marker = its_marker
        blocks.setdefault(name, text[start:end])
        at = end + len(name) + len(its_marker) + 5
    return blocks, marker


def read_dialogue(block: str) -> list[Said]:
    """Read `[1] user: …` and `[1] helper: …` lines; any other line is left out."""
    messages: list[Said] = []
    for line in block.split("\n"):
        number, closed, rest = line.partition("] ")
        if not closed or not number.startswith("["):
            continue
        if rest.startswith("user: "):
            messages.append(Said("user", rest[6:]))
        elif rest.startswith("helper: "):
            messages.append(Said("helper", rest[8:]))
    return messages


def read_fields(block: str) -> dict[str, str]:
    """Read `name: value` lines that start at the margin, names as they stand; the first of a name counts."""
    fields: dict[str, str] = {}
    for line in block.split("\n"):
        name, colon, value = line.partition(":")
        if colon and name and not name[0].isspace() and name[0] != "-":
            fields.setdefault(name.strip(), value.strip())
    return fields


def _text_of(content: object) -> str:
    """A message's text: a string, or the text parts of a list."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = cast(list[Any], content)
    texts = (cast(dict[str, Any], part).get("text", "") for part in parts if isinstance(part, dict))
    return "\n".join(map(str, texts))


__all__ = ["Prompt", "Said", "Speaker", "read_blocks", "read_dialogue", "read_fields", "read_prompt"]
