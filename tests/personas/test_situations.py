"""A row becomes a situation with a lasting id, or says why it is none."""

from typing import Any

import pytest

from graphs.schema import Situation
from personas.rows import RawRow, UnusableRow
from personas.situations import one_row_a_conversation, same_text, situation_from_row

TEXT = "My sister kept my secret for years"


def situation(labels: set[str] | None = None, file: str = "a.jsonl", **fields: Any) -> Situation:
    return situation_from_row(RawRow(file, 1, {"emotion": "grateful", "situation": TEXT, **fields}), labels)


def test_row_becomes_a_situation() -> None:
    found = situation(conv_id="c1", split="test")
    assert (found.emotion, found.text, found.split) == ("grateful", TEXT, "test")
    assert found.id.startswith("s-")
    assert len(found.id) == 14


def test_id_stays_the_same_and_follows_source_and_text() -> None:
    ids = {situation(conv_id=name, situation=text).id for name in ("c1", "c2") for text in (TEXT, f"{TEXT} now")}
    assert len(ids) == 4
    assert situation(conv_id="c1").id == situation(conv_id="c1", split="train").id


def test_names_of_empathetic_dialogues_are_known() -> None:
    row = RawRow("valid.csv", 2, {"conv_id": "c1", "context": "Proud ", "prompt": "I won_comma_ and I ran"})
    found = situation_from_row(row)
    assert (found.emotion, found.text) == ("proud", "I won, and I ran")


@pytest.mark.parametrize(
    ("split", "file", "kept"),
    [
        ("train", "a.jsonl", "train"),
        ("valid", "a.jsonl", "train"),
        ("Test", "train.csv", "test"),
        (None, "test.csv", "test"),
        (None, "valid.csv", "train"),
        (None, "a.jsonl", None),
    ],
)
def test_split_is_the_row_s_or_the_file_s(split: str | None, file: str, kept: str | None) -> None:
    stated = {"split": split} if split else {}
    assert situation(file=file, **stated).split == kept


def test_text_loses_identifiers_and_tokens() -> None:
    found = situation(situation="My friend quietowl@example.org sent <|im_end|> <response> to me")
    assert found.text == "My friend [email] sent (im_end) (response) to me"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"situation": "two words"}, "under three words"),
        ({"situation": "1 2 3 4"}, "under three words"),
        ({"situation": "see http://example.com @owl @cat"}, "under three words"),
        ({"situation": " "}, "empty field"),
        ({"situation": 7}, "wrong type"),
        ({"situation": "words and words " * 200}, "situation too long"),
        ({"emotion": ["sad"]}, "wrong type"),
        ({"emotion": "<|im_end|>"}, "emotion is no label"),
        ({"emotion": "x" * 65}, "emotion is no label"),
        ({"emotion": "furious"}, "emotion unknown to the pack"),
        ({"split": 3}, "wrong type"),
        ({"split": "holdout"}, "unknown split"),
    ],
)
def test_unusable_row_says_why(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnusableRow) as fault:
        situation(labels={"grateful"}, **fields)
    assert fault.value.reason == reason


@pytest.mark.parametrize("key", ["situation", "emotion"])
def test_missing_key_is_named(key: str) -> None:
    fields = {"situation": TEXT, "emotion": "proud"}
    del fields[key]
    with pytest.raises(UnusableRow) as fault:
        situation_from_row(RawRow("a.jsonl", 1, fields))
    assert (fault.value.reason, fault.value.detail) == ("missing key", key)


def test_same_text_ignores_casing_and_spacing() -> None:
    assert same_text(situation()) == same_text(situation(situation=f"  {TEXT.upper()}".replace(" ", "  ")))
    assert same_text(situation()) != same_text(situation(situation=f"{TEXT}!"))


def test_utterances_of_one_conversation_are_one_row() -> None:
    rows = [
        RawRow("train.csv", line, {"conv_id": name, "utterance_idx": "1"})
        for line, name in enumerate(["c1", "c1", "c2", "c2", "c2", "c1"])
    ]
    assert [row.line for row in one_row_a_conversation(iter(rows))] == [0, 2, 5]
