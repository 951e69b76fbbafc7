"""The second judge: which candidates it sees follows from their content, and what it says moves no reward."""

from pathlib import Path
from typing import Any

from aiohttp import web

from graphs.llm.build import Reach
from graphs.llm.limits import Budget
from graphs.llm.prices import FREE
from measure.judge import open_judge
from tests.graphs.loopback import loopback, ok
from tests.measure.test_judge import marks as marks_text
from tests.train.rollouts import PACK, example, reply, scored, scorer
from train.outcomes.second_judge import SecondJudge

EXAMPLES = {example(0).id: example(0)}


async def agreement(tmp_path: Path, share: float, answer: str, texts: list[str]) -> tuple[dict[str, float], int]:
    async def say(body: dict[str, Any], number: int) -> web.Response:
        return ok(answer)

    [rollouts] = await scored(scorer(lambda text: None if "fails" in text else 5), [texts])
    async with loopback(say) as server:
        reach = Reach(base_url=server.url, price=FREE, retries=0)
        second = SecondJudge(open_judge(PACK, "m", reach, tmp_path / "second.sqlite", Budget()), share)
        metrics = await second.compare(EXAMPLES, rollouts)
        await second.close()
    return metrics, len(server.bodies)


async def test_agreement_and_gap_are_of_the_normed_outcomes(tmp_path: Path) -> None:
    texts = [reply("sad", "Who?"), reply("sad", "fails"), "prose"]
    metrics, asked = await agreement(tmp_path, 1.0, marks_text(2), texts)
    assert metrics == {"second_judge_agreement": 0.25, "second_judge_gap": 0.75}
    assert asked == 1


async def test_a_second_judge_that_fails_says_nothing(tmp_path: Path) -> None:
    metrics, _ = await agreement(tmp_path, 1.0, "five of five", [reply("sad", "Who?")])
    assert metrics == {}


async def test_it_sees_its_share(tmp_path: Path) -> None:
    texts = [reply("sad", f"Who, and when? {number}") for number in range(200)]
    _, none = await agreement(tmp_path, 0.0, marks_text(3), texts)
    _, some = await agreement(tmp_path, 0.25, marks_text(3), texts)
    assert none == 0 and 25 < some < 75
