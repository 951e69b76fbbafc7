"""Annotation projects through the command line's functions and the page."""

import json
from pathlib import Path

import pytest

from annotation.project import Project, WrongProject
from graphs.corrections import Verdict
from graphs.records import read_header
from graphs.spans import parse_spans
from personas.anonymise import KEY_VARIABLE, pseudonym_key
from studio.annotate.accounts import workspace_keys
from studio.annotate.agreeing import agreement_report, agreement_text
from studio.annotate.exchanging import push_runs, take_file
from studio.annotate.rulings import let_stand, rule
from studio.annotate.standing import correction_diff, corrections, disputes, standing, standing_text
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
    whole = {"submitted": now.tasks, "of": now.tasks, "drafts": 0, "discarded": 0}
    again = {"submitted": 0, "of": 1, "drafts": 0, "discarded": 0}
    assert now.by_annotator == {name: {"first_round": whole, "second_round": again} for name in ("ann-1", "ann-2")}


def test_the_rounds_of_an_annotator_are_counted_apart(project):
    first, *_ = project.tasks.values()
    again = answer(first, "ann-2", round=2, verdict="drop", comment="no sense")
    project.take([again, answer(first, "ann-1", round=2, status="draft")])
    text = standing_text(project)
    count = len(project.tasks)
    assert f"  ann-1: first round {count} of {count}, second round 0 of 1 (1 in draft)" in text
    assert f"  ann-2: first round {count} of {count}, second round 1 of 1\n" in text
    project.take([again.model_copy(update={"annotator": "ann-1"})])
    assert standing(project).disputed == 0
    assert standing_text(project).count("second round 1 of 1") == 2


def test_a_first_round_is_counted_against_what_somebody_has_answered_or_still_can(own_ground, tmp_path):
    push_runs(tmp_path / "three", [own_ground.run_path], overlap=2)
    three = Project(tmp_path / "three")
    tasks, count = list(three.tasks.values()), len(three.tasks)
    three.take(answer(task, name) for task in tasks[:3] for name in ("ann-1", "ann-2"))
    three.take([answer(tasks[3], "ann-3"), answer(tasks[4], "ann-3", status="discarded")])
    text = standing_text(three)
    assert f"ann-1: first round 3 of {count}\n" in text
    assert f"ann-3: first round 1 of {count - 3} (1 discarded)" in text


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


@pytest.mark.parametrize(
    ("verdict", "changes", "message"),
    [
        ("correct", {"response": "I am here."}, "says correct, but response changed"),
        ("corrected", {}, "nothing is changed"),
        ("corrected", {"emotion": "underscored"}, "'underscored' is not one of the labels"),
        ("corrected", {"response": "a<|response_end|>b"}, "response: holds a span tag"),
        ("corrected", {"response": " "}, "response: is empty"),
        ("drop", {"response": "I am here."}, "says drop, but response changed"),
    ],
)
def test_a_ruling_that_contradicts_itself_is_refused_and_the_turn_stays_open(project, verdict, changes, message):
    (one,) = disputes(project)
    with pytest.raises(WrongProject, match=message):
        rule(project, one["task"], "chief", verdict, changes, "the score is low")
    assert [left["task"] for left in disputes(project)] == [one["task"]]
    assert not project.rulings()


def test_a_ruling_can_be_given_anew_and_the_last_one_counts(project):
    (one,) = disputes(project)
    rule(project, one["task"], "chief", "correct", {}, "")
    results = rule(project, one["task"], "chief", "drop", {}, "no sense after all")
    assert next(turn.verdict for turn in results.settled if turn.by == "person") == "drop"
    assert len((project.path / "rulings.jsonl").read_text().splitlines()) == 2


def test_of_rulings_the_last_counts_also_where_somebody_gives_again_what_another_has_replaced(project):
    one = disputes(project)[0]
    given: list[tuple[str, Verdict]] = [("chief", "drop"), ("deputy", "correct"), ("chief", "drop")]
    for who, verdict in given:
        rule(project, one["task"], who, verdict, {}, "seen again")
    assert (project.rulings()[one["task"]].annotator, project.rulings()[one["task"]].verdict) == ("chief", "drop")
    assert "drop" in {turn.verdict for turn in project.results().settled}
    before = (project.path / "rulings.jsonl").read_bytes()
    rule(project, one["task"], "chief", "drop", {}, "seen again")
    assert (project.path / "rulings.jsonl").read_bytes() == before


