"""The round trip by files."""

import csv
from pathlib import Path

import pytest

from annotation.answers import Answer
from annotation.files import read_answers, write_tasks
from annotation.project import Project
from graphs.records import BadFile
from tests.annotation.material import answer, played, pushed

HOSTILE = ["=cmd|' /C calc'!A1", "<script>alert(1)</script>", "x<y and <think>", 'a,b;"c"\nd', "\u2028é'", "'=1"]


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    folder = tmp_path_factory.mktemp("files")
    return pushed(folder / "project", played(folder))


def filled(path: Path, **changes: str) -> None:
    """Fill in every row as a person does with a spreadsheet."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.update({name: "4" for name in row if name.startswith("score_")} | {"verdict": "Correct"} | changes)
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)


def test_a_spreadsheet_that_is_filled_in_comes_back_as_answers_without_faults(project, tmp_path):
    out = tmp_path / "tasks.csv"
    assert write_tasks(project, out, project.tasks.values()) == len(project.tasks)
    filled(out)
    found = list(read_answers(out, "ann-1"))
    assert [(one.task, one.verdict, one.annotator) for one in found] == [(t, "correct", "ann-1") for t in project.tasks]
    assert not any(project.faults(one) for one in found)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_comes_back_exactly(project, tmp_path, ending, text):
    task = next(iter(project.tasks.values())).model_copy(update={"response": text, "situation": "=1+1"})
    out = tmp_path / f"tasks.{ending}"
    write_tasks(project, out, [task])
    raw = out.read_text(encoding="utf-8")
    out.write_text(raw.replace('"verdict":""', '"verdict":"correct"'), encoding="utf-8")
    if ending == "csv":
        filled(out)
    (found,) = read_answers(out, "ann-1")
    assert found.response == text
    if ending == "csv":
        with out.open(newline="", encoding="utf-8-sig") as file:
            cells = [cell for row in csv.reader(file, delimiter=";") for cell in row]
        assert not any(cell.startswith(("=", "+", "@")) for cell in cells)


def test_rows_that_nobody_answered_are_passed_over(project, tmp_path):
    out = tmp_path / "tasks.jsonl"
    write_tasks(project, out, project.tasks.values())
    assert list(read_answers(out, "ann-1")) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"verdict": "maybe"}, "row 1: verdict"),
        ({"score_empathy": "high"}, "row 1"),
        ({"score_empathy": "3.5"}, "whole number"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(project, tmp_path, changes, message):
    out = tmp_path / "tasks.csv"
    write_tasks(project, out, project.tasks.values())
    filled(out, **changes)
    with pytest.raises(BadFile, match=message):
        list(read_answers(out, "ann-1"))


def test_only_csv_and_jsonl_are_known(project, tmp_path):
    with pytest.raises(BadFile, match=r"\.csv or \.jsonl"):
        write_tasks(project, tmp_path / "tasks.xlsx", [])


def test_answers_of_a_file_settle_turns(project, tmp_path):
    task = next(iter(project.tasks.values()))
    given: Answer = answer(task, verdict="corrected", response="I hear you.")
    project.take([given])
    assert project.results().settled[0].verdict == "corrected"
