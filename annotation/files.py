"""The round trip by files, for people without Argilla: tasks out and answers in, as JSONL or as CSV for a spreadsheet."""

import codecs
import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from math import nan
from pathlib import Path
from typing import Any, NamedTuple

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
SAID = "said"
DELIMITERS = (",", ";", "\t")
"""What spreadsheets part the cells of a CSV with."""


class Again(NamedTuple):
    """What an annotator is told of a turn that comes back to them, and what they answered before."""

    said: str
    answer: Answer


def write_tasks(project: Project, out: Path, tasks: Iterable[Task], again: Mapping[str, Again] | None = None) -> int:
    """Write tasks with their prefilled answers, for one annotator to fill in; the ending of `out` says the format.

    Args:
        again: by task, what comes back to this annotator: what was said of it in a column of its own, and their own
            answer to keep or change in the place of the reply.

    Raises:
        BadFile: the ending is neither .csv nor .jsonl.
    """
    rows = [_row(task, list(project.pack.rubric.criteria)) for task in tasks]
    if again is not None:
        rows = [_row_again(row, again[row["task"]]) for row in rows]
    _check_ending(out)
    with replacing(out) as file:
        if out.suffix == ".csv":
            file.write(codecs.BOM_UTF8)  # without which a spreadsheet takes the text for another encoding
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
        "turn": task.turn,
        "persona": task.persona,
        "situation": task.situation,
        "dialogue": "\n".join(f"{said.by}: {said.text}" for said in task.dialogue),
        **task.spans._asdict(),
        **{SCORE + name: "" for name in criteria},
        "verdict": "",
        "comment": "",
    }


def _row_again(row: dict[str, Any], again: Again) -> dict[str, Any]:
    """A row with somebody's own answer in it; the verdict stays empty, for with it the row would count as answered."""
    answer = again.answer
    spans = {name: text for name, text in answer.spans._asdict().items() if text}
    scores = {SCORE + name: score for name, score in answer.scores.items() if SCORE + name in row}
    whose = {"task": row["task"], "annotator": answer.annotator, SAID: again.said}
    return {**whose, **row, **spans, **scores, "comment": answer.comment}


def read_answers(path: Path, annotator: str, *, round_: int = 1) -> list[Answer]:
    """Read what an annotator filled in; a row without a verdict was not answered and is passed over.

    A row that does not say when it was answered has the time at which the file was saved.

    Raises:
        BadFile: with file, row and reason; or the file has none of the columns that answers stand in, or shows what
            others said and is read as the first round.
    """
    _check_ending(path)
    rows = list(_rows(path))
    _check_columns(path, rows, round_)
    saved = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()
    found: dict[str, tuple[int, Answer]] = {}
    for number, row in enumerate(rows, start=1):
        if not str(row.get("verdict") or "").strip():
            continue
        answer = _read(path, number, row, annotator, round_, saved)
        if answer.task in found:
            raise BadFile(
                f"{path}: row {number}: task {answer.task} is answered in row {found[answer.task][0]} too; keep one"
            )
        found[answer.task] = number, answer
    return [answer for _, answer in found.values()]


def _read(path: Path, number: int, row: Any, annotator: str, round_: int, saved: str) -> Answer:
    try:
        return _answer(row, annotator, round_, saved)
    except (ValueError, TypeError, KeyError) as error:
        raise BadFile(f"{path}: row {number}: {_first(error)}; mend this row") from error


def _check_columns(path: Path, rows: list[dict[str, Any]], round_: int) -> None:
    """A file of other columns would read as if nothing was answered, and a discussed one as if nobody had spoken yet."""
    columns = {name for row in rows for name in row}
    if missing := [name for name in ("task", "verdict") if name not in columns]:
        raise BadFile(f"{path}: no column {missing[0]}; fill in the file that `kardia annotate export` wrote")
    if round_ == 1 and SAID in columns:
        raise BadFile(f"{path}: shows what others said of each turn (column {SAID}); take it in with --round 2")


def _answer(row: dict[str, Any], annotator: str, round_: int, saved: str) -> Answer:
    if (whose := str(row.get("annotator") or annotator)) != annotator:
        raise ValueError(f"annotator: this row was written for {whose}, and not for {annotator}")
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
            "at": str(row.get("at") or saved),
        }
    )


def _whole(name: str, value: Any) -> int:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = nan
    if not number.is_integer():
        raise ValueError(f"{SCORE}{name}: {value!r} is no whole number")
    return int(number)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(f"{path}: is not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise BadFile(f"{path}: cannot be read ({error.strerror}); name a file that is there") from error
    yield from _of_csv(path, text) if path.suffix == ".csv" else _of_jsonl(path, text)


def _of_csv(path: Path, text: str) -> Iterator[dict[str, Any]]:
    head = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=head.count)
    try:
        for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield {name: read_cell(cell) for name, cell in row.items() if name and isinstance(cell, str)}
    except csv.Error as error:
        raise BadFile(f"{path}: no CSV ({error}); save it again from the spreadsheet") from error


def _of_jsonl(path: Path, text: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise BadFile(f"{path}:{number}: not JSON ({error}); one object a line is expected") from error
        if not isinstance(row, dict):
            raise BadFile(f"{path}:{number}: a {type(row).__name__}; one object a line is expected")
        yield row


def _check_ending(path: Path) -> None:
    if path.suffix not in (".csv", ".jsonl"):
        raise BadFile(f"{path}: name a file that ends in .csv or .jsonl")


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        fault = error.errors()[0]
        return f"{'.'.join(map(str, fault['loc']))}: {fault['msg'].removeprefix('Value error, ')}"
    return f"no column {error}" if isinstance(error, KeyError) else str(error)
