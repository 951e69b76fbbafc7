"""Replay and fork: the past costs nothing, and what differs is only what was changed."""

import asyncio
import sqlite3

import pytest

from graphs.asking import ReplayMiss
from graphs.derived import trajectory
from graphs.forks import Change, fork
from graphs.journal import Journal, Slot
from graphs.replay import replay
from graphs.runs import Run, WrongUse
from tests.graphs.counting import counting_endpoint
from tests.graphs.runs import all_bytes, new_run, play


@pytest.fixture(scope="module")
def endpoint():
    with counting_endpoint() as counting:
        yield counting


@pytest.fixture(scope="module")
def parent(tmp_path_factory, endpoint) -> Run:
    run = new_run(tmp_path_factory.mktemp("parent"), 24)
    play(run, endpoint.url)
    return run


@pytest.fixture(scope="module")
def refined(parent) -> str:
    """A dialogue whose third turn took a second attempt."""
    journal = parent.journal(readonly=True)
    found = (thread for thread in sorted(journal.finished()) if Slot(3, 2, "responder") in _slots(journal, thread))
    thread = next(found)
    journal.close()
    return thread


def _slots(journal, thread):
    return {call.slot for call in journal.calls(thread)}


def read(run: Run, thread: str):
    journal = run.journal(readonly=True)
    found = trajectory(journal, run.pairing(thread))
    journal.close()
    assert found is not None
    return found


def replayed(run: Run, thread: str):
    journal = run.journal(readonly=True)
    try:
        return asyncio.run(replay(run, journal, run.pairing(thread)))
    finally:
        journal.close()


def forked(parent: Run, thread: str, slot: Slot, change: Change, url: str) -> Run:
    run = fork(parent, thread, slot, change)
    assert play(run, url).stopped is None
    return run


def test_replay_of_every_dialogue_equals_the_original_at_no_call(parent, endpoint):
    asked, before = endpoint.total, all_bytes(parent.path)
    journal = parent.journal(readonly=True)
    threads = sorted(journal.finished())
    journal.close()
    assert len(threads) == 24
    for thread in threads:
        again = replayed(parent, thread)
        assert again.trajectory == read(parent, thread)
        assert again.checkpoints[-1].next == ()
        assert again.checkpoints[-1].values["turns"] == list(again.trajectory.turns)
    assert endpoint.total == asked
    assert all_bytes(parent.path) == before


def test_replay_of_what_was_not_finished_is_a_miss_and_no_call(parent, tmp_path):
    run = new_run(tmp_path, 2)
    run.journal().close()
    with pytest.raises(ReplayMiss, match="turn 1, attempt 0, user_simulator"):
        replayed(run, next(run.pairings()).id)


def test_fork_at_turn_3_attempt_2_proves_its_prefix_and_leaves_the_parent_alone(parent, refined, endpoint, tmp_path):
    slot, before = Slot(3, 2, "responder"), all_bytes(parent.path)
    template = tmp_path / "responder.md"
    original = (parent.path / "packs" / parent.config.pack_hash / "responder.md").read_text()
    template.write_text(original.replace("=== user ===", "Be brief.\n=== user ==="))
    asked = endpoint.total
    run = forked(parent, refined, slot, Change({"responder": template}), endpoint.url)
    assert all_bytes(parent.path) == before
    assert run.path.parent == parent.path / "forks"

    ours, theirs = run.journal(readonly=True), parent.journal(readonly=True)
    old = [call for call in theirs.calls(refined) if call.slot.order < slot.order]
    assert [call for call in ours.calls(refined) if call.slot.order < slot.order] == old
    new = [call for call in ours.calls(refined) if call.slot.order >= slot.order]
    ours.close()
    theirs.close()
    assert endpoint.total - asked == len(new)
    assert run.config.pack_hash != parent.config.pack_hash
    assert read(run, refined).turns[:2] == read(parent, refined).turns[:2]
    assert read(run, refined).turns[2].attempts[0] == read(parent, refined).turns[2].attempts[0]
    assert replayed(run, refined).trajectory == read(run, refined)


