"""`kardia annotate adjudicate` and the second round by file: all that the page and Argilla can, on the command line."""

import csv
import json
from pathlib import Path

import pytest

from annotation.project import Project
from graphs.offline import MODEL_NAME
from graphs.records import BadFile
from graphs.released import ReleaseError
from graphs.spans import parse_spans
from release.corrected import read_corrections
from studio.annotate.exchanging import push_runs, take_file
from tests.annotation.material import answer
from tests.graphs.runs import kardia


@pytest.fixture
def project(own_ground) -> Project:
    """Two who disagree on the first two turns: one corrects what the other drops."""
    path = own_ground.root / "annotations" / "winter"
    push_runs(path, [own_ground.run_path], overlap=2)
    made = Project(path)
    for task in list(made.tasks.values())[:2]:
        made.take([answer(task, "paper-1", verdict="corrected", response="I hear you.", comment="warmer")])
        made.take([answer(task, "paper-2", verdict="drop", comment="no sense", at="2026-11-01T11:00:00Z")])
    return made


def discuss(project: Project) -> None:
    """Everybody answers the second round as they answered the first."""
    project.take([one.model_copy(update={"round": 2}) for one in project.answers()])


def adjudicate(project: Project, *options: str | Path, returns: int = 0) -> str:
    """What the command says: its result where it is done, and else why not."""
    done = kardia("annotate", "adjudicate", project.path, *options)
    assert done.returncode == returns, done.stderr
    return done.stdout if returns == 0 else " ".join(done.stderr.split())


def settled(project: Project, task: str):
    origin = project.origins[task]
    return next(
        turn for turn in project.results().settled if (turn.trajectory, turn.turn) == (origin.trajectory, origin.turn)
    )


def test_a_turn_alone_is_shown_with_what_is_said_of_it_under_letters(project):
    task = next(iter(project.tasks.values()))
    shown = adjudicate(project, task.id)
    assert f"{task.id}: verdict: corrected, drop" in shown
    assert task.dialogue[-1].text in shown
    assert f"response: {task.response}" in shown
    assert "Annotator A: corrected" in shown
    assert "Response: I hear you." in shown
    assert "Annotator B: drop" in shown
    assert not any(name in shown for name in ("paper-1", "paper-2"))
    assert json.loads(adjudicate(project, task.id, "--json"))["answers"]["A"]["response"] == "I hear you."
    assert f"kardia annotate adjudicate {project.path} TASK" in kardia("annotate", "status", project.path).stdout


def test_an_answer_is_let_stand_by_its_letter(project):
    first, second = list(project.tasks)[:2]
    adjudicate(project, first, "--by", "chief", "--let-stand", "a")
    adjudicate(project, second, "--by", "chief", "--let-stand", "B", "--comment", "beyond repair")
    found, dropped = settled(project, first), settled(project, second)
    assert (found.verdict, parse_spans(found.reply).response, found.by) == ("corrected", "I hear you.", "person")
    assert (dropped.verdict, dropped.history[-1].comment) == ("drop", "beyond repair")


def test_every_span_can_be_corrected(project):
    task, changes = next(iter(project.tasks)), {"understanding": "They lost a cup.", "reasoning": "It was a gift."}
    options = [part for name, text in changes.items() for part in (f"--{name}", text)]
    adjudicate(project, task, "--by", "chief", "--verdict", "corrected", *options)
    assert parse_spans(settled(project, task).reply) == project.tasks[task].spans._replace(**changes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--by", "chief"], "--verdict correct, corrected or drop, or with --let-stand"),
        (["--let-stand", "A"], "--by NAME"),
        (["--by", "chief", "--let-stand", "C"], "has no open answer C; there are A, B"),
        (["--by", "chief", "--let-stand", "A", "--verdict", "drop", "--emotion", "sad"], "leave out --verdict, --emotion"),
        (["--model", MODEL_NAME], "--model: decides every disputed turn; leave out the TASK"),
        (["--dry-run"], "--dry-run: says what a --model would take"),
    ],
)  # fmt: skip
def test_half_or_contradicting_words_are_refused_and_say_what_to_do(project, options, message):
    task = next(iter(project.tasks))
    assert message in adjudicate(project, task, *options, returns=2)
    assert not project.rulings()


