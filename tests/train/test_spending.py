"""A run's money: one budget for both judges, every session and every process, each judge at its own price; unknown is not 0."""

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from graphs.llm.errors import BudgetReached
from graphs.llm.prices import Price, UnknownPrice
from graphs.records import BadFile
from tests.graphs.loopback import Loopback, loopback, ok
from tests.measure.test_judge import marks as marks_text
from tests.train.rollouts import example, reply, scored
from train.groups.set_up import Judges, scorer_of
from train.outcomes.source import JudgePay, outcome_source, second_judge
from train.outcomes.spending import RunBudget
from train.running.run_folder import SPENDING
from train.settings import GrpoSettings, read_settings

CALL = Price(1000.0, 1000.0)
"""Of 120 tokens, as every call here takes: 0.12 US dollars."""


def paid(path: Path, *costs: float | None, ceiling: float | None = None) -> RunBudget:
    budget = RunBudget(path / SPENDING, ceiling)
    for cost in costs:
        budget.add(cost)
    return budget


def test_what_other_sessions_and_processes_paid_counts_against_the_ceiling(tmp_path: Path) -> None:
    paid(tmp_path, 4.0)
    one, other = paid(tmp_path, 2.0, ceiling=10), paid(tmp_path, 3.0, ceiling=10)
    one.check()
    other.add(1.0)
    for budget in (one, other):
        assert budget.spent_usd == budget.total_usd() == 10.0
        with pytest.raises(BudgetReached, match=r"10\.0000 of 10\.0000 US dollars"):
            budget.check()


def test_a_cost_that_is_not_known_makes_the_total_unknown_in_every_later_session(tmp_path: Path) -> None:
    assert paid(tmp_path).total_usd() == 0.0
    assert paid(tmp_path, 1.0, None).total_usd() is None
    again = paid(tmp_path, 1.0)
    assert (again.total_usd(), again.spent_usd) == (None, 2.0)


def test_a_line_that_is_no_cost_is_refused_and_one_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    budget = paid(tmp_path, 1.0)
    whole = (tmp_path / SPENDING).read_bytes()
    with (tmp_path / SPENDING).open("ab") as file:
        file.write(whole[:9])
        file.flush()
        assert budget.total_usd() == 1.0
        file.write(whole[9:])
    assert budget.total_usd() == 2.0
    with (tmp_path / SPENDING).open("ab") as file:
        file.write(b"half a li\n")
    with pytest.raises(BadFile, match=r"spending\.jsonl: .*half a li"):
        _ = paid(tmp_path).spent_usd


def settings_for(url: str, **more: str) -> GrpoSettings:
    given = {"model_name_or_path": "m", "judge_model": "first/judge", "judge_base_url": url, "judge_retries": "0",
             "second_judge_model": "second/judge", "second_judge_base_url": url, "second_judge_share": "1.0"}  # fmt: skip
    settings = read_settings("grpo", None, given | more)
    assert isinstance(settings, GrpoSettings)
    return settings


async def judged(server: Loopback, run: Path, pay: JudgePay, texts: list[str], **more: str) -> RunBudget:
    """Let both judges see a group."""
    settings, budget = settings_for(server.url, **more), RunBudget(run / SPENDING, pay.budget_usd)
    with (
        outcome_source(settings, run, "cpu", pay, budget) as source,
        second_judge(settings, run, pay, budget) as second,
    ):
        judges = Judges(source, second)
        try:
            [rollouts] = await scored(scorer_of(settings, source), [texts])
            assert second
            await second.compare({example(0).id: example(0)}, rollouts)
        finally:
            await judges.close()
    return budget


@pytest.fixture
def say() -> Any:
    async def answer(body: dict[str, Any], number: int) -> web.Response:
        return ok(marks_text(3))

    return answer


TEXTS = [reply("sad", "Who?"), reply("sad", "When was it?")]


async def test_each_judge_is_paid_at_its_own_price_and_nothing_twice(say: Any, tmp_path: Path) -> None:
    pay = JudgePay(price=CALL, second_judge_price=Price(5000.0, 5000.0))
    async with loopback(say) as server:
        first = await judged(server, tmp_path, pay, TEXTS)
        assert first.total_usd() == pytest.approx(2 * 0.12 + 2 * 0.6)
        again = await judged(server, tmp_path, pay, TEXTS)
    assert again.total_usd() == first.total_usd() and len(server.bodies) == 4


async def test_the_second_judges_price_is_looked_up_and_never_taken_from_the_first(say: Any, tmp_path: Path) -> None:
    async with loopback(say) as server:
        unknown = await judged(server, tmp_path, JudgePay(price=CALL), TEXTS)
        assert unknown.total_usd() is None and unknown.spent_usd == pytest.approx(0.24)
        with pytest.raises(UnknownPrice, match="second/judge"):
            await judged(server, tmp_path / "other", JudgePay(price=CALL, budget_usd=9.0), TEXTS)


async def test_both_judges_spend_from_one_budget_which_a_resume_does_not_fill_again(say: Any, tmp_path: Path) -> None:
    pay = JudgePay(CALL, budget_usd=0.3, second_judge_price=CALL)
    async with loopback(say) as server:
        for _ in range(2):
            with pytest.raises(BudgetReached):
                await judged(server, tmp_path, pay, TEXTS, judge_concurrency="1")
        assert len(server.bodies) == 3
    assert RunBudget(tmp_path / SPENDING).total_usd() == pytest.approx(0.36)
