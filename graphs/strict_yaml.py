"""YAML that refuses what YAML lets pass in silence, and says on which line: a key twice, a date that is none."""

from typing import Any, cast

import yaml

_MERGE = "tag:yaml.org,2002:merge"


class BadYaml(ValueError):
    """Text that is not YAML as we take it; `line` is 1-based, 0 where it is not known."""

    def __init__(self, line: int, message: str):
        super().__init__(f"{line}: {message}")
        self.line = line
        self.message = message


class _Loader(yaml.CSafeLoader):
    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        except (ValueError, TypeError) as error:
            raise yaml.MarkedYAMLError(problem=str(error), problem_mark=node.start_mark) from error


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key, _ in node.value:
        if key.tag == _MERGE:
            continue
        name = loader.construct_object(key, deep=True)
        try:
            twice = name in seen
        except TypeError as error:
            raise yaml.MarkedYAMLError(problem="a key must be a word", problem_mark=key.start_mark) from error
        if twice:
            raise yaml.MarkedYAMLError(problem=f"key {name!r} stands twice", problem_mark=key.start_mark)
        seen.add(name)
    loader.flatten_mapping(node)
    return {loader.construct_object(k, deep=True): loader.construct_object(v, deep=True) for k, v in node.value}


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load_yaml(text: str) -> Any:
    """Read one YAML document.

    Raises:
        BadYaml: with the line and what is wrong.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise BadYaml(error.problem_mark.line + 1 if error.problem_mark else 0, f"not YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadYaml(0, f"not YAML: {str(error).splitlines()[0] if str(error) else 'nested too deeply'}") from error


def line_of(text: str, path: tuple[Any, ...]) -> int:
    """The line of the deepest key of `path` that stands in a YAML text."""
    node = cast(yaml.Node | None, yaml.compose(text, Loader=yaml.CSafeLoader))  # pyright: ignore[reportUnknownMemberType]
    line = _at(node)
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if str(key.value) == str(part)), None)
            if found is None:
                return line
            line, node = _at(found[0]), found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = _at(node)
    return line


def _at(node: yaml.Node | None) -> int:
    return node.start_mark.line + 1 if node and node.start_mark else 1
