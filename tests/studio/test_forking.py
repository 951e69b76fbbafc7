"""Forks as the pages make them."""

import asyncio

import pytest

from graphs.course import Course, follow
from graphs.packs import BadPack
from graphs.runs import Run, open_run
from studio.forking import branch_title, expected, fork_with, slot_of, template_text


@pytest.fixture
def parent(own_ground) -> Run:
    return open_run(own_ground.run_path)


def course_of(run: Run, thread: str) -> Course:
    journal = run.journal(readonly=True)
    try:
        return asyncio.run(follow(run, journal, run.pairing(thread)))
    finally:
        journal.close()


def test_what_a_fork_will_take_is_counted_from_its_slot_on(parent, own_ground):
    course = course_of(parent, own_ground.dialogue)
    whole = expected(course, slot_of("user_simulator", 1, 1))
    later = expected(course, slot_of("responder", 3, 2))
    assert whole.calls == sum(len(step.calls) for step in course.steps)
    assert 0 < later.calls < whole.calls
    assert later.cost_usd == 0


def test_an_unedited_template_is_no_change_and_an_edited_one_is_used_from_the_slot_on(parent, own_ground, tmp_path):
    text = template_text(parent, "responder")
    slot = slot_of("responder", 3, 2)
    plain = fork_with(tmp_path, parent, own_ground.dialogue, slot, {"responder": text})
    assert plain.config.lineage[-1].changes == {"draw": "1"}
    edited = fork_with(tmp_path, parent, own_ground.dialogue, slot, {"responder": text + "\nBe brief.\n"})
    assert "template responder" in edited.config.lineage[-1].changes
    assert template_text(edited, "responder").endswith("Be brief.\n")


def test_an_edited_template_that_is_wrong_is_refused_with_its_line(parent, own_ground, tmp_path):
    broken = template_text(parent, "responder").replace("{dialogue}", "{dialog}")
    with pytest.raises(BadPack, match=r"responder\.md:\d+: .*dialog"):
        fork_with(tmp_path, parent, own_ground.dialogue, slot_of("responder", 2, 1), {"responder": broken})
    assert [path.name for path in (parent.path / "forks").glob("*t2k1*")] == []


def test_a_branch_is_called_by_where_it_left_and_what_it_changed(own_ground):
    from graphs.branches import branches

    root, words = branches(open_run(own_ground.run_path), own_ground.dialogue)
    assert branch_title(root) == "Parent"
    assert branch_title(words) == "Turn 2: other words"
