"""The file of an examination's answers: a call that is repeated has cost as often as it was paid."""

from contextlib import closing
from pathlib import Path

import pytest

from graphs.schema import Mark
from measure.examination.answers import Answers, Marked, Reply
from measure.examination.questions import Place

PLACE = Place("d1", 1, "response")
MARKS = {"empathy": Mark(evidence="e", reason="r", score=4)}


@pytest.mark.parametrize(
    ("costs", "total"),
    [
        ([0.5], 0.5),
        ([0.5, 0.1], 0.6),
        ([0.5, 0.1, 0.2], 0.8),
        ([0.0, 0.1], 0.1),
        ([None, 0.1], None),
        ([0.5, None], None),
    ],
)
def test_every_call_for_a_place_is_paid_and_the_last_one_stands(tmp_path: Path, costs, total):
    with closing(Answers(tmp_path / "answers.sqlite")) as answers:
        for cost in costs[:-1]:
            answers.keep(Reply(PLACE, None, "failed", "filtered: no", True, 7, 7, cost, 7.0))
            answers.keep_marks("judge", Marked("d1", 1, None, "off format: prose", cost))
        answers.keep(Reply(PLACE, "Oh.", "stop", tokens_in=3, tokens_out=4, cost_usd=costs[-1], latency_s=1.5))
        answers.keep_marks("judge", Marked("d1", 1, MARKS, "", costs[-1]))
        said, marked = answers.replies()[PLACE], answers.marks("judge")["d1", 1]
    assert said._replace(cost_usd=0) == Reply(PLACE, "Oh.", "stop", "", False, 3, 4, 0, 1.5)
    assert marked._replace(cost_usd=0) == Marked("d1", 1, MARKS, "", 0)
    assert (said.cost_usd, marked.cost_usd) == (pytest.approx(total), pytest.approx(total))
