"""The simulated user's state: small steps, disclosure in order, and what the plan says when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from graphs.feelings import ACTIONS, Event, Stage, UserRules, WindDown, mood_band, plan, react, tell
from graphs.packs import load_pack
from graphs.schema import Feelings

STAGES = (
    Stage(name="event", says="what"),
    Stage(name="detail", says="how", from_turn=2),
    Stage(name="meaning", says="why", from_turn=3, openness=2),
    Stage(name="unsaid", says="the rest", from_turn=4, openness=2, mood_gain=10),
)
RULES = UserRules(
    mood_step=10,
    events={
        "heard": Event(mood=6, openness=1, means="took it in"),
        "seen": Event(mood=7, openness=1, means="saw it"),
        "advice": Event(mood=-5, openness=-1, means="told what to do"),
        "cold": Event(mood=-9, openness=-1, means="was cold"),
        "plain": Event(means="nothing much"),
        "wonder": Event(mood=500, openness=9, means="a miracle"),
    },
    disclosure=STAGES,
    actions={name: f"do {name}" for name in ACTIONS},
    words=(6, 14, 22),
    wind_down=WindDown(paper=0, natural=15),
)
NAMES = tuple(stage.name for stage in STAGES)
events = st.lists(st.sampled_from([*RULES.events, "made_up", ""]), max_size=8).map(tuple)
feelings = st.builds(
    Feelings, mood=st.integers(0, 100), openness=st.integers(1, 3), told=st.lists(st.sampled_from(NAMES), unique=True)
)


def felt(mood: int = 50, openness: int = 1, *told: str) -> Feelings:
    return Feelings(mood=mood, openness=openness, told=told)


@pytest.mark.parametrize(
    ("why", "before", "happened", "mood", "openness"),
    [
        ("nothing", felt(50, 2), (), 50, 2),
        ("one good event", felt(50, 1), ("heard",), 56, 2),
        ("two good events are clipped to a step", felt(50, 1), ("heard", "seen"), 60, 2),
        ("a miracle is a step as well", felt(40, 1), ("wonder",), 50, 2),
        ("a bad event", felt(50, 2), ("advice",), 45, 1),
        ("two bad events are clipped", felt(50, 3), ("advice", "cold"), 40, 2),
        ("good and bad are added up first", felt(50, 2), ("heard", "cold"), 47, 2),
        ("the same event counts once", felt(50, 1), ("heard", "heard", "heard"), 56, 2),
        ("an unknown event counts nothing", felt(50, 2), ("made_up", "plain"), 50, 2),
        ("mood ends at 100", felt(97, 3), ("heard",), 100, 3),
        ("mood ends at 0", felt(4, 1), ("cold",), 0, 1),
    ],
)
def test_events_move_the_mood_by_small_steps(why, before, happened, mood, openness):
    after = react(before, happened, RULES)
    assert (after.mood, after.openness, after.told) == (mood, openness, before.told), why


@given(feelings, events)
def test_no_response_moves_more_than_one_step(before, happened):
    after = react(before, happened, RULES)
    assert abs(after.mood - before.mood) <= RULES.mood_step
    assert abs(after.openness - before.openness) <= 1
    assert after.told == before.told


@given(st.lists(events, min_size=1, max_size=10))
def test_a_user_is_not_cured_in_one_turn(course):
    """The plan can let a low mood end well only after as many turns as its steps need."""
    start, now = 30, felt(30)
    for number, happened in enumerate(course, start=1):
        now = react(now, happened, RULES)
        assert now.mood - start <= number * RULES.mood_step


def test_the_best_response_to_the_opening_neither_ends_the_talk_nor_opens_all():
    after = react(felt(40, 1, "event"), ("heard", "seen", "wonder"), RULES)
    planned = plan(after, 2, 40, RULES, "natural", 1, 0)
    assert planned.action == "go_on"
    assert planned.stage == STAGES[1]


@pytest.mark.parametrize(
    ("why", "now", "turn", "stage"),
    [
        ("the first at the first turn", felt(40, 1), 1, "event"),
        ("the next not before its turn", felt(40, 1, "event"), 1, None),
        ("the next at its turn", felt(40, 1, "event"), 2, "detail"),
        ("meaning needs openness", felt(40, 1, "event", "detail"), 5, None),
        ("meaning with openness", felt(40, 2, "event", "detail"), 3, "meaning"),
        ("unsaid needs the mood to have risen", felt(49, 3, "event", "detail", "meaning"), 6, None),
        ("unsaid with the mood risen", felt(50, 2, "event", "detail", "meaning"), 4, "unsaid"),
        ("unsaid with the mood risen, too early", felt(50, 2, "event", "detail", "meaning"), 3, None),
        ("a stage told ahead is not told again", felt(40, 3, "event", "meaning"), 3, "detail"),
        ("no stage is skipped for a later one", felt(90, 3, "detail"), 9, "event"),
        ("all told", felt(90, 3, *NAMES), 9, None),
    ],
)
def test_stages_are_told_in_order_when_their_time_has_come(why, now, turn, stage):
    planned = plan(now, turn, 40, RULES, "paper", 8, 0)
    assert (planned.stage.name if planned.stage else None) == stage, why


def test_a_stage_whose_time_has_not_come_holds_back_the_ready_one_after_it():
    late = (Stage(name="late", says="x", from_turn=5), Stage(name="ready", says="y"))
    rules = RULES.model_copy(update={"disclosure": late})
    assert plan(felt(), 2, 50, rules, "paper", 8, 0).stage is None
    assert plan(felt(), 5, 50, rules, "paper", 8, 0).stage == late[0]
    assert plan(felt(50, 1, "late"), 2, 50, rules, "paper", 8, 0).stage == late[1]


@given(feelings, st.integers(1, 10), st.integers(0, 100))
def test_what_may_be_told_was_not_told_and_all_before_it_was(now, turn, start):
    stage = plan(now, turn, start, RULES, "paper", 8, 0).stage
    if stage:
        before = NAMES[: NAMES.index(stage.name)]
        assert stage.name not in now.told
        assert set(before) <= set(now.told)


@pytest.mark.parametrize(
    ("why", "told", "stage", "after"),
    [
        ("new", ("event",), "detail", ("event", "detail")),
        ("again", ("event",), "event", ("event",)),
        ("nothing", ("event",), "nothing", ("event",)),
        ("made up", (), "secret", ()),
        ("empty", (), "", ()),
    ],
)
def test_a_told_stage_is_remembered_once(why, told, stage, after):
    assert tell(felt(50, 1, *told), stage, RULES).told == after, why


ALL_BUT_ONE = NAMES[:3]


@pytest.mark.parametrize(
    ("why", "now", "turn", "start", "length", "floor", "action"),
    [
        ("first turn", felt(40), 1, 40, "paper", 8, "open"),
        ("first turn, however bad", felt(10), 1, 40, "natural", 1, "open"),
        ("no change", felt(40), 3, 40, "paper", 8, "go_on"),
        ("a little worse", felt(35), 3, 40, "paper", 8, "go_on"),
        ("much worse", felt(34), 3, 40, "paper", 8, "push_back"),
        ("much worse, even late", felt(34, 1, *NAMES), 10, 40, "paper", 8, "push_back"),
        ("glad news", felt(65), 3, 65, "paper", 8, "savour"),
        ("glad news spoilt", felt(59), 3, 65, "paper", 8, "push_back"),
        ("paper length before its floor", felt(60, 3, *NAMES), 7, 40, "paper", 8, "go_on"),
        ("paper length at its floor", felt(40), 8, 40, "paper", 8, "wind_down"),
        ("paper length at its floor, mood fallen", felt(39), 8, 40, "paper", 8, "go_on"),
        ("natural, eased and told", felt(55, 2, *ALL_BUT_ONE), 4, 40, "natural", 1, "wind_down"),
        ("natural, eased, not told", felt(55, 2, "event"), 4, 40, "natural", 1, "go_on"),
        ("natural, told, not eased", felt(54, 2, *NAMES), 9, 40, "natural", 1, "go_on"),
        ("a floor of 1 does not end at the first turn", felt(65, 3, *NAMES), 1, 40, "natural", 1, "open"),
    ],
)
def test_action_follows_mood_turn_and_what_was_told(why, now, turn, start, length, floor, action):
    assert plan(now, turn, start, RULES, length, floor, 0).action == action, why


def test_lengths_are_drawn_from_the_packs_own():
    drawn = {plan(felt(), 2, 40, RULES, "paper", 8, draw).words for draw in range(9)}
    assert drawn == set(RULES.words)


@pytest.mark.parametrize(
    ("valence", "mood"), [(-1.0, 40), (-0.21, 40), (-0.2, 50), (0.0, 50), (0.2, 50), (0.21, 65), (1.0, 65)]
)
def test_start_follows_the_labels_valence(valence, mood):
    assert RULES.start(valence) == mood


@pytest.mark.parametrize(
    ("mood", "band"),
    [(0, "very low"), (19, "very low"), (20, "low"), (40, "mixed"), (60, "lighter"), (80, "good"), (100, "good")],
)
def test_mood_has_a_word(mood, band):
    assert mood_band(mood) == band


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("an action missing", {"actions": dict.fromkeys(ACTIONS[:-1], "x")}),
        ("an action too many", {"actions": {**dict.fromkeys(ACTIONS, "x"), "sulk": "x"}}),
        ("two stages of one name", {"disclosure": [{"name": "a", "says": "x"}, {"name": "a", "says": "y"}]}),
        ("a stage called nothing", {"disclosure": [{"name": "nothing", "says": "x"}]}),
        ("no stage", {"disclosure": []}),
        ("no length", {"words": []}),
        ("a length of no words", {"words": [0]}),
        ("negative step", {"mood_step": -1}),
        ("a start that is no mood", {"mood_start": {"negative": 140}}),
        ("a stage that asks for more openness than there is", {"disclosure": [{"name": "a", "says": "x", "openness": 4}]}),
        ("unknown key", {"moods": 1}),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_played_are_refused(why, change):
    with pytest.raises(ValidationError):
        UserRules.model_validate({**RULES.model_dump(), **change})


def test_the_packs_events_cannot_cure_at_once():
    rules = load_pack("kardia").settings.user
    best = tuple(name for name, event in rules.events.items() if event.mood > 0)
    gain = react(felt(rules.mood_start.negative), best, rules).mood - rules.mood_start.negative
    assert 0 < gain <= rules.mood_step < rules.wind_down.natural
