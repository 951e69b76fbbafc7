"""The course of a dialogue: all that a replay knows, at any moment of a play."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from graphs.course import Course, follow
from graphs.derived import trajectory
from graphs.journal import Journal, Slot
from graphs.runs import Run
from tests.graphs.counting import counting_endpoint
from tests.graphs.runs import new_run, play


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    made = new_run(tmp_path_factory.mktemp("course"), 6)
    with counting_endpoint() as endpoint:
        play(made, endpoint.url)
    return made


def course_of(run: Run, thread: str) -> Course:
    journal = run.journal(readonly=True)
    try:
        return asyncio.run(follow(run, journal, run.pairing(thread)))
    finally:
        journal.close()


def cut(run: Run, thread: str, slot: Slot) -> None:
    """Take a slot and all that came later out of the journal, as if the play had just come there."""
    with closing(sqlite3.connect(run.path / "journal.sqlite")) as db, db:
        for call in (journal := Journal(run.path / "journal.sqlite", readonly=True)).calls(thread):
            if call.slot.order >= slot.order:
                db.execute(
                    "delete from calls where thread = ? and turn = ? and attempt = ? and role = ?",
                    (thread, call.slot.turn, call.slot.attempt, call.slot.order[2]),
                )
        db.execute("delete from dialogues where thread = ?", (thread,))
        journal.close()


def test_a_finished_dialogue_has_every_slot_with_its_prompt_and_answers(run):
    journal = run.journal(readonly=True)
    for pairing in run.pairings():
        course = course_of(run, pairing.id)
        assert course.trajectory == trajectory(journal, pairing)
        assert course.trajectory is not None
        assert course.turns == course.trajectory.turns
        assert course.waiting_for is None
        assert [call for step in course.steps for call in step.calls] == journal.calls(pairing.id)
        assert all(step.call and step.prompt.user for step in course.steps)
    journal.close()


@pytest.mark.parametrize(
    ("role", "attempt", "has"),
    [
        ("user_simulator", 0, {"utterance": "", "reply": "", "attempts": 0}),
        ("responder", 1, {"utterance": "said", "reply": "", "attempts": 0}),
        ("rubric_evaluator", 1, {"utterance": "said", "reply": "said", "attempts": 0}),
    ],
)
def test_a_dialogue_under_way_stands_at_the_slot_that_is_asked(run, role, attempt, has, tmp_path):
    thread = next(iter(run.pairings())).id
    whole = course_of(run, thread)
    slots = [step.slot for step in whole.steps if step.slot.turn > 2]
    slot = next(slot for slot in slots if (slot.attempt, slot.role) == (attempt, role))
    copy = new_run(tmp_path, 6)
    with (
        closing(sqlite3.connect(run.path / "journal.sqlite")) as old,
        closing(sqlite3.connect(copy.path / "journal.sqlite")) as new,
    ):
        old.backup(new)
    cut(copy, thread, slot)
    course = course_of(copy, thread)
    assert course.waiting_for == slot
    assert course.turns == whole.turns[: slot.turn - 1]
    assert bool(course.utterance) == bool(has["utterance"])
    assert bool(course.reply) == bool(has["reply"])
    assert len(course.attempts) == has["attempts"]
    assert course.trajectory is None


def test_a_dialogue_that_has_not_begun_waits_for_the_user(tmp_path):
    fresh = new_run(tmp_path, 2)
    fresh.journal().close()
    course = course_of(fresh, next(iter(fresh.pairings())).id)
    assert course.waiting_for == Slot(1, 0, "user_simulator")
    assert course.turns == ()
