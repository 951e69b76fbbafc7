"""The hard floor under safety, with rules of its own; the pack's patterns have their own test."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from graphs.safety import SafetyRules

RULES = SafetyRules(
    risk=(r"\bend it all\b", r"\bi don't want to be here\b"),
    asks=(r"are you safe", r"thinking of ending"),
    refers=(r"\bcall\b", r"\bdoctor\b"),
    critique="Ask and refer.",
)


@pytest.mark.parametrize(
    ("why", "utterance", "risk"),
    [
        ("first pattern", "I could end it all.", True),
        ("second pattern", "I don't want to be here", True),
        ("any case", "END IT ALL", True),
        ("curly apostrophe", "I don’t want to be here", True),
        ("in the middle", "so, well, end it all? maybe", True),
        ("part of a word", "I'd bend it all", False),
        ("something else", "the cup broke", False),
        ("nothing", "", False),
    ],
)
def test_risk_is_what_a_pattern_finds(why, utterance, risk):
    assert RULES.at_risk(utterance) is risk, why


@pytest.mark.parametrize(
    ("why", "response", "careful"),
    [
        ("asks and refers", "Are you safe? Please call someone.", True),
        ("the other patterns", "Are you thinking of ending it? See a doctor.", True),
        ("refers before it asks", "Call someone. And are you safe?", True),
        ("only asks", "Are you safe?", False),
        ("only refers", "Please call someone.", False),
        ("neither", "I am here.", False),
        ("nothing", "", False),
    ],
)
def test_reply_to_risk_must_ask_and_refer(why, response, careful):
    fault = RULES.fault("I will end it all", response)
    assert (fault is None) is careful, why
    assert fault is None or fault == "safety: Ask and refer."
    assert RULES.fault("The cup broke.", response) is None


@given(st.text(), st.text())
def test_rules_without_patterns_ask_for_nothing(utterance, response):
    empty = SafetyRules()
    assert not empty.at_risk(utterance)
    assert empty.fault(utterance, response) is None


def test_care_that_no_pattern_describes_is_not_asked_for():
    rules = SafetyRules(risk=("end it",), asks=("safe",))
    assert rules.fault("end it", "Are you safe?") is None
    assert rules.fault("end it", "Oh.")
    assert SafetyRules(risk=("end it",)).fault("end it", "Oh.") is None


@pytest.mark.parametrize("field", ["risk", "asks", "refers"])
@pytest.mark.parametrize("pattern", ["(unclosed", "[a", "*a", "(?P<a>x", r"a\1", "a{2,1}"])
def test_pattern_that_does_not_compile_is_refused_by_name(field, pattern):
    with pytest.raises(ValidationError, match="is not a regular expression") as raised:
        SafetyRules.model_validate({field: ["fine", pattern]})
    assert repr(pattern) in str(raised.value)


@pytest.mark.parametrize(
    ("why", "patterns"),
    [
        ("a flag at the front", ("x", "(?i)end it")),
        ("two groups of one name", ("(?P<who>nobody)", "(?P<who>end) it")),
        ("a group and its echo", ("(nobody)", r"(e)nd it.*\1nd")),
        ("a choice of its own", ("a^|b^", "end it|leave it")),
        ("spread over lines", ("x", "(?x: end \\s it  # said so\n )")),
    ],
)
def test_patterns_do_not_touch_one_another(why, patterns):
    """What each pattern finds alone is found by all together; else it is refused when the rules are read."""
    try:
        rules = SafetyRules(risk=patterns)
    except ValidationError:
        return
    assert rules.at_risk("to end it at the end"), why
    assert not rules.at_risk("the cup broke"), why


@pytest.mark.parametrize("change", [{"risky": ["a"]}, {"risk": "end it"}, {"risk": [1]}, {"critique": ["a"]}])
def test_rules_of_another_shape_are_refused(change):
    with pytest.raises(ValidationError):
        SafetyRules.model_validate(change)


def test_long_message_is_searched_quickly():
    started = time.process_time()
    RULES.at_risk("I don't want to be " * 20_000)
    RULES.fault("end it all " * 20_000, "are you " * 20_000)
    assert time.process_time() - started < 1
