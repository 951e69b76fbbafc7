"""The state machine against Algorithm 1, through every way its two loops can go."""

from itertools import chain, cycle, repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.dialogue import build_graph, recursion_limit
from graphs.schema import Decision, End
from graphs.state import DialogueSettings
from tests.graphs.scripted import (
    GOOD_REPLY,
    ScriptedAsker,
    algorithm_1,
    by_decisions,
    context,
    decision_answer,
    pairing,
    play,
    played,
    user_answer,
)

PASS, FAIL, SOLVED = (decision.value for decision in (Decision.PASS, Decision.FAIL, Decision.SOLVED))


@pytest.mark.parametrize(
    ("name", "decisions", "turns", "attempts"),
    [
        ("all fail", repeat(FAIL), 10, 5),
        ("all pass", repeat(PASS), 10, 5),
        ("solved at once", repeat(SOLVED), 10, 5),
        ("one attempt a turn", cycle([FAIL, PASS]), 10, 1),
        ("forty turns, all pass", repeat(PASS), 40, 5),
        ("forty turns, all fail", repeat(FAIL), 40, 5),
        ("passes at the last attempt", cycle([FAIL] * 4 + [PASS]), 10, 5),
        ("solved at the last attempt of the last turn", chain([PASS] * 9, [FAIL] * 4, [SOLVED]), 10, 5),
        ("one turn only", repeat(PASS), 1, 5),
        ("one turn, one attempt", repeat(FAIL), 1, 1),
    ],
)
async def test_loops_follow_algorithm_1(name, decisions, turns, attempts):
    script = [next(decisions, PASS) for _ in range(turns * attempts)]
    trajectory, _ = await played(script, turns=turns, attempts=attempts)
    path = [[attempt.decision for attempt in turn.attempts] for turn in trajectory.turns]
    assert path == algorithm_1(iter(script), turns, attempts)


@settings(max_examples=60, deadline=None)
@given(
    script=st.lists(st.sampled_from([PASS, FAIL, FAIL, SOLVED]), min_size=48, max_size=48),
    turns=st.integers(1, 12),
    attempts=st.integers(1, 4),
)
async def test_random_decisions_follow_algorithm_1(script, turns, attempts):
    trajectory, asker = await played(script, turns=turns, attempts=attempts)
    expected = algorithm_1(iter(script), turns, attempts)
    assert [[attempt.decision for attempt in turn.attempts] for turn in trajectory.turns] == expected
    assert trajectory.end is (End.SOLVED if expected[-1][-1] == SOLVED else End.CAP)
    assert len(asker.slots("responder")) == sum(map(len, expected))


async def test_no_utterance_is_bought_after_the_last_turn():
    _, asker = await played(repeat(PASS), turns=3)
    assert len(asker.slots("user_simulator")) == 3


@pytest.mark.parametrize(("turns", "attempts"), [(1, 1), (40, 1), (10, 5), (3, 20)])
async def test_longest_dialogue_stays_under_its_recursion_limit(turns, attempts):
    steps = turns * (2 * attempts + 2)
    assert recursion_limit(DialogueSettings(turns=turns, attempts=attempts)) > steps
    trajectory, _ = await played(repeat(FAIL), turns=turns, attempts=attempts)
    assert len(trajectory.turns) == turns


async def test_paper_length_holds_solved_back_until_the_floor():
    trajectory, _ = await played(repeat(SOLVED), length="paper")
    assert len(trajectory.turns) == 8
    assert trajectory.turns[0].attempts[0].called is Decision.SOLVED
    assert trajectory.turns[0].attempts[0].because


async def test_solved_needs_the_users_own_words():
    def answer(slot):
        if slot.role == "rubric_evaluator":
            return decision_answer(SOLVED, relief=slot.turn >= 4)
        return by_decisions(repeat(PASS))(slot)

    trajectory = await play(pairing(), context(ScriptedAsker(answer)))
    assert len(trajectory.turns) == 4


async def test_a_score_under_the_gate_fails_whatever_is_called():
    def answer(slot):
        if slot.role == "rubric_evaluator":
            return decision_answer(SOLVED, score=2)
        return by_decisions(repeat(PASS))(slot)

    trajectory = await play(pairing(), context(ScriptedAsker(answer), turns=1, attempts=2))
    assert [attempt.decision for attempt in trajectory.turns[0].attempts] == [Decision.FAIL, Decision.FAIL]


@pytest.mark.parametrize(
    ("reply", "named"),
    [
        ("I am sorry.", "response: tags missing"),
        (GOOD_REPLY.replace("sad", "melancholy"), "not one of the labels"),
        (GOOD_REPLY.replace("sad", ""), "emotion: empty"),
    ],
)
async def test_a_reply_that_breaks_a_hard_rule_fails_without_an_evaluator_call(reply, named):
    asker = ScriptedAsker(lambda slot: user_answer() if slot.role == "user_simulator" else reply)
    trajectory = await play(pairing(), context(asker, turns=1, attempts=2))
    first = trajectory.turns[0].attempts[0]
    assert first.decision is Decision.FAIL
    assert named in first.critique
    assert not asker.slots("rubric_evaluator")


async def test_refinement_gets_the_draft_and_the_critique_without_the_label():
    def answer(slot):
        if slot.role == "rubric_evaluator":
            return decision_answer(FAIL, critique="change: you say Sad too often")
        return by_decisions(repeat(PASS))(slot)

    asker = ScriptedAsker(answer)
    await play(pairing(), context(asker, turns=1, attempts=2))
    second = [prompt for slot, prompt in asker.asked if slot.role == "responder"][1]
    assert "What did the cup mean to you?" in second.user
    assert "you say [the feeling] too often" in second.user


async def test_exhausted_turn_stands_on_its_best_attempt_if_asked_for():
    scores = iter([3, 5, 4])

    def answer(slot):
        if slot.role == "rubric_evaluator":
            return decision_answer(FAIL, score=next(scores))
        return by_decisions(repeat(PASS))(slot)

    trajectory = await play(pairing(), context(ScriptedAsker(answer), turns=1, attempts=3, exhausted="best"))
    assert trajectory.turns[0].chosen == 1


def test_graph_has_the_four_nodes_of_figure_2():
    nodes = set(build_graph().get_graph().nodes)
    assert nodes == {"__start__", "simulate_user", "respond", "evaluate", "close_turn", "__end__"}
