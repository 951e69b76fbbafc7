"""The journal: what is kept reads back, a clean close leaves one quiet file, and trouble is told."""

import asyncio
import hashlib
import random
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.journal import ROLE_ORDER, Call, Failure, Journal, Slot
from graphs.llm.errors import DiskFull
from graphs.records import BadFile
from graphs.schema import Attempt, Decision, End, Feelings, Persona, Removal, Situation, Trajectory, Turn

ROOT = Path(__file__).parents[2]
REQUEST = b"\x01" * 32

slots = st.builds(Slot, st.integers(1, 100), st.integers(0, 20), st.sampled_from(ROLE_ORDER))
calls = st.builds(
    Call, st.sampled_from(["d1", "d2"]), slots, st.integers(0, 9), st.binary(min_size=32, max_size=32),
    st.sampled_from(["answered", "unusable", "transient", "refused", "edited"]), st.text(), st.text(),
    st.integers(0, 10**9), st.integers(0, 10**9), st.none() | st.floats(0, 9), st.floats(0, 999),
)  # fmt: skip


def call(turn: int = 1, attempt: int = 0, role: str = "user_simulator", **change) -> Call:
    return Call("d1", Slot(turn, attempt, role), 0, REQUEST, "answered", "hi")._replace(**change)


def trajectory(number: str = "d1", *removals: Removal) -> Trajectory:
    attempt = Attempt(reply="<|response_begin|>hé<|response_end|>", decision=Decision.FAIL, critique="c")
    turn = Turn(utterance="x", feelings=Feelings(mood=1, openness=1), attempts=(attempt, attempt), chosen=1)
    return Trajectory(
        id=number,
        split="train",
        persona=Persona(id="p"),
        situation=Situation(id="s", emotion="sad", text="x"),
        turns=(turn, turn),
        end=End.CAP,
        removals=removals,
    )


