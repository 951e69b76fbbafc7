"""A supervising model decides only what people leave open after the discussion, and is marked as a model."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from annotation.project import CORRECTED, Project
from annotation.supervise import WRITTEN_TOKENS, Decided, disputed, expected_rulings, supervise
from graphs.corrections import CorrectedTurn
from graphs.llm.build import Reach
from graphs.llm.errors import BudgetReached, RunRefused
from graphs.llm.prices import FREE, Price
from graphs.records import read_header, read_rows
from graphs.runs import Run
from graphs.watching.progress import Progress
from measure.examination.session import ExaminationMeans
from tests.annotation.material import answer, played, pushed
from tests.graphs.counting import counting_endpoint
from tests.graphs.loopback import failed, loopback, ok


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    return played(tmp_path_factory.mktemp("supervise"))


@pytest.fixture
def project(run, tmp_path) -> Project:
    """Two annotators who disagree on the first two turns, and discussed only the first."""
    made = pushed(tmp_path / "winter", run, overlap=2)
    for place, task in enumerate(list(made.tasks.values())[:2]):
        for round_ in (1, 2) if place == 0 else (1,):
            made.take([answer(task, round=round_), answer(task, "ann-2", round=round_, verdict="drop", comment="no")])
    return made


MODEL = "kardia-demo-1"


def reach(url: str, price: Price = FREE) -> Reach:
    return Reach(base_url=url, concurrency=1, price=price, retries=0)


async def decide(project: Project, url: str, tell: Callable[[Progress], None] = lambda _: None) -> Decided:
    return await supervise(project, MODEL, ExaminationMeans(reach(url)), tell, discussed_only=True)


def test_a_turn_that_not_everybody_has_discussed_is_decided_only_if_asked_for(project):
    discussed, half = list(project.tasks.values())[:2]
    project.take([answer(half, round=2)])
    assert [one.task for one in disputed(project, discussed_only=True)] == [discussed.id]
    assert [one.task for one in disputed(project, discussed_only=False)] == [discussed.id, half.id]
    project.take([answer(half, "ann-2", round=2, verdict="drop", comment="no")])
    assert [one.task for one in disputed(project, discussed_only=True)] == [discussed.id, half.id]


def test_turns_that_still_wait_for_a_first_answer_are_nobodys_dispute(run, tmp_path):
    project = pushed(tmp_path / "half", run, overlap=2)
    project.take([answer(next(iter(project.tasks.values())))])
    assert disputed(project, discussed_only=False) == []


@pytest.mark.parametrize("meanwhile", ["a ruling", "a new answer"])
async def test_what_people_say_while_a_model_is_thinking_stands(project, meanwhile):
    (one,) = disputed(project, discussed_only=True)
    theirs = answer(project.tasks[one.task], "ann-2", round=2, at="2026-11-01T12:00:00Z")

    async def answers(body: dict[str, Any], number: int) -> web.Response:
        if meanwhile == "a ruling":
            project.decide(theirs.model_copy(update={"annotator": "chief", "round": 1}))
        else:
            project.take([theirs])
        return ok(json.dumps({"reason": "x", "choice": "B"}))

    async with loopback(answers) as endpoint:
        decided = await decide(project, endpoint.url)
    assert "theirs stands" in decided.failed[one.task]
    settled = next(turn for turn in project.results().settled if turn.verdict == "correct")
    assert settled.by == ("person" if meanwhile == "a ruling" else "discussion")
    assert not any(ruling.annotator.startswith("model.") for ruling in project.rulings().values())


async def test_what_was_decided_before_a_stop_stands_in_the_corrected_turns(project):
    second = list(project.tasks.values())[1]
    project.take([answer(second, round=2), answer(second, "ann-2", round=2, verdict="drop", comment="no")])
    project.write_results()

    async def answers(body: dict[str, Any], number: int) -> web.Response:
        return ok(json.dumps({"reason": "x", "choice": "A"})) if number == 1 else failed(401, "no such key")

    async with loopback(answers) as endpoint:
        with pytest.raises(RunRefused):
            await decide(project, endpoint.url)
    assert len(project.rulings()) == 1
    corrected = project.path / CORRECTED
    assert read_header(corrected)["open"] == len(project.results().open)
    assert [row.by for row in read_rows(corrected, CorrectedTurn)] == ["model"]


def test_only_what_was_discussed_is_decided_and_it_is_marked_as_a_models(project):
    (one,) = disputed(project, discussed_only=True)
    with counting_endpoint() as endpoint:
        assert asyncio.run(decide(project, endpoint.url)).progress.finished == 1
        assert asyncio.run(decide(project, endpoint.url)).progress.finished == 0
        assert endpoint.total == 1
    found = next(turn for turn in project.results().settled if turn.by == "model")
    assert found.trajectory == project.origins[one.task].trajectory
    assert found.history[-1].by_model
    assert found.history[-1].who == "model.kardia-demo-1"
    assert not any(judgement.by_model for judgement in found.history[:-1])


@pytest.mark.parametrize("said", ["nonsense", json.dumps({"reason": "x", "choice": "Z"})])
async def test_an_answer_off_format_decides_nothing(project, said):
    async def answers(body: dict[str, Any], number: int) -> web.Response:
        return ok(said)

    async with loopback(answers) as endpoint:
        found = await decide(project, endpoint.url)
    assert (found.progress.finished, len(found.failed)) == (0, 1)
    assert len(disputed(project, discussed_only=True)) == 1


async def test_what_deciding_would_take_is_told_without_a_call_and_every_call_is_told_while_it_is_made(project):
    price = Price(1.0, 10.0)
    bodies, told = list[str](), list[tuple[int, int, int]]()

    async def answers(body: dict[str, Any], number: int) -> web.Response:
        bodies.append("".join(message["content"] for message in body["messages"]))
        return ok(json.dumps({"reason": "x", "choice": "A"}))

    async with loopback(answers) as endpoint:
        found = expected_rulings(project, MODEL, reach(endpoint.url, price), discussed_only=True)
        assert bodies == []
        await decide(project, endpoint.url, lambda now: told.append((now.finished, now.calls, now.total)))
    assert (found.calls, found.answered, found.tokens_out) == (1, 0, WRITTEN_TOKENS)
    assert found.tokens_in == len(bodies[0]) // 4
    assert found.cost_usd == pytest.approx((found.tokens_in + 10 * WRITTEN_TOKENS) / 1e6)
    assert told == [(0, 0, 1), (1, 1, 1)]
    after = expected_rulings(project, MODEL, reach(endpoint.url), discussed_only=True)
    assert (after.calls, after.answered) == (0, 1)


async def test_a_budget_that_is_spent_stops_cleanly_and_keeps_what_was_decided(project):
    second = list(project.tasks.values())[1]
    project.take([answer(second, round=2), answer(second, "ann-2", round=2, verdict="drop", comment="no")])

    async def answers(body: dict[str, Any], number: int) -> web.Response:
        return ok(json.dumps({"reason": "x", "choice": "A"}))

    async with loopback(answers) as endpoint:
        means = ExaminationMeans(reach(endpoint.url, Price(100.0, 100.0)), budget_usd=0.001)
        found = await supervise(project, MODEL, means, discussed_only=True)
    assert isinstance(found.stopped, BudgetReached)
    assert (found.progress.finished, found.progress.calls, found.progress.failed) == (1, 2, 0)
    assert found.progress.paid_usd == pytest.approx(0.012)
    assert len(project.rulings()) == 1
