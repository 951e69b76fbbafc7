"""Releases to be examined in tests, and served models that answer by rule."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from graphs.llm.build import Reach
from graphs.llm.prices import FREE
from graphs.schema import Split, Trajectory
from measure.examination.folder import Examination
from measure.examination.session import ExaminationMeans
from studio.examining import Asked, begun, planned
from tests.graphs.loopback import failed, ok
from tests.release.invented import persona, reply, trajectory, turn
from tests.release.test_corrected import built, correction

MODEL, JUDGE = "served-1", "judge-1"
CRITERIA = ("relevance", "fluency", "empathy", "persona_consistency", "safety")
__all__ = ["CRITERIA", "JUDGE", "MODEL", "built", "correction", "failed", "ok", "reply"]


def dialogue(number: int, who: int, *, split: Split = "test", emotion: str = "sad", turns: int = 3) -> Trajectory:
    """A dialogue whose last label in history is always `afraid`."""
    said = [turn(f"Kite {number}, part {t}.", reply(emotion="afraid")) for t in range(1, turns + 1)]
    return trajectory(number, split=split, who=persona(who), emotion=emotion, turns=said)


def released(folder: Path, personas: int = 2, each: int = 1, train: int = 2, turns: int = 3) -> Path:
    """A release of test dialogues of some personas, all of them sad."""
    rows = [dialogue(n, 900 + n, split="train", emotion="proud") for n in range(train)]
    rows += [dialogue(100 + n, n % personas, turns=turns) for n in range(personas * each)]
    return built(folder, rows)


def started(release: Path, out: Path, **asked: Any) -> Examination:
    return begun(planned(Asked(release, asked.pop("model", MODEL), **asked)), out)


def means(url: str, concurrency: int = 4, **given: Any) -> ExaminationMeans:
    return ExaminationMeans(Reach(base_url=url, concurrency=concurrency, price=FREE, retries=0, deadline_s=20), **given)


def said_last(body: dict[str, Any]) -> str:
    return body["messages"][-1]["content"]


def is_judging(body: dict[str, Any]) -> bool:
    return "response_format" in body


def marks(score: int = 4) -> str:
    return json.dumps({"criteria": {name: {"evidence": "e", "reason": "r", "score": score} for name in CRITERIA}})


def answering(
    policy: Callable[[dict[str, Any]], str] = lambda body: reply(emotion="sad"), score: int = 4
) -> Callable[[dict[str, Any], int], Any]:
    """A server's handler: the policy's reply by rule, one score for everything."""

    async def handle(body: dict[str, Any], number: int) -> web.StreamResponse:
        return ok(marks(score)) if is_judging(body) else ok(policy(body))

    return handle
