"""A supervising model decides only what people leave open after the discussion, and is marked as a model."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from annotation.project import CORRECTED, Project
from annotation.supervise import ROLE, disputed, supervise
from graphs.corrections import CorrectedTurn
from graphs.llm.build import Reach, build_llm
from graphs.llm.errors import RunRefused
from graphs.llm.limits import Budget
from graphs.llm.prices import FREE
from graphs.records import read_header, read_rows
from graphs.runs import Run
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


async def decide(project: Project, url: str):
    llm = build_llm({ROLE: "kardia-demo-1"}, Reach(base_url=url, concurrency=1, price=FREE, retries=0), Budget(None))
    try:
        return await supervise(project, llm, "kardia-demo-1")
    finally:
        await llm.close()


def test_a_turn_that_not_everybody_has_discussed_is_decided_only_if_asked_for(project):
    discussed, half = list(project.tasks.values())[:2]
    project.take([answer(half, round=2)])
    assert [one.task for one in disputed(project)] == [discussed.id]
    assert [one.task for one in disputed(project, discussed_only=False)] == [discussed.id, half.id]
    project.take([answer(half, "ann-2", round=2, verdict="drop", comment="no")])
    assert [one.task for one in disputed(project)] == [discussed.id, half.id]


def test_turns_that_still_wait_for_a_first_answer_are_nobodys_dispute(run, tmp_path):
    project = pushed(tmp_path / "half", run, overlap=2)
    project.take([answer(next(iter(project.tasks.values())))])
    assert disputed(project, discussed_only=False) == []


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
    (one,) = disputed(project)
    with counting_endpoint() as endpoint:
        assert asyncio.run(decide(project, endpoint.url)).rulings == 1
        assert asyncio.run(decide(project, endpoint.url)).rulings == 0
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
    assert (found.rulings, len(found.failed)) == (0, 1)
    assert len(disputed(project)) == 1
