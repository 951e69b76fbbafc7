"""What annotators are shown, and what not."""

import json

import pytest

from annotation.files import write_tasks
from annotation.tasks import Task, tasks_of
from graphs.records import read_rows, row_bytes
from graphs.runs import Run
from graphs.schema import Trajectory
from tests.annotation.material import played, pushed


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    return played(tmp_path_factory.mktemp("tasks"))


def trajectories(run: Run) -> list[Trajectory]:
    return list(read_rows(run.path / "trajectories.jsonl", Trajectory))


def test_every_turn_of_the_test_dialogues_that_passed_screening_is_a_task(run):
    wanted = [one for one in trajectories(run) if one.split == "test" and not one.removals]
    found = list(tasks_of(run, "winter"))
    assert wanted
    assert [(origin.trajectory, origin.turn) for _, origin in found] == [
        (one.id, turn) for one in wanted for turn in range(1, len(one.turns) + 1)
    ]


def test_a_task_carries_its_whole_context_and_the_reply_by_its_spans(run):
    by_id = {one.id: one for one in trajectories(run)}
    for task, origin in tasks_of(run, "winter"):
        dialogue = by_id[origin.trajectory]
        turn = dialogue.turns[origin.turn - 1]
        assert task.dialogue[-1].text == turn.utterance
        assert len(task.dialogue) == 2 * origin.turn - 1
        assert task.response in turn.reply
        assert task.situation == dialogue.situation.text
        assert origin.reply == turn.reply


def test_nothing_tells_which_model_wrote_it_or_what_was_decided(run):
    ids = {one.id for one in trajectories(run)}
    for task, _ in tasks_of(run, "winter"):
        text = json.dumps(task.model_dump(mode="json"))
        assert not any(word in text for word in ("PASS", "FAIL", "SOLVED", "kardia-demo-1", "winter", "attempts"))
        assert not any(id_ in text for id_ in ids)
        assert "turns" not in json.loads(row_bytes(task))


def test_how_long_a_dialogue_is_stands_in_no_file_that_annotators_get(run, tmp_path):
    """A dialogue that ends before its last possible turn was solved."""
    project = pushed(tmp_path / "project", run)
    for ending in ("csv", "jsonl"):
        write_tasks(project, tmp_path / f"tasks.{ending}", project.tasks.values())
    rows = [json.loads(line) for line in (tmp_path / "tasks.jsonl").read_text().splitlines()]
    assert [row["turn"] for row in rows] == [task.turn for task in project.tasks.values()]
    assert not any(f" of {len(one.turns)}" in (tmp_path / "tasks.csv").read_text() for one in trajectories(run))


def test_tasks_of_projects_that_were_made_earlier_are_still_read(run):
    task, _ = next(tasks_of(run, "winter"))
    assert Task.model_validate({**task.model_dump(), "turns": 8}).turn == task.turn


def test_the_same_turn_is_the_same_task_again(run):
    assert [task for task, _ in tasks_of(run, "a")] == [task for task, _ in tasks_of(run, "b")]
