"""The optional model check: asked once of a dialogue that passed the rules, and only if it is on."""

import json
from itertools import repeat

import pytest

from graphs.rubric import OffFormat
from tests.graphs.scripted import MODELS, ScriptedAsker, by_decisions, context, pairing, play


def finding(turn=0, found=False):
    return {"turn": turn, "quote": "I am a pilot" if found else "", "reason": "the persona is a nurse", "found": found}


def asker(drift, jump):
    plain = by_decisions(repeat("PASS"))
    answer = json.dumps({"drift": drift, "jump": jump})
    return ScriptedAsker(lambda slot: answer if slot.role == "screener" else plain(slot))


@pytest.fixture(autouse=True)
def with_a_screener(monkeypatch):
    monkeypatch.setitem(MODELS, "screener", "s")


async def test_a_finding_of_the_model_takes_the_dialogue_out():
    trajectory = await play(pairing(), context(asker(finding(2, found=True), finding()), turns=4, model_check=True))
    removal = trajectory.removals[0]
    assert (removal.kind, removal.rule, removal.turn) == ("drift", "model", 2)
    assert "I am a pilot" in removal.finding


async def test_no_finding_lets_it_pass_at_one_call():
    screener = asker(finding(), finding())
    trajectory = await play(pairing(), context(screener, turns=4, model_check=True))
    assert trajectory.removals == ()
    assert len(screener.slots("screener")) == 1


async def test_it_is_not_asked_unless_it_is_on():
    screener = asker(finding(), finding())
    await play(pairing(), context(screener, turns=4))
    assert screener.slots("screener") == []


async def test_a_finding_outside_the_dialogue_is_off_format():
    with pytest.raises(OffFormat, match="turn of 1 to 4"):
        await play(pairing(), context(asker(finding(9, found=True), finding()), turns=4, model_check=True))
