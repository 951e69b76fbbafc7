"""How annotators agree, from a project's answers."""

from collections import Counter
from pathlib import Path

import pytest

from annotation.project import Project
from graphs.runs import Run
from studio.annotate.agreeing import agreement_report
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
