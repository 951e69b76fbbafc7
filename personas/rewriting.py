"""A personas file made into another: nothing is written over what is read, and the header keeps where rows came from."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from graphs.records import BadFile, read_header, read_rows
from graphs.schema import Persona


def read_personas(path: Path) -> list[Persona]:
    """All personas of a file.

    Raises:
        BadFile: the file is missing, holds other rows, or a row is no persona.
    """
    kind = read_header(path).get("kind", "personas")
    if kind != "personas":
        raise BadFile(f"{path}: holds {kind}, not personas; name a file from `kardia personas import`")
    return list(read_rows(path, Persona))


def carried_header(path: Path, **step: Any) -> dict[str, Any]:
    """The header of the file that is read, with what this step did; so that steps before it stay told."""
    before = {name: value for name, value in read_header(path).items() if name != "schema_version"}
    return {**before, "kind": "personas", "from": [path.name], **step}


def beside(path: Path, word: str) -> Path:
    """The file that stands beside another and says something of it: `personas.jsonl.duplicates.jsonl`."""
    return path.with_name(f"{path.name}.{word}.jsonl")


def refuse_inputs(inputs: Iterable[Path], outputs: Iterable[Path]) -> None:
    """Refuse to write over what is read.

    Raises:
        BadFile: an output is one of the inputs.
    """
    read = {path.resolve() for path in inputs}
    for path in outputs:
        if path.resolve() in read:
            raise BadFile(f"{path}: is read and would be written over; name another file with --out")
