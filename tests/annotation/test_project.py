"""A project keeps every answer, through repeats, torn files and wrong rows."""

import fcntl
from threading import Thread

import pytest

from annotation.project import Project, WrongProject, push
from annotation.tasks import tasks_of
from graphs.corrections import CorrectedTurn
from graphs.records import read_header, read_rows, row_bytes
from graphs.runs import Run
from tests.annotation.material import answer, played, pushed


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    return played(tmp_path_factory.mktemp("project"))


@pytest.fixture
def project(run, tmp_path) -> Project:
    return pushed(tmp_path / "winter", run)


def test_a_second_push_adds_nothing_and_loses_no_answer(run, project):
    task = next(iter(project.tasks.values()))
    project.take([answer(task)])
    before = (project.path / "tasks.jsonl").read_bytes()
    assert push(project.path, tasks_of(run, run.path.name), run, 1).new == 0
    assert (project.path / "tasks.jsonl").read_bytes() == before
    assert Project(project.path).answers() == [answer(task)]


def test_a_project_is_of_one_pack_and_one_overlap(run, project):
    with pytest.raises(WrongProject, match="overlap 1"):
        push(project.path, tasks_of(run, "x"), run, 2)


def test_the_last_answer_of_an_annotator_stands_and_the_earlier_ones_are_kept(project):
    task = next(iter(project.tasks.values()))
    assert project.take([answer(task), answer(task, "ann-2")]) == 2
    assert project.take([answer(task), answer(task, "ann-2", comment="thought again")]) == 1
    assert [one.comment for one in project.answers()] == ["", "thought again"]
    assert len((project.path / "answers.jsonl").read_bytes().splitlines()) == 3


def test_an_older_answer_does_not_come_back_over_a_mended_one(project):
    task = next(iter(project.tasks.values()))
    mended = answer(task, comment="mended", at="2026-11-02T10:00:00Z")
    project.take([answer(task), mended])
    assert project.take([answer(task)]) == 0
    assert project.answers() == [mended]
    assert project.older([answer(task), mended, answer(task, "ann-2")]) == [answer(task)]
    assert project.older([answer(task, comment="mended")]) == []


def test_of_two_answers_of_one_second_the_submitted_one_stands_however_often_both_come(project):
    task = next(iter(project.tasks.values()))
    given, draft = answer(task), answer(task, status="draft", response="half")
    for both in ([given, draft], [draft, given], [given, draft]):
        project.take(both)
        assert project.answers() == [given]
    assert project.take([draft, given]) == 0


def test_answers_of_another_project_are_refused(project):
    task = next(iter(project.tasks.values()))
    with pytest.raises(WrongProject, match="another project"):
        project.take([answer(task).model_copy(update={"task": "t-other"})])


def test_results_hold_what_is_settled_what_is_open_and_what_goes_back(project):
    good, bad, dropped, *rest = project.tasks.values()
    project.take(
        [
            answer(good, verdict="corrected", response="I hear you."),
            answer(bad, verdict="corrected"),
            answer(dropped, verdict="drop", comment="no sense"),
            answer(rest[0], status="discarded", verdict=None),
        ]
    )
    found = project.write_results()
    assert {turn.verdict for turn in found.settled} == {"corrected", "drop"}
    assert len(found.open) == len(project.tasks) - 2
    assert "nothing is changed" in found.faults[0].messages[0]
    assert [row.turn for row in read_rows(project.path / "corrected_turns.jsonl", CorrectedTurn)] == [1, 3]
    assert read_header(project.path / "corrected_turns.jsonl")["open"] == len(found.open)


def test_results_are_counted_and_written_while_nobody_else_writes(project):
    first, second = list(project.tasks.values())[:2]
    project.take([answer(first)])
    writer = Thread(target=project.write_results)
    with (project.path / "project.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        writer.start()
        writer.join(0.5)
        with (project.path / "answers.jsonl").open("ab") as file:
            file.write(row_bytes(answer(second)) + b"\n")
    writer.join()
    assert read_header(project.path / "corrected_turns.jsonl")["open"] == len(project.tasks) - 2


@pytest.mark.parametrize("name", ["corrected_turns.jsonl", "returned.jsonl"])
def test_who_reads_results_while_they_are_written_anew_reads_the_old_ones_whole(project, name):
    first, second = list(project.tasks.values())[:2]
    project.take([answer(first, verdict="corrected")])
    project.write_results()
    before = (project.path / name).read_bytes()
    with (project.path / name).open("rb") as reader:
        project.take([answer(first, at="2026-11-02T10:00:00Z"), answer(second, verdict="corrected")])
        project.write_results()
        assert reader.read() == before
    assert (project.path / name).read_bytes() != before


def test_origins_stand_apart_from_what_annotators_are_shown(project):
    shown = (project.path / "tasks.jsonl").read_text()
    assert not any(origin.trajectory in shown for origin in project.origins.values())
