"""One persona for one person: rows that say nearly the same are found, and one of them is kept (our choice).

Kept is the most complete row, and of equals the first. A row is left out only if it is like a row that is kept, so that a
chain of small differences never takes out two people who are unlike each other. What is compared is what the person
wrote (about, signature, activities); type, gender and the like are many people's, and style is ours.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from graphs.records import write_rows
from graphs.schema import Persona, Record
from measure.near_duplicates import THRESHOLD, near_duplicates, similarity
from personas.rewriting import beside, carried_header, read_personas, refuse_inputs

MIN_WORDS = 20
"""Of their own; under this a persona says too little to be played, or to be told from others (our choice)."""
RULE = "the most complete is kept, of equals the first"

Why = Literal["same id", "near-identical text"]


class Double(Record):
    """A row like one that is kept: rows are counted from 1."""

    id: str
    row: int
    kept: str
    kept_row: int
    reason: Why
    similarity: float
    """Share of word pairs in common, measured for rows of the same id too."""


class DedupeReport(Record):
    """How it went; read = kept + the sum of dropped."""

    out: str
    duplicates: str
    """The file that names every row left out."""
    threshold: float
    read: int
    kept: int
    dropped: dict[str, int]
    groups: int
    """People who stood in more than one row."""
    first: tuple[Double, ...]
    written: bool


def own_words(persona: Persona) -> str:
    """What the person wrote."""
    return "\n".join(text for text in (persona.about, persona.signature, *persona.activities) if text)


def completeness(persona: Persona) -> tuple[int, int]:
    """How much is known: filled fields and posts first, then words."""
    lines = (persona.mbti, persona.gender, persona.relationship, persona.occupation, persona.about, persona.signature)
    return sum(map(bool, lines)) + len(persona.activities), len(own_words(persona).split())


def doubles(personas: Sequence[Persona], threshold: float = THRESHOLD) -> list[Double]:
    """The rows to leave out, each with the row that is kept in its place, in the order of the rows.

    Raises:
        MissingLibrary: what finds near-duplicates is not installed.
    """
    order = sorted(range(len(personas)), key=lambda row: tuple(-part for part in completeness(personas[row])))
    found = dict(_same_id(personas, order))
    texts = _comparable(personas, (row for row in order if row not in found))
    for first, second, share in near_duplicates(texts, threshold):
        kept, row = int(first), int(second)
        if kept not in found and row not in found:
            found[row] = _double(personas, row, kept, "near-identical text", share)
    return [found[row] for row in sorted(found)]


def dedupe_file(path: Path, out: Path, threshold: float = THRESHOLD, *, dry_run: bool = False) -> DedupeReport:
    """Write the personas of a file, one for each person, and beside it the rows that were left out.

    Raises:
        BadFile: the file cannot be read, or would be written over.
        MissingLibrary: what finds near-duplicates is not installed.
    """
    named = beside(out, "duplicates")
    refuse_inputs([path], [out, named])
    personas = read_personas(path)
    left_out = doubles(personas, threshold)
    if not dry_run:
        _write(path, out, named, threshold, personas, left_out)
    return DedupeReport(
        out=str(out),
        duplicates=str(named),
        threshold=threshold,
        read=len(personas),
        kept=len(personas) - len(left_out),
        dropped=dict(Counter(double.reason for double in left_out).most_common()),
        groups=len({double.kept_row for double in left_out}),
        first=tuple(left_out[:20]),
        written=not dry_run,
    )


def _write(
    path: Path, out: Path, named: Path, threshold: float, personas: Sequence[Persona], left_out: Sequence[Double]
) -> None:
    gone = {double.row - 1 for double in left_out}
    step = {"threshold": threshold, "rule": RULE, "read": len(personas), "dropped": len(gone)}
    write_rows(named, {"kind": "duplicates", "of": path.name, **step}, left_out)
    kept = (persona for row, persona in enumerate(personas) if row not in gone)
    write_rows(out, carried_header(path, dedupe=step), kept)


def _same_id(personas: Sequence[Persona], order: Iterable[int]) -> Iterator[tuple[int, Double]]:
    first: dict[str, int] = {}
    for row in order:
        kept = first.setdefault(personas[row].id, row)
        if kept != row:
            yield row, _double(personas, row, kept, "same id", None)


def _comparable(personas: Sequence[Persona], rows: Iterable[int]) -> Iterator[tuple[str, str]]:
    """Row and words of those that say enough to be told apart."""
    for row in rows:
        words = own_words(personas[row])
        if len(words.split()) >= MIN_WORDS:
            yield str(row), words


def _double(personas: Sequence[Persona], row: int, kept: int, reason: Why, share: float | None) -> Double:
    measured = similarity(own_words(personas[kept]), own_words(personas[row])) if share is None else share
    return Double(
        id=personas[row].id,
        row=row + 1,
        kept=personas[kept].id,
        kept_row=kept + 1,
        reason=reason,
        similarity=round(measured, 4),
    )
