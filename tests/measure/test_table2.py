"""The paper's Table 2 as data."""

import pytest

from measure.intervals import clustered_mean
from measure.table2 import CRITERIA, PAPER, OurRow, PaperRow, columns, paper_scores


def row(group: str, system: str) -> PaperRow:
    (found,) = (each for each in PAPER if each.group.startswith(group) and each.system == system)
    return found


@pytest.mark.parametrize(
    ("group", "system", "accuracy", "criterion", "score"),
    [
        ("Qwen2.5-3B", "Kardia-R1", 65.78, "empathy", 3.650),
        ("Qwen2.5-3B", "Base model", 9.56, "safety", 4.335),
        ("Qwen2.5-7B", "Kardia-R1", 66.53, "persona_consistency", 4.638),
        ("Qwen2.5-7B", "w/ RLHF reward", 44.90, "empathy", 3.100),
        ("Gemma-2B", "SFT only", 64.07, "fluency", 4.877),
        ("Gemma-7B", "Kardia-R1", 64.48, "safety", 4.747),
        ("Gemma-7B", "w/ RLHF reward", 29.37, "empathy", 2.823),
        ("Large", "GPT-4o", 15.14, "fluency", 4.947),
        ("Specialized", "ReflectDiffu", 30.43, "relevance", 1.753),
    ],
)
def test_the_papers_rows_are_those_that_its_text_speaks_of(group, system, accuracy, criterion, score):
    """§5.2 names each of these figures."""
    found = row(group, system)
    assert found.emotion_accuracy == accuracy
    assert paper_scores(found)[criterion] == score


def test_the_table_has_every_row_of_the_paper_once():
    assert len(PAPER) == len({(each.group, each.system) for each in PAPER}) == 28
    assert all(1 <= score <= 5 for each in PAPER for score in each.scores)


def test_a_system_without_labels_has_no_emotion_accuracy():
    assert row("Specialized", "PsyLLM").emotion_accuracy is None


def ours(*names: str) -> OurRow:
    nothing = clustered_mean([])
    return OurRow(system="s", emotion_accuracy=nothing, scores=dict.fromkeys(names, nothing))


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([], CRITERIA),
        ([ours()], CRITERIA),
        ([ours(*CRITERIA), ours()], CRITERIA),
        ([ours("clarity", "patience")], ("clarity", "patience")),
        ([ours("clarity"), ours(*CRITERIA)], ("clarity", *CRITERIA)),
    ],
)
def test_the_columns_are_the_papers_unless_a_pack_has_its_own(rows, names):
    assert columns(rows) == names
