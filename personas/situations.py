"""What happened: rows of EmpatheticDialogues and the like turned into situations, and why a row is none (§3.1)."""

import re
from collections.abc import Collection, Iterator

from graphs.schema import Situation, Split, digest
from personas.cleaning import clean_text
from personas.rows import BadRow, Fields, RawRow, UnusableRow, split_in_name

TEXT_KEYS = ("situation", "prompt", "text")
EMOTION_KEYS = ("emotion", "context", "label")
ID_KEYS = ("conv_id", "id")
KEYS = frozenset((*TEXT_KEYS, *EMOTION_KEYS, *ID_KEYS, "split", "utterance_idx"))

MIN_WORDS = 3
MAX_CHARS = 2_000
"""Our choice; the longest of EmpatheticDialogues has some 900."""

SPLITS: dict[str, Split] = {
    "train": "train",
    "valid": "train",
    "validation": "train",
    "dev": "train",
    "test": "test",
}
"""The paper counts 19,533 train and 2,547 test situations and leaves the 2,770 of the valid split out. We give them to
train (our choice): their texts stand in no other split, and the test split stays the paper's."""

_WORD = re.compile(r"[^\W\d_][\w'’]*")
_MASK = re.compile(r"\[[a-z ]+\]")


def one_row_a_conversation(rows: Iterator[RawRow | BadRow]) -> Iterator[RawRow | BadRow]:
    """Keep the first of the rows that share a `conv_id`: EmpatheticDialogues' own files hold one row an utterance."""
    current = None
    for row in rows:
        if isinstance(row, RawRow) and "utterance_idx" in row.fields and (conversation := row.fields.get("conv_id")):
            if conversation == current:
                continue
            current = conversation
        yield row


def situation_from_row(row: RawRow, labels: Collection[str] | None = None) -> Situation:
    """Turn a raw row into a situation; the id follows the source's id and the text, so it stays the same.

    Raises:
        UnusableRow: a key is missing or of the wrong type, the text says too little or too much, the label is unknown.
    """
    text = clean_text(_text(row.fields, TEXT_KEYS).replace("_comma_", ","))
    emotion = _emotion(_text(row.fields, EMOTION_KEYS), labels)
    if len(_WORD.findall(_MASK.sub(" ", text))) < MIN_WORDS:
        raise UnusableRow("under three words")
    if len(text) > MAX_CHARS:
        raise UnusableRow("situation too long", f"{len(text):,} of at most {MAX_CHARS:,} characters")
    source = next((str(row.fields[key]) for key in ID_KEYS if key in row.fields), "")
    return Situation(id=f"s-{digest([source, emotion, text])[:12]}", emotion=emotion, text=text, split=split_of(row))


def split_of(row: RawRow) -> Split | None:
    """The split that the row states, or its file is named after; None where neither says."""
    stated = row.fields.get("split", split_in_name(row.file))
    if stated is None:
        return None
    if not isinstance(stated, str):
        raise UnusableRow("wrong type", f"split: {type(stated).__name__} instead of text")
    if stated.strip().lower() not in SPLITS:
        raise UnusableRow("unknown split", f"one of {', '.join(SPLITS)}")
    return SPLITS[stated.strip().lower()]


def same_text(situation: Situation) -> int:
    """What two situations with the same words share, whatever their casing and spacing: 60 bits, for a large set."""
    return int(digest(" ".join(situation.text.casefold().split()))[:15], 16)


def _text(fields: Fields, keys: tuple[str, ...]) -> str:
    key = next((key for key in keys if key in fields), None)
    if key is None:
        raise UnusableRow("missing key", keys[0])
    if not isinstance(fields[key], str):
        raise UnusableRow("wrong type", f"{key}: {type(fields[key]).__name__} instead of text")
    if not fields[key].strip():
        raise UnusableRow("empty field", key)
    return fields[key]


def _emotion(stated: str, labels: Collection[str] | None) -> str:
    emotion = " ".join(stated.split()).lower()
    if len(emotion) > 64 or clean_text(emotion) != emotion:
        raise UnusableRow("emotion is no label", "over 64 characters, or more than plain words")
    if labels is not None and emotion not in labels:
        raise UnusableRow("emotion unknown to the pack")
    return emotion
