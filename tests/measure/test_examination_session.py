"""Asking and judging through the model door: what is kept, what is a failure, and what a kill loses."""

import asyncio
import signal
import sys
import threading
from collections import Counter
from contextlib import closing, contextmanager

import pytest
from aiohttp import web

from graphs.llm.errors import BudgetReached, EndpointGone, RunRefused
from graphs.llm.prices import Price, UnknownPrice
from graphs.runs import RunInUse, WrongUse
from measure.examination.folder import open_examination
from measure.examination.judging import have_judged, judge_settings
from measure.examination.report import examination_report
from measure.examination.session import examine
from tests.graphs.loopback import completion, failed, loopback, ok
from tests.graphs.runs import ROOT
from tests.measure.examined import (
    JUDGE,
    MODEL,
    answering,
    is_judging,
    marks,
    means,
    released,
    reply,
    said_last,
    started,
)


@contextmanager
def served(handler):
    """A loopback server in a thread of its own, for what runs its own event loop."""
    ready, ended, found = threading.Event(), threading.Event(), []

    async def run():
        async with loopback(handler) as state:
            found.append(state)
            ready.set()
            while not ended.is_set():
                await asyncio.sleep(0.01)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    ready.wait(10)
    try:
        yield found[0]
    finally:
        ended.set()
        thread.join()


def replies(examination):
    with closing(examination.answers(readonly=True)) as answers:
        return answers.replies()


def judged(examination, settings):
    with closing(examination.answers(readonly=True)) as answers:
        return answers.marks(settings.name)


def test_every_turn_is_asked_at_temperature_zero_as_a_whole_chat_and_kept(tmp_path):
    examination = started(released(tmp_path), tmp_path / "ex")
    with served(answering()) as server:
        outcome = examine(examination, means(server.url))
    assert outcome.stopped is None
    assert len(server.bodies) == len(replies(examination)) == outcome.progress.finished == 10
    assert {body["temperature"] for body in server.bodies} == {0}
    assert {len(body["messages"]) for body in server.bodies} == {2, 4, 6}
    assert {said.text for said in replies(examination).values()} == {reply(emotion="sad")}


def test_what_was_answered_is_never_asked_again(tmp_path):
    release = released(tmp_path)
    with served(answering()) as server:
        examine(started(release, tmp_path / "ex"), means(server.url))
        again = examine(started(release, tmp_path / "ex"), means(server.url))
    assert len(server.bodies) == 10
    assert again.progress.calls == 0
    assert again.progress.finished == 10


def test_findings_are_replies_and_failures_are_none_with_a_reason(tmp_path):
    examination = started(released(tmp_path, personas=5), tmp_path / "ex", history="response")

    async def handle(body, number):
        said = said_last(body)
        if "Kite 100" in said:
            return web.json_response(completion("half of", "length"))
        if "Kite 101" in said:
            return ok("")
        if "Kite 102" in said:
            return ok("I'm sorry, I cannot help with that.")
        if "Kite 103" in said:
            return failed(400, "no")
        return ok(reply())

    with served(handle) as server:
        outcome = examine(examination, means(server.url))
    found = Counter((said.ended, said.text is None) for said in replies(examination).values())
    assert found == {
        ("cut", False): 3,
        ("empty", False): 3,
        ("refused", False): 3,
        ("failed", True): 3,
        ("stop", False): 3,
    }
    assert outcome.progress.failed == 3
    (why,) = {said.failure for said in replies(examination).values() if said.text is None}
    assert "400" in why


@pytest.mark.parametrize(("status", "retried"), [(500, True), (400, False)])
def test_a_failed_call_is_asked_again_by_itself_only_if_it_may_succeed(tmp_path, status, retried):
    release, broken = released(tmp_path, personas=1, turns=1), [True]

    async def handle(body, number):
        return failed(status, "no") if broken[0] else ok(reply())

    with served(handle) as server:
        first = examine(started(release, tmp_path / "ex"), means(server.url))
        broken[0] = False
        again = examine(started(release, tmp_path / "ex"), means(server.url))
        forced = examine(started(release, tmp_path / "ex"), means(server.url, retry_failed=True))
    assert (first.progress.finished, first.progress.failed) == (0, 1)
    assert again.progress.finished == int(retried)
    assert (forced.progress.finished, forced.progress.failed) == (1, 0)


