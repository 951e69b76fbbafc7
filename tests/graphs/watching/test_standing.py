"""Where a run stands, seen from outside while it plays, when it has stopped for any reason, and when it was killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from fcntl import LOCK_SH, flock

import pytest

from graphs.llm.build import Reach
from graphs.llm.prices import Price
from graphs.offline.faults import Faults
from graphs.offline.server import start_process
from graphs.runs import LOCK, RunInUse, open_run
from graphs.session import Means, play_run
from graphs.watching.notes import NOTE, Notes, read_note
from graphs.watching.processes import born, process, this_process
from graphs.watching.progress import Figures, tally
from graphs.watching.standing import held_by, standing
from tests.graphs.counting import counting_endpoint, wait_for
from tests.graphs.runs import ROOT, derived_bytes, kardia, new_run, play


@pytest.fixture(scope="module")
def endpoint():
    with counting_endpoint() as counting:
        yield counting


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, endpoint):
    run = new_run(tmp_path_factory.mktemp("undisturbed"), 12)
    play(run, endpoint.url)
    return run


def resuming(run, url, *options):
    """`kardia synth resume`, as a process under way."""
    command = [sys.executable, "-m", "studio.cli", "synth", "resume", run.path, "--base-url", url, *options]
    return subprocess.Popen([*map(str, command)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_run_that_nobody_has_played_says_so(tmp_path):
    found = standing(new_run(tmp_path, 3).path)
    assert (found.state, found.reason, found.progress.total) == ("stopped", "not played yet", 3)
    assert found.progress.cost_usd is None


def test_a_finished_run_tells_its_figures(undisturbed):
    found = standing(undisturbed.path)
    assert (found.state, found.ended, found.reason) == ("finished", "done", "")
    done = found.progress
    assert (done.total, done.finished, done.failed, done.live, done.eta_s) == (12, 12, 0, 0, None)
    assert done.solved is not None
    assert sum(done.decisions.values()) >= (done.turns or 0) > 12
    assert done.cost_usd == 0
    assert done.per_minute


def test_killed_is_lost_and_resumed_is_finished_with_the_same_bytes_and_all_counts(tmp_path, undisturbed):
    run = new_run(tmp_path, 12)
    with counting_endpoint(latency_s=0.03) as slow:
        playing = resuming(run, slow.url, "--concurrency", "3")
        wait_for(lambda: slow.total > 100)
        wait_for(lambda: standing(run.path).progress.finished > 2)
        seen = standing(run.path)
        assert (seen.pid, seen.process) == (playing.pid, process(playing.pid))
        assert (seen.progress.calls or 0) > 0
        playing.kill()
        playing.wait()
        lost = standing(run.path)
        assert (lost.state, lost.ended, lost.process) == ("lost", None, seen.process)
        assert "killed" in lost.reason
        journal = run.journal(readonly=True)
        assert lost.progress.finished == len(journal.finished())
        journal.close()
        assert kardia("synth", "resume", run.path, "--concurrency", "12").returncode == 0
    again = standing(run.path)
    assert again.state == "finished"
    assert derived_bytes(run) == derived_bytes(undisturbed)
    whole = standing(undisturbed.path).progress
    for name in ("finished", "accepted", "turns", "solved", "decisions"):
        assert getattr(again.progress, name) == getattr(whole, name), name


def test_a_first_interrupt_says_at_once_that_it_stops_and_then_by_whom(tmp_path):
    run = new_run(tmp_path, 12)
    with counting_endpoint(latency_s=0.4) as slow:
        playing = resuming(run, slow.url, "--concurrency", "4", "--workers", "1")
        wait_for(lambda: slow.total > 4 and standing(run.path).state == "running")
        playing.send_signal(signal.SIGINT)
        wait_for(lambda: standing(run.path).stopping or playing.poll() is not None)
        assert playing.wait(60) == 130
    found = standing(run.path)
    assert (found.state, found.ended) == ("stopped", "you")
    assert found.progress.finished < 12


@pytest.mark.parametrize(
    ("means", "faults", "ended"),
    [
        ({"budget_usd": 0.05, "price": Price(10, 10)}, None, "budget"),
        ({"retries": 0}, Faults(each={"500": 1.0}), "endpoint"),
        ({}, Faults(each={"404_model": 0.05}), "refused"),
        ({"budget_usd": 0.05, "price": Price(10, 10), "workers": 2}, None, "budget"),
    ],
)
def test_why_a_run_stopped_early_is_told_by_class(tmp_path, endpoint, means, faults, ended):
    run = new_run(tmp_path, 6)
    budget, workers = means.pop("budget_usd", None), means.pop("workers", 1)
    with start_process(faults=faults) as url, suppress(Exception):
        reach = Reach(base_url=url if faults else endpoint.url, concurrency=4, **means)
        play_run(run, Means(reach, budget, workers))
    found = standing(run.path)
    assert (found.state, found.ended) == ("stopped", ended)
    assert found.reason
    assert found.progress.budget_usd == budget


def test_errors_are_counted_by_class_over_all_sessions(tmp_path):
    run = new_run(tmp_path, 6)
    with start_process(faults=Faults(each={"wrong_schema": 0.08, "400_context": 0.06})) as url:
        play(run, url)
        first = standing(run.path).progress
        play(run, url)
    assert set(first.errors) == {"off format", "context_length_exceeded"}
    assert standing(run.path).progress.errors == first.errors
    journal = run.journal(readonly=True)
    assert dict(tally(journal).errors) == first.errors
    assert first.failed == len(journal.failures()) > 0
    journal.close()


def test_an_unknown_price_is_no_cost_of_zero(tmp_path, endpoint):
    run = new_run(tmp_path, 2)
    play_run(run, Means(Reach(base_url=endpoint.url)))
    assert standing(run.path).progress.cost_usd is None


def test_a_run_goes_on_where_nothing_can_be_noted(tmp_path, endpoint, undisturbed):
    run = new_run(tmp_path, 12)
    (run.path / NOTE).mkdir()
    play(run, endpoint.url)
    assert derived_bytes(run) == derived_bytes(undisturbed)
    found = standing(run.path)
    assert (found.state, found.progress.finished) == ("finished", 12)


def test_the_last_note_is_written_also_on_a_full_disk(small_disk):
    notes = Notes(small_disk, Figures(total=3, finished=1))
    (small_disk / "filler").write_bytes(b"")
    with suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while filler.write(b"x" * 4096):
            pass
    notes.end("disk", "full")
    note = read_note(small_disk)
    assert note is not None
    assert (note.ended, note.reason, note.figures.finished) == ("disk", "full", 1)


def test_looking_disturbs_nobody_who_starts(tmp_path):
    run, over = new_run(tmp_path, 1), threading.Event()

    def look():
        while not over.wait(0.001):
            held_by(run.path)

    lookers = [threading.Thread(target=look) for _ in range(3)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(50):
            with run.lock():
                holder = held_by(run.path)
                assert holder is not None
                assert holder.process == this_process()
    finally:
        over.set()
        for looker in lookers:
            looker.join()


def test_who_starts_waits_for_one_who_looks_for_long(tmp_path):
    """A page whose other threads keep the interpreter busy looks for as long as they do."""
    run, looking = new_run(tmp_path, 1), threading.Event()

    def look():
        with (run.path / LOCK).open() as file:
            flock(file, LOCK_SH)
            looking.set()
            time.sleep(0.5)

    looker = threading.Thread(target=look)
    looker.start()
    looking.wait()
    with run.lock():
        assert held_by(run.path)
    looker.join()


def test_a_lock_that_is_kept_is_in_use_and_starting_until_its_process_has_noted_something(tmp_path, undisturbed):
    with undisturbed.lock():
        assert standing(undisturbed.path).state == "starting"
        with pytest.raises(RunInUse, match=str(os.getpid())), open_run(undisturbed.path).lock():
            pass
    assert standing(undisturbed.path).state == "finished"
    assert held_by(undisturbed.path) is None


def test_a_process_is_told_apart_from_the_next_one_of_its_pid():
    me = this_process()
    assert me.is_ours
    assert not me._replace(born=(me.born or 0) + 1).is_ours
    assert not me._replace(host="elsewhere").is_ours
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        one = process(ended.pid)
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert born(ended.pid) is None
        assert not one.is_ours


def test_a_damaged_note_counts_as_none(tmp_path, endpoint):
    run = new_run(tmp_path, 2)
    play(run, endpoint.url)
    for text in ("", "{", "[]", '{"figures": 1}', '{"process": [1]}', "\x00" * 40):
        (run.path / NOTE).write_text(text)
        assert standing(run.path).state == "finished", text
        with run.lock():
            (run.path / "run.lock").write_text(text)
            assert standing(run.path).state == "starting", text


def test_the_note_holds_no_secret_and_stays_small(undisturbed):
    text = (undisturbed.path / NOTE).read_text()
    assert len(text) < 2000
    assert set(json.loads(text)) == {"process", "started", "at", "stopping", "ended", "reason", "figures"}
