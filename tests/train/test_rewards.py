"""Rewards and advantages: each row of a table is one reason (Eq. 6, 9-12)."""

import math
import re

import pytest

from graphs.packs import load_pack
from graphs.schema import Mark
from graphs.spans import CONSTRAINTS, Spans, render_spans
from train.rewards import (
    advantages,
    emotion_reward,
    format_bits,
    format_reward,
    has_response,
    predicted_emotion,
    rubric_reward,
    scaled_outcome,
    unified_reward,
)

GOOD = render_spans(Spans("They lost a cup.", "It was from home.", "sad", "What did it hold?"))
NO_END = GOOD.replace("<|response_end|>", "")
NO_EMOTION = "\n".join(line for line in GOOD.split("\n") if "emotion" not in line)
SWAPPED = "\n".join(GOOD.split("\n")[::-1])
EMPTY = GOOD.replace("What did it hold?", "  ")
NO_UNDERSTANDING = "\n".join(GOOD.split("\n")[1:])
CARD = re.sub(r"<\|(\w+)_end\|>", r"</\1>", re.sub(r"<\|(\w+)_begin\|>", r"<\1>", GOOD))


@pytest.mark.parametrize(
    ("completion", "broken"),
    [
        (GOOD, []),
        ("", range(9)),
        ("What did it hold?", range(9)),
        (NO_END, [3, 7, 8]),
        (NO_EMOTION, [2, 6, 8]),
        (SWAPPED, [8]),
        (EMPTY, [7]),
        (GOOD + "\nAnything else?", [8]),
        (GOOD + GOOD.split("\n")[-1], [3, 7, 8]),
    ],
    ids=["good", "nothing", "prose", "no end tag", "a span missing", "order", "empty", "text outside", "twice"],
)
def test_format_is_the_share_of_constraints_kept(completion: str, broken: list[int]) -> None:
    bits = format_bits(completion)
    assert [at for at, bit in enumerate(bits) if bit] == list(broken)
    assert format_reward([completion]) == [pytest.approx(1 - len(list(broken)) / len(CONSTRAINTS))]


@pytest.mark.parametrize(
    ("completion", "gold", "reward"),
    [
        (GOOD, "sad", 1.0),
        (GOOD.replace(">sad<", "> Sad\n<"), "sad", 1.0),
        (GOOD.replace(">sad<", ">SAD<"), "Sad", 1.0),
        (GOOD.replace(">sad<", ">sad.<"), "sad", 0.0),
        (GOOD.replace(">sad<", ">sad and angry<"), "sad", 0.0),
        (GOOD.replace(">sad<", ">sadness<"), "sad", 0.0),
        (GOOD.replace(">sad<", "><"), "", 0.0),
        (GOOD, "angry", 0.0),
        (NO_END, "sad", 1.0),
        (NO_UNDERSTANDING, "sad", 1.0),
        (NO_EMOTION, "sad", 0.0),
        (GOOD + "<|emotion_begin|>angry<|emotion_end|>", "sad", 0.0),
        ("I feel sad.", "sad", 0.0),
        ("", "sad", 0.0),
    ],
    ids=[
        "exact", "spaces and case", "case", "a full stop", "two labels", "inflected", "empty is no label", "another",
        "counts where the response is cut", "counts where a span is missing", "no span", "two spans", "prose", "nothing",
    ],
)  # fmt: skip
def test_emotion_is_an_exact_label_in_a_readable_span(completion: str, gold: str, reward: float) -> None:
    assert emotion_reward([completion], [gold]) == [reward]


@pytest.mark.parametrize(
    ("completion", "label", "readable"),
    [(GOOD, "sad", True), (NO_END, "sad", False), (EMPTY, "sad", False), (NO_EMOTION, "", True), (CARD, "sad", True)],
    ids=["good", "cut", "empty", "no label", "the card's dialect"],
)
def test_what_a_broken_completion_still_says(completion: str, label: str, readable: bool) -> None:
    assert (predicted_emotion(completion), has_response(completion)) == (label, readable)


