"""Jobs: they outlive who started them, are paused, stopped and gone on with, and say why they did not start."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from graphs.forks import Change, fork
from graphs.journal import Slot
from graphs.records import BadFile
from graphs.runs import RunInUse, WrongUse
from graphs.watching.processes import this_process
from studio.runs import jobs
from studio.workspace import VARIABLE, Workspace
from tests.graphs.counting import counting_endpoint, wait_for
from tests.graphs.runs import ROOT, derived_bytes, new_run, paired, play

DIALOGUES = 16


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    run = new_run(tmp_path_factory.mktemp("undisturbed"), DIALOGUES)
    with counting_endpoint() as endpoint:
        play(run, endpoint.url)
    return run


@pytest.fixture
def workspace(tmp_path):
    root = tmp_path / "workspace"
    (root / "runs").mkdir(parents=True)
    return Workspace(root)


def started(workspace, url, *options, name="run"):
    run = workspace.root / "runs" / name
    argv = ["synth", "run", "--pairings", paired(workspace.root, DIALOGUES), "--out", run, "--base-url", url]
    jobs.launch(workspace, run, [*map(str, argv), "--concurrency", "4", *options])
    return run


def state(workspace, run):
    return jobs.standing(run, workspace).state


def wait_until(workspace, run, *states):
    wait_for(lambda: state(workspace, run) in states, timeout_s=60)
    return jobs.standing(run, workspace)


def test_paused_stopped_and_resumed_it_ends_with_the_bytes_of_an_undisturbed_run(workspace, undisturbed):
    with counting_endpoint(latency_s=0.1) as endpoint:
        run = started(workspace, endpoint.url)
        assert state(workspace, run) in ("starting", "running")
        with pytest.raises(RunInUse):
            jobs.resume(workspace, run)
        wait_for(lambda: jobs.standing(run, workspace).progress.finished > 0, timeout_s=60)
        with pytest.raises(RunInUse, match="in use by process"):
            jobs.resume(workspace, run)
        jobs.pause(run)
        jobs.pause(run)
        paused = wait_until(workspace, run, "stopped")
        assert paused.ended == "you"
        assert endpoint.repeated == 0
        with pytest.raises(WrongUse, match="nobody plays it"):
            jobs.pause(run)

        jobs.resume(workspace, run)
        wait_for(lambda: jobs.standing(run, workspace).progress.finished > paused.progress.finished, timeout_s=60)
        jobs.stop(run, moment_s=0)
        stopped = wait_until(workspace, run, "stopped")
        assert stopped.ended == "you"
        assert stopped.progress.finished < DIALOGUES

    with counting_endpoint() as again:
        jobs.resume(workspace, run, ["--base-url", again.url, "--concurrency", "16"])
        finished = wait_until(workspace, run, "finished")
        assert finished.progress.finished == DIALOGUES
    assert derived_bytes(_Opened(run)) == derived_bytes(undisturbed)


class _Opened:
    def __init__(self, path):
        self.path = path


def test_a_job_outlives_the_killed_process_that_started_it_and_its_session(workspace, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never-on-disk")
    with counting_endpoint(latency_s=0.05) as endpoint:
        code = (
            "import sys, time; from pathlib import Path; from studio.runs import jobs; from studio.workspace import Workspace\n"
            "root, *argv = sys.argv[1:]; jobs.launch(Workspace(Path(root)), Path(root) / 'runs' / 'run', argv)\n"
            "print('launched', flush=True); time.sleep(60)"
        )
        run = workspace.root / "runs" / "run"
        argv = [
            "synth",
            "run",
            "--pairings",
            paired(workspace.root, DIALOGUES),
            "--out",
            run,
            "--base-url",
            endpoint.url,
        ]
        launcher = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, (workspace.root, *argv))],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert launcher.stdout
        assert launcher.stdout.readline() == b"launched\n"
        os.killpg(launcher.pid, signal.SIGKILL)
        launcher.wait()
        launcher.stdout.close()
        assert wait_until(workspace, run, "finished").progress.finished == DIALOGUES
    wait_for(lambda: "16 dialogues finished" in jobs.log_tail(workspace, run))  # said once the run is given back
    kept = [path for path in workspace.root.rglob("*") if path.is_file()]
    assert not [path for path in kept if b"sk-never-on-disk" in path.read_bytes()]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--model", "gpt-4o-2024-11-20"], "OPENAI_API_KEY"),
        (["--no-such-option"], "No such option"),
    ],
)
def test_a_start_that_is_refused_says_why_until_it_is_forgotten(workspace, monkeypatch, options, said):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    run = workspace.root / "runs" / "run"
    argv = ["synth", "run", "--pairings", str(paired(workspace.root, 2)), "--out", str(run), *options]
    jobs.launch(workspace, run, argv)
    refused = wait_until(workspace, run, "stopped")
    assert (refused.ended, refused.pid) == ("refused", None)
    assert said in refused.reason
    assert jobs.is_unmade(workspace, run)
    assert list(jobs.jobs(workspace)) == ["run"]
    jobs.forget(workspace, run)
    with pytest.raises(BadFile):
        jobs.standing(run, workspace)


def test_a_refused_resume_is_told_beside_what_the_run_had(workspace):
    run = new_run(workspace.root / "runs", 2)
    with counting_endpoint() as endpoint:
        play(run, endpoint.url)
    jobs.resume(workspace, run.path, ["--base-url", "ftp://127.0.0.1/v1"])
    refused = wait_until(workspace, run.path, "stopped")
    assert "--base-url" in refused.reason
    assert refused.progress.finished == 2


def test_a_fork_is_played_as_a_job_with_the_address_its_parent_used(workspace):
    with counting_endpoint() as endpoint:
        parent = new_run(workspace.root / "runs", 2)
        play(parent, endpoint.url)
        thread = next(parent.pairings()).id
        forked = fork(parent, thread, Slot(1, 0, "user_simulator"), Change(utterance="It was the cup, not the plate."))
        before = endpoint.total
        jobs.resume(workspace, forked.path)
        done = wait_until(workspace, forked.path, "finished")
        assert endpoint.total > before
    assert done.progress.total == done.progress.finished == 1
    assert list(jobs.jobs(workspace)) == [workspace.name(forked.path)]


def test_only_the_very_process_that_holds_the_lock_is_ever_interrupted(workspace, monkeypatch):
    run = new_run(workspace.root / "runs", 1)
    me, sent = this_process(), []
    old = signal.signal(signal.SIGINT, lambda *_: sent.append(1))
    try:
        with run.lock():
            for other in (me._replace(born=1), me._replace(host="elsewhere"), me._replace(pid=1)):
                (run.path / "run.lock").write_text(
                    json.dumps({**other._asdict(), "since": "2026-01-01T00:00:00+00:00"})
                )
                with pytest.raises(WrongUse, match="not ours to stop"):
                    jobs.pause(run.path)
                with pytest.raises(WrongUse, match="not ours to stop"):
                    jobs.stop(run.path)
        for act in (jobs.pause, jobs.stop):
            with pytest.raises(WrongUse, match="nobody plays it"):
                act(run.path)
    finally:
        signal.signal(signal.SIGINT, old)
    assert not sent


def test_a_process_on_its_way_out_does_not_write_into_the_log_of_the_next(workspace):
    run = workspace.root / "runs" / "run"
    log = workspace.state / "jobs" / "run.log"
    log.parent.mkdir()
    with log.open("wb") as earlier:
        earlier.write(b"played for long\n" * 1000)
        earlier.flush()
        jobs.launch(workspace, run, ["synth", "run", "--no-such-option"])
        earlier.write(b"error: stopped by you\n")
    wait_until(workspace, run, "stopped")
    assert "No such option" in jobs.last_words(workspace, run)
    assert "stopped by you" not in jobs.log_tail(workspace, run)


def test_of_two_that_launch_at_the_same_moment_one_is_refused(workspace):
    run, refused = workspace.root / "runs" / "run", []

    def launch():
        try:
            jobs.launch(workspace, run, ["synth", "--help"])
        except RunInUse as error:
            refused.append(str(error))

    both = [threading.Thread(target=launch) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(refused) == 1
    assert "is being started" in refused[0]


def test_a_run_outside_the_workspace_is_no_job(workspace, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(workspace.root))
    with pytest.raises(ValueError, match="runs"):
        jobs.launch(workspace, tmp_path / "elsewhere", ["synth", "--help"])
