"""Change single values of a YAML text and leave every other byte, comments and layout included, as it is.

Each change is proven: the new text must read as the old one with that change and nothing else.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import yaml

from graphs.strict_yaml import load_yaml

Path = tuple[str | int, ...]
_ENDLESS = 10**9
"""Width of a line: values are never folded."""


class CannotEdit(ValueError):
    """A text whose layout does not let a change be made in place; it has to be made in the text itself."""


class _Place(NamedTuple):
    """A key and its value as they stand in a text, the mapping around them, and which of its pairs they are."""

    key: yaml.Node
    value: yaml.Node
    parent: yaml.MappingNode
    number: int


def put(text: str, path: Path, value: Any) -> str:
    """Set the value at a path; a key that is not there yet is added after its siblings."""
    place = _find(text, path)
    if place is None:
        return _added(text, path, value)
    before, after = text[: _start(place.value)], text[_end(place.value) :]
    tail = "\n" if text[_start(place.value) : _end(place.value)].endswith("\n") else ""
    written = _written(value, place.value, flow=bool(place.parent.flow_style))
    return _proven(text, before + written + tail + after, lambda data: _set(data, path, value))


def rename(text: str, path: Path, name: str) -> str:
    """Give the key at a path another name."""
    place = _need(text, path)
    if any(str(key.value) == name for key, _ in place.parent.value):
        raise CannotEdit(f"{'.'.join(map(str, path))}: {name!r} stands there already")
    new = text[: _start(place.key)] + _written(name, place.key, flow=True) + text[_end(place.key) :]
    return _proven(text, new, lambda data: _renamed(data, path, name))


def drop(text: str, path: Path) -> str:
    """Take out the key at a path with its value, and the comment on its last line."""
    place = _need(text, path)
    if place.parent.flow_style:
        new = _without_flow(text, place)
    else:
        start = text.rfind("\n", 0, _start(place.key)) + 1
        new = text[:start] + text[_line_after(text, _end(place.value)) :]
    return _proven(text, new, lambda data: _drop(data, path))


def _added(text: str, path: Path, value: Any) -> str:
    parent = _find(text, path[:-1])
    if parent is None:
        return put(text, path[:-1], {path[-1]: value})
    node = parent.value
    if not isinstance(node, yaml.MappingNode) or not node.value:
        raise CannotEdit(f"{'.'.join(map(str, path))}: write the first entry in the text itself")
    if node.flow_style:
        at = _end(node.value[-1][1])
        line = f", {_written(path[-1], None, flow=True)}: {_written(value, None, flow=True)}"
    else:
        at = _line_after(text, _end(node.value[-1][1]))
        indent = " " * node.value[0][0].start_mark.column
        newline = "" if at == 0 or text[at - 1] == "\n" else "\n"
        line = f"{newline}{indent}{_written(path[-1], None, flow=False)}: {_written(value, None, flow=False)}\n"
    return _proven(text, text[:at] + line + text[at:], lambda data: _set(data, path, value))


def _without_flow(text: str, place: _Place) -> str:
    pairs = place.parent.value
    if place.number + 1 < len(pairs):
        return text[: _start(place.key)] + text[_start(pairs[place.number + 1][0]) :]
    start = _end(pairs[place.number - 1][1]) if place.number else _start(place.key)
    return text[:start] + text[_end(place.value) :]


def _written(value: Any, old: yaml.Node | None, *, flow: bool) -> str:
    """A value on one line, quoted as the old one was."""
    style = getattr(old, "style", None)
    quotes = style if style in ("'", '"') and isinstance(value, str) else None
    boxed: list[Any] | dict[str, Any] = [value] if flow or isinstance(value, dict) else {"k": value}
    text: str = yaml.safe_dump(
        boxed,
        default_flow_style=isinstance(boxed, list),
        default_style=quotes,
        allow_unicode=True,
        width=_ENDLESS,
        sort_keys=False,
    )
    return text.strip()[1:-1] if isinstance(boxed, list) else text.partition(": ")[2].strip()


def _find(text: str, path: Path) -> _Place | None:
    node = cast(yaml.Node | None, yaml.compose(text, Loader=yaml.CSafeLoader))  # pyright: ignore[reportUnknownMemberType]
    place: _Place | None = _Place(yaml.ScalarNode("", ""), node, yaml.MappingNode("", []), 0) if node else None
    for part in path:
        inner = place.value if place else None
        if not isinstance(inner, yaml.MappingNode):
            return None
        found = [
            _Place(key, value, inner, number)
            for number, (key, value) in enumerate(inner.value)
            if str(key.value) == str(part)
        ]
        place = found[0] if found else None
    return place


def _need(text: str, path: Path) -> _Place:
    if place := _find(text, path):
        return place
    raise CannotEdit(f"{'.'.join(map(str, path))}: not in the text")


def _proven(old: str, new: str, change: Callable[[Any], None]) -> str:
    """The new text, if it says what was meant and nothing else."""
    meant = load_yaml(old)
    change(meant)
    try:
        if load_yaml(new) == meant:
            return new
    except ValueError:
        pass
    raise CannotEdit("this change cannot be made in a table; make it in the text")


def _set(data: Any, path: Path, value: Any) -> None:
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = value


def _drop(data: Any, path: Path) -> None:
    for part in path[:-1]:
        data = data[part]
    del data[path[-1]]


def _renamed(data: Any, path: Path, name: str) -> None:
    for part in path[:-1]:
        data = data[part]
    data[name] = data.pop(path[-1])


def _line_after(text: str, at: int) -> int:
    """Where the line after a position begins; the position itself if a line begins there."""
    if at and text[at - 1] == "\n":
        return at
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _start(node: yaml.Node) -> int:
    return node.start_mark.index


def _end(node: yaml.Node) -> int:
    """Where a node ends; a block mapping's own mark lies behind the comments that follow it."""
    if isinstance(node, (yaml.MappingNode, yaml.SequenceNode)) and not node.flow_style and node.value:
        last: Any = node.value[-1]
        return _end(last[1] if isinstance(node, yaml.MappingNode) else last)
    return node.end_mark.index