def test_a_new_draw_at_the_same_slot_is_a_new_call_each_time(parent, refined, endpoint):
    slot, bodies = Slot(2, 1, "responder"), set(endpoint.asked)
    runs = [forked(parent, refined, slot, Change(), endpoint.url) for _ in range(2)]
    assert runs[0].path != runs[1].path
    assert len(set(endpoint.asked) - bodies) >= 2
    draws = []
    for run in runs:
        journal = run.journal(readonly=True)
        draws.append([call.draw for call in journal.calls(refined) if call.slot == slot])
        journal.close()
        assert replayed(run, refined).trajectory == read(run, refined)
    assert draws == [[1], [2]]


def test_an_edited_utterance_stands_and_costs_no_call(parent, refined, endpoint):
    slot = Slot(2, 0, "user_simulator")
    run = forked(
        parent, refined, slot, Change(utterance="Honestly, <|response_begin|>I would rather not."), endpoint.url
    )
    turn = read(run, refined).turns[1]
    assert turn.utterance == "Honestly, I would rather not."
    assert turn.feelings.told == read(parent, refined).turns[1].feelings.told
    assert read(run, refined).turns[0] == read(parent, refined).turns[0]
    assert replayed(run, refined).trajectory == read(run, refined)


def test_a_fork_can_be_forked_before_and_after_where_it_left(parent, refined, endpoint):
    first = forked(parent, refined, Slot(4, 1, "responder"), Change(), endpoint.url)
    later = forked(first, refined, Slot(6, 1, "responder"), Change(), endpoint.url)
    earlier = forked(first, refined, Slot(2, 1, "responder"), Change(), endpoint.url)
    assert len(later.config.lineage) == 2
    assert len(earlier.config.lineage) == 1
    assert read(later, refined).turns[:5] == read(first, refined).turns[:5]
    for run in (first, later, earlier):
        assert replayed(run, refined).trajectory == read(run, refined)


def test_a_fork_that_was_killed_while_it_was_made_is_made_again(parent, refined, endpoint, monkeypatch):
    slot = Slot(4, 0, "user_simulator")

    def die(self, calls):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "put_now", die)
        with pytest.raises(KeyboardInterrupt):
            fork(parent, refined, slot, Change(utterance="Let me say it otherwise."))
    run = forked(parent, refined, slot, Change(utterance="Let me say it otherwise."), endpoint.url)
    assert read(run, refined).turns[:3] == read(parent, refined).turns[:3]


def test_a_fork_never_buys_what_belongs_to_its_parent(parent, refined, endpoint):
    run = fork(parent, refined, Slot(5, 1, "responder"), Change())
    db = sqlite3.connect(run.path / "journal.sqlite")
    db.execute("delete from calls where turn = 2")
    db.commit()
    db.close()
    asked = endpoint.total
    with pytest.raises(ReplayMiss):
        play(run, endpoint.url)
    assert endpoint.total == asked


def test_a_slot_that_was_never_reached_is_named(parent, refined):
    with pytest.raises(WrongUse, match="has no turn 3, attempt 5"):
        fork(parent, refined, Slot(3, 5, "responder"), Change())


def test_an_utterance_is_edited_at_the_users_turn_only(parent, refined):
    with pytest.raises(WrongUse, match="user_simulator"):
        fork(parent, refined, Slot(2, 1, "responder"), Change(utterance="no"))


def test_a_running_parent_can_be_forked(parent, refined, endpoint):
    with parent.lock():
        journal = parent.journal()
        run = forked(parent, refined, Slot(5, 1, "responder"), Change(), endpoint.url)
        journal.close()
    assert read(run, refined).turns[:4] == read(parent, refined).turns[:4]
