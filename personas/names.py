"""The user names of imported files, found wherever they stand in anybody's text: who answers calls others by name (§3.1).

A set and one pass over a text's words, because a pattern of 100,000 names would be slow. Left alone are names that a text
may hold as plain words: short ones, and lower-case ones under nine letters (our choice).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from measure.identifiers import MASKS
from personas.rows import Fields, RawRow, read_raw_rows

USER_KEYS = ("user", "username", "user_name", "author", "anon_username")

MIN_CHARS = 5
MIN_PLAIN_CHARS = 9
"""A name in lower-case letters alone is looked for from this length on."""
MAX_WORDS = 4

_PERSON_LABELS = {
    "Username": "user",
    "MBTI": "mbti",
    "Gender": "gender",
    "Relationship": "relationship",
    "Occupation": "occupation",
    "About": "about",
    "Signature": "signature",
    "Recent Activities": "activities",
}
_WORD = re.compile(r"\w+")
_BETWEEN = re.compile(r"[\s.-]{1,3}")


class KnownNames(NamedTuple):
    """User names as words in lower case, one space between them."""

    names: frozenset[str] = frozenset()
    most_words: int = 0


NO_NAMES = KnownNames()


def gather_names(files: Sequence[Path]) -> KnownNames:
    """Read the user names of all the files, rows streamed.

    Raises:
        BadFile: a file is missing, damaged or of an unknown kind.
    """
    keys = frozenset((*USER_KEYS, "person"))
    rows = (row for path in files for row in read_raw_rows(path, keys) if isinstance(row, RawRow))
    names = frozenset(_key(name) for row in rows for name in _names(row.fields) if is_telling(name))
    return KnownNames(names, max((name.count(" ") + 1 for name in names), default=0))


def is_telling(name: str) -> bool:
    """Whether a name is hardly met as plain words: a digit, an underscore, an inner capital, or one long word."""
    name = name.strip()
    words = _WORD.findall(name)
    if len(name) < MIN_CHARS or not 0 < len(words) <= MAX_WORDS or not any(char.isalpha() for char in name):
        return False
    marked = any(char.isdigit() or char == "_" for char in name) or any(char.isupper() for char in name[1:])
    return marked or (len(words) == 1 and len(name) >= MIN_PLAIN_CHARS)


def mask_names(text: str, known: KnownNames) -> str:
    """Put `[name]` in the place of every known name, in any casing, whole words only."""
    if not known.names:
        return text
    words = list(_WORD.finditer(text))
    kept, at, number = [], 0, 0
    while number < len(words):
        length = next(
            (n for n in range(known.most_words, 0, -1) if _stands(text, words[number : number + n], n, known)), 0
        )
        if length:
            kept += [text[at : words[number].start()], MASKS["name"]]
            at = words[number + length - 1].end()
        number += length or 1
    return "".join([*kept, text[at:]])


def split_person(person: str) -> dict[str, str]:
    """Split KardiaBench's `person` string by its labels, which come in one order; a label inside a text stays text."""
    marks: list[tuple[str, int, int]] = []
    at = 0
    for label, field in _PERSON_LABELS.items():
        if found := re.compile(rf"(?:^|\s){label}:").search(person, at):
            marks.append((field, found.start(), found.end()))
            at = found.end()
    ends = [*(start for _, start, _ in marks), len(person)][1:]
    return {field: person[start:end].strip() for (field, _, start), end in zip(marks, ends, strict=True)}


def _stands(text: str, words: Sequence[re.Match[str]], length: int, known: KnownNames) -> bool:
    if len(words) < length or " ".join(word[0].casefold() for word in words) not in known.names:
        return False
    gaps = pairwise(words)
    return all(_BETWEEN.fullmatch(text, before.end(), after.start()) for before, after in gaps)


def _key(name: str) -> str:
    return " ".join(_WORD.findall(name.casefold()))


def _names(fields: Fields) -> Iterator[str]:
    person = fields.get("person")
    stated = split_person(person) if isinstance(person, str) else {}
    for found in (stated.get("user"), *map(fields.get, USER_KEYS)):
        if isinstance(found, str):
            yield found
