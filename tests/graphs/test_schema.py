"""The nouns: what a record refuses, what it folds, and what is derived from it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from graphs.schema import (
    Attempt,
    Decision,
    End,
    Feelings,
    Persona,
    Removal,
    Situation,
    Trajectory,
    Turn,
    canonical,
    digest,
    one_line,
)
from graphs.spans import Spans, render_spans

FEELINGS = Feelings(mood=40, openness=1)


def attempt(response: str = "What did it mean?", decision: Decision = Decision.PASS) -> Attempt:
    return Attempt(reply=render_spans(Spans("u", "r", "sad", response)), decision=decision)


def turn(*attempts: Attempt, chosen: int = 0) -> Turn:
    return Turn(utterance="It broke.", feelings=FEELINGS, attempts=attempts or (attempt(),), chosen=chosen)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("a\nb", "a b"),
        ("a\r\n\t b  ", "a b"),
        ("a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1ei", "a b c d e f g h i"),
        ("a\u00a0b\u3000c", "a b c"),
        ("x\ud800y", "xy"),
        (" \n ", ""),
        ("", ""),
    ],
)
def test_line_is_folded_to_one_line_that_utf8_carries(text, folded):
    assert one_line(text) == folded
    assert Persona(id="p", about=text).about == folded


@given(st.text(alphabet=st.characters()))
def test_folded_text_has_one_line_and_folds_no_further(text):
    folded = one_line(text)
    assert len(folded.splitlines()) <= 1
    assert one_line(folded) == folded
    folded.encode()


@pytest.mark.parametrize(
    ("why", "kind", "given"),
    [
        ("unknown field", Persona, {"id": "p", "age": 30}),
        ("id with a path", Persona, {"id": "../p"}),
        ("id with a newline", Persona, {"id": "p\n"}),
        ("empty id", Persona, {"id": ""}),
        ("long id", Persona, {"id": "p" * 129}),
        ("id in another script", Persona, {"id": "pä"}),
        ("no such type", Persona, {"id": "p", "mbti": "ABCD"}),
        ("type in lower case", Persona, {"id": "p", "mbti": "isfj"}),
        ("source that is none", Persona, {"id": "p", "sources": {"about": "guessed"}}),
        ("situation without text", Situation, {"id": "s", "emotion": "sad", "text": " \n "}),
        ("situation without a label", Situation, {"id": "s", "emotion": "", "text": "x"}),
        ("split that is none", Situation, {"id": "s", "emotion": "sad", "text": "x", "split": "dev"}),
        ("mood over 100", Feelings, {"mood": 101, "openness": 1}),
        ("openness of 0", Feelings, {"mood": 50, "openness": 0}),
        ("decision in lower case", Attempt, {"reply": "x", "decision": "pass"}),
        ("turn without attempts", Turn, {"utterance": "x", "feelings": FEELINGS, "attempts": [], "chosen": 0}),
        ("removal of no kind", Removal, {"kind": "taste", "rule": "x", "turn": 1, "finding": "f"}),
    ],
)
def test_record_refuses(why, kind, given):
    with pytest.raises(ValidationError):
        kind.model_validate(given)


def test_record_cannot_be_changed():
    with pytest.raises(ValidationError):
        FEELINGS.mood = 99  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("mbti", ["", "INFP", "ESTJ"])
def test_type_is_sixteen_or_unknown(mbti):
    assert Persona(id="user_0a1b:2.c-3", mbti=mbti).mbti == mbti


def test_turn_shows_the_chosen_reply_on_one_line_and_the_last_decision():
    played = turn(attempt("One."), attempt("Two,\n still two.", Decision.FAIL), chosen=1)
    assert played.response == "Two, still two."
    assert played.reply == played.attempts[1].reply
    assert turn(attempt(), attempt(decision=Decision.FAIL)).decision is Decision.FAIL


def test_response_of_a_malformed_reply_is_its_text_without_tags():
    assert turn(Attempt(reply="<|response_begin|>I am\nsorry.", decision=Decision.FAIL)).response == "I am sorry."


def test_decision_path_takes_one_decision_a_turn():
    turns = (turn(attempt(decision=Decision.FAIL), attempt(), chosen=1), turn(attempt(decision=Decision.SOLVED)))
    trajectory = Trajectory(
        id="d1",
        split="train",
        persona=Persona(id="p"),
        situation=Situation(id="s", emotion="sad", text="x"),
        turns=turns,
        end=End.SOLVED,
    )
    assert trajectory.decisions == (Decision.PASS, Decision.SOLVED)


def test_trajectory_survives_its_own_json():
    trajectory = Trajectory(
        id="d1",
        split="test",
        persona=Persona(id="p", activities=("a", "b"), sources={"about": "stated"}),
        situation=Situation(id="s", emotion="sad", text="x"),
        turns=(turn(),),
        end=End.CAP,
    )
    assert trajectory.turns[0].response
    assert Trajectory.model_validate_json(trajectory.model_dump_json()) == trajectory


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(json_values)
def test_canonical_json_reads_back_and_has_no_line_break(value):
    assert json.loads(canonical(value)) == value
    assert b"\n" not in canonical(value)


@given(st.dictionaries(st.text(), st.integers(), min_size=2))
def test_digest_does_not_depend_on_the_order_of_keys(value):
    assert digest(value) == digest(dict(reversed(value.items())))


def test_digest_tells_values_apart():
    different = [None, "", [], {}, 0, "0", [0], {"a": 0}, {"a": [0]}, ["a", 0], "a0", True]
    assert len({digest(value) for value in different}) == len(different)
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
