"""The gate before an endpoint and the budget of a run."""

import asyncio
import random
import time
from collections.abc import Callable

import pytest

from graphs.llm.door import LLM, Patience, Voice
from graphs.llm.errors import Answer, BudgetReached, RunStopped, Transient
from graphs.llm.limits import Budget, Gate
from graphs.llm.prices import FREE
from graphs.prompts import Prompt

PROMPT = Prompt("system", "user", 0.5, 100)


class Crowd:
    """Calls behind one gate: each enters, waits to be let go, and leaves."""

    def __init__(self, gate: Gate):
        self.gate = gate
        self.inside: dict[int, float] = {}
        self.entered: list[int] = []
        self.most = 0
        self._go: dict[int, asyncio.Future[Callable[[float], None]]] = {}
        self.tasks: dict[int, asyncio.Task[None]] = {}

    async def come(self, *numbers: int) -> None:
        for number in numbers:
            self._go[number] = asyncio.get_running_loop().create_future()
            self.tasks[number] = asyncio.create_task(self._call(number))
        await quiet()

    async def _call(self, number: int) -> None:
        async with self.gate as started:
            self.inside[number] = started
            self.entered.append(number)
            self.most = max(self.most, len(self.inside))
            try:
                (await self._go[number])(started)
            finally:
                del self.inside[number]

    async def leave(self, *numbers: int, how: str = "succeeded", wait_s: float | None = None) -> None:
        ends: dict[str, Callable[[float], None]] = {
            "succeeded": lambda _: self.gate.succeeded(),
            "pushed back": lambda started: self.gate.pushed_back(started, wait_s),
            "failed": lambda _: None,
        }
        for number in numbers:
            self._go[number].set_result(ends[how])
        await quiet()

    async def end(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)


async def quiet() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def opened(ceiling: int) -> Crowd:
    """A crowd before a gate that has seen its first success."""
    crowd = Crowd(Gate(ceiling))
    await crowd.come(0)
    await crowd.leave(0)
    return crowd


async def test_one_call_goes_first_and_its_success_opens_the_gate():
    crowd = Crowd(Gate(4))
    await crowd.come(*range(10))
    assert crowd.entered == [0]
    await crowd.leave(0)
    assert crowd.entered == [0, 1, 2, 3, 4]
    assert crowd.most == 4
    await crowd.end()


@pytest.mark.parametrize("how", ["failed", "pushed back"])
async def test_calls_go_one_by_one_until_one_succeeds(how):
    crowd = Crowd(Gate(4))
    await crowd.come(*range(6))
    for number in range(3):
        assert list(crowd.inside) == [number]
        await crowd.leave(number, how=how)
    await crowd.leave(3)
    assert list(crowd.inside) == [4, 5]
    assert crowd.most == 2
    await crowd.end()


async def test_ceiling_is_never_passed_and_calls_go_in_the_order_they_came():
    crowd = await opened(3)
    await crowd.come(*range(1, 31))
    for number in range(1, 31):
        assert len(crowd.inside) <= 3
        await crowd.leave(number)
    assert crowd.most == 3
    assert crowd.entered == list(range(31))
    assert crowd.gate.in_flight == 0


async def test_late_comer_does_not_overtake_who_waits():
    crowd = await opened(1)
    await crowd.come(1, 2)
    await crowd.leave(1)
    await crowd.come(3)
    assert list(crowd.inside) == [2]
    await crowd.leave(2)
    assert list(crowd.inside) == [3]
    await crowd.end()


async def test_calls_of_one_round_halve_once():
    crowd = await opened(8)
    await crowd.come(*range(1, 9))
    await crowd.leave(*range(1, 9), how="pushed back")
    assert crowd.gate.limit == 4
    await crowd.come(*range(11, 21))
    assert len(crowd.inside) == 4
    await crowd.leave(*list(crowd.inside), how="pushed back")
    assert crowd.gate.limit == 2
    await crowd.end()


