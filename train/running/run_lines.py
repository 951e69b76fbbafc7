"""Files to which a training run appends a line a step: curves, ledger, alarms (§5.1). A cut line is never an error."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Literal, cast

from pydantic import Field, ValidationError

from graphs.schema import Record, compact

Split = Literal["train", "held_out"]
_BLOCK = 1 << 16


class Metrics(Record):
    """One line of metrics.jsonl."""

    step: int = Field(ge=0)
    at: str
    split: Split = "train"
    metrics: dict[str, float | None]
    """By name; None is a figure that could not be taken or is not finite, never 0."""


def add_line(path: Path, row: Record) -> None:
    """Append a record as one line, on a line of its own even after one that a crash cut."""
    mend_end(path)
    with path.open("ab") as file:
        file.write(compact(row.model_dump(mode="json")) + b"\n")


def cut_lines(path: Path, step: int) -> None:
    """Cut a JSONL file, whose lines go by `step`, where the first line of this step or a later one begins.

    What stands before it stays byte by byte, its header and damaged lines too: whoever reads them is to hear of them. A
    half-written line at the end goes.
    """
    if not path.exists():
        return
    end = 0
    with path.open("r+b") as file:
        for line in file:
            if (at := _step_of(line)) is not None and at >= step:
                break
            end += len(line)
        file.truncate(end)
    mend_end(path)


def mend_end(path: Path) -> None:
    """Take away a half-written last line, or give a whole one the end that it lacks."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        last = _unended(file)
        if object_of(last) is not None:
            file.seek(0, os.SEEK_END)
            file.write(b"\n")
        elif last:
            file.truncate(file.seek(-len(last), os.SEEK_END))


def set_aside(folder: Path, names: Sequence[str]) -> Path | None:
    """Move those of a run's files and folders that hold anything into a new folder in it, which is returned."""
    written = [file for name in names if (file := folder / name).is_dir() or (file.exists() and file.stat().st_size)]
    if not written:
        return None
    aside = folder / f"set-aside-{1 + len(list(folder.glob('set-aside-*')))}"
    aside.mkdir()
    for file in written:
        file.rename(aside / file.name)
    return aside


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file; what is none is passed over."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if (raw := object_of(line)) is not None:
                yield raw


def whole_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers, from 1; one without its end is still being written."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.endswith(b"\n") and line.strip():
                yield number, line


def read_metrics(path: Path, last: int | None = None) -> Iterator[Metrics]:
    """The lines of a metrics.jsonl; a half-written last line is passed over.

    Args:
        last: the step after which lines are not read, as `cut_lines` would cut them; None reads all.
    """
    for raw in read_lines(path):
        if last is not None and isinstance(raw.get("step"), int) and raw["step"] > last:
            return
        with suppress(ValidationError):
            yield Metrics.model_validate(raw)


def _unended(file: IO[bytes]) -> bytes:
    """What stands after the last end of a line."""
    at, tail = file.seek(0, os.SEEK_END), b""
    while at and b"\n" not in tail:
        size = min(at, _BLOCK)
        at = file.seek(at - size)
        tail = file.read(size) + tail
    return tail.rpartition(b"\n")[2]


def object_of(line: bytes) -> dict[str, Any] | None:
    """The JSON object of a line; None of one that is cut, damaged or something else."""
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return cast(dict[str, Any], raw) if isinstance(raw, dict) else None


def _step_of(line: bytes) -> int | None:
    """The step that a line is of; None for a header, and for what cannot be read."""
    at = (object_of(line) or {}).get("step")
    return at if isinstance(at, int) else None
