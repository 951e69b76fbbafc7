"""An annotator's bias: criteria of one turn and turns of one dialogue are not taken for independent."""

import random
from collections.abc import Mapping

import pytest

from measure.annotators import Score, biases
from measure.paired import Difference

CRITERIA = ("relevance", "fluency", "empathy", "persona_consistency", "safety")


def scores(turns: Mapping[str, tuple[str, Mapping[str, float]]]) -> list[Score]:
    """Scores of one criterion, from turn -> its dialogue, and what each annotator gave."""
    return [
        Score(dialogue, turn, "empathy", annotator, value)
        for turn, (dialogue, given) in turns.items()
        for annotator, value in given.items()
    ]


def test_bias_is_the_mean_difference_to_the_others_on_the_same_turns():
    given = scores(
        {"t1": ("d1", {"a": 5, "b": 3, "c": 4}), "t2": ("d2", {"a": 4, "b": 4}), "t3": ("d3", {"c": 1})},
    )
    found = biases(given)
    assert {name: bias.difference for name, bias in found.items()} == {"a": 0.75, "b": -0.75, "c": 0}
    assert {name: bias.units for name, bias in found.items()} == {"a": 2, "b": 2, "c": 1}


def test_a_dialogue_counts_once_however_many_turns_and_criteria_it_has():
    long = {f"t{n}": ("long", {"a": 4, "b": 2}) for n in range(9)}
    found = biases(scores({**long, "short": ("short", {"a": 3, "b": 3})}))["a"]
    assert (found.difference, found.units, found.states) == (1, 2, 10)


def test_under_six_dialogues_a_bias_has_no_interval():
    turns = {f"t{n}": (f"d{n % 5}", {"a": 4 + n % 2, "b": 3}) for n in range(40)}
    assert biases(scores(turns))["a"].low is None
    assert biases(scores({**turns, "more": ("d6", {"a": 4, "b": 3})}))["a"].low is not None


def judged(rng: random.Random, dialogues: int, bias: float = 0.0) -> list[Score]:
    """Two annotators who differ by chance alone: over a whole dialogue, over a turn in all criteria, and in a criterion."""
    found: list[Score] = []
    for d in range(dialogues):
        apart = rng.choice((-1, 0, 1))
        for t in range(4):
            halo = apart + rng.choice((-1, 0, 1))
            for name in CRITERIA:
                value = 3 + halo + rng.choice((-0.5, 0.5)) + bias
                found += [Score(f"d{d}", f"d{d}t{t}", name, "a", value), Score(f"d{d}", f"d{d}t{t}", name, "b", 3)]
    return found


def lies_above_zero(found: Difference) -> bool:
    assert found.low is not None
    return found.low > 0


def lies_below_zero(found: Difference) -> bool:
    assert found.high is not None
    return found.high < 0


@pytest.mark.parametrize("dialogues", [6, 12, 40])
def test_two_annotators_alike_are_told_apart_in_about_five_of_a_hundred_comparisons(dialogues):
    rng = random.Random(dialogues)
    found = [biases(judged(rng, dialogues))["a"] for _ in range(200)]
    wrong = sum(lies_above_zero(one) or lies_below_zero(one) for one in found) / len(found)
    assert 0.01 <= wrong <= 0.10


def test_a_bias_of_half_a_point_is_seen_over_forty_dialogues():
    rng = random.Random(1)
    found = [biases(judged(rng, 40, bias=0.5))["a"] for _ in range(50)]
    assert sum(map(lies_above_zero, found)) >= 45