def fingerprint(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@given(st.lists(calls, max_size=12))
def test_calls_read_back_in_the_order_of_the_dialogue(tmp_path_factory, given):
    path = tmp_path_factory.mktemp("j") / "journal.sqlite"
    journal = Journal(path)
    journal.put_now(given)
    last = {(c.thread, c.slot, c.draw): c for c in given}
    for opened in (Journal(path, readonly=True), journal):
        for thread in ("d1", "d2"):
            mine = [c for c in last.values() if c.thread == thread]
            assert opened.calls(thread) == sorted(mine, key=lambda c: (c.slot.order, c.draw))
        assert set(opened.all_calls()) == set(last.values())
        opened.close()


async def test_kept_call_is_committed_when_keep_returns(tmp_path):
    journal = Journal(tmp_path / "j.sqlite")
    await journal.keep(call())
    other = Journal(tmp_path / "j.sqlite", readonly=True)
    assert other.calls("d1") == [call()]
    other.close()
    journal.close()


async def test_many_calls_at_once_are_committed_together(tmp_path):
    journal = Journal(tmp_path / "j.sqlite")
    many = [call(turn, attempt, "responder") for turn in range(1, 101) for attempt in range(1, 11)]
    started = time.monotonic()
    await asyncio.gather(*(journal.keep(one) for one in random.Random(0).sample(many, len(many))))
    assert time.monotonic() - started < 5
    assert journal.calls("d1") == many
    await journal.settle()
    journal.close()


async def test_caller_who_goes_away_takes_nobody_along(tmp_path):
    journal = Journal(tmp_path / "j.sqlite")
    tasks = [asyncio.create_task(journal.keep(call(turn))) for turn in range(1, 21)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in done].count(asyncio.CancelledError) == 1
    assert {c.slot.turn for c in journal.calls("d1")} >= set(range(1, 21)) - {4}
    await journal.keep(call(99))
    journal.close()


async def test_draws_of_a_slot_are_kept_beside_one_another_and_a_new_answer_replaces_its_own(tmp_path):
    journal = Journal(tmp_path / "j.sqlite")
    first, second = call(status="unusable", reason="cut"), call(draw=1)
    for one in (second, first, call(draw=1, answer="again")):
        await journal.keep(one)
    assert journal.calls("d1") == [first, call(draw=1, answer="again")]
    assert journal.calls("nobody") == []
    journal.close()


async def test_finished_dialogue_reads_back_and_ends_its_failure(tmp_path):
    journal = Journal(tmp_path / "j.sqlite")
    removal = Removal(kind="structure", rule="few_turns", turn=0, finding="2 turns")
    failure = Failure("d1", 0, "transient", "http 503: é", "turn 1", retriable=True)
    await journal.fail(failure)
    await journal.fail(Failure("d3", 2, "refused", "no", "turn 2", retriable=False))
    assert journal.failures()[0] == failure
    await journal.finish(trajectory("d1"), 0)
    await journal.finish(trajectory("d2", removal), 1)
    assert journal.finished() == {"d1": True, "d2": False}
    assert [f.thread for f in journal.failures()] == ["d3"]
    outcome = journal.outcome("d2")
    assert outcome
    known = trajectory("d2").model_dump(include={"id", "split", "persona", "situation"})
    assert Trajectory.model_validate({**known, **outcome}) == trajectory("d2", removal)
    assert journal.outcome("d9") is None
    journal.close()


async def test_failures_come_in_the_order_of_the_run(tmp_path):
    journal = Journal(tmp_path / "j.sqlite")
    for position in (5, 1, 3):
        await journal.fail(Failure(f"d{position}", position, "k", "r", "s", retriable=False))
    assert [f.position for f in journal.failures()] == [1, 3, 5]
    journal.close()


async def test_totals_count_everything_that_was_paid(tmp_path):
    journal = Journal(tmp_path / "j.sqlite")
    assert journal.totals()["calls"] == journal.totals()["cost_usd"] == journal.totals()["calls_of_unknown_cost"] == 0
    await journal.keep(call(1, tokens_in=10, tokens_out=5, cost_usd=0.25))
    await journal.keep(call(2, tokens_in=1, tokens_out=1, cost_usd=0.5, status="unusable"))
    await journal.keep(call(3, cost_usd=None))
    assert journal.totals() == {
        "calls": 3,
        "tokens_in": 11,
        "tokens_out": 6,
        "cost_usd": 0.75,
        "calls_of_unknown_cost": 1,
        "by_status": {"answered": 2, "unusable": 1},
    }
    journal.close()


# The file


async def test_clean_close_leaves_one_file_that_reading_does_not_touch(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    journal = Journal(folder / "j.sqlite")
    await journal.keep(call())
    await journal.finish(trajectory(), 0)
    journal.close()
    before = fingerprint(folder)
    assert list(before) == ["j.sqlite"]
    (folder / "j.sqlite").chmod(0o444)
    quiet = Journal(folder / "j.sqlite", readonly=True)
    assert quiet.calls("d1") == [call()]
    assert quiet.outcome("d1")
    assert quiet.totals()["calls"] == 1
    quiet.close()
    assert fingerprint(folder) == before


async def test_closed_journal_is_opened_again_and_goes_on(tmp_path):
    for turn in (1, 2, 3):
        journal = Journal(tmp_path / "j.sqlite")
        await journal.keep(call(turn))
        journal.close()
    journal = Journal(tmp_path / "j.sqlite")
    assert [c.slot.turn for c in journal.calls("d1")] == [1, 2, 3]
    journal.close()


async def test_answers_are_compressed(tmp_path):
    journal = Journal(tmp_path / "j.sqlite")
    await journal.keep(call(answer="ä" * 100_000))
    assert journal.calls("d1")[0].answer == "ä" * 100_000
    journal.close()
    db = sqlite3.connect(tmp_path / "j.sqlite")
    assert db.execute("select length(answer) from calls").fetchone()[0] < 1000
    db.close()


def test_process_that_is_killed_loses_nothing_that_was_kept(tmp_path):
    script = """
import asyncio, os, sys
from graphs.journal import Call, Journal, Slot
async def main():
    journal = Journal(__import__("pathlib").Path(sys.argv[1]))
    for turn in range(1, 6):
        await journal.keep(Call("d1", Slot(turn, 0, "user_simulator"), 0, b"r", "answered", "hi"))
    os._exit(9)
asyncio.run(main())
"""
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "j")], cwd=ROOT, check=False)
    for readonly in (True, False):
        journal = Journal(tmp_path / "j", readonly=readonly)
        assert len(journal.calls("d1")) == 5
        journal.close()


@pytest.mark.parametrize("readonly", [True, False])
@pytest.mark.parametrize(
    ("why", "content"),
    [("text", b"hello, this is a text and no database at all" * 20), ("half a database", None), ("a folder", ...)],
)
def test_what_is_no_journal_is_refused_by_name(tmp_path, readonly, why, content):
    path = tmp_path / "j.sqlite"
    if content is ...:
        path.mkdir()
    elif content is None:
        Journal(path).close()
        path.write_bytes(path.read_bytes()[:700])
    else:
        path.write_bytes(content)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(BadFile, match=r"j\.sqlite"):
        Journal(path, readonly=readonly)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_reading_makes_no_journal(tmp_path):
    with pytest.raises(BadFile):
        Journal(tmp_path / "j.sqlite", readonly=True)
    assert list(tmp_path.iterdir()) == []


def test_empty_file_is_no_journal_to_read(tmp_path):
    (tmp_path / "j.sqlite").touch()
    with pytest.raises(BadFile):
        Journal(tmp_path / "j.sqlite", readonly=True)


