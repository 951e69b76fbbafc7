"""What a correction means for the dialogue (paper §3.2)."""

import pytest

from graphs.corrections import (
    CorrectedTurn,
    Judgement,
    WrongCorrection,
    by_trajectory,
    dropped_because,
    gold_turns,
    reply_sha256,
)
from graphs.schema import Attempt, Decision, End, Feelings, Persona, Situation, Trajectory, Turn
from graphs.spans import Spans, render_spans


def reply(response: str, emotion: str = "sad") -> str:
    return render_spans(Spans("u", "r", emotion, response))


TURNS = tuple(
    Turn(
        utterance=f"x{number}",
        feelings=Feelings(mood=50, openness=1),
        attempts=(Attempt(reply=reply(f"y{number}"), decision=Decision.PASS),),
        chosen=0,
    )
    for number in range(1, 5)
)
DIALOGUE = Trajectory(
    id="d1", split="test", persona=Persona(id="user_1"), turns=TURNS, end=End.CAP,
    situation=Situation(id="s1", emotion="sad", text="It rained."),
)  # fmt: skip


def correction(turn: int, verdict: str = "corrected", text: str = "better", emotion: str = "lonely") -> CorrectedTurn:
    written = reply(text, emotion) if verdict == "corrected" else TURNS[turn - 1].reply
    judgement = Judgement(who="ann-1", round=1, verdict=verdict, reply=written)
    return CorrectedTurn(
        trajectory="d1", turn=turn, original_sha256=reply_sha256(TURNS[turn - 1].reply), verdict=verdict,
        reply=written, by="one", history=(judgement,),
    )  # fmt: skip


def gold(*corrections: CorrectedTurn):
    return gold_turns(DIALOGUE, {one.turn: one for one in corrections})


def test_a_correction_replaces_the_reply_and_its_label_and_marks_what_comes_after():
    turns = gold(correction(2))
    assert turns[1].reply == reply("better", "lonely")
    assert [turn.emotion for turn in turns] == ["sad", "lonely", "sad", "sad"]
    assert [turn.after_correction for turn in turns] == [False, False, True, True]
    assert [turn.utterance for turn in turns] == ["x1", "x2", "x3", "x4"]


def test_a_label_that_was_left_as_the_model_gave_it_is_no_gold():
    afraid = TURNS[1].model_copy(update={"attempts": (Attempt(reply=reply("y2", "afraid"), decision=Decision.PASS),)})
    dialogue = DIALOGUE.model_copy(update={"turns": (TURNS[0], afraid, *TURNS[2:])})
    found = correction(2, text="better", emotion="afraid").model_copy(
        update={"original_sha256": reply_sha256(afraid.reply)}
    )
    [_, turn, *_] = gold_turns(dialogue, {2: found})
    assert (turn.reply, turn.emotion) == (reply("better", "afraid"), "sad")


def test_a_confirmed_turn_changes_nothing_but_that_somebody_looked():
    turns = gold(correction(1, "correct"))
    assert [turn.reply for turn in turns] == [turn.reply for turn in TURNS]
    assert [turn.verdict for turn in turns] == ["correct", None, None, None]
    assert not any(turn.after_correction for turn in turns)


def test_a_dropped_turn_stays_as_history_and_is_not_scored():
    turns = gold(correction(3, "drop"))
    assert turns[2].reply == TURNS[2].reply
    assert [turn.is_scored for turn in turns] == [True, True, False, True]
    assert dropped_because(turns) == ""


@pytest.mark.parametrize(
    ("dropped", "why"),
    [((1,), "first turn"), ((2, 3), ""), ((2, 3, 4), "more than half")],
)
def test_a_dialogue_goes_with_its_first_turn_or_with_most_of_them(dropped, why):
    because = dropped_because(gold(*(correction(turn, "drop") for turn in dropped)))
    assert (why in because) if why else because == ""


def test_a_correction_of_another_reply_is_refused():
    other = correction(2).model_copy(update={"original_sha256": "0" * 64})
    with pytest.raises(WrongCorrection, match="d1, turn 2: the correction is of another reply"):
        gold(other)


def test_a_correction_beyond_the_end_and_one_that_breaks_the_spans_are_refused():
    with pytest.raises(WrongCorrection, match="turn 9"):
        gold_turns(DIALOGUE, {9: correction(2)})
    with pytest.raises(WrongCorrection, match="turn 2"):
        gold(correction(2).model_copy(update={"reply": "no spans"}))


def test_a_turn_is_corrected_once():
    with pytest.raises(WrongCorrection, match="twice"):
        by_trajectory([correction(2), correction(2)])
