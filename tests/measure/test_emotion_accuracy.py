"""Emotion accuracy: what counts as a label, as a hit, and as nothing at all."""

import pytest

from measure.emotion_accuracy import Labelled, baselines, emotion_accuracy, label_of, same_label
from tests.release.invented import reply

LABELS = frozenset(("sad", "proud", "afraid"))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        pytest.param(reply(emotion="sad"), "sad", id="well formed"),
        pytest.param("<emotion> sad </emotion>", "sad", id="the card's tags, nothing else"),
        pytest.param("text before " + reply(emotion="sad"), "sad", id="malformed elsewhere"),
        pytest.param("<|emotion_begin|>sad<|emotion_end|><|emotion_begin|>proud<|emotion_end|>", "", id="two labels"),
        pytest.param("<|emotion_begin|>sad</emotion>", "", id="mixed tags"),
        pytest.param("<|emotion_begin|> <|emotion_end|>", "", id="empty span"),
        pytest.param("I feel sad for you", "", id="no span: a word is not searched for"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_label_is_read_of_its_span_or_not_at_all(text, label):
    assert label_of(text) == label


@pytest.mark.parametrize(
    ("predicted", "gold", "same"),
    [
        ("sad", "sad", True),
        (" Sad\n", "sad", True),
        ("sad.", "sad", False),
        ("sadness", "sad", False),
        ("sad, afraid", "sad", False),
        ("", "", False),
    ],
)
def test_a_label_is_right_as_a_whole_or_wrong(predicted, gold, same):
    assert same_label(predicted, gold) is same


def turns(*said: tuple[int, str | None], gold: str = "sad", copied: str = "afraid") -> list[Labelled]:
    return [Labelled(f"p{n}", turn, gold, label, copied if turn > 1 else "") for n, (turn, label) in enumerate(said)]


def test_no_label_is_wrong_and_a_failed_call_is_left_out():
    found = emotion_accuracy(turns((1, "sad"), (2, ""), (2, None)), LABELS)
    assert (found.overall.value, found.overall.turns, found.overall.missing) == (0.5, 2, 1)
    assert found.without_label == 1


def test_labels_that_the_pack_lacks_are_wrong_and_counted():
    found = emotion_accuracy(turns((1, "melancholy"), (2, "PROUD"), (3, "sad")), LABELS)
    assert found.overall.value == pytest.approx(1 / 3)
    assert found.off_list == 1


def test_turn_one_alone_later_turns_and_each_turn():
    found = emotion_accuracy(turns((1, "sad"), (1, "sad"), (2, "proud"), (3, "sad"), (3, None)), LABELS)
    assert found.first_turn.value == 1
    assert found.later_turns.value == 0.5
    assert {turn: (each.value, each.missing) for turn, each in found.by_turn.items()} == {
        1: (1, 0),
        2: (0, 0),
        3: (1, 1),
    }


def test_a_turn_where_every_call_failed_has_no_accuracy():
    found = emotion_accuracy(turns((1, None), (2, "sad")), LABELS)
    assert found.first_turn.value is None
    assert found.by_turn[1].missing == 1


def test_copying_has_nothing_to_copy_at_turn_one_and_is_taken_on_the_same_turns():
    said = turns((1, "sad"), (2, "sad"), (3, None), (3, "proud"), copied="sad")
    found = baselines(said, "sad")
    assert found.copy_overall.value == pytest.approx(2 / 3)
    assert found.copy_later_turns.value == 1
    assert found.majority.value == 1


def test_what_a_model_has_over_copying_is_counted_turn_by_turn():
    assert emotion_accuracy(turns((1, "sad"), (2, "sad"), (3, "sad")), LABELS).over_copying.value == 1
    assert emotion_accuracy(turns((2, "sad"), (3, ""), copied="sad"), LABELS).over_copying.value == -0.5
    assert emotion_accuracy(turns((1, "sad")), LABELS).over_copying.value is None


def test_no_turns_at_all_give_no_figures():
    found = emotion_accuracy([], LABELS)
    assert found.overall.value is None
    assert found.by_turn == {}
