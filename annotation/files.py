"""The round trip by files, for people without Argilla: tasks out and answers in, as JSONL or as CSV for a spreadsheet."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from annotation.answers import Answer
from annotation.project import Project
from annotation.tasks import Task
from graphs.csv_text import csv_lines, read_cell
from graphs.records import BadFile, replacing
from graphs.schema import compact
from graphs.spans import SPAN_NAMES

SHOWN = ("task", "turn", "persona", "situation", "dialogue")
ANSWERED = (*SPAN_NAMES, "verdict", "comment")
SCORE = "score_"


def write_tasks(project: Project, out: Path, tasks: Iterable[Task]) -> int:
    """Write tasks with their prefilled answers, for one annotator to fill in; the ending of `out` says the format.

    Raises:
        BadFile: the ending is neither .csv nor .jsonl.
    """
    rows = [_row(task, list(project.pack.rubric.criteria)) for task in tasks]
    _check_ending(out)
    with replacing(out) as file:
        if out.suffix == ".csv":
            columns = list(rows[0]) if rows else [*SHOWN, *ANSWERED]
            for line in csv_lines(columns, (list(row.values()) for row in rows)):
                file.write(line.encode())
        else:
            for row in rows:
                file.write(compact(row) + b"\n")
    return len(rows)


def _row(task: Task, criteria: list[str]) -> dict[str, Any]:
    """A task as a person fills it in: verdict and scores are empty, for a prefilled one would be agreed to."""
    return {
        "task": task.id,
        "turn": f"{task.turn} of {task.turns}",
        "persona": task.persona,
        "situation": task.situation,
        "dialogue": "\n".join(f"{said.by}: {said.text}" for said in task.dialogue),
        **task.spans._asdict(),
        **{SCORE + name: "" for name in criteria},
        "verdict": "",
        "comment": "",
    }


def read_answers(path: Path, annotator: str, *, round_: int = 1, at: str = "") -> Iterator[Answer]:
    """Read what an annotator filled in; a row without a verdict was not answered and is passed over.

    Args:
        at: when, for rows that do not say it.

    Raises:
        BadFile: with file, row and reason.
    """
    _check_ending(path)
    for number, row in enumerate(_rows(path), start=1):
        if not str(row.get("verdict") or "").strip():
            continue
        try:
            yield _answer({"at": at, **row}, annotator, round_)
        except (ValidationError, ValueError, KeyError) as error:
            raise BadFile(f"{path}: row {number}: {_first(error)}; mend this row") from error


def _answer(row: dict[str, Any], annotator: str, round_: int) -> Answer:
    scores = {name[len(SCORE) :]: value for name, value in row.items() if name.startswith(SCORE)}
    return Answer.model_validate(
        {
            "task": str(row["task"]).strip(),
            "annotator": annotator,
            "round": round_,
            **{name: str(row.get(name) or "") for name in SPAN_NAMES},
            "scores": {name: _whole(name, value) for name, value in scores.items() if str(value).strip()},
            "verdict": str(row["verdict"]).strip().lower(),
            "comment": str(row.get("comment") or ""),
            "at": str(row.get("at") or ""),
        }
    )


def _whole(name: str, value: Any) -> int:
    number = float(value)
    if not number.is_integer():
        raise ValueError(f"{SCORE}{name}: {value} is no whole number")
    return int(number)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{path}: cannot be read ({error}); save it as UTF-8") from error
    if path.suffix == ".csv":
        first = text.split("\n", 1)[0]
        reader = csv.DictReader(
            io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ","
        )
        for row in reader:
            yield {name: read_cell(cell) for name, cell in row.items() if name and isinstance(cell, str)}
        return
    for number, line in enumerate(filter(str.strip, text.split("\n")), start=1):
        try:
            yield json.loads(line)
        except ValueError as error:
            raise BadFile(f"{path}:{number}: not JSON ({error}); one object a line is expected") from error


def _check_ending(path: Path) -> None:
    if path.suffix not in (".csv", ".jsonl"):
        raise BadFile(f"{path}: name a file that ends in .csv or .jsonl")


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        fault = error.errors()[0]
        return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
    return f"no column {error}" if isinstance(error, KeyError) else str(error)