def test_a_turn_that_nobody_disputes_has_nothing_to_show_or_to_let_stand(project):
    waiting = list(project.tasks)[2]
    assert "`kardia annotate status` lists what is" in adjudicate(project, waiting, returns=2)
    assert "is not disputed" in adjudicate(project, waiting, "--by", "chief", "--let-stand", "A", returns=2)
    first = next(iter(project.tasks))
    adjudicate(project, first, "--by", "chief", "--let-stand", "A")
    again = adjudicate(project, first, "--by", "chief", "--let-stand", "B", returns=2)
    assert "it is decided, and is decided anew by a verdict" in again


def test_a_model_is_estimated_by_a_dry_run_and_tells_progress_and_cost_when_it_decides(project):
    discuss(project)
    by_model = ("--model", MODEL_NAME, "--price", "1,10")
    estimate = json.loads(adjudicate(project, *by_model, "--dry-run", "--json"))
    assert (estimate["calls"], estimate["answered"]) == (2, 0)
    assert estimate["cost_usd"] == pytest.approx((estimate["tokens_in"] + 10 * estimate["tokens_out"]) / 1e6)
    assert "2 calls to" in (text := adjudicate(project, *by_model, "--dry-run"))
    assert "nothing was called" in text
    assert not project.rulings()

    done = kardia("annotate", "adjudicate", project.path, *by_model, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["rulings"], told["calls"], told["failed"], told["stopped"]) == (2, 2, {}, None)
    assert told["cost_usd"] > 0
    assert "2/2 turns (0 failed)" in done.stderr
    assert "to go" in done.stderr
    assert f"${told['cost_usd']:.4f}" in done.stderr


def test_a_dry_run_checks_what_deciding_would_refuse(project):
    discuss(project)
    model = ("--model", "nobody-knows-1", "--base-url", "http://127.0.0.1:9/v1", "--budget-usd", "1")
    assert "price of 'nobody-knows-1' is not known" in adjudicate(project, *model, "--dry-run", returns=2)


def test_a_budget_that_is_spent_ends_with_3_and_says_so(project):
    discuss(project)
    given = ("--model", MODEL_NAME, "--price", "1000,1000", "--budget-usd", "0.01", "--concurrency", "1")
    assert "budget reached" in adjudicate(project, *given, returns=3)
    assert len(project.rulings()) == 1


def test_the_second_round_by_file_shows_an_annotator_their_own_answers_to_keep_or_change(project, tmp_path):
    out, first = tmp_path / "again.csv", next(iter(project.tasks.values()))
    done = kardia("annotate", "export", project.path, "--disputed", "--annotator", "paper-1", "--out", out)
    assert "2 tasks" in done.stdout, done.stderr
    with out.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [(row["response"], row["comment"], row["verdict"]) for row in rows] == [("I hear you.", "warmer", "")] * 2
    assert "You are annotator A." in rows[0]["said"]
    assert f"Response: {first.response}" in rows[0]["said"]
    rows[0]["verdict"] = "corrected"
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(BadFile, match="row 1: annotator: this row was written for paper-1, and not for paper-2"):
        take_file(project, out, "paper-2", 2)
    assert take_file(project, out, "paper-1", 2).taken == 1
    kept = next(one for one in project.answers() if one.round == 2)
    assert (kept.response, kept.verdict, kept.scores) == ("I hear you.", "corrected", answer(first).scores)
    assert not project.faults(kept)


def test_corrections_that_a_kill_left_behind_what_was_said_are_refused_by_a_release_and_written_anew(project):
    project.write_results()
    pack_hash, written = project.header["pack_hash"], project.path / "corrected_turns.jsonl"
    read_corrections([written], pack_hash, open_stand=True)
    task = next(iter(project.tasks))
    project.decide(answer(project.tasks[task], "chief"))
    with pytest.raises(ReleaseError, match=r"before the last of rulings\.jsonl; `kardia annotate status"):
        read_corrections([written], pack_hash, open_stand=True)
    kardia("annotate", "status", project.path)
    assert read_corrections([written], pack_hash, open_stand=True).settled_by() == {"person": 1}
    copy = written.rename(project.path.parent / "corrected_turns.jsonl")
    assert read_corrections([copy], pack_hash, open_stand=True).settled_by() == {"person": 1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--disputed"], "--disputed and --annotator NAME go together"),
        (["--annotator", "paper-1"], "--disputed and --annotator NAME go together"),
        (["--disputed", "--annotator", "paper-9"], "no answers of 'paper-9'"),
    ],
)
def test_a_second_round_is_written_for_one_who_has_answered(project, tmp_path, options, message):
    done = kardia("annotate", "export", project.path, "--out", tmp_path / "again.csv", *options)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert not (tmp_path / "again.csv").exists()