def test_a_turn_that_waits_for_answers_is_nobodys_to_decide(own_ground, tmp_path):
    push_runs(tmp_path / "waiting", [own_ground.run_path], overlap=2)
    waiting = Project(tmp_path / "waiting")
    task = next(iter(waiting.tasks.values()))
    waiting.take([answer(task)])
    with pytest.raises(WrongProject, match="is not disputed: 1 of 2 annotators have answered"):
        rule(waiting, task.id, "chief", "correct", {}, "")


def test_a_ruling_needs_no_scores_and_changes_what_was_typed_alone(project):
    (one,) = disputes(project)
    results = rule(project, one["task"], "chief", "corrected", {"response": "I am here."}, "")
    settled = next(turn for turn in results.settled if turn.by == "person")
    found = parse_spans(settled.reply)
    assert found == project.tasks[one["task"]].spans._replace(response="I am here.")


def test_an_answer_that_drops_a_turn_may_stand_though_it_changed_spans_first(project):
    (one,) = disputes(project)
    task = project.tasks[one["task"]]
    project.take([answer(task, "ann-2", verdict="drop", comment="no sense", response="Hm.", at="2026-11-03T10:00:00Z")])
    letter = next(name for name, said in disputes(project)[0]["answers"].items() if said["verdict"] == "drop")
    results = let_stand(project, task.id, letter, "chief", "")
    assert next(turn for turn in results.settled if turn.by == "person").verdict == "drop"


def test_corrections_are_shown_by_words(project):
    rows = [correction_diff(project, answer) for answer in corrections(project)]
    assert [row["part"] for row in rows] == ["round 1"] * 2
    assert set(rows[0]["ops"]) == {"response"}


def test_a_ruling_that_corrects_a_turn_stands_among_the_corrections(project):
    one = disputes(project)[0]
    rule(project, one["task"], "deputy", "corrected", {"response": "I am here."}, "")
    row = correction_diff(project, corrections(project)[0])
    assert (row["task"], row["annotator"], row["part"]) == (one["task"], "deputy", "decided")
    assert set(row["ops"]) == {"response"}


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


