"""An endpoint that fails in every way: each dialogue is finished or accounted for, and nothing broken is let in."""

import pytest

from graphs.llm.build import Reach
from graphs.llm.prices import FREE
from graphs.offline.faults import MALFORMED, TRANSIENT, UNUSABLE, Faults
from graphs.offline.server import start_process
from graphs.records import read_rows
from graphs.schema import Trajectory
from graphs.session import Means, play_run
from graphs.spans import span_violations
from tests.graphs.runs import kardia, new_run


@pytest.mark.parametrize("dialogues", [20, pytest.param(200, marks=pytest.mark.soak)])
def test_at_30_percent_faults_every_dialogue_is_accounted_for(tmp_path, dialogues):
    faults = Faults(
        rate=0.3,
        kinds=TRANSIENT + MALFORMED + UNUSABLE + ("400_context",),
        seed=5,
        retry_after_s=0,
        hang_s=60,
        drip_s=0.2,
    )
    run = new_run(tmp_path, dialogues)
    with start_process(faults=faults) as url:
        reach = Reach(base_url=url, concurrency=20, price=FREE, deadline_s=1.0, retries=8)
        outcome = play_run(run, Means(reach))
    journal = run.journal(readonly=True)
    failures, finished, totals = journal.failures(), journal.finished(), journal.totals()
    journal.close()

    assert outcome.stopped is None
    assert len(finished) + len(failures) == dialogues
    assert finished
    for failure in failures:
        assert failure.kind
        assert failure.reason
        assert failure.slot
        assert "Traceback" not in failure.reason
    for trajectory in read_rows(run.path / "trajectories.jsonl", Trajectory):
        for turn in trajectory.turns:
            assert turn.utterance.strip()
            for attempt in turn.attempts:
                assert attempt.reply.strip()
                assert bool(attempt.violations) == (attempt.because == "breaks a hard rule")
                assert not span_violations(attempt.reply) or attempt.violations
    print(
        f"\n{dialogues} dialogues at 30 % faults: {len(finished)} finished, {len(failures)} failed; {totals['by_status']}"
    )


def test_what_failed_transiently_is_finished_by_the_same_command(tmp_path):
    run = new_run(tmp_path, 6)
    with start_process(faults=Faults(rate=0.5, kinds=("500",), seed=1)) as url:
        reach = Reach(base_url=url, concurrency=3, price=FREE, retries=1)
        play_run(run, Means(reach))
    journal = run.journal(readonly=True)
    assert all(failure.retriable for failure in journal.failures())
    assert journal.failures()
    journal.close()
    with start_process() as url:
        outcome = play_run(run, Means(Reach(base_url=url, concurrency=3, price=FREE)))
    assert outcome.exported.failures == 0
    assert outcome.progress.finished == 6


def test_refused_calls_are_tried_again_only_if_asked_for(tmp_path):
    run = new_run(tmp_path, 4)
    with start_process(faults=Faults(rate=1.0, kinds=("400_context",))) as url:
        outcome = play_run(run, Means(Reach(base_url=url, concurrency=2, price=FREE)))
    assert outcome.exported.failures == 4
    with start_process() as url:
        reach = Reach(base_url=url, concurrency=2, price=FREE)
        assert play_run(run, Means(reach)).exported.failures == 4
        assert play_run(run, Means(reach, retry_failed=True)).exported.failures == 0


@pytest.mark.parametrize(
    ("kind", "setting"), [("401", "OPENAI_API_KEY"), ("429_quota", "quota"), ("404_model", "--model")]
)
def test_what_stops_a_run_exits_2_and_names_the_setting(tmp_path, kind, setting):
    run = new_run(tmp_path, 4)
    with start_process(faults=Faults(rate=1.0, kinds=(kind,))) as url:
        done = kardia(
            "synth", "run", "--pairings", tmp_path / "pairings-4-0.jsonl", "--out", run.path, "--base-url", url
        )
    assert done.returncode == 2, done.stderr
    assert setting in done.stderr
    assert "Traceback" not in done.stderr
    journal = run.journal(readonly=True)
    assert journal.totals()["calls"] == 0
    journal.close()


def test_an_endpoint_that_is_gone_exits_3(tmp_path):
    run = new_run(tmp_path, 8)
    done = kardia(
        "synth", "run", "--pairings", tmp_path / "pairings-8-0.jsonl", "--out", run.path,
        "--base-url", "http://127.0.0.1:9/v1", "--retries", "0",
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "endpoint" in done.stderr
