"""A supervising model decides only what people leave open after the discussion, and is marked as a model."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from annotation.project import Project
from annotation.supervise import ROLE, disputed, supervise
from graphs.llm.build import Reach, build_llm
from graphs.llm.limits import Budget
from graphs.llm.prices import FREE
from graphs.runs import Run
from tests.annotation.material import answer, played, pushed
from tests.graphs.counting import counting_endpoint
from tests.graphs.loopback import loopback, ok


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
