"""At temperature 0 the demonstration model answers alike whatever the request's seed."""

import asyncio

import pytest

from graphs.offline.model import answer
from graphs.prompts import Prompt
from graphs.simple import EmbeddedEndpoint
from tests.graphs.offline.conftest import make_body, make_plan

ROLES = ("user_simulator", "responder", "rubric_evaluator", "judge")


def texts(role: str, temperature: float) -> set[str]:
    bodies = (
        make_body(role, seed=seed, plan=make_plan(words=40), dialogue="[1] user: My jaw is tight.", reply="I hear it.")
        for seed in range(8)
    )
    return {answer(body | {"temperature": temperature})["choices"][0]["message"]["content"] for body in bodies}


@pytest.mark.parametrize("role", ROLES)
def test_a_seed_matters_above_temperature_0_alone(role: str) -> None:
    assert len(texts(role, 0)) == len(texts(role, 0.0)) == 1
    assert len(texts(role, 0.1)) > 1


def test_another_prompt_is_answered_otherwise_at_temperature_0_too() -> None:
    one, other = (
        answer(make_body("responder", dialogue=f"[1] user: {said}") | {"temperature": 0})["choices"][0]["message"]
        for said in ("My jaw is tight.", "Nobody asked me.")
    )
    assert one != other


def test_the_model_in_this_process_keeps_to_the_same_rule() -> None:
    messages = make_body("responder", dialogue="[1] user: My jaw is tight.")["messages"]
    system, user = (message["content"] for message in messages)

    def said(temperature: float) -> set[str]:
        prompt = Prompt(system, user, temperature, 700)
        return {asyncio.run(EmbeddedEndpoint().ask(prompt, seed, 0)).text for seed in range(6)}

    assert len(said(0.0)) == 1 < len(said(0.7))
