"""Files to which a training run appends a line a step: curves, ledger, alarms (§5.1). A cut line is never an error."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from graphs.records import replacing
from graphs.schema import Record, compact

Split = Literal["train", "held_out"]


class Metrics(Record):
    """One line of metrics.jsonl."""

    step: int = Field(ge=0)
    at: str
    split: Split = "train"
    metrics: dict[str, float | None]
    """By name; None is a figure that could not be taken or is not finite, never 0."""


def add_line(path: Path, row: Record) -> None:
    """Append a record as one line, on a line of its own even after one that a crash cut."""
    torn = path.exists() and not _ends_whole(path)
    with path.open("ab") as file:
        file.write((b"\n" if torn else b"") + compact(row.model_dump(mode="json")) + b"\n")


def cut_lines(path: Path, step: int) -> None:
    """Keep the lines of a JSONL file whose `step` is below `step`, and its header; a half-written line goes too."""
    if not path.exists():
        return
    kept = [raw for raw in read_lines(path) if "header" in raw or int(raw.get("step", 0)) < step]
    with replacing(path) as file:
        file.writelines(compact(raw) + b"\n" for raw in kept)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file; what is none is passed over."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            with suppress(ValueError):
                raw = json.loads(line)
                if isinstance(raw, dict):
                    yield raw


def read_metrics(path: Path) -> Iterator[Metrics]:
    """The lines of a metrics.jsonl; a half-written last line is passed over."""
    for raw in read_lines(path):
        with suppress(ValidationError):
            yield Metrics.model_validate(raw)


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        return not file.seek(0, 2) or (file.seek(-1, 2) >= 0 and file.read(1) == b"\n")
