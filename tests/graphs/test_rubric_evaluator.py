"""What R's word is held to: the label does not reach the responder."""

import pytest

from graphs.nodes.rubric_evaluator import mask_label


@pytest.mark.parametrize(
    ("label", "critique", "masked"),
    [
        ("sad", "you say Sad too often", "you say [the feeling] too often"),
        ("sad", "name the sadness, not the saddle", "name the [the feeling], not the saddle"),
        ("guilty", "their guilt is older", "their [the feeling] is older"),
        ("hopeful", "do not promise hope", "do not promise [the feeling]"),
        ("caring", "the car stands outside, caring does not", "the car stands outside, [the feeling] does not"),
        ("content", "keep: the plain words", "keep: the plain words"),
    ],
)
def test_the_label_and_its_forms_are_masked(label, critique, masked):
    assert mask_label(critique, label) == masked
