"""Templates: one markdown file per role, `{name}` placeholders alone on their lines, strict both ways.

A template is front matter, the system text, a line `=== user ===` and the user text. Every value is rendered as a
block `<name marker>…</name marker>` whose marker the value cannot contain: in the system message one per pack, so
that all dialogues share a prefix that servers can cache; in the user message the dialogue's secret nonce.
"""
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

import re
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from graphs.strict_yaml import BadYaml, load_yaml

USER_LINE = "=== user ==="
SYSTEM_VALUES = {
    "user_simulator": ({"events", "disclosure"}, {"actions"}),
    "responder": ({"labels"}, set[str]()),
    "rubric_evaluator": ({"criteria", "scale"}, set[str]()),
    "screener": (set[str](), set[str]()),
    "judge": ({"criteria", "scale"}, set[str]()),
    "supervisor": ({"criteria", "scale", "labels"}, set[str]()),
    "policy": ({"persona", "situation", "labels"}, set[str]()),
}
USER_VALUES = {
    "user_simulator": ({"persona", "situation", "emotion", "dialogue", "plan"}, set[str]()),
    "responder": ({"persona", "dialogue", "draft", "critique"}, {"situation"}),
    "rubric_evaluator": ({"persona", "situation", "emotion", "dialogue", "reply", "turn"}, set[str]()),
    "screener": ({"persona", "situation", "dialogue"}, set[str]()),
    "judge": ({"persona", "situation", "dialogue", "reply"}, set[str]()),
    "supervisor": ({"persona", "situation", "dialogue", "reply", "answers"}, set[str]()),
    "policy": (set[str](), set[str]()),
}
ROLES = tuple(SYSTEM_VALUES)

_PLACEHOLDER = re.compile(r"^[ \t]*\{([a-z_]+)\}[ \t]*$", re.MULTILINE)
_BRACE = re.compile(r"\{\{|\}\}|[{}]")
_FRONT: dict[str, Any] = {"temperature": (int, float), "max_tokens": int, "intended_model": str, "evidence": str}


class BadTemplate(ValueError):
    """A template that cannot be rendered; `faults` are (line, message) pairs."""

    def __init__(self, file: str, faults: list[tuple[int, str]]):
        super().__init__("\n".join(f"{file}:{line}: {message}" for line, message in faults))
        self.faults = faults


class Text(NamedTuple):
    """Literal pieces with the names of the values between them: pieces[0] names[0] pieces[1] …"""

    pieces: tuple[str, ...]
    names: tuple[str, ...]

    def fill(self, blocks: dict[str, str]) -> str:
        """Put one text in the place of every name, in one pass: what is put in is never read again."""
        parts = [self.pieces[0]]
        for name, piece in zip(self.names, self.pieces[1:], strict=True):
            parts += (blocks[name], piece)
        return "".join(parts)


class Template(NamedTuple):
    """One role's prompt: how it is sampled, the system text and the user text."""

    role: str
    temperature: float
    max_tokens: int
    system: Text
    user: Text


def block(name: str, marker: str, content: str) -> str:
    """Put a value between delimiters that it cannot contain.

    Raises:
        ValueError: the content contains the marker.
    """
    if marker in content:
        raise ValueError(f"{name}: contains the marker that delimits it")
    return f"<{name} {marker}>\n{content}\n</{name} {marker}>"


def placeholders(text: str) -> list[tuple[int, str]]:
    """The placeholders of a template's text with their lines, from 1."""
    return [(text.count("\n", 0, match.start(1)) + 1, match[1]) for match in _PLACEHOLDER.finditer(text)]


def read_template(path: Path, role: str) -> Template:
    """Read and check one template.

    Raises:
        BadTemplate: front matter, placeholders or braces are wrong; with line numbers.
    """
    return _Reader(path, role).template


