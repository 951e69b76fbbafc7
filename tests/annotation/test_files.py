"""The round trip by files."""

import csv
import os
from pathlib import Path

import pytest

from annotation.answers import Answer
from annotation.files import Again, read_answers, write_tasks
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
    with path.open(newline="", encoding="utf-8-sig") as file:
        head = file.readline()
        file.seek(0)
        rows = list(csv.DictReader(file, delimiter=";" if ";" in head else ","))
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
        ({"score_empathy": "high"}, "score_empathy: 'high' is no whole number"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(project, tmp_path, changes, message):
    out = tmp_path / "tasks.csv"
    write_tasks(project, out, project.tasks.values())
    filled(out, **changes)
    with pytest.raises(BadFile, match=message):
        list(read_answers(out, "ann-1"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("task\tverdict\n", "no column task"),
        ("Task,Verdict\nt-1,correct\n", "no column task"),
        ("", "no column task"),
        ("task,verdict\nt-1," + "x" * 140_000 + "\n", "no CSV"),
        ("task,verdict\nt-1,correct\nt-1,drop\n", "row 2: task t-1 is answered in row 1 too"),
        ("task,verdict,at\nt-1,drop,yesterday\n", "row 1: at: 'yesterday' is no moment"),
        ("task,verdict,at\nt-1,drop,9999-01-01T00:00:00\n", "row 1: at: .* still to come"),
        ("task,verdict,at\nt-1,drop,0001-01-01T00:00:00+05:00\n", "row 1: at: .* is no moment"),
        ("task,verdict,at\nt-1,drop,9999-12-31T23:00:00-05:00\n", "row 1: at: .* is no moment"),
    ],
)
def test_a_csv_that_would_be_misread_is_refused(tmp_path, text, message):
    file = tmp_path / "filled.csv"
    file.write_text(text.replace("task\tverdict", "tasks\tverdict"))
    with pytest.raises(BadFile, match=message):
        read_answers(file, "ann-1")


@pytest.mark.parametrize(
    ("line", "message"), [("[1]", ":1: a list"), ("null", ":1: a NoneType"), ("{", ":1: not JSON")]
)
def test_a_line_that_is_no_object_is_named(tmp_path, line, message):
    file = tmp_path / "filled.jsonl"
    file.write_text(line + "\n")
    with pytest.raises(BadFile, match=message):
        read_answers(file, "ann-1")


@pytest.mark.parametrize("score", ["[1]", "{}", "1" + "0" * 400])
def test_a_score_that_is_no_number_is_named(tmp_path, score):
    file = tmp_path / "filled.jsonl"
    file.write_text(f'{{"task": "t-1", "verdict": "correct", "score_empathy": {score}}}\n')
    with pytest.raises(BadFile, match=r"row 1: score_empathy: .* is no whole number"):
        read_answers(file, "ann-1")


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_what_was_discussed_is_read_as_the_second_round_only(project, tmp_path, ending):
    out = tmp_path / f"again.{ending}"
    tasks = list(project.tasks.values())[:2]
    write_tasks(project, out, tasks, {task.id: Again("Annotator A: drop", answer(task)) for task in tasks})
    with pytest.raises(BadFile, match="--round 2"):
        read_answers(out, "ann-1")
    if ending == "csv":
        filled(out)
        assert [one.round for one in read_answers(out, "ann-1", round_=2)] == [2, 2]


def test_a_csv_parted_by_tabs_is_read_and_moments_are_in_utc(tmp_path):
    file = tmp_path / "filled.csv"
    file.write_text("task\tverdict\tcomment\tat\nt-1\tdrop\tno sense\t2026-11-01T12:00:00+02:00\n")
    [found] = read_answers(file, "ann-1")
    assert (found.verdict, found.at) == ("drop", "2026-11-01T10:00:00+00:00")


def test_the_same_file_again_is_no_news_and_an_older_file_changes_nothing(tmp_path):
    project = pushed(tmp_path / "project", played(tmp_path))
    out = tmp_path / "tasks.csv"
    write_tasks(project, out, project.tasks.values())
    filled(out)
    assert project.take(read_answers(out, "ann-1")) == len(project.tasks)
    os.utime(out)
    assert project.take(read_answers(out, "ann-1")) == 0
    filled(out, verdict="drop", comment="no")
    os.utime(out, (0, 0))
    assert project.take(read_answers(out, "ann-1")) == 0


def test_disputed_tasks_come_with_what_was_said_of_them_and_the_annotators_own_answer(project, tmp_path):
    task = next(iter(project.tasks.values()))
    mine = answer(task, verdict="corrected", response="I hear you.", comment="hm", understanding="")
    out = tmp_path / "disputed.csv"
    write_tasks(project, out, [task], {task.id: Again("Annotator A: drop", mine)})
    with out.open(newline="", encoding="utf-8-sig") as file:
        [row] = csv.DictReader(file)
    assert (row["task"], row["said"]) == (task.id, "Annotator A: drop")
    assert list(row)[:3] == ["task", "annotator", "said"]
    assert (row["response"], row["comment"], row["score_empathy"]) == ("I hear you.", "hm", "4")
    assert (row["understanding"], row["verdict"]) == (task.understanding, "")
    assert read_answers(out, "ann-1", round_=2) == []


def test_only_csv_and_jsonl_are_known(project, tmp_path):
    with pytest.raises(BadFile, match=r"\.csv or \.jsonl"):
        write_tasks(project, tmp_path / "tasks.xlsx", [])


def test_answers_of_a_file_settle_turns(project, tmp_path):
    task = next(iter(project.tasks.values()))
    given: Answer = answer(task, verdict="corrected", response="I hear you.")
    project.take([given])
    assert project.results().settled[0].verdict == "corrected"