def test_a_paid_call_that_failed_and_is_repeated_counts_twice_for_report_and_budget(tmp_path):
    release, filtered = released(tmp_path, personas=1, turns=1), [True]

    async def handle(body, number):
        return web.json_response(completion("no", "content_filter" if filtered[0] else "stop"))

    def paying(url, **given):
        free = means(url, **given)
        return free._replace(reach=free.reach.model_copy(update={"price": Price(1.0, 0.0)}))

    with served(handle) as server:
        examine(started(release, tmp_path / "ex"), paying(server.url))
        filtered[0] = False
        examine(started(release, tmp_path / "ex"), paying(server.url, retry_failed=True))
        again = examine(started(release, tmp_path / "ex"), paying(server.url))
    assert len(server.bodies) == 2
    assert examination_report(open_examination(tmp_path / "ex")).cost_usd == pytest.approx(0.0002)
    assert again.progress.cost_usd == pytest.approx(0.0002)


def test_an_endpoint_that_is_gone_stops_the_examination_and_the_same_command_goes_on(tmp_path):
    release = released(tmp_path, personas=3)

    async def gone(body, number):
        return failed(500, "no") if number > 2 else ok(reply())

    with served(gone) as server:
        outcome = examine(started(release, tmp_path / "ex"), means(server.url, concurrency=1))
    assert isinstance(outcome.stopped, EndpointGone)
    with served(answering()) as server:
        outcome = examine(started(release, tmp_path / "ex"), means(server.url))
    assert outcome.stopped is None
    assert len(server.bodies) == 13
    assert outcome.progress.finished == 15


def test_a_refused_run_and_a_budget_end_it_with_what_came_kept(tmp_path):
    release = released(tmp_path)

    async def unknown(body, number):
        return failed(404, "model not found", "model_not_found")

    with served(unknown) as server, pytest.raises(RunRefused):
        examine(started(release, tmp_path / "ex"), means(server.url))
    with served(answering()) as server:
        poor = means(server.url, concurrency=1, budget_usd=0.0002)
        poor = poor._replace(reach=poor.reach.model_copy(update={"price": Price(1.0, 0.0)}))
        outcome = examine(started(release, tmp_path / "ex"), poor)
    assert isinstance(outcome.stopped, BudgetReached)
    assert 0 < outcome.progress.finished < 10
    assert outcome.progress.paid_usd == pytest.approx(0.0001 * outcome.progress.finished)


def test_a_budget_needs_a_price_and_an_unknown_price_is_no_zero(tmp_path):
    examination = started(released(tmp_path), tmp_path / "ex")
    with served(answering()) as server:
        unpriced = means(server.url)
        unpriced = unpriced._replace(reach=unpriced.reach.model_copy(update={"price": None}))
        with pytest.raises(UnknownPrice):
            examine(examination, unpriced._replace(budget_usd=1.0))
        assert examine(examination, unpriced).progress.paid_usd is None


def test_a_second_process_is_refused(tmp_path):
    examination = started(released(tmp_path), tmp_path / "ex")
    with examination.lock(), pytest.raises(RunInUse):
        examine(open_examination(examination.path), means("http://127.0.0.1:9/v1"))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
