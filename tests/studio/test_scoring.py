"""Scores with and without turns after a correction."""

import json
from collections.abc import Callable
from statistics import pstdev

import pytest

from annotation.project import Project
from annotation.tasks import Task
from graphs.corrections import by_trajectory, dropped_because, gold_turns
from graphs.records import read_rows
from graphs.runs import TRAJECTORIES
from graphs.schema import Trajectory
from studio.annotate.agreeing import agreement_report, agreement_text
from studio.annotate.exchanging import push_runs
from studio.annotate.rulings import rule
from studio.annotate.scoring import score_report, score_text, scored_turns
from tests.annotation.material import answer, played, pushed
from tests.graphs.runs import kardia

CRITERIA = ("relevance", "fluency", "empathy", "persona_consistency", "safety")


@pytest.fixture
def project(own_ground) -> Project:
    path = own_ground.root / "annotations" / "winter"
    push_runs(path, [own_ground.run_path], overlap=2)
    return Project(path)


def dialogues(project: Project) -> list[list[Task]]:
    found: dict[str, list[Task]] = {}
    for origin in sorted(project.origins.values(), key=lambda origin: (origin.trajectory, origin.turn)):
        found.setdefault(origin.trajectory, []).append(project.tasks[origin.task])
    return list(found.values())


def say(project: Project, tasks: list[Task], scores: tuple[int, int], **changes: object) -> None:
    """Both annotators answer, the same but for the scores of every criterion."""
    for name, score in zip(("ann-1", "ann-2"), scores, strict=True):
        project.take(answer(task, name, **{"scores": dict.fromkeys(CRITERIA, score), **changes}) for task in tasks)


def test_turns_after_a_correction_are_counted_apart(project):
    first, *rest = dialogues(project)
    say(project, first[:1], (4, 5), verdict="corrected", response="I hear you.")
    say(project, first[1:], (1, 2))
    say(project, [task for turns in rest for task in turns], (5, 5))
    report = score_report(project)
    after, others = len(first) - 1, sum(map(len, rest))
    assert (report.turns, report.after_correction) == (len(project.tasks), after)
    assert (report.dropped, report.open) == (0, 0)
    for row in report.rows:
        whole, apart = row["all"], row["without"]
        assert whole["mean"] == pytest.approx((4.5 + 1.5 * after + 5 * others) / (1 + after + others))
        assert apart["mean"] == pytest.approx((4.5 + 5 * others) / (1 + others))
        assert (whole["turns"], apart["turns"]) == (1 + after + others, 1 + others)
    assert [row["criterion"] for row in report.rows] == list(CRITERIA)


def drop_second(project: Project, first: list[Task]) -> None:
    say(project, first[1:2], (1, 1), verdict="drop", comment="no sense")


def drop_first(project: Project, first: list[Task]) -> None:
    say(project, first[:1], (1, 1), verdict="drop", comment="no sense")


def correct_second(project: Project, first: list[Task]) -> None:
    say(project, first[1:2], (1, 1), verdict="corrected", response="I hear you.")


@pytest.mark.parametrize("change", [drop_second, drop_first, correct_second])
def test_what_counts_and_what_is_marked_is_what_release_marks(project, own_ground, change: Callable[..., None]):
    first, *rest = dialogues(project)
    say(project, [task for turns in (first, *rest) for task in turns], (3, 3))
    change(project, first)
    settled = project.results().settled
    found = {(turn.dialogue, turn.after_correction) for turn in scored_turns(project, settled)}
    corrections, expected, count = by_trajectory(settled), set[tuple[str, bool]](), 0
    for trajectory in read_rows(own_ground.run_path / TRAJECTORIES, Trajectory):
        if trajectory.id not in corrections:
            continue
        turns = gold_turns(trajectory, corrections[trajectory.id])
        scored = [] if dropped_because(turns) else [turn for turn in turns if turn.is_scored]
        expected |= {(trajectory.id, turn.after_correction) for turn in scored}
        count += len(scored)
    assert found == expected
    report = score_report(project)
    assert (report.turns, report.dropped) == (count, len(project.tasks) - count)


def test_open_turns_do_not_count_and_a_ruling_gives_no_score(project):
    first, *_ = dialogues(project)
    say(project, first[:1], (2, 5))
    assert score_report(project).rows == []
    assert "no scores yet" in score_text(score_report(project))
    rule(project, first[0].id, "chief", "correct", {}, "")
    report = score_report(project)
    assert (report.turns, report.open) == (1, len(project.tasks) - 1)
    assert report.rows[0]["all"]["mean"] == 3.5
    assert report.rows[0]["all"]["low"] is None
    assert "1 turns" in score_text(report)


def test_the_last_word_of_an_annotator_counts(project):
    first, *_ = dialogues(project)
    say(project, first[:1], (1, 5))
    say(project, first[:1], (4, 5), round=2)
    assert score_report(project).rows[0]["all"]["mean"] == 4.5


def test_an_interval_holds_its_mean_and_is_over_dialogues(tmp_path):
    many = pushed(tmp_path / "many", played(tmp_path, 40), overlap=2)
    for number, turns in enumerate(dialogues(many)):
        say(many, turns, (1 + number % 3, 2 + number % 3))
    (row, *_) = score_report(many).rows
    assert row["all"]["dialogues"] == len(dialogues(many)) >= 6
    assert row["all"]["low"] < row["all"]["mean"] < row["all"]["high"]
    means = [turn.means["empathy"] for turn in scored_turns(many, many.results().settled)]
    width_of_independent_turns = 2 * 1.96 * pstdev(means) / len(means) ** 0.5
    assert row["all"]["high"] - row["all"]["low"] > 1.5 * width_of_independent_turns


def test_the_command_and_the_page_show_them(project, own_ground, view):
    say(project, list(project.tasks.values()), (3, 4))
    told = kardia("annotate", "agreement", project.path, "--json")
    assert told.returncode == 0, told.stderr
    scores = json.loads(told.stdout)["scores"]
    assert scores["rows"][0]["without"]["mean"] == 3.5
    assert scores["turns"] == len(project.tasks)
    assert "without after_correction" in kardia("annotate", "agreement", project.path).stdout
    page = view("annotation", root=own_ground.root).run()
    page.segmented_control(key="view").set_value("Agreement").run()
    assert not page.exception
    assert any("All turns" in frame.value.columns for frame in page.dataframe)


def test_one_annotator_alone_has_scores_without_agreement(own_ground):
    path = own_ground.root / "annotations" / "alone"
    push_runs(path, [own_ground.run_path], overlap=1)
    alone = Project(path)
    alone.take(answer(task) for task in alone.tasks.values())
    text = agreement_text(agreement_report(alone))
    assert "nothing to compare" in text
    assert "4.00" in text


def test_a_score_beyond_the_scale_is_sent_back_also_with_a_drop(project):
    first, *_ = dialogues(project)
    say(project, first[:1], (9, 9), verdict="drop", comment="no sense")
    assert "relevance: 9 is outside" in project.results().faults[0].messages[0]
    assert agreement_report(project).scores.rows == []
