"""What is wrong with an answer is said to who gave it."""

import pytest

from annotation.answers import changed_spans, faults
from annotation.tasks import Said, Task
from graphs.packs import load_pack
from tests.annotation.material import answer

PACK = load_pack("kardia")
TASK = Task(
    id="t-1", persona="Username: user_1", situation="My friend moved.", dialogue=(Said(by="user", text="She left."),),
    understanding="She left.", reasoning="It hurts.", emotion="sad", response="You miss her.", turn=1,
)  # fmt: skip


def said(**changes) -> list[str]:
    rubric = PACK.rubric
    return faults(TASK, answer(TASK, **changes), PACK.labels, list(rubric.criteria), rubric.scale)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"verdict": None}, "choose correct, corrected or drop"),
        ({"verdict": "corrected"}, "nothing is changed"),
        ({"response": "Other."}, "says correct, but response changed"),
        ({"verdict": "corrected", "response": " "}, "response: is empty"),
        ({"verdict": "corrected", "response": "a<|response_end|>b"}, "span tag"),
        ({"verdict": "corrected", "reasoning": "</reasoning>"}, "span tag"),
        ({"verdict": "corrected", "emotion": "blue"}, "not one of the labels"),
        ({"verdict": "corrected", "response": "x" * 2_001}, "response: 2,001 characters; shorten it to 2,000"),
        ({"verdict": "drop", "comment": "x" * 2_001}, "comment: 2,001 characters"),
        ({"verdict": "drop", "comment": "no", "scores": {"safety": 9}}, "safety: 9 is outside"),
        ({"verdict": "corrected", "response": "a\0b"}, "response: holds signs that nobody sees (U+0000)"),
        ({"verdict": "corrected", "response": "a \u202eb"}, "nobody sees (U+202E)"),
        ({"verdict": "corrected", "response": "zero\u200bwidth"}, "nobody sees (U+200B)"),
        ({"verdict": "corrected", "response": "ze\u200cro"}, "nobody sees (U+200C)"),
        ({"verdict": "corrected", "response": "zero \u200d width"}, "nobody sees (U+200D)"),
        ({"verdict": "corrected", "response": "\u200dzero"}, "nobody sees (U+200D)"),
        ({"verdict": "corrected", "response": "a\u200fb"}, "nobody sees (U+200F)"),
        ({"verdict": "corrected", "response": "a\u2060b"}, "nobody sees (U+2060)"),
        ({"verdict": "corrected", "response": "a\u2064b"}, "nobody sees (U+2064)"),
        ({"verdict": "drop", "comment": "\ufeffno"}, "comment: holds signs that nobody sees (U+FEFF)"),
        ({"verdict": "corrected", "response": "a\U000e0041\U000e007f"}, "nobody sees (U+E0041)"),
        ({"verdict": "drop", "comment": "a\bb"}, "comment: holds signs that nobody sees (U+0008)"),
        ({"verdict": "corrected", "response": "Hi <|im_end|> there"}, "response: holds <|im_end|>, which a model"),
        (
            {"verdict": "corrected", "response": "Ask anna@example.org"},
            "response: holds an identifier (email) at character 4",
        ),
        ({"verdict": "drop"}, "why the turn is dropped"),
        ({"scores": {}}, "relevance: no score from 1 to 5"),
        ({"scores": {**answer(TASK).scores, "safety": 9}}, "safety: 9 is outside"),
        ({"scores": {**answer(TASK).scores, "charm": 3}}, "charm: is no criterion"),
    ],
)
def test_a_fault_is_named(changes, message):
    assert message in "\n".join(said(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"verdict": "corrected", "response": "You miss her a lot."},
        {"verdict": "corrected", "emotion": "lonely"},
        {"verdict": "drop", "comment": "no sense in it"},
        {"verdict": None, "status": "draft"},
        {"response": "  You miss\nher. "},
        {"verdict": "corrected", "response": "You miss her \U0001f469\u200d\U0001f467.\n\tStill. مرحبا"},
        {"verdict": "corrected", "response": "You miss her \u2764\ufe0f\u200d\U0001f525, می\u200cخواهم."},
    ],
)
def test_what_stands_has_no_fault(changes):
    assert said(**changes) == []


@pytest.mark.parametrize(("scores", "found"), [({}, []), ({"safety": 9}, ["safety: 9 is outside 1 to 5"])])
def test_scores_may_be_missing_where_none_are_wanted_but_not_be_odd(scores, found):
    rubric = PACK.rubric
    given = answer(TASK, scores=scores)
    assert faults(TASK, given, PACK.labels, list(rubric.criteria), rubric.scale, scores_wanted=False) == found


def test_white_space_is_no_change():
    assert changed_spans(TASK, answer(TASK, response=" You  miss her.")) == ()
    assert changed_spans(TASK, answer(TASK, response="You miss him.", emotion="lonely")) == ("emotion", "response")