async def test_a_kill_loses_no_answer_and_a_signal_lets_calls_come_home(tmp_path, how):
    """The command line as a process of its own, stopped in the middle and started again."""
    release = released(tmp_path, personas=6)
    reached = asyncio.Event()

    async def handle(body, number):
        if number >= 12:
            reached.set()
        await asyncio.sleep(0.05)
        return ok(reply(emotion="sad"))

    async with loopback(handle) as server:
        command = [sys.executable, "-m", "studio.cli", "evaluate", "run", str(release), "--model", MODEL]
        command += ["--out", str(tmp_path / "ex"), "--base-url", server.url, "--concurrency", "2"]
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
        await asyncio.wait_for(reached.wait(), 60)
        process.send_signal(how)
        code = await asyncio.wait_for(process.wait(), 60)
        kept, asked = len(replies(open_examination(tmp_path / "ex"))), len(server.bodies)
        assert code == (130 if how == signal.SIGINT else -signal.SIGKILL)
        assert asked - (2 if how == signal.SIGKILL else 0) <= kept < 30
        again = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
        assert await asyncio.wait_for(again.wait(), 60) == 0
    assert len(server.bodies) == asked + 30 - kept
    assert len(replies(open_examination(tmp_path / "ex"))) == 30


def test_a_judge_scores_every_reply_once_with_reasons(tmp_path):
    examination = started(released(tmp_path), tmp_path / "ex")
    settings = judge_settings(examination, JUDGE, "response")
    with served(answering(lambda body: reply(response=f"About {len(str(body))}"))) as server:
        examine(examination, means(server.url))
        have_judged(examination, settings, means(server.url))
        again = have_judged(examination, settings, means(server.url))
    asked = [body for body in server.bodies if is_judging(body)]
    assert len(asked) == len(judged(examination, settings)) == 6
    assert again.progress.calls == 0
    assert all("understanding" not in said_last(body) for body in asked)
    assert {
        mark.reason for marked in judged(examination, settings).values() for mark in (marked.marks or {}).values()
    } == {"r"}


def test_a_failed_judge_is_none_with_a_reason_and_is_asked_again(tmp_path):
    examination, broken = started(released(tmp_path), tmp_path / "ex"), [True]
    settings = judge_settings(examination, JUDGE, "response")

    async def handle(body, number):
        if is_judging(body):
            return ok("I like it!") if broken[0] and "Kite 100" in said_last(body) else ok(marks())
        return ok(reply(response=f"About {said_last(body)}"))

    with served(handle) as server:
        examine(examination, means(server.url))
        first = have_judged(examination, settings, means(server.url))
        found = judged(examination, settings)
        assert first.progress.failed == sum(marked.marks is None for marked in found.values()) == 3
        assert all("off format" in marked.failure for marked in found.values() if marked.marks is None)
        broken[0] = False
        assert have_judged(examination, settings, means(server.url)).progress.failed == 0


def test_an_empty_reply_gets_the_lowest_scores_without_asking_anybody(tmp_path):
    examination = started(released(tmp_path), tmp_path / "ex")
    settings = judge_settings(examination, JUDGE, "response")
    with served(answering(lambda body: "")) as server:
        examine(examination, means(server.url))
        have_judged(examination, settings, means(server.url))
    assert not any(is_judging(body) for body in server.bodies)
    assert {mark.score for one in judged(examination, settings).values() for mark in (one.marks or {}).values()} == {1}


def test_judges_stand_side_by_side_and_a_judge_with_another_prompt_is_refused(tmp_path):
    examination = started(released(tmp_path), tmp_path / "ex")
    one, other = (judge_settings(examination, JUDGE, sees) for sees in ("response", "reply"))
    with served(answering()) as server:
        with pytest.raises(WrongUse, match="nothing was answered yet"):
            have_judged(examination, one, means(server.url))
        examine(examination, means(server.url))
        have_judged(examination, one, means(server.url))
        have_judged(examination, other, means(server.url))
        with closing(examination.answers(readonly=True)) as answers:
            assert len(answers.judges()) == 2
        changed = one.model_copy(update={"prompt_sha256": "0" * 64})
        with pytest.raises(WrongUse, match="judged before under another prompt"):
            have_judged(examination, changed, means(server.url))