async def test_limit_never_falls_below_one():
    crowd = await opened(8)
    for number in range(1, 9):
        await crowd.come(number)
        await crowd.leave(number, how="pushed back")
    assert crowd.gate.limit == 1
    await crowd.come(10, 11)
    assert list(crowd.inside) == [10]
    await crowd.end()


async def test_success_brings_back_one_place_a_round_up_to_the_ceiling():
    crowd = await opened(8)
    await crowd.come(1)
    await crowd.leave(1, how="pushed back")
    limits = [crowd.gate.limit]
    for _ in range(60):
        crowd.gate.succeeded()
        limits.append(crowd.gate.limit)
    assert limits[0] == 4
    assert 4.8 < limits[4] <= 5.2
    assert max(limits) == limits[-1] == 8
    assert limits == sorted(limits)


async def test_push_back_of_an_old_call_does_not_halve_what_was_halved_since():
    crowd = await opened(8)
    await crowd.come(1, 2)
    await crowd.leave(1, how="pushed back")
    await crowd.leave(2, how="pushed back")
    assert crowd.gate.limit == 4
    await crowd.end()


# Waiting as long as the endpoint asks


async def test_late_comers_wait_as_long_as_the_endpoint_asks():
    crowd = await opened(4)
    await crowd.come(1)
    asked = time.monotonic()
    await crowd.leave(1, how="pushed back", wait_s=0.15)
    await crowd.come(2, 3)
    assert not crowd.inside
    await asyncio.sleep(0.25)
    await quiet()
    assert set(crowd.inside) == {2, 3}
    assert min(crowd.inside.values()) - asked >= 0.15
    await crowd.end()


async def test_those_who_queue_wait_as_long_as_well():
    """Who stood in the queue before the push-back is no exception."""
    crowd = await opened(2)
    await crowd.come(1, 2, 3, 4)
    asked = time.monotonic()
    await crowd.leave(1, 2, how="pushed back", wait_s=0.15)
    assert not crowd.inside
    await asyncio.sleep(0.3)
    await quiet()
    assert crowd.inside
    assert min(crowd.inside.values()) - asked >= 0.15
    await crowd.end()


async def test_longest_wait_counts():
    crowd = await opened(4)
    await crowd.come(1, 2)
    asked = time.monotonic()
    await crowd.leave(1, how="pushed back", wait_s=0.2)
    await crowd.leave(2, how="pushed back", wait_s=0.01)
    await crowd.come(3)
    await asyncio.sleep(0.3)
    await quiet()
    assert crowd.inside[3] - asked >= 0.2
    await crowd.end()


async def test_after_the_wait_no_more_go_than_the_limit():
    crowd = await opened(4)
    await crowd.come(1)
    await crowd.leave(1, how="pushed back", wait_s=0.05)
    await crowd.come(*range(2, 12))
    await asyncio.sleep(0.15)
    await quiet()
    assert len(crowd.inside) == 2
    await crowd.end()


class Endpoint:
    """Pushes the first call back and answers every later one."""

    model = "m"

    def __init__(self, wait_s: float):
        self.wait_s = wait_s
        self.calls = 0

    async def ask(self, prompt: Prompt, seed: int, tries: int) -> Answer:
        self.calls += 1
        if self.calls == 1:
            raise Transient("http 429", "slow down", self.wait_s, pushed_back=True)
        return Answer("hi", 1, 1)


@pytest.mark.parametrize("wait_s", [3600.0, 1e12, float("inf")])
async def test_wait_that_no_call_would_wait_does_not_shut_the_run_in(wait_s):
    """The call that was told to come back tomorrow gives up; the others must not stand there until tomorrow."""
    endpoint = Endpoint(wait_s)
    llm = LLM({"responder": Voice(endpoint, Gate(4), FREE)}, Budget(), Patience(longest_wait_s=600.0))
    with pytest.raises((Transient, RunStopped)):
        await llm.complete("responder", PROMPT, 0)
    try:
        await asyncio.wait_for(llm.complete("responder", PROMPT, 1), timeout=0.3)
    except TimeoutError:
        pytest.fail("the second call stands before a gate that is shut for longer than any call waits")
    except (Transient, RunStopped):
        pass


