"""From answers to the gold turn."""

import pytest

from annotation.gold import Open, answer_lines, disagreements, letters, settle
from annotation.tasks import Origin
from graphs.corrections import CorrectedTurn
from graphs.spans import Spans, parse_spans, render_spans
from tests.annotation.material import answer
from tests.annotation.test_answers import TASK

ORIGIN = Origin(
    task=TASK.id, run="winter", pack_hash="a" * 64, trajectory="d1", turn=1, reply=render_spans(Spans(*TASK.spans))
)
SCORES = answer(TASK).scores


def settled(*answers, overlap: int = 1, **more) -> CorrectedTurn:
    found = settle(TASK, ORIGIN, answers, overlap, **more)
    assert isinstance(found, CorrectedTurn)
    return found


def still_open(*answers, overlap: int = 2) -> Open:
    found = settle(TASK, ORIGIN, answers, overlap)
    assert isinstance(found, Open)
    return found


def test_one_annotator_settles_a_turn_that_one_looks_at():
    found = settled(answer(TASK, verdict="corrected", response="You miss her."[:-1] + " so."))
    assert (found.by, parse_spans(found.reply).response) == ("one", "You miss her so.")
    assert found.history[0].changed == {"response": "You miss her{+ so+}."}
    assert settled(answer(TASK)).reply == ORIGIN.reply


def test_a_turn_waits_for_all_its_annotators():
    assert still_open(answer(TASK)).is_waiting


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ({"verdict": "drop", "comment": "x"}, "verdict: correct, drop"),
        ({"verdict": "corrected", "emotion": "lonely"}, "verdict: corrected, correct"),
        ({"scores": {**SCORES, "empathy": 2}}, "empathy: 2 to 4"),
    ],
)
def test_disagreements_go_to_another_round(second, reason):
    found = still_open(answer(TASK), answer(TASK, "ann-2", **second))
    assert not found.is_waiting
    assert set(reason.replace("verdict: ", "").split(", ")) <= set(
        found.reasons[0].replace("verdict: ", "").split(", ")
    )


@pytest.mark.parametrize(("rounds", "round_"), [((1, 1), 1), ((2, 1), 1), ((1, 2), 1), ((2, 2), 2)])
def test_a_round_is_over_when_every_annotator_has_answered_it(rounds, round_):
    one, other = rounds
    first = [answer(TASK), answer(TASK, "ann-2", verdict="drop", comment="x")]
    again = [answer(TASK, round=one), answer(TASK, "ann-2", round=other, verdict="drop", comment="x")]
    assert still_open(*first, *again).round == round_


def test_scores_one_apart_are_no_disagreement():
    assert disagreements([answer(TASK), answer(TASK, "ann-2", scores={**SCORES, "empathy": 5})]) == ()


def test_what_is_agreed_in_the_second_round_says_so_and_keeps_its_history():
    first = [answer(TASK), answer(TASK, "ann-2", verdict="drop", comment="x")]
    again = answer(TASK, "ann-2", round=2)
    found = settled(*first, again, overlap=2)
    assert (found.by, found.verdict, len(found.history)) == ("discussion", "correct", 3)


def test_who_did_not_answer_the_first_round_has_no_say_in_the_discussion():
    first = [answer(TASK), answer(TASK, "ann-2", verdict="drop", comment="x")]
    strangers = [answer(TASK, f"stranger-{n}", round=2) for n in range(2)]
    found = still_open(*first, *strangers)
    assert {one.annotator for one in found.answers} == {"ann-1", "ann-2"}
    assert still_open(first[0], *strangers).is_waiting
    again = settled(*first, answer(TASK, "ann-2", round=2), *strangers, overlap=2)
    assert len(again.history) == 5


def test_of_several_corrections_the_one_nearest_to_all_stands():
    texts = ("You miss her so much.", "You miss her so.", "Bananas are yellow.")
    answers = [answer(TASK, f"ann-{n}", verdict="corrected", response=text) for n, text in enumerate(texts)]
    assert parse_spans(settled(*answers, overlap=3).reply).response in texts[:2]


@pytest.mark.parametrize(("model", "by"), [(False, "person"), (True, "model")])
def test_a_ruling_ends_the_matter_and_is_marked(model, by):
    ruling = answer(TASK, "chief", verdict="drop", comment="beyond repair")
    found = settled(
        answer(TASK), answer(TASK, "ann-2", verdict="drop", comment="x"), overlap=2, ruling=ruling, model=model
    )
    assert (found.by, found.verdict) == (by, "drop")
    assert [one.by_model for one in found.history] == [False, False, model]


@pytest.mark.parametrize(("place", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (702, "AAA")])
def test_every_answer_has_a_letter_of_its_own_however_many_there_are(place, letter):
    found = [letter for letter, _ in letters([answer(TASK)] * 703)]
    assert len(found) == len(set(found)) == 703
    assert found[place] == letter


def test_a_letter_means_the_same_answer_also_after_somebody_answered_anew():
    one, other = answer(TASK, "ann-1"), answer(TASK, "ann-2", verdict="drop", comment="x", at="2026-11-01T11:00:00Z")
    before = {found.annotator: letter for letter, found in letters([one, other])}
    again = one.model_copy(update={"at": "2026-11-02T10:00:00Z"})
    assert {found.annotator: letter for letter, found in letters([other, again])} == before


def test_who_decides_reads_every_span_that_may_become_gold():
    lines = answer_lines(
        "A", answer(TASK, verdict="corrected", understanding="She is gone.", reasoning="A cup is small.")
    )
    said = "\n".join(lines)
    assert "Understanding: She is gone." in said
    assert "Reasoning: A cup is small." in said
    assert f"Response: {TASK.response}" in said
    assert f"emotion {TASK.emotion};" in said
