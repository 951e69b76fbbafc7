"""Every rule of screening: a dialogue with the fault, and a near miss that passes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from graphs.schema import Attempt, Decision, End, Feelings, Persona, Removal, Situation, Trajectory, Turn
from graphs.screening import ScreeningRules, screen
from graphs.spans import Spans, render_spans

RULES = ScreeningRules()

TALK = (
    ("My neighbour's tree fell on our shed last night.", "A whole tree, in the dark. What did you hear first?"),
    ("A crack, and then the glass of the little window.", "The window too. You sound a bit rattled by it."),
    ("We kept my grandfather's tools in there.", "His tools were in there, so more than a shed is lying under it."),
    ("He built the bench himself, it's in three pieces now.", "Three pieces of something his hands made."),
    ("I might keep one of them for the kitchen.", "A piece of it within reach, every day."),
)


def a_reply(response: str, understanding: str = "You lost a shed.", reasoning: str = "It holds memories.") -> str:
    return render_spans(Spans(understanding, reasoning, "sad", response))


def a_turn(utterance: str, reply: str) -> Turn:
    attempt = Attempt(reply=reply, decision=Decision.PASS)
    return Turn(utterance=utterance, feelings=Feelings(mood=50, openness=1), attempts=(attempt,), chosen=0)


def a_dialogue(
    *,
    says: dict[int, str] | None = None,
    answers: dict[int, str] | None = None,
    replies: dict[int, str] | None = None,
    turns: int = len(TALK),
    situation: str = "A tree fell on our shed.",
    persona: Persona | None = None,
) -> Trajectory:
    """The talk above with other utterances, responses or whole replies at the given turns (1-based)."""
    played = []
    for number, (utterance, response) in enumerate(TALK[:turns], 1):
        reply = (replies or {}).get(number) or a_reply((answers or {}).get(number, response))
        played.append(a_turn((says or {}).get(number, utterance), reply))
    return Trajectory(
        id="d1",
        split="train",
        persona=persona or Persona(id="p1"),
        situation=Situation(id="s1", emotion="sad", text=situation),
        turns=tuple(played),
        end=End.CAP,
    )


def found(dialogue: Trajectory, rules: ScreeningRules = RULES) -> list[tuple[str, str, int]]:
    return [(removal.kind, removal.rule, removal.turn) for removal in screen(dialogue, rules)]


def test_a_clean_dialogue_passes():
    assert screen(a_dialogue(), RULES) == ()


def test_a_removal_says_what_was_found_and_where():
    dialogue = a_dialogue(says={4: "We kept my grandfather's tools in there."})
    assert screen(dialogue, RULES) == (
        Removal(
            kind="structure",
            rule="repeated_utterance",
            turn=4,
            finding='repeats the utterance of turn 3: "We kept my grandfather\'s tools in there."',
        ),
    )


LONG = "I walked round it twice with a lamp and could not see the end of the branches in the dark."

STRUCTURE_FAULTS = [
    pytest.param({"turns": 2}, "few_turns", 0, id="two turns are no dialogue"),
    pytest.param(
        {"says": {2: "it went on " + "and more of it " * 300}}, "too_long", 2, id="a model that does not stop"
    ),
    pytest.param({"says": {1: "Hi.", 2: "Yes.", 3: "No.", 4: "Ok."}}, "too_short", 0, id="most utterances are a word"),
    pytest.param(
        {"answers": {1: "I see.", 2: "Right.", 3: "Oh no."}}, "too_short", 0, id="most responses are two words"
    ),
    pytest.param({"replies": {3: "Only a response."}}, "malformed", 3, id="no spans at all"),
    pytest.param({"replies": {3: a_reply("Fine.") + " bye"}}, "malformed", 3, id="text after the spans"),
    pytest.param({"says": {2: "<persona 3f9a0c1b2d4e5f60> A crack."}}, "leak", 2, id="a block marker"),
    pytest.param({"says": {2: '{"message": "A crack, and then glass."}'}}, "leak", 2, id="the answer's JSON"),
    pytest.param({"says": {2: "[2] user: A crack, and then glass."}}, "leak", 2, id="a speaker's name"),
    pytest.param({"says": {2: "A crack.<|response_end|> And then glass."}}, "leak", 2, id="a span tag in an utterance"),
    pytest.param({"says": {2: "As an AI language model I hear no cracks."}}, "leak", 2, id="the user is a machine"),
    pytest.param({"answers": {2: "=== user === The window too."}}, "leak", 2, id="a template's line in a response"),
    pytest.param({"says": {2: "Это было очень громко и страшно."}}, "foreign", 2, id="another script"),
    pytest.param({"says": {2: "A cr\ufffdck, and then gl\ufffdss."}}, "garbled", 2, id="broken characters"),
    pytest.param({"answers": {2: "So it wasnâ€™t only the tree."}}, "garbled", 2, id="wrongly decoded text"),
    pytest.param({"says": {2: "I can't do this " * 4}}, "loop", 2, id="goes in circles"),
    pytest.param({"says": {2: LONG, 5: LONG}}, "repeated_utterance", 5, id="says it again"),
    pytest.param({"says": {2: LONG, 5: f"Well, {LONG} It did."}}, "repeated_utterance", 5, id="says it nearly again"),
    pytest.param({"answers": {1: LONG, 3: LONG.replace("lamp", "torch")}}, "repeated_response", 3, id="a word changed"),
    pytest.param({"says": {3: TALK[1][1]}}, "copied_utterance", 3, id="the user says the helper's last response"),
    pytest.param({"says": {2: LONG}, "answers": {2: LONG}}, "copied_response", 2, id="the helper says the utterance"),
    pytest.param({"says": {2: "How does that make you feel?"}}, "user_as_helper", 2, id="the helper's question"),
    pytest.param({"says": {2: "I’m so sorry you’re going through this."}}, "user_as_helper", 2, id="curly apostrophes"),
    pytest.param(
        {"says": {2: "You should be gentle with yourself. What would you need?"}}, "user_as_helper", 2, id="advice"
    ),
    pytest.param({"answers": {2: "My boss fired me and I cried on the bus."}}, "helper_as_user", 2, id="its own story"),
    pytest.param({"answers": {2: "Can you help me with my shed?"}}, "helper_as_user", 2, id="the helper asks for help"),
]
STRUCTURE_NEAR_MISSES = [
    pytest.param({"turns": 3}, id="three turns"),
    pytest.param({"says": {1: "Hi.", 2: "Yes."}}, id="two short utterances of five"),
    pytest.param({"says": {2: "Thank you so much.", 4: "Thank you so much."}}, id="thanks twice"),
    pytest.param({"says": {2: "A 2 < 3 thing, user error: mine [sic]."}}, id="harmless signs"),
    pytest.param({"says": {2: "My friend Юля heard it too, in the café."}}, id="a name in another script"),
    pytest.param({"says": {2: "Nooooo, no no no, I said, not the tools!!!"}}, id="people stretch words"),
    pytest.param({"says": {2: LONG}, "answers": {2: f'You say "{LONG}" and I stay with the lamp.'}}, id="a quotation"),
    pytest.param(
        {"says": {2: "You're right, thank you. I hear you, it's just hard for me."}}, id="polite to the helper"
    ),
    pytest.param({"says": {2: "What do you think? I don't know any more."}}, id="asks the helper"),
    pytest.param({"says": {2: 'He only said "I\'m here for you" and hung up on me.'}}, id="quotes another helper"),
    pytest.param({"answers": {2: "I'm glad you told me. I wonder what your boss said."}}, id="the helper's own I"),
    pytest.param({"answers": {2: "As an AI I can't hold the ladder, but tell me more."}}, id="the helper is a machine"),
]


@pytest.mark.parametrize(("changes", "rule", "turn"), STRUCTURE_FAULTS)
def test_broken_structure_is_found(changes: dict, rule: str, turn: int):
    assert ("structure", rule, turn) in found(a_dialogue(**changes))


@pytest.mark.parametrize("changes", STRUCTURE_NEAR_MISSES)
def test_what_people_do_is_not_broken_structure(changes: dict):
    assert found(a_dialogue(**changes)) == []


SAD = "I'm heartbroken and lonely, everything hurts and I cried all day."
GLAD = "I feel wonderful and happy, what a beautiful, perfect day."


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        pytest.param({"says": {2: SAD, 3: GLAD}}, "leap", id="from despair to bliss"),
        pytest.param(
            {"says": {3: GLAD}, "situation": "I was devastated and I cried."}, "leap", id="against the situation"
        ),
        pytest.param(
            {"says": {2: "I'm sad and a bit worried.", 3: "Nice, I'm calm and glad."}}, "flip", id="no reason given"
        ),
    ],
)
def test_a_jump_is_found_at_the_turn_it_lands_on(changes: dict, rule: str):
    assert ("jump", rule, 3) in found(a_dialogue(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"says": {2: "I'm sad and worried.", 3: "He just called me, nice, I'm calm and glad."}}, id="news"
        ),
        pytest.param(
            {"says": {2: "I'm sad and worried.", 3: "What you said is nice, I'm calm and glad."}}, id="the helper"
        ),
        pytest.param(
            {"says": {2: "I'm sad and worried.", 3: "I'm calm and glad, but it's a nice pain."}}, id="both at once"
        ),
        pytest.param({"says": {2: SAD, 3: "It's a little better with you here."}}, id="a small step"),
        pytest.param({"says": {2: SAD, 3: "I'm not happy, it isn't wonderful or beautiful."}}, id="negated"),
        pytest.param({"says": {2: SAD, 3: "Good."}}, id="one word is no reading"),
    ],
)
def test_a_step_that_people_make_is_no_jump(changes: dict):
    assert not [rule for kind, rule, _ in found(a_dialogue(**changes)) if kind == "jump"]


def test_a_jump_is_read_from_the_utterance_and_never_from_the_emotion_span():
    dialogue = a_dialogue(replies={3: a_reply(TALK[2][1]).replace(">sad<", ">joyful<")})
    assert found(dialogue) == []


def a_persona(**fields: str) -> Persona:
    return Persona.model_validate({"id": "p1", **fields, "sources": dict.fromkeys(fields, "stated")})


@pytest.mark.parametrize(
    ("persona", "line", "rule"),
    [
        pytest.param({"gender": "Female"}, "As a single dad I do it all alone.", "gender", id="gender"),
        pytest.param({"gender": "Male"}, "Well, I'm a working mother after all.", "gender", id="gender, other way"),
        pytest.param(
            {"relationship": "Single"}, "My husband only laughed.", "relationship", id="a husband out of nowhere"
        ),
        pytest.param(
            {"relationship": "Married"}, "I'm still single, so it's on me.", "relationship", id="married no more"
        ),
        pytest.param({"relationship": "Married"}, "I've never been married.", "relationship", id="never married"),
        pytest.param(
            {"occupation": "ICU nurse"}, "I work as a teacher, I start at seven.", "occupation", id="another job"
        ),
        pytest.param({"occupation": "Software engineer"}, "I'm a plumber, I know pipes.", "occupation", id="a trade"),
        pytest.param({"occupation": "Retired"}, "My job as a cook starts at five.", "occupation", id="retired"),
        pytest.param({"mbti": "INFP"}, "I'm an ESTJ, I want it settled.", "mbti", id="another type"),
        pytest.param({"about": "I'm 34 years old and I hike."}, "I just turned 19.", "age", id="younger"),
        pytest.param({"about": "My name is user_a1b2."}, "Just call me Jenny.", "name", id="another name"),
    ],
)
def test_a_contradiction_of_the_persona_is_found(persona: dict, line: str, rule: str):
    dialogue = a_dialogue(says={3: line}, persona=a_persona(**persona))
    assert ("drift", rule, 3) in found(dialogue)


@pytest.mark.parametrize(
    ("persona", "line"),
    [
        pytest.param({}, "As a single dad I do it all alone.", id="an empty field is unknown"),
        pytest.param({"gender": "Nonbinary"}, "I'm a working mother after all.", id="a value that no rule knows"),
        pytest.param(
            {"gender": "Female"}, "My dad is a man of few words, as a man he never cried.", id="somebody else"
        ),
        pytest.param({"gender": "Female"}, "He said \"I'm a man, I don't cry\" and left.", id="somebody else's words"),
        pytest.param({"relationship": "Single"}, "People think I'm married to my work.", id="what people think"),
        pytest.param({"relationship": "Single"}, "My ex husband had the shed built.", id="an ex"),
        pytest.param({"relationship": "Married"}, "When I'm single parenting it is worse.", id="not a status"),
        pytest.param(
            {"relationship": "Dating"}, "My boyfriend broke up with me, so I'm single now.", id="the story itself"
        ),
        pytest.param({"occupation": "Nurse"}, "I used to work as a teacher.", id="an earlier job"),
        pytest.param({"occupation": "Nurse"}, "I'm a bit of a writer at night.", id="a hobby"),
        pytest.param({"occupation": "Student"}, "I work as a waiter on Sundays.", id="students have jobs"),
        pytest.param({"mbti": "INFP"}, "My boss is such an ESTJ.", id="somebody else's type"),
        pytest.param({"about": "I'm 34 years old."}, "I'm 35 now, I forget it myself.", id="profiles grow old"),
        pytest.param({"about": "I'm 34 years old."}, "I'm 20 minutes late for it.", id="not an age"),
    ],
)
def test_what_does_not_contradict_the_persona_passes(persona: dict, line: str):
    assert found(a_dialogue(says={3: line}, persona=a_persona(**persona))) == []


def test_an_inferred_field_cannot_be_contradicted():
    persona = Persona(id="p1", gender="Female", sources={"gender": "inferred"})
    assert found(a_dialogue(says={3: "As a single dad I do it all alone."}, persona=persona)) == []


def test_the_situation_wins_over_the_persona():
    dialogue = a_dialogue(
        says={3: "My wife and I stood there."},
        situation="My wife and I lost our shed.",
        persona=a_persona(relationship="Single"),
    )
    assert found(dialogue) == []


def test_a_contradiction_of_the_situation_is_found():
    dialogue = a_dialogue(says={3: "I failed my driving test."}, situation="I passed my driving test.")
    assert ("drift", "outcome", 3) in found(dialogue)


@pytest.mark.parametrize(
    ("first", "then", "rule"),
    [
        pytest.param("I have two kids at home.", "I don't have any children.", "children", id="children"),
        pytest.param("I'm an only child.", "My older brother laughed.", "siblings", id="siblings"),
        pytest.param("My cat died in January.", "My cat is sleeping on my feet.", "fate", id="a dead cat sleeps"),
        pytest.param("My wife made tea.", "My husband made tea.", "spouse", id="wife and husband"),
        pytest.param("I'm 31 years old.", "I'm 52 years old.", "age", id="ages"),
    ],
)
def test_a_contradiction_between_own_lines_is_found(first: str, then: str, rule: str):
    assert ("drift", rule, 4) in found(a_dialogue(says={2: first, 4: then}))


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param("My cat is sleeping on my feet.", "My cat died in January.", id="what happens in a story"),
        pytest.param("I failed my driving test.", "I passed my driving test the second time.", id="another attempt"),
        pytest.param("My brother came over.", "My sister stayed away.", id="both exist"),
    ],
)
def test_what_may_both_be_true_passes(first: str, then: str):
    assert found(a_dialogue(says={2: first, 4: then})) == []


def test_a_rule_that_a_pack_does_without_removes_nothing():
    dialogue = a_dialogue(says={3: "How does that make you feel?"})
    assert found(dialogue, ScreeningRules(without=("user_as_helper",))) == []


def test_thresholds_are_the_packs():
    loose = ScreeningRules.model_validate({"structure": {"min_turns": 1}, "drift": {"age_slack": 30}})
    assert found(a_dialogue(turns=1), loose) == []
    assert found(a_dialogue(says={2: "I'm 31 years old.", 4: "I'm 52 years old."}), loose) == []


@pytest.mark.parametrize("mapping", [{"without": ["nonsense"]}, {"jump": {"leep": 1}}, {"structure": {"overlap": 2}}])
def test_a_wrong_screening_section_is_refused(mapping: dict):
    with pytest.raises(ValidationError):
        ScreeningRules.model_validate(mapping)


hostile = st.text(max_size=200) | st.sampled_from(
    ["", "<|response_end|>", "{" * 3000, '"' * 999, "I'm a " * 800, "a" * 9000]
)


@settings(max_examples=60, deadline=None)
@given(utterances=st.lists(hostile, min_size=1, max_size=4), reply=hostile, about=hostile)
def test_any_text_is_screened_without_an_error_and_twice_the_same(utterances: list[str], reply: str, about: str):
    turns = tuple(a_turn(text, reply if number % 2 else a_reply(reply)) for number, text in enumerate(utterances))
    persona = Persona(id="p1", about=about, occupation=about[:40], gender=about[:6])
    dialogue = a_dialogue(persona=persona).model_copy(update={"turns": turns})
    before = dialogue.model_dump_json()
    assert screen(dialogue, RULES) == screen(dialogue, RULES)
    assert dialogue.model_dump_json() == before