# Who goes away


async def test_cancelled_waiter_leaves_the_queue():
    crowd = await opened(1)
    await crowd.come(1, 2, 3)
    crowd.tasks[2].cancel()
    await quiet()
    await crowd.leave(1)
    assert list(crowd.inside) == [3]
    await crowd.leave(3)
    assert crowd.gate.in_flight == 0


async def test_waiter_cancelled_as_its_turn_comes_hands_the_place_on():
    crowd = await opened(1)
    await crowd.come(1, 2, 3)
    crowd._go[1].set_result(lambda _: None)
    while crowd.tasks[1] and not crowd.tasks[1].done():
        await asyncio.sleep(0)
        if crowd.gate.in_flight and 1 not in crowd.inside:
            crowd.tasks[2].cancel()
    await quiet()
    assert list(crowd.inside) == [3]
    assert crowd.gate.in_flight == 1
    await crowd.leave(3)
    assert crowd.gate.in_flight == 0


@pytest.mark.parametrize("wait_s", [None, 0.05])
async def test_cancelled_call_gives_its_place_back(wait_s):
    crowd = await opened(2)
    await crowd.come(1, 2, 3)
    if wait_s:
        crowd.gate.pushed_back(time.monotonic(), wait_s)
        crowd.gate.limit = 2.0
    crowd.tasks[1].cancel()
    await asyncio.sleep(0.1)
    await quiet()
    assert set(crowd.inside) == {2, 3}
    await crowd.end()
    assert crowd.gate.in_flight == 0


async def test_who_is_cancelled_before_a_shut_gate_holds_no_place():
    crowd = await opened(1)
    crowd.gate.pushed_back(time.monotonic(), 0.05)
    await crowd.come(1, 2)
    crowd.tasks[1].cancel()
    await asyncio.sleep(0.1)
    await quiet()
    assert list(crowd.inside) == [2]
    await crowd.end()
    assert crowd.gate.in_flight == 0


async def test_call_that_raises_gives_its_place_back():
    gate = Gate(1)
    for _ in range(3):
        with pytest.raises(ValueError, match="x"):
            async with gate:
                raise ValueError("x")
    assert gate.in_flight == 0


@pytest.mark.parametrize("seed", range(5))
async def test_nobody_is_forgotten_in_any_crowd(seed):
    chance, gate, inside, most = random.Random(seed), Gate(5), 0, 0

    async def call() -> None:
        nonlocal inside, most
        await asyncio.sleep(chance.random() / 50)
        async with gate as started:
            inside += 1
            most = max(most, inside)
            try:
                await asyncio.sleep(chance.random() / 200)
                fate = chance.random()
                if fate < 0.6:
                    gate.succeeded()
                elif fate < 0.8:
                    gate.pushed_back(started, chance.choice([None, 0.002]))
            finally:
                inside -= 1

    tasks = [asyncio.create_task(call()) for _ in range(150)]
    for task in chance.sample(tasks, 40):
        asyncio.get_running_loop().call_later(chance.random() / 20, task.cancel)
    done = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), timeout=10)
    assert all(result is None or isinstance(result, asyncio.CancelledError) for result in done)
    assert gate.in_flight == inside == 0
    assert 1 <= most <= 5


# Money


def test_budget_is_reached_when_it_is_spent():
    budget = Budget(1.0)
    budget.check()
    budget.add(0.5)
    budget.add(None)
    budget.check()
    budget.add(0.5)
    with pytest.raises(BudgetReached, match=r"1\.0000 of 1\.0000.*--budget-usd"):
        budget.check()
    assert budget.spent_usd == 1.0


def test_what_an_earlier_session_spent_counts():
    with pytest.raises(BudgetReached):
        Budget(1.0, 1.5).check()
    Budget(2.0, 1.5).check()


def test_budget_of_nothing_lets_nothing_through():
    with pytest.raises(BudgetReached):
        Budget(0.0).check()


def test_run_without_a_budget_is_never_stopped():
    budget = Budget()
    budget.add(1e9)
    budget.check()
    assert budget.spent_usd == 1e9