class _Reader:
    """Reads one file, gathering every fault with its line before it gives up."""

    def __init__(self, path: Path, role: str):
        self.path = path
        self.role = role
        self.faults: list[tuple[int, str]] = []

    @cached_property
    def template(self) -> Template:
        lines = self._lines()
        front, body_at = self._front(lines)
        split = next((i for i in range(body_at, len(lines)) if lines[i].strip() == USER_LINE), len(lines))
        if (split == len(lines)) != (self.role == "policy"):
            self.faults.append(
                (
                    len(lines),
                    f"one line `{USER_LINE}` is needed before the user text"
                    if self.role != "policy"
                    else f"`{USER_LINE}`: a policy prompt is a system text only",
                )
            )
        system = self._text(lines, body_at, split, *SYSTEM_VALUES[self.role])
        user = self._text(lines, split + 1, len(lines), *USER_VALUES[self.role])
        if self.faults:
            raise BadTemplate(self.path.name, sorted(self.faults))
        return Template(self.role, float(front["temperature"]), int(front["max_tokens"]), system, user)

    def _lines(self) -> list[str]:
        try:
            return self.path.read_text(encoding="utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise BadTemplate(self.path.name, [(0, f"cannot be read: {error}")]) from error

    def _front(self, lines: list[str]) -> tuple[dict[str, Any], int]:
        front: dict[str, Any] = {"temperature": 0.7, "max_tokens": 600}
        end = next((i for i in range(1, len(lines)) if lines[i].strip() == "---"), 0)
        if lines[0].strip() != "---" or not end:
            self.faults.append((1, "front matter between two `---` lines is needed first"))
            return front, 0
        try:
            given = load_yaml("\n".join(lines[1:end])) or {}
        except BadYaml as error:
            self.faults.append((error.line + 1, f"front matter is {error.message}"))
            return front, end + 1
        if not isinstance(given, dict):
            self.faults.append((1, "front matter must be `key: value` lines"))
            return front, end + 1
        self._check_front(given, lines)
        return front | {key: value for key, value in given.items() if key in front}, end + 1

    def _check_front(self, given: dict[str, Any], lines: list[str]) -> None:
        for key, value in given.items():
            line = next((i + 1 for i, text in enumerate(lines) if text.startswith(f"{key}:")), 1)
            if key not in _FRONT:
                self.faults.append((line, f"unknown key {key!r}; known: {', '.join(_FRONT)}"))
            elif not isinstance(value, _FRONT[key]) or isinstance(value, bool):
                self.faults.append((line, f"{key}: {value!r} is not of the right type"))
            elif (key == "temperature" and not 0 <= value <= 2) or (key == "max_tokens" and value < 16):
                self.faults.append((line, f"{key}: {value} is out of range"))

    def _text(self, lines: list[str], start: int, end: int, needed: set[str], optional: set[str]) -> Text:
        body = "\n".join(lines[start:end]).strip("\n")
        offset = start + 1 + next((i for i, line in enumerate(lines[start:end]) if line), 0)
        names = tuple(_PLACEHOLDER.findall(body))
        for match in _PLACEHOLDER.finditer(body):
            if match[1] not in needed | optional:
                line = offset + body.count("\n", 0, match.start())
                allowed = ", ".join(sorted(needed | optional)) or "none"
                self.faults.append((line, f"unknown placeholder {{{match[1]}}}; this part may use: {allowed}"))
        if missing := needed - set(names):
            self.faults.append(
                (min(end, len(lines)), "missing placeholder " + ", ".join(f"{{{n}}}" for n in sorted(missing)))
            )
        pieces = _PLACEHOLDER.split(body)[::2]
        self._check_braces(body, offset)
        return Text(tuple(piece.replace("{{", "{").replace("}}", "}") for piece in pieces), names)

    def _check_braces(self, body: str, offset: int) -> None:
        for number, line in enumerate(body.split("\n")):
            lone = [match[0] for match in _BRACE.finditer(line) if len(match[0]) == 1]
            if lone and not _PLACEHOLDER.match(line):
                message = "a placeholder stands alone on its line; write a literal brace twice, {{ or }}"
                self.faults.append((offset + number, message))
