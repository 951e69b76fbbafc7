"""How annotators agree, from a project's answers."""

from collections import Counter
from pathlib import Path

import pytest

from annotation.project import Project
from graphs.runs import Run
from studio.annotate.agreeing import agreement_report, agreement_text
from tests.annotation.material import answer, played, pushed


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    return played(tmp_path_factory.mktemp("agreeing"), count=60)


def answered(path: Path, run: Run, dialogues: int) -> Project:
    """Two annotators who answered all turns of so many dialogues; the second scores higher where the turn is even."""
    project = pushed(path, run, overlap=2)
    wanted = list(dict.fromkeys(origin.trajectory for origin in project.origins.values()))[:dialogues]
    for task in project.tasks.values():
        if project.origins[task.id].trajectory in wanted:
            higher = {name: 5 if task.turn % 2 == 0 else score for name, score in answer(task).scores.items()}
            project.take([answer(task), answer(task, "ann-2", scores=higher)])
    return project


@pytest.mark.parametrize(("dialogues", "has_interval"), [(5, False), (6, True)])
def test_how_much_higher_somebody_scores_has_an_interval_over_dialogues_alone(tmp_path, run, dialogues, has_interval):
    project = answered(tmp_path / "winter", run, dialogues)
    turns = Counter(project.origins[one.task].trajectory for one in project.answers() if one.annotator == "ann-1")
    assert len(turns) == dialogues
    assert sum(turns.values()) > 6
    report = agreement_report(project)
    said = {person["annotator"]: person["scores higher by"] for person in report.people}
    assert said["ann-2"].startswith("+")
    assert ("[" in said["ann-2"]) is has_interval


def test_what_was_said_in_the_first_round_after_the_discussion_is_left_out_and_counted(tmp_path, run):
    project = answered(tmp_path / "winter", run, 6)
    before = agreement_report(project)
    one, other, third = [project.tasks[said.task] for said in project.answers() if said.annotator == "ann-1"][:3]
    project.take(
        answer(task, name, round=2, at="2026-11-02T10:00:00Z")
        for task, name in [(one, "ann-1"), (other, "ann-2"), (third, "ann-2")]
    )
    low = dict.fromkeys(answer(one).scores, 1)
    project.take(answer(task, "ann-2", scores=low, at="2026-11-03T10:00:00Z") for task in (one, other))
    project.take([answer(third, "ann-3", at="2026-11-03T10:00:00Z")])
    after = agreement_report(project)
    assert (after.rows, after.people) == (before.rows, before.people)
    assert "3 answers of the first round were given after" in agreement_text(after)
    assert "were given after" not in agreement_text(before)


def test_what_was_mended_in_the_first_round_before_the_discussion_counts(tmp_path, run):
    project = answered(tmp_path / "winter", run, 6)
    before = agreement_report(project)
    task = project.tasks[project.answers()[0].task]
    low = dict.fromkeys(answer(task).scores, 1)
    project.take([answer(task, "ann-2", scores=low, at="2026-11-02T10:00:00Z")])
    project.take([answer(task, "ann-1", round=2, at="2026-11-03T10:00:00Z")])
    after = agreement_report(project)
    assert after.rows != before.rows
    assert not any("were given after" in said for said in after.warnings)


def test_an_answer_that_was_taken_back_before_the_discussion_does_not_count(tmp_path, run):
    project = answered(tmp_path / "winter", run, 6)
    taken_back = project.answers()[0].model_copy(update={"status": "discarded", "at": "2026-11-02T10:00:00+00:00"})
    units = agreement_report(project).rows[0]["units"]
    project.take([taken_back])
    assert agreement_report(project).rows[0]["units"] == units - 1


def test_late_answers_are_told_even_where_nothing_is_left_to_compare(tmp_path, run):
    project = pushed(tmp_path / "winter", run, overlap=2)
    task = next(iter(project.tasks.values()))
    project.take([answer(task), answer(task, round=2, at="2026-11-02T10:00:00Z")])
    project.take([answer(task, "ann-2", at="2026-11-03T10:00:00Z")])
    text = agreement_text(agreement_report(project))
    assert "nothing to compare" in text
    assert "1 answers of the first round were given after" in text
