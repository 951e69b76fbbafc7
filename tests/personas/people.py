"""Invented people for the tests."""

import random
from pathlib import Path
from typing import Any

from graphs.records import write_rows
from graphs.schema import Persona

VOWELS, CONSONANTS = "aeiou", "bdfgklmnprst"
WORDS = [f"{c}{v}{d}{w}" for c in CONSONANTS for v in VOWELS for d in "lnrs" for w in "ao"]


def someone(number: int, **fields: Any) -> Persona:
    """A person like nobody else, unless told what to say."""
    rng = random.Random(number)
    told = {"about": " ".join(rng.choices(WORDS, k=30)), "mbti": "INFP"} | fields
    return Persona(id=told.pop("id", f"user_{number:04d}"), **told)


def write_people(path: Path, *people: Persona, **header: Any) -> Path:
    write_rows(path, {"kind": "personas", "from": ["raw.jsonl"], "pseudonym_key": "0a0b0c0d", **header}, people)
    return path
