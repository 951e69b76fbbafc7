"""Two versions of a file, line by line and word by word."""

import pytest

from graphs.editing.file_diff import MOST_WORDS, files_that_differ, stretches, unified


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("one\ntwo\nthree", "one\n2\nthree"),
        ("", "new\nlines"),
        ("gone\nlines", ""),
        ("same", "same"),
        ("a\n\nb\n", "a\nb\n\n"),
        ("word " * (MOST_WORDS + 1), "other " * (MOST_WORDS + 1)),
    ],
)
def test_the_stretches_give_both_texts_back(before: str, after: str):
    found = stretches(before, after)
    for kept, text in ((-1, before), (1, after)):
        lines = ["".join(piece for change, piece in each.ops if change in (0, kept)) for each in found]
        assert [line for part in lines for line in part.split("\n") if line] == [x for x in text.split("\n") if x]


def test_a_changed_word_is_named_with_its_line():
    (same, changed, _) = stretches("a\nthe old word\nb", "a\nthe new word\nb")
    assert same.same
    assert (changed.line, changed.lines, changed.same) == (2, 1, False)
    assert (-1, "old") in changed.ops
    assert (1, "new") in changed.ops


def test_only_files_that_differ_are_shown():
    before, after = {"a.md": "1\n", "b.md": "2\n", "gone.md": "x"}, {"a.md": "1\n", "b.md": "3\n", "new.md": "y"}
    assert files_that_differ(before, after) == ["b.md", "gone.md", "new.md"]
    lines = list(unified(before, after, ("old", "new")))
    assert "--- old/b.md" in lines
    assert "-2" in lines
    assert "+3" in lines
