import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.word_diff import word_ops


@pytest.mark.parametrize(
    ("before", "after", "ops"),
    [
        ("same", "same", [(0, "same")]),
        ("", "new words", [(1, "new words")]),
        ("gone", "", [(-1, "gone")]),
        ("I hate it", "I love it", [(0, "I "), (-1, "hate"), (1, "love"), (0, " it")]),
        ("a b c d e f", "x b c d e y", [(-1, "a"), (1, "x"), (0, " b c d e "), (-1, "f"), (1, "y")]),
        ("I doubt it was so", "I told it is so", [(0, "I "), (-1, "doubt it was"), (1, "told it is"), (0, " so")]),
        ("don't go", "don't stay", [(0, "don't "), (-1, "go"), (1, "stay")]),
    ],
)
def test_differences_are_by_whole_words(before: str, after: str, ops: list[tuple[int, str]]):
    assert word_ops(before, after) == ops


@given(st.text(), st.text())
def test_the_pieces_give_both_texts_back(before: str, after: str):
    ops = word_ops(before, after)
    assert "".join(text for change, text in ops if change <= 0) == before
    assert "".join(text for change, text in ops if change >= 0) == after
