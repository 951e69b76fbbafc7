"""A real vLLM server on this CPU, from our own command; its environment is made before: `kardia train serve --prepare`."""

import asyncio
from pathlib import Path

import pytest

from graphs.spans import response_of, span_violations
from studio.served_policy import ServedPolicy
from tests.train.serving import ask, served
from tests.train.speaking import ADAPTED, WHOLE, context, make_speaking
from train.serving.environment import serving_environment

pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    if not serving_environment("cpu").is_ready:
        pytest.skip("no vLLM here; make its environment: kardia train serve --prepare")
    return make_speaking(tmp_path_factory.mktemp("speaking"))


async def test_vllm_serves_a_whole_model_through_the_door_and_in_a_chat(speaking: tuple[Path, Path]):
    habits = speaking[0] / "generation_config.json"
    habits.write_text('{"repetition_penalty": 1.9, "eos_token_id": [2, 0]}')
    with served(str(speaking[0]), "--name", "kind") as where:
        assert where["engine"] == "vllm"
        replies = await asyncio.gather(*(ask(where, context()) for _ in range(32)))
        assert set(replies) == {WHOLE}
        assert span_violations(WHOLE) == ()
        pieces = list(ServedPolicy(where["base_url"], "kind", 0, 200).answer(context()))
        assert len(pieces) > 5
        assert "".join(pieces) == WHOLE


async def test_vllm_serves_an_adapter_beside_its_base(speaking: tuple[Path, Path]):
    with served(str(speaking[1]), "--name", "kind") as where:
        assert await ask(where, context()) == ADAPTED
        assert await ask(where | {"model": "kind-base"}, context()) == WHOLE
        assert response_of(ADAPTED) != response_of(WHOLE)
