"""Annotation projects through the command line's functions and the page."""

import pytest

from annotation.project import Project, WrongProject
from studio.annotate.agreeing import agreement_report, agreement_text
from studio.annotate.annotating import (
    correction_diffs,
    disputes,
    let_stand,
    pseudonyms,
    push_runs,
    rule,
    standing,
)
from studio.workspace import Workspace
from tests.annotation.material import answer
from tests.graphs.runs import kardia


@pytest.fixture
def project(own_ground) -> Project:
    """Two annotators who agree on all turns but the first, where one drops it, and the second, which one corrects alike."""
    path = own_ground.root / "annotations" / "winter"
    push_runs(path, [own_ground.run_path], overlap=2)
    made = Project(path)
    first, second, *rest = made.tasks.values()
    for name in ("ann-1", "ann-2"):
        made.take(answer(task, name) for task in rest)
        made.take([answer(second, name, verdict="corrected", response="I hear you.")])
    made.take([answer(first, "ann-1"), answer(first, "ann-2", verdict="drop", comment="no sense")])
    return made


def test_where_a_project_stands_is_counted(project):
    now = standing(project)
    assert (now.disputed, now.waiting, now.returned) == (1, 0, 0)
    assert now.settled == {"correct": now.tasks - 2, "corrected": 1}
    assert now.by_annotator == {name: {"submitted": now.tasks} for name in ("ann-1", "ann-2")}


def test_a_dispute_shows_both_sides_and_is_decided_by_a_named_person(project):
    (one,) = disputes(project)
    assert set(one["answers"]) == {"A", "B"}
    letter = next(letter for letter, said in one["answers"].items() if said["verdict"] == "drop")
    results = let_stand(project, one["task"], letter, "chief", "")
    settled = next(turn for turn in results.settled if turn.by == "person")
    assert (settled.verdict, settled.history[-1].who) == ("drop", "chief")
    assert disputes(project) == []


def test_only_open_turns_are_decided_and_only_with_what_can_stand(project):
    settled = list(project.tasks)[2]
    with pytest.raises(WrongProject, match="not open"):
        rule(project, settled, "chief", "drop", {}, "x")
    (one,) = disputes(project)
    with pytest.raises(WrongProject, match="why the turn is dropped"):
        rule(project, one["task"], "chief", "drop", {}, "")


def test_corrections_are_shown_by_words(project):
    rows = correction_diffs(project)
    assert len(rows) == 2
    assert set(rows[0]["ops"]) == {"response"}


def test_agreement_counts_the_first_round_and_says_what_could_not_be_counted(project):
    report = agreement_report(project)
    by_name = {row["judged"]: row for row in report.rows}
    assert by_name["verdict"]["units"] == len(project.tasks)
    assert by_name["empathy"]["alpha"] == ""
    assert "nothing to disagree" in by_name["empathy"]["why"]
    assert by_name["verdict"]["alpha"]
    assert "empathy" in agreement_text(report)


def test_one_annotator_alone_has_nothing_to_agree_with(own_ground):
    path = own_ground.root / "annotations" / "alone"
    push_runs(path, [own_ground.run_path], overlap=1)
    assert "nothing to compare" in agreement_text(agreement_report(Project(path)))


def test_pseudonyms_are_the_same_for_the_same_person_and_tell_nothing(tmp_path):
    name, again = pseudonyms(Workspace(tmp_path)), pseudonyms(Workspace(tmp_path))
    assert name("maria@example.org") == again("maria@example.org")
    assert name("maria@example.org") != name("otto@example.org")
    assert "maria" not in name("maria@example.org")


def test_a_run_without_test_dialogues_is_refused(own_ground, tmp_path):
    with pytest.raises(WrongProject, match="no test dialogue"):
        push_runs(tmp_path / "p", [], overlap=1)


def test_the_round_trip_by_files_on_the_command_line(own_ground, tmp_path):
    project = own_ground.root / "annotations" / "files"
    assert kardia("annotate", "push", own_ground.run_path, "--to", project, "--files-only").returncode == 0
    assert kardia("annotate", "export", project, "--out", tmp_path / "tasks.csv").returncode == 0
    taken = kardia("annotate", "import", project, tmp_path / "tasks.csv", "--annotator", "ann-1", "--json")
    assert taken.returncode == 0, taken.stderr
    assert '"taken": 0' in taken.stdout
    assert kardia("annotate", "status", project / "nowhere").returncode == 2


def test_the_page_shows_progress_disputes_agreement_and_corrections(view, project, own_ground):
    page = view("annotation", root=own_ground.root).run()
    assert not page.exception
    assert str(standing(project).disputed) in [metric.value for metric in page.metric]
    for name in ("Disputed", "Agreement", "Corrections"):
        page.segmented_control(key="view").set_value(name).run()
        assert not page.exception, name


def test_the_page_lets_a_named_person_decide(view, project, own_ground):
    page = view("annotation", root=own_ground.root).run()
    page.segmented_control(key="view").set_value("Disputed").run()
    page.text_input(key="adjudicator").input("chief").run()
    next(button for button in page.button if button.label == "Let A stand").click().run()
    assert disputes(Project(project.path)) == []


def test_the_page_pulls_from_the_argilla_that_the_environment_names(view, project, own_ground, monkeypatch):
    monkeypatch.setenv("ARGILLA_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ARGILLA_API_KEY", "a key")
    page = view("annotation", root=own_ground.root).run()
    next(button for button in page.button if button.label == "Pull answers").click().run()
    shown = [part.value for part in (*page.error, *page.markdown, *page.caption, *page.text)]
    assert any("127.0.0.1:9" in str(part) and "is Argilla running there?" in str(part) for part in shown), shown


def test_an_empty_workspace_says_how_to_begin(view, tmp_path):
    page = view("annotation", root=tmp_path).run()
    assert not page.exception
    assert any("No annotation project yet" in part.value for part in page.markdown)