@pytest.mark.parametrize(
    ("scores", "reward"),
    [([1] * 5, 0.0), ([5] * 5, 1.0), ([3] * 5, 0.5), ([1, 2, 3, 4, 5], 0.5), ([4, 4, 4, 4, 5], 0.8)],
)
def test_the_rubric_is_normed_to_the_unit_interval(scores: list[int], reward: float) -> None:
    rubric = load_pack("kardia").rubric
    marks = {
        name: Mark(evidence="e", reason="r", score=score) for name, score in zip(rubric.criteria, scores, strict=True)
    }
    assert rubric_reward(rubric, marks) == pytest.approx(reward)


def test_no_marks_are_no_score() -> None:
    assert rubric_reward(load_pack("kardia").rubric, None) is None


@pytest.mark.parametrize(
    ("outcome", "weights", "reward"),
    [
        (0.5, (1 / 3, 1 / 3, 1 / 3), 5 / 6),
        (None, (1 / 3, 1 / 3, 1 / 3), None),
        (None, (0.5, 0.5, 0.0), 1.0),
        (0.5, (0.0, 0.0, 1.0), 0.5),
    ],
    ids=["a third each", "a part failed", "a part that does not count", "the outcome alone"],
)
def test_the_parts_are_weighed(
    outcome: float | None, weights: tuple[float, float, float], reward: float | None
) -> None:
    fmt, emotion, rubric = weights
    whole = unified_reward(
        {"format": 1.0, "emotion": 1.0, "outcome": outcome}, {"format": fmt, "emotion": emotion, "outcome": rubric}
    )
    assert whole == (reward if reward is None else pytest.approx(reward))


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [("embedding", 1.0, 1.0), ("embedding", -1.0, 0.0), ("embedding", 0.2, 0.6), ("embedding", 1.0000001, 1.0),
     ("reward_model", 0.0, 0.5), ("reward_model", 2.0, 1 / (1 + math.exp(-2))), ("reward_model", -900.0, 0.0)],
)  # fmt: skip
def test_an_ablations_model_is_scaled_to_the_unit_interval(kind: str, raw: float, value: float) -> None:
    assert scaled_outcome(kind, raw) == pytest.approx(value)  # pyright: ignore


def test_advantages_are_those_of_equation_6() -> None:
    rewards = [0.2, 0.4, 0.9, 0.1]
    mean = sum(rewards) / 4
    deviation = math.sqrt(sum((reward - mean) ** 2 for reward in rewards) / 4)
    [moved] = advantages([rewards], std="population", epsilon=1e-4)
    assert moved == pytest.approx([(reward - mean) / (deviation + 1e-4) for reward in rewards])
    assert sum(moved) == pytest.approx(0)


def test_the_sample_deviation_is_trls() -> None:
    [ours], [theirs] = (advantages([[0.0, 1.0]], std=std, epsilon=0.0) for std in ("population", "sample"))
    assert ours == pytest.approx([-1, 1]) and theirs == pytest.approx([-math.sqrt(0.5), math.sqrt(0.5)])


@pytest.mark.parametrize(
    ("rewards", "moved"),
    [
        ([0.5, 0.5, 0.5], [0, 0, 0]),
        ([0.5, None, 0.5], [0, 0, 0]),
        ([0.5, None, None], [0, 0, 0]),
        ([None, None, None], [0, 0, 0]),
        ([0.0, None, 1.0], [-1, 0, 1]),
        ([], []),
    ],
    ids=["equal", "equal but for a failure", "one alone", "all failed", "a failure stands outside", "nobody"],
)
def test_a_failure_moves_nothing(rewards: list[float | None], moved: list[float]) -> None:
    assert advantages([rewards], std="population", epsilon=0.0) == [pytest.approx(moved)]


@pytest.mark.parametrize("std", ["population", "sample"])
def test_one_failed_judgement_among_eight_equal_candidates(std: str) -> None:
    """TRL counts it as an outcome of 0 and gives the failed one -2.47; here nobody moves."""
    as_zero = [2.75] * 7 + [2.0]
    [trls] = advantages([as_zero], std="sample", epsilon=1e-4)
    assert trls[-1] == pytest.approx(-2.47, abs=0.005)
    assert advantages([[*as_zero[:7], None]], std=std, epsilon=1e-4) == [[0.0] * 8]  # pyright: ignore


def test_groups_do_not_see_each_other() -> None:
    together = advantages([[0.0, 1.0], [10.0, 30.0]], std="population", epsilon=0.0)
    assert together == [pytest.approx([-1, 1]), pytest.approx([-1, 1])]
