"""A project keeps every answer, through repeats, torn files and wrong rows."""

import pytest

from annotation.project import Project, WrongProject, push
from annotation.tasks import tasks_of
from graphs.corrections import CorrectedTurn
from graphs.records import BadFile, read_header, read_rows
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


def test_a_torn_last_line_is_passed_over_and_written_over(project):
    first, second = list(project.tasks.values())[:2]
    project.take([answer(first)])
    with (project.path / "answers.jsonl").open("ab") as file:
        file.write(b'{"task": "t-half')
    assert project.answers() == [answer(first)]
    project.take([answer(second)])
    assert project.answers() == [answer(first), answer(second)]


def test_a_damaged_line_in_the_middle_is_named(project):
    task = next(iter(project.tasks.values()))
    (project.path / "answers.jsonl").write_text('{"odd": 1}\n')
    project.path.joinpath("answers.jsonl").open("a").write(answer(task).model_dump_json() + "\n")
    with pytest.raises(BadFile, match=r"answers\.jsonl:1"):
        project.answers()


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


def test_origins_stand_apart_from_what_annotators_are_shown(project):
    shown = (project.path / "tasks.jsonl").read_text()
    assert not any(origin.trajectory in shown for origin in project.origins.values())
