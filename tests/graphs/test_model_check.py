"""The optional model check: asked once of a dialogue that passed the rules, and only if it is on."""

import json
from itertools import repeat

import pytest

from graphs.rubric import OffFormat
from graphs.spans import Spans, render_spans
from tests.graphs.scripted import MODELS, ScriptedAsker, by_decisions, context, pairing, play, user_answer


def finding(turn=0, found=False):
    return {"turn": turn, "quote": "I am a pilot" if found else "", "reason": "the persona is a nurse", "found": found}


UTTERANCES = (
    "My grandmother's cup fell off the shelf this morning.",
    "It was the blue one, with the chip she never minded.",
    "She gave it to me the week before she went into hospital.",
    "I swept it up and then sat on the kitchen floor for a while.",
)
RESPONSES = (
    "That cup had a place in your mornings. What did you see when it fell?",
    "So even the chip was hers. Maybe you can still feel it under your thumb.",
    "Then it came from the last good week, and it held that week for you.",
    "Sitting down there with the pieces sounds right to me.",
)


def asker(drift, jump):
    plain = by_decisions(repeat("PASS"))

    def answer(slot):
        if slot.role == "screener":
            return json.dumps({"drift": drift, "jump": jump})
        if slot.role == "user_simulator":
            return user_answer(UTTERANCES[slot.turn - 1])
        if slot.role == "responder":
            return render_spans(Spans("You miss it.", "It was hers.", "sad", RESPONSES[slot.turn - 1]))
        return plain(slot)

    return ScriptedAsker(answer)


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
