"""Branches of a dialogue: what differs, why, and which are kept."""

import pytest

from graphs.branches import branches, differences, discard, keep, release
from graphs.forks import Change, fork
from graphs.journal import Slot
from graphs.runs import Run, RunInUse, WrongUse
from tests.graphs.counting import counting_endpoint
from tests.graphs.runs import all_bytes, new_run, play


@pytest.fixture(scope="module")
def endpoint():
    with counting_endpoint() as counting:
        yield counting


@pytest.fixture(scope="module")
def parent(tmp_path_factory, endpoint) -> Run:
    run = new_run(tmp_path_factory.mktemp("branches"), 3)
    play(run, endpoint.url)
    return run


def a_thread(run: Run, number: int = 0) -> str:
    return [pairing.id for pairing in run.pairings()][number]


def forked(parent: Run, thread: str, slot: Slot, change: Change, endpoint) -> Run:
    made = fork(parent, thread, slot, change)
    assert play(made, endpoint.url).stopped is None
    return made


def edited_prompt(parent: Run, folder, role: str = "responder"):
    text = (parent.path / "packs" / parent.config.pack_hash / f"{role}.md").read_text()
    file = folder / f"{role}.md"
    file.write_text(text.replace("Before you answer,", "Above all be brief. Before you answer,"))
    return Change({role: file})


def test_turns_before_the_fork_are_the_same_by_hash_and_later_ones_say_why_they_differ(parent, endpoint):
    thread = a_thread(parent)
    forked(parent, thread, Slot(3, 0, "user_simulator"), Change(utterance="She laughed at me."), endpoint)
    before, after = branches(parent, thread)
    found = differences(before, after)
    assert [turn.mark for turn in found[:2]] == ["same", "same"]
    assert found[2].mark == "edited"
    assert "edited words" in found[2].why
    assert {turn.mark for turn in found[3:]} <= {"after", "equal", "alone"}
    assert "after" in {turn.mark for turn in found[3:]}
    changed = dict(found[2].parts)["utterance"]
    assert "".join(text for change, text in changed if change >= 0) == "She laughed at me."


def test_an_edited_prompt_holds_for_later_turns_too_and_is_said_so(parent, endpoint, tmp_path):
    thread = a_thread(parent, 1)
    forked(parent, thread, Slot(2, 1, "responder"), edited_prompt(parent, tmp_path), endpoint)
    found = differences(*branches(parent, thread))
    assert found[0].mark == "same"
    assert found[1].mark == "edited"
    assert "edited prompt" in found[1].why
    assert "after" not in {turn.mark for turn in found}


def test_forks_of_forks_stand_behind_their_parents_and_compare_with_any_branch(parent, endpoint):
    thread = a_thread(parent, 2)
    first = forked(parent, thread, Slot(2, 1, "responder"), Change(), endpoint)
    forked(first, thread, Slot(4, 1, "responder"), Change(), endpoint)
    root, one, two = branches(parent, thread)
    assert (one.run.path, two.fork.turn) == (first.path, 4)
    assert [turn.mark for turn in differences(one, two)[:3]] == ["same", "same", "same"]
    assert [turn.mark for turn in differences(root, two)[:2]] == ["same", "edited"]


def test_a_branch_that_is_not_finished_is_named(parent, endpoint):
    thread = a_thread(parent)
    made = fork(parent, thread, Slot(1, 1, "responder"), Change())
    ways = branches(parent, thread)
    fresh = next(way for way in ways if way.run.path == made.path)
    with pytest.raises(WrongUse, match="not finished"):
        differences(ways[0], fresh)
    discard(made)


def test_a_kept_fork_is_not_discarded_and_discarding_leaves_the_parent_untouched(parent, endpoint):
    thread = a_thread(parent)
    before = all_bytes(parent.path)
    made = forked(parent, thread, Slot(4, 1, "responder"), Change(), endpoint)
    keep(made, "shows it well")
    assert next(way.kept for way in branches(parent, thread) if way.run.path == made.path)
    with pytest.raises(WrongUse, match="kept"):
        discard(made)
    release(made)
    with made.lock(), pytest.raises(RunInUse):
        discard(made)
    discard(made)
    assert not made.path.exists()
    assert made.path not in [way.run.path for way in branches(parent, thread)]
    assert all_bytes(parent.path) == before


def test_a_run_that_is_no_fork_is_never_discarded(parent):
    with pytest.raises(WrongUse, match="not a fork"):
        discard(parent)
