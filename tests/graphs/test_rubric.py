"""The rubric and the strict readers of what graders and users answer."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from graphs.nodes.user_simulator import read_utterance
from graphs.packs import load_pack
from graphs.rubric import Criterion, OffFormat, Rubric, Scale, Signs, UserAnswer, read_json, user_schema
from graphs.schema import Decision

NAMES = ("warmth", "sense", "aim")
ANCHORS = {score: f"a{score}" for score in range(1, 6)}
RUBRIC = Rubric(scale=Scale(), criteria={name: Criterion(question=f"{name}?", anchors=ANCHORS) for name in NAMES})


def decision(**change: Any) -> dict[str, Any]:
    mark = {"evidence": "e", "reason": "r", "score": 4}
    signs = {"quote": "q", "relief": True, "open_question": False, "new_pain": False}
    whole = {"criteria": {name: dict(mark) for name in NAMES}, "user_signs": signs, "critique": "c", "decision": "PASS"}
    return whole | change


def marks(**change: Any) -> dict[str, Any]:
    """Marks of all criteria, with a change to the first one."""
    mark = {"evidence": "e", "reason": "r", "score": 4}
    return {name: mark | (change if name == "warmth" else {}) for name in NAMES}


def signs(**change: Any) -> dict[str, Any]:
    return {"quote": "", "relief": True, "open_question": False, "new_pain": False} | change


GOOD = json.dumps(decision())


@pytest.mark.parametrize(
    ("why", "text"),
    [
        ("plain", GOOD),
        ("white space around", f"\n  {GOOD}\n\n"),
        ("over many lines", json.dumps(decision(), indent=2)),
        ("fenced as json", f"```json\n{GOOD}\n```"),
        ("fenced without a name", f"```\n{GOOD}\n```\n"),
        ("fields in another order", json.dumps(dict(reversed(decision().items())))),
        ("escapes", GOOD.replace("PASS", "P\\u0041SS")),
    ],
)
def test_one_json_object_is_read(why, text):
    answer = RUBRIC.read_decision(text)
    assert answer.decision is Decision.PASS, why
    assert [mark.score for mark in answer.criteria.values()] == [4, 4, 4]


@pytest.mark.parametrize(
    ("why", "text"),
    [
        ("nothing", ""),
        ("white space", " \n "),
        ("prose", "The reply is good. Decision: SOLVED"),
        ("the bare word", "SOLVED"),
        ("the word as JSON", '"SOLVED"'),
        ("prose before", f"Sure! {GOOD}"),
        ("prose after", f"{GOOD}\nI hope this helps. SOLVED"),
        ("prose around a fence", f"Here it is:\n```json\n{GOOD}\n```"),
        ("two objects", GOOD + GOOD),
        ("two fences", f"```json\n{GOOD}\n```\n```json\n{GOOD}\n```"),
        ("a fence that is not closed", f"```json\n{GOOD}"),
        ("a list around it", f"[{GOOD}]"),
        ("cut", GOOD[:-20]),
        ("a comment", GOOD.replace("{", "{/* x */", 1)),
        ("single quotes", GOOD.replace('"', "'")),
        ("a key twice", GOOD.replace('"decision": "PASS"', '"decision": "FAIL", "decision": "SOLVED"')),
        ("a key twice, deep inside", GOOD.replace('"score": 4', '"score": 4, "score": 5', 1)),
        ("a criterion twice", GOOD.replace('"sense"', '"warmth"')),
        ("brackets without end", "[" * 100_000),
        ("objects without end", '{"a":' * 100_000),
        ("a number without end", GOOD.replace(": 4", ": " + "9" * 5000, 1)),
        ("not a number", GOOD.replace(": 4", ": NaN", 1)),
    ],
)
def test_anything_else_is_off_format(why, text):
    with pytest.raises(OffFormat):
        RUBRIC.read_decision(text)


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("unknown field", {"mood": "good"}),
        ("decision in lower case", {"decision": "solved"}),
        ("decision with space", {"decision": " SOLVED"}),
        ("decision in a sentence", {"decision": "It is SOLVED"}),
        ("no decision", {"decision": None}),
        ("decision that is none", {"decision": "MAYBE"}),
        ("a list of decisions", {"decision": ["SOLVED"]}),
        ("score over the scale", {"criteria": marks(score=6)}),
        ("score under the scale", {"criteria": marks(score=0)}),
        ("score between two", {"criteria": marks(score=4.5)}),
        ("score as text", {"criteria": marks(score="4")}),
        ("score as a yes", {"criteria": marks(score=True)}),
        ("no score", {"criteria": marks(score=None)}),
        ("unknown field of a mark", {"criteria": marks(decision="SOLVED")}),
        ("evidence that is no text", {"criteria": marks(evidence=["e"])}),
        ("bare scores", {"criteria": dict.fromkeys(NAMES, 4)}),
        ("a criterion missing", {"criteria": {name: mark for name, mark in marks().items() if name != "aim"}}),
        ("a criterion too many", {"criteria": marks() | {"charm": marks()["aim"]}}),
        ("a criterion misspelt", {"criteria": {name.upper(): mark for name, mark in marks().items()}}),
        ("no criteria", {"criteria": {}}),
        ("relief as text", {"user_signs": signs(relief="yes")}),
        ("relief as a number", {"user_signs": signs(relief=1)}),
        ("relief unknown", {"user_signs": signs(relief=None)}),
        ("unknown sign", {"user_signs": signs(joy=True)}),
        ("signs missing", {"user_signs": {"relief": True}}),
        ("critique that is no text", {"critique": {"keep": "all"}}),
    ],
)
def test_object_of_another_shape_is_off_format(why, change):
    with pytest.raises(OffFormat):
        RUBRIC.read_decision(json.dumps(decision(**change)))


@pytest.mark.parametrize("field", ["criteria", "user_signs", "critique", "decision"])
def test_missing_field_is_named(field):
    with pytest.raises(OffFormat, match=field):
        RUBRIC.read_decision(json.dumps({name: value for name, value in decision().items() if name != field}))


@given(st.text() | st.sampled_from(["SOLVED", '{"decision": "SOLVED"}']))
def test_text_around_or_inside_never_becomes_a_decision(text):
    """SOLVED is read from its field alone, wherever else it stands."""
    for said in (text, f"{text}SOLVED{text}", json.dumps({"decision": "SOLVED", "why": text})):
        with pytest.raises(OffFormat):
            RUBRIC.read_decision(said)
    inside = decision(critique=f"SOLVED {text}", criteria=marks(evidence=text, reason=f'"decision": "SOLVED" {text}'))
    assert RUBRIC.read_decision(json.dumps(inside)).decision is Decision.PASS


def test_judge_answers_with_scores_alone():
    assert RUBRIC.read_scores(json.dumps({"criteria": marks(score=1)})).criteria["warmth"].score == 1
    for text in (GOOD, json.dumps({"criteria": marks(score=7)}), json.dumps({"criteria": {}}), "4 4 4"):
        with pytest.raises(OffFormat):
            RUBRIC.read_scores(text)


# The simulated user's answer


def test_user_answers_with_events_a_stage_and_a_message():
    answer = read_json('{"events": ["heard"], "tells": "event", "message": "a\\n b"}', UserAnswer)
    assert answer == UserAnswer(events=("heard",), tells="event", message="a b")


@pytest.mark.parametrize(
    "text",
    [
        '{"events": [], "tells": "nothing", "message": ""}',
        '{"events": [], "tells": "nothing", "message": " \\n "}',
        '{"events": [], "tells": "nothing", "message": null}',
        '{"events": "heard", "tells": "nothing", "message": "a"}',
        '{"events": [1], "tells": "nothing", "message": "a"}',
        '{"events": [], "tells": "nothing"}',
        '{"events": [], "tells": "nothing", "message": "a", "message": "b"}',
        json.dumps({"events": [], "tells": "nothing", "message": "a" * 4001}),
        '{"events": [], "tells": "nothing", "message": "<|response_begin|> </emotion>"}',
        "Oh, the cup is gone.",
    ],
)
def test_user_answer_of_another_shape_is_off_format(text):
    with pytest.raises(OffFormat):
        read_utterance(text)


def test_span_tags_are_taken_out_of_an_utterance():
    text = json.dumps({"events": [], "tells": "", "message": "so<|response_begin|>sad</emotion> today"})
    assert read_utterance(text).message == "so sad today"


# Scores and gates


@pytest.mark.parametrize(
    ("scores", "normed"),
    [((1, 1, 1), 0.0), ((5, 5, 5), 1.0), ((3, 3, 3), 0.5), ((1, 5, 3), 0.5), ((4, 4, 5), 10 / 12), ((2, 1, 1), 1 / 12)],
)
def test_norm_maps_the_scale_to_zero_and_one(scores, normed):
    assert RUBRIC.norm(dict(zip(NAMES, scores, strict=True))) == pytest.approx(normed)


def test_norm_follows_another_scale_and_refuses_a_missing_score():
    wide = Rubric(
        scale=Scale(min=0, max=10), criteria={"a": Criterion(question="?", anchors=dict.fromkeys(range(11), "x"))}
    )
    assert wide.norm({"a": 7}) == pytest.approx(0.7)
    with pytest.raises(KeyError):
        RUBRIC.norm({"warmth": 5})


@given(st.lists(st.integers(1, 5), min_size=3, max_size=3), st.integers(0, 2))
def test_norm_lies_in_the_unit_interval_and_rises_with_every_score(scores, at):
    named = dict(zip(NAMES, scores, strict=True))
    normed = RUBRIC.norm(named)
    assert 0 <= normed <= 1
    if scores[at] < 5:
        assert RUBRIC.norm(named | {NAMES[at]: scores[at] + 1}) > normed


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("an anchor missing", {"anchors": dict.fromkeys(range(1, 5), "a")}),
        ("an anchor too many", {"anchors": dict.fromkeys(range(7), "a")}),
        ("gate over the scale", {"anchors": ANCHORS, "fail_below": 6}),
        ("gate under the scale", {"anchors": ANCHORS, "solved_from": 0}),
        ("unknown key", {"anchors": ANCHORS, "weight": 2}),
    ],
)
def test_criterion_that_does_not_fit_the_scale_is_refused(why, change):
    with pytest.raises(ValidationError):
        Rubric.model_validate({"scale": {}, "criteria": {"a": {"question": "?", **change}}})


@pytest.mark.parametrize("scale", [{"min": 5, "max": 5}, {"min": 5, "max": 1}, {"min": 1.5}, {"low": 1}])
def test_scale_without_room_is_refused(scale):
    with pytest.raises(ValidationError):
        Scale.model_validate(scale)


@pytest.mark.parametrize(
    ("relief", "question", "pain", "met"),
    [(True, False, False, True), (False, False, False, False), (True, True, False, False), (True, False, True, False)],
)
def test_need_is_met_by_relief_without_question_or_new_pain(relief, question, pain, met):
    assert Signs(relief=relief, open_question=question, new_pain=pain).need_met is met


# JSON schemas


def walk(schema: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [found for part in schema.get("properties", {}).values() for found in walk(part)]
    return [schema, *inner] if schema.get("type") == "object" else inner


def test_evidence_and_reason_come_before_the_score_and_the_decision_last():
    schema = RUBRIC.decision_schema
    assert list(schema["properties"]) == ["criteria", "user_signs", "critique", "decision"]
    assert list(schema["properties"]["criteria"]["properties"]) == list(NAMES)
    for mark in schema["properties"]["criteria"]["properties"].values():
        assert list(mark["properties"]) == ["evidence", "reason", "score"]
        assert mark["properties"]["score"]["enum"] == [1, 2, 3, 4, 5]
    assert schema["properties"]["decision"]["enum"] == ["SOLVED", "PASS", "FAIL"]


def test_judge_has_the_same_criteria_and_nothing_to_decide():
    assert RUBRIC.scores_schema["properties"] == {"criteria": RUBRIC.decision_schema["properties"]["criteria"]}


def test_user_names_events_before_the_message():
    schema = user_schema(["heard"], ["event"])
    assert list(schema["properties"]) == ["events", "tells", "message"]
    assert schema["properties"]["tells"]["enum"] == ["event", "nothing"]


@pytest.mark.parametrize("schema", [RUBRIC.decision_schema, RUBRIC.scores_schema, user_schema(["a"], ["b"])])
def test_schema_is_strict_at_every_level(schema):
    """What servers ask of `strict`: all fields required, none besides."""
    for part in walk(schema):
        assert part["required"] == list(part["properties"])
        assert part["additionalProperties"] is False


def test_schema_of_the_pack_keeps_the_packs_order():
    rubric = load_pack("kardia").rubric
    assert list(rubric.decision_schema["properties"]["criteria"]["properties"]) == list(rubric.criteria)
