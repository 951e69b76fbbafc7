"""Runs: the same bytes however they are played, and a stop at any moment loses nothing."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import yaml

from graphs.llm.errors import BudgetReached, RunRefused
from graphs.records import read_rows
from graphs.runs import WrongUse, open_run
from graphs.schema import Trajectory
from studio.running import run_config
from tests.graphs.counting import counting_endpoint, wait_for
from tests.graphs.runs import ROOT, derived_bytes, kardia, new_run, paired, play


@pytest.fixture(scope="module")
def endpoint():
    with counting_endpoint() as counting:
        yield counting


def test_any_concurrency_and_any_number_of_workers_give_the_same_bytes(tmp_path, endpoint):
    runs = [new_run(tmp_path, 12, name) for name in ("one", "many", "workers")]
    play(runs[0], endpoint.url, concurrency=1)
    play(runs[1], endpoint.url, concurrency=12)
    play(runs[2], endpoint.url, concurrency=4, workers=2)
    first = derived_bytes(runs[0])
    assert derived_bytes(runs[1]) == first
    assert derived_bytes(runs[2]) == first
    assert not list(runs[2].path.glob("shard-*"))
    assert len(list(read_rows(runs[0].path / "trajectories.jsonl", Trajectory))) == 12


def test_a_finished_run_calls_nothing_when_it_is_started_again(tmp_path, endpoint):
    run = new_run(tmp_path, 4)
    play(run, endpoint.url)
    before, asked = derived_bytes(run), endpoint.total
    outcome = play(run, endpoint.url)
    assert endpoint.total == asked
    assert outcome.progress.finished == 4
    assert derived_bytes(run) == before


def test_derived_files_hold_no_time_cost_host_or_commit(tmp_path, endpoint):
    run = new_run(tmp_path, 2)
    play(run, endpoint.url)
    header = json.loads((run.path / "trajectories.jsonl").open().readline())["header"]
    text = json.dumps(header)
    assert endpoint.url not in text
    assert not {"commit", "started", "versions", "base_url", "concurrency", "budget_usd"} & set(header)
    session = yaml.safe_load((run.path / "run.yaml").read_text())["sessions"][0]
    assert {"commit", "versions", "base_url", "concurrency", "started"} <= set(session)


@pytest.mark.parametrize("kills", [10, pytest.param(100, marks=pytest.mark.soak)])
def test_kill_9_loses_nothing_and_buys_nothing_twice(tmp_path, kills):
    live, chance = 20, random.Random(kills)
    with counting_endpoint(latency_s=0.02) as calm:
        undisturbed = new_run(tmp_path, 60, "undisturbed")
        play(undisturbed, calm.url, concurrency=live)
        needed = calm.total
    with counting_endpoint(latency_s=0.02 if kills == 10 else 0.15) as counting:
        command = _run_command(tmp_path, "killed", 60, counting.url, live)
        finished: set[str] = set()
        for _ in range(kills):
            before = counting.total
            process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            aim = before + chance.randint(1, max(2, needed // kills))
            wait_for(lambda aim=aim, process=process: counting.total >= aim or process.poll() is not None)
            time.sleep(chance.uniform(0, 0.05))
            process.kill()
            process.wait()
            finished = _finished(tmp_path / "killed", finished)
        assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
        repeated = counting.repeated
    assert derived_bytes(open_run(tmp_path / "killed")) == derived_bytes(undisturbed)
    assert repeated <= live * kills
    print(f"\n{kills} kills: {repeated} calls repeated of {needed}, at most {live * kills} allowed")


def _finished(path, before):
    """Threads finished so far; none that was finished may be missing."""
    if not (path / "journal.sqlite").exists():
        return before
    journal = open_run(path).journal()
    now = set(journal.finished())
    journal.close()
    assert before <= now
    return now


def _run_command(folder, name, count, url, concurrency):
    pairings = paired(folder, count)
    options = ["--pairings", pairings, "--out", folder / name, "--base-url", url, "--concurrency", concurrency]
    return [sys.executable, "-m", "studio.cli", "synth", "run", *map(str, options)]


def test_a_received_answer_is_on_record_before_it_is_used(tmp_path):
    """Whatever the endpoint answered fully, minus what was under way at the kill, is in the journal."""
    with counting_endpoint(latency_s=0.01) as counting:
        command = _run_command(tmp_path, "run", 20, counting.url, 5)
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: counting.total >= 100)
        process.kill()
        process.wait()
        time.sleep(0.05)
        journal = open_run(tmp_path / "run").journal()
        assert journal.totals()["calls"] >= counting.total - 5
        journal.close()


def test_ctrl_c_stops_cleanly_and_the_same_command_resumes(tmp_path):
    with counting_endpoint(latency_s=0.02) as counting:
        command = _run_command(tmp_path, "run", 16, counting.url, 4)
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: counting.total >= 60)
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=60)
        assert process.returncode == 130, talk
        assert "Traceback" not in talk
        assert "same command" in talk
        assert (tmp_path / "run" / "trajectories.jsonl").exists()
        assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
        assert counting.repeated == 0


def test_workers_stop_at_ctrl_c_and_their_shards_are_kept(tmp_path):
    with counting_endpoint(latency_s=0.02) as counting:
        command = [*_run_command(tmp_path, "run", 16, counting.url, 4), "--workers", "2"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: counting.total >= 60)
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=60)
        assert process.returncode == 130, talk
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert counting.repeated == 0


def test_kill_9_of_the_parent_of_workers_loses_nothing(tmp_path, endpoint):
    undisturbed = new_run(tmp_path, 6, "undisturbed")
    play(undisturbed, endpoint.url)
    with counting_endpoint(latency_s=0.15) as counting:
        command = [*_run_command(tmp_path, "run", 6, counting.url, 4), "--workers", "2"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: counting.total >= 40)
        process.kill()
        process.wait()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert counting.repeated <= 4
    assert derived_bytes(open_run(tmp_path / "run")) == derived_bytes(undisturbed)
    assert not list((tmp_path / "run").glob("shard-*"))


def test_a_second_process_on_a_run_is_refused_by_name(tmp_path, endpoint):
    run = new_run(tmp_path, 2)
    with run.lock():
        done = kardia("synth", "export", run.path)
        assert done.returncode == 4, done.stderr
    assert f"process {os.getpid()}" in done.stderr
    assert "since" in done.stderr


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 1}, "seed: 0 in the run, 1 now"),
        ({"model": ["other"]}, "models.responder"),
        ({"settings": ["turns=9"]}, "dialogue.turns: 10 in the run, 9 now"),
        ({"accepted": 5}, "accepted"),
        ({"pack": "studycoach"}, "pack: kardia in the run, studycoach now"),
    ],
)
def test_a_frozen_setting_that_differs_is_named(tmp_path, change, named):
    from graphs.runs import start_run

    new_run(tmp_path, 2)
    given = {"model": None, "pack": "kardia", "settings": None, "seed": 0, "accepted": None, **change}
    config, pack = run_config(
        paired(tmp_path, 2), given["model"], given["pack"], given["settings"], given["seed"], given["accepted"]
    )
    with pytest.raises(WrongUse, match=named):
        start_run(tmp_path / "run", config, pack, paired(tmp_path, 2))


def test_budget_stops_cleanly_and_more_money_goes_on(tmp_path, endpoint):
    command = ["synth", "run", "--pairings", paired(tmp_path, 6), "--out", tmp_path / "run", "--base-url", endpoint.url]
    priced = [*command, "--price", "10,10", "--concurrency", "3"]
    stopped = kardia(*priced, "--budget-usd", "0.2")
    assert stopped.returncode == 3, stopped.stderr
    assert "--budget-usd" in stopped.stderr
    journal = open_run(tmp_path / "run").journal()
    spent, calls = journal.totals()["cost_usd"], list(journal.all_calls())
    journal.close()
    dearest = max(call.cost_usd or 0 for call in calls)
    assert 0.2 <= spent <= 0.2 + 3 * dearest
    assert kardia(*priced, "--budget-usd", "100").returncode in (0, 1)


def test_a_budget_needs_a_price(tmp_path, endpoint):
    done = kardia(
        "synth", "run", "--pairings", paired(tmp_path, 2), "--out", tmp_path / "run", "--base-url", endpoint.url,
        "--model", "nobody-knows-me", "--budget-usd", "1",
    )  # fmt: skip
    assert done.returncode == 2
    assert "--price" in done.stderr


def test_wrong_key_stops_after_one_call_and_names_the_setting(tmp_path):
    calls = []

    def refuse(body, reply):
        calls.append(body)
        return {"error": {"message": "Incorrect API key provided", "code": "401"}}

    with counting_endpoint(change=refuse) as counting:
        run = new_run(tmp_path, 8)
        with pytest.raises(RunRefused, match="OPENAI_API_KEY"):
            play(run, counting.url, concurrency=8)
    assert len(calls) == 1
    assert (run.path / "trajectories.jsonl").exists()


def test_a_budget_is_shared_by_all_workers(tmp_path, endpoint):
    run = new_run(tmp_path, 12)
    from graphs.llm.build import Reach
    from graphs.llm.prices import Price
    from graphs.session import Means, play_run

    reach = Reach(base_url=endpoint.url, concurrency=4, price=Price(10, 10))
    outcome = play_run(run, Means(reach, budget_usd=0.3, workers=2))
    journal = run.journal()
    spent = journal.totals()["cost_usd"]
    journal.close()
    assert isinstance(outcome.stopped, BudgetReached) or "budget" in str(outcome.stopped)
    assert spent <= 0.3 + 4 * 0.2


def test_accepted_stops_at_the_first_so_many_in_pairing_order(tmp_path, endpoint):
    from graphs.runs import start_run

    config, pack = run_config(paired(tmp_path, 24), None, "kardia", None, 0, 5)
    files = []
    for name, concurrency in (("one", 1), ("many", 12)):
        run = start_run(tmp_path / name, config, pack, paired(tmp_path, 24))
        play(run, endpoint.url, concurrency=concurrency)
        files.append((run.path / "trajectories.jsonl").read_bytes())
    assert files[0] == files[1]
    rows = list(read_rows(tmp_path / "one" / "trajectories.jsonl", Trajectory))
    assert sum(not row.removals for row in rows) == 5
    assert not rows[-1].removals


def test_a_label_outside_the_pack_is_refused_by_row_before_anything_is_played(tmp_path):
    pairings = tmp_path / "pairings.jsonl"
    text = paired(tmp_path, 2).read_text().replace('"emotion":"', '"emotion":"un', 1)
    pairings.write_text(text)
    done = kardia("synth", "run", "--pairings", pairings, "--out", tmp_path / "run")
    assert done.returncode == 2
    assert "row 1" in done.stderr
    assert "label" in done.stderr