def test_keys_of_the_workspaces_around_a_project_are_found_to_go_on_with_its_names(tmp_path, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    project, here = tmp_path / "ws" / "annotations" / "winter", Workspace(tmp_path / "here")
    project.mkdir(parents=True)
    assert workspace_keys(project, here) == []
    above, where = pseudonym_key(tmp_path / "ws"), pseudonym_key(here.root)
    monkeypatch.chdir(project)
    assert workspace_keys(Path(), here) == [above, where]


@pytest.mark.parametrize("name", ["Jane Doe", "jane@x.org", "model.gpt-4o", "x"])
def test_rulings_and_files_are_of_pseudonyms_only(project, tmp_path, name):
    (one,) = disputes(project)
    with pytest.raises(ValueError, match="write a pseudonym"):
        rule(project, one["task"], name, "correct", {}, "")
    with pytest.raises(ValueError, match="write a pseudonym"):
        take_file(project, tmp_path / "tasks.csv", name, 1)


def filled_again(project: Project, out: Path, **row: str) -> Path:
    """The project's one dispute, as somebody filled it in again."""
    (one,) = disputes(project)
    kept = {"task": one["task"], "said": "Annotator A", "verdict": "drop", "comment": "no sense"}
    out.write_text(json.dumps({**kept, **row}) + "\n")
    return out


def test_who_has_no_standing_first_answer_to_a_turn_is_not_taken_into_its_second_round(project, tmp_path):
    file = filled_again(project, tmp_path / "again.jsonl")
    (one,) = disputes(project)
    before = project.answers()
    with pytest.raises(WrongProject, match=f"paper-1 has no answer to {one['task']} .*first round.*check --annotator"):
        take_file(project, file, "paper-1", 2)
    assert project.answers() == before
    filled_again(project, file, task="t-other")
    with pytest.raises(WrongProject, match="another project"):
        take_file(project, file, "paper-1", 2)


def test_who_has_a_first_answer_to_a_turn_is_heard_in_its_second_round(project, tmp_path):
    task = project.tasks[disputes(project)[0]["task"]]
    project.take([answer(task, "paper-1")])
    file = filled_again(project, tmp_path / "again.jsonl")
    assert take_file(project, file, "paper-1", 2).taken == 1


def test_rows_that_are_older_than_what_is_on_record_are_told_from_rows_that_are_not_new(own_ground, tmp_path):
    path, file = own_ground.root / "annotations" / "older", tmp_path / "rows.jsonl"
    push_runs(path, [own_ground.run_path], overlap=1)
    project = Project(path)
    tasks = list(project.tasks)[:2]
    project.take(answer(project.tasks[task], "paper-1") for task in tasks)
    rows = [{"task": task, "verdict": "drop", "comment": "no", "at": "2026-10-01T10:00:00Z"} for task in tasks]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = kardia("annotate", "import", path, file, "--annotator", "paper-1")
    assert "0 answers new or changed\n2 rows are older than what is on record and were passed over" in done.stdout
    file.write_text("")
    file.write_text(json.dumps({"task": tasks[0], "verdict": "drop", "comment": "no"}) + "\n")
    for taken in (1, 0):
        done = kardia("annotate", "import", path, file, "--annotator", "paper-1")
        assert f"{taken} answers new or changed" in done.stdout
        assert "older than" not in done.stdout


def test_a_later_push_goes_on_with_the_projects_overlap_and_says_how_to_give_it(project, own_ground):
    assert push_runs(project.path, [own_ground.run_path], overlap=None).new == 0
    assert Project(project.path).overlap == 2
    with pytest.raises(WrongProject, match="give --overlap 2"):
        push_runs(project.path, [own_ground.run_path], overlap=3)


def test_a_project_without_an_overlap_given_has_one(own_ground, tmp_path):
    push_runs(tmp_path / "new", [own_ground.run_path], overlap=None)
    assert Project(tmp_path / "new").overlap == 1


def test_a_later_push_says_anew_in_the_corrections_what_is_open(own_ground, tmp_path):
    push_runs(tmp_path / "p", [own_ground.run_path], overlap=1, dialogues=1)
    project = Project(tmp_path / "p")
    project.take([answer(task, "ann-1") for task in project.tasks.values()])
    assert project.write_results().open == ()
    assert push_runs(tmp_path / "p", [own_ground.run_path], overlap=None).new
    corrected = tmp_path / "p" / "corrected_turns.jsonl"
    assert read_header(corrected)["open"] == len(Project(tmp_path / "p").tasks) - len(project.tasks)
    assert str(corrected) in standing_text(Project(tmp_path / "p"))


def test_a_run_without_test_dialogues_is_refused(own_ground, tmp_path):
    with pytest.raises(WrongProject, match="no test dialogue"):
        push_runs(tmp_path / "p", [], overlap=1)


def test_the_round_trip_by_files_on_the_command_line(own_ground, tmp_path):
    project = own_ground.root / "annotations" / "files"
    assert kardia("annotate", "push", own_ground.run_path, "--to", project, "--files-only").returncode == 0
    assert kardia("annotate", "export", project, "--out", tmp_path / "tasks.csv").returncode == 0
    taken = kardia("annotate", "import", project, tmp_path / "tasks.csv", "--annotator", "paper-1", "--json")
    assert taken.returncode == 0, taken.stderr
    assert '"taken": 0' in taken.stdout
    assert kardia("annotate", "status", project / "nowhere").returncode == 2


def test_the_page_shows_progress_disputes_agreement_and_corrections(view, project, own_ground):
    page = view("annotation", root=own_ground.root).run()
    assert not page.exception
    assert str(standing(project).disputed) in [metric.value for metric in page.metric]
    table, count = page.dataframe[0].value, len(project.tasks)
    assert list(table["First round"]) == [f"{count} of {count}"] * 2
    assert list(table["Second round"]) == ["0 of 1"] * 2
    assert list(table["First round, done"]) == [100] * 2
    assert list(table["Second round, done"]) == [0] * 2
    for name in ("Disputed", "Agreement", "Corrections"):
        page.segmented_control(key="view").set_value(name).run()
        assert not page.exception, name


def test_the_page_lets_a_named_person_decide(view, project, own_ground):
    page = view("annotation", root=own_ground.root).run()
    page.segmented_control(key="view").set_value("Disputed").run()
    page.text_input(key="adjudicator").input("chief").run()
    next(button for button in page.button if button.label == "Let A stand").click().run()
    assert disputes(Project(project.path)) == []


def test_the_page_tells_of_late_answers_also_where_nothing_is_left_to_compare(view, own_ground):
    path = own_ground.root / "annotations" / "late"
    push_runs(path, [own_ground.run_path], overlap=2)
    late = Project(path)
    task = next(iter(late.tasks.values()))
    late.take([answer(task, at="2026-11-01T10:00:00Z"), answer(task, round=2, at="2026-11-02T10:00:00Z")])
    late.take([answer(task, "ann-2", at="2026-11-03T10:00:00Z")])
    report = agreement_report(late)
    assert report.rows == []
    page = view("annotation", root=own_ground.root).run()
    page.segmented_control(key="view").set_value("Agreement").run()
    assert not page.exception
    assert any("Nothing to compare yet" in part.value for part in page.markdown)
    drawn = str([part.proto for part in page.main])
    assert all(warning in drawn for warning in report.warnings)
    assert any("1 answers of the first round were given after" in warning for warning in report.warnings)


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