def test_whoever_looks_while_it_is_made_sees_no_journal_or_a_whole_one(tmp_path):
    """A page that follows a run looks at any moment, also between a file and its tables."""

    def look(path):
        while not path.exists():
            time.sleep(0)
        Journal(path, readonly=True).close()

    with ThreadPoolExecutor() as lookers:
        for n in range(20):
            looking = lookers.submit(look, tmp_path / f"{n}.sqlite")
            Journal(tmp_path / f"{n}.sqlite").close()
            looking.result()
    assert not list(tmp_path.glob(".*"))


async def test_close_leaves_one_file_though_somebody_is_looking(tmp_path):
    journal = Journal(tmp_path / "j.sqlite")
    await journal.keep(call())
    looker = Journal(tmp_path / "j.sqlite", readonly=True)
    threading.Timer(0.2, looker.close).start()
    journal.close()
    assert [path.name for path in tmp_path.iterdir()] == ["j.sqlite"]


# Merging


async def test_merge_takes_in_calls_dialogues_and_failures(tmp_path):
    main, shard = Journal(tmp_path / "main"), Journal(tmp_path / "shard")
    await main.keep(call(1, status="transient"))
    await main.fail(Failure("d2", 1, "k", "r", "s", retriable=True))
    await shard.keep(call(1))
    await shard.keep(call(2, answer="é" * 50))
    await shard.finish(trajectory("d2"), 1)
    await shard.fail(Failure("d3", 2, "k", "r", "s", retriable=False))
    shard.close()
    before = (tmp_path / "shard").read_bytes()
    for _ in range(2):
        main.merge(tmp_path / "shard")
        assert main.calls("d1") == [call(1), call(2, answer="é" * 50)]
        assert main.finished() == {"d2": True}
        assert [f.thread for f in main.failures()] == ["d3"]
    assert main.outcome("d2")
    main.close()
    assert (tmp_path / "shard").read_bytes() == before


async def test_merge_takes_in_a_shard_whose_worker_still_holds_it(tmp_path):
    main, shard = Journal(tmp_path / "main"), Journal(tmp_path / "shard")
    await shard.keep(call())
    main.merge(tmp_path / "shard")
    assert main.calls("d1") == [call()]
    main.close()
    shard.close()


@pytest.mark.parametrize("content", [b"no database" * 100, None])
async def test_shard_that_is_no_journal_is_refused_and_changes_nothing(tmp_path, content):
    main = Journal(tmp_path / "main")
    await main.keep(call())
    if content:
        (tmp_path / "shard").write_bytes(content)
    with pytest.raises(BadFile, match="shard"):
        main.merge(tmp_path / "shard")
    assert main.calls("d1") == [call()]
    good = Journal(tmp_path / "good")
    await good.keep(call(2))
    good.close()
    main.merge(tmp_path / "good")
    assert len(main.calls("d1")) == 2
    main.close()


# A full disk

FULL = """
import asyncio, random, resource, sys
from pathlib import Path
from graphs.journal import Call, Journal, Slot
from graphs.llm.errors import DiskFull

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

def one(turn):
    text = random.Random(turn).randbytes(3000).hex()
    return Call("d1", Slot(turn, 0, "user_simulator"), 0, b"r", "answered", text)

async def main():
    path, kept = Path(sys.argv[1]), []
    journal = Journal(path)
    limit(200_000)
    try:
        for turn in range(1, 200):
            await journal.keep(one(turn))
            kept.append(turn)
    except DiskFull as error:
        assert str(path) in str(error), error
    else:
        raise SystemExit("the disk never filled up")
    several = await asyncio.gather(*(journal.keep(one(turn)) for turn in (300, 301)), return_exceptions=True)
    assert all(isinstance(error, DiskFull) for error in several), several
    limit(-1)
    await journal.keep(one(400))
    journal.close()
    journal = Journal(path)
    found = [call.slot.turn for call in journal.calls("d1")]
    assert found == [*kept, 400], (kept, found)
    assert all(call == one(call.slot.turn) for call in journal.calls("d1"))
    journal.close()
    print("kept", len(kept))
asyncio.run(main())
"""


def test_full_disk_stops_the_run_and_loses_nothing_that_was_kept(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "j.sqlite")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[1]) > 3


async def test_database_at_its_largest_is_a_full_disk(tmp_path):
    journal = Journal(tmp_path / "j.sqlite")
    await journal.keep(call(1))
    journal._db.execute("pragma max_page_count = 12")
    with pytest.raises(DiskFull, match="free some space"):
        await journal.keep(call(2, answer=random.Random(0).randbytes(60_000).hex()))
    assert journal.calls("d1") == [call(1)]
    await journal.keep(call(3))
    journal.close()
