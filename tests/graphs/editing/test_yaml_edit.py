"""One value of a YAML text changes, and not a byte beside it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.editing.yaml_edit import CannotEdit, drop, put, rename
from graphs.packs import PACKS
from graphs.strict_yaml import load_yaml

TEXT = """# what is above
name: kardia   # kept
limits: {turns: 10, attempts: 5}     # both
labels:
  sad: {valence: -0.70, arousal: -0.4}
  # between two
  "proud": {valence: 0.6, arousal: 0.3}  # behind

criteria:
  empathy:
    question: 'What is ''felt''?'
    anchors:
      1: none
      2: |
        all of it
    fail_below: 3
# what is below
"""


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("name",), "mine", "name: mine   # kept"),
        (("limits", "turns"), 12, "limits: {turns: 12, attempts: 5}     # both"),
        (("limits", "floor"), 3, "limits: {turns: 10, attempts: 5, floor: 3}     # both"),
        (("labels", "sad", "valence"), 0.5, "  sad: {valence: 0.5, arousal: -0.4}"),
        (("labels", "glad"), {"valence": 1.0, "arousal": 0.0}, "  glad: {valence: 1.0, arousal: 0.0}"),
        (("criteria", "empathy", "question"), "It's?", "    question: 'It''s?'"),
        (("criteria", "empathy", "anchors", 1), "a: b, #c", "      1: 'a: b, #c'"),
        (("criteria", "empathy", "anchors", 2), "one line", "      2: one line"),
        (("criteria", "empathy", "solved_from"), 4, "    solved_from: 4"),
        (("length", "paper"), 8, "length: {paper: 8}"),
    ],
)
def test_a_value_is_put_in_its_place(path: tuple[str | int, ...], value: Any, line: str):
    changed = put(TEXT, path, value)
    old, new = TEXT.splitlines(), changed.splitlines()
    assert line in new
    assert [each for each in old if each not in new] == [each for each in old if each not in new][:2]
    assert all(comment in changed for comment in ("# what is above", "# kept", "# both", "# between two", "# behind"))


def test_a_key_is_renamed_where_it_stands_and_dropped_with_its_line():
    assert '  "glad": {valence: 0.6, arousal: 0.3}  # behind' in rename(TEXT, ("labels", "proud"), "glad")
    assert "sad" not in drop(TEXT, ("labels", "sad"))
    assert drop(TEXT, ("limits", "turns")).splitlines()[2] == "limits: {attempts: 5}     # both"
    assert drop(TEXT, ("limits", "attempts")).splitlines()[2] == "limits: {turns: 10}     # both"
    assert drop(TEXT, ("criteria", "empathy", "fail_below")).endswith("all of it\n# what is below\n")


@pytest.mark.parametrize(
    "change",
    [
        lambda: rename(TEXT, ("labels", "sad"), "proud"),
        lambda: rename(TEXT, ("labels", "nowhere"), "x"),
        lambda: drop("labels:\n  sad: 1\n", ("labels", "sad")),
        lambda: put("labels:\n", ("labels", "sad"), 1),
        lambda: put("a: &x 1\nb: *x\n", ("a",), 2),
    ],
)
def test_what_cannot_be_changed_in_place_is_refused(change: Any):
    with pytest.raises(CannotEdit):
        change()


@settings(max_examples=40)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=60), st.sampled_from([1, 3, 5]))
def test_any_text_of_one_line_survives_in_a_real_pack(words: str, score: int):
    text = (PACKS / "kardia" / "pack.yaml").read_text(encoding="utf-8")
    path = ("criteria", "empathy", "anchors", score)
    try:
        changed = put(text, path, words)
    except CannotEdit:
        return
    assert load_yaml(changed)["criteria"]["empathy"]["anchors"][score] == words
    again = put(changed, path, load_yaml(text)["criteria"]["empathy"]["anchors"][score])
    assert load_yaml(again) == load_yaml(text)
    assert again.count("\n") == text.count("\n")


def test_every_value_of_the_shipped_packs_can_be_put_as_it_is():
    for pack in sorted(PACKS.glob("*/pack.yaml")):
        text = Path(pack).read_text(encoding="utf-8")
        for name, place in list(load_yaml(text)["labels"].items())[::6]:
            changed = put(text, ("labels", name, "arousal"), place["arousal"])
            assert load_yaml(changed) == load_yaml(text)
