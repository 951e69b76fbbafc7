"""The audit figures of a personas file: what was masked, what still stands, and how easily one person is told from others.

Figures and masked contexts only; what an audit cannot see (names without a mark, places, employers) a person has to read for.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

from graphs.records import read_rows
from graphs.schema import Pairing, Persona, Record, one_line
from measure.identifiers import MASKS, Kind, find_identifiers, mask_identifiers
from personas.anonymity import Anonymity, anonymity, meaning, plain_value
from personas.cleaning import clip
from personas.dedupe import Double, doubles
from personas.flags import texts_of
from personas.rewriting import read_personas

QUASI_IDENTIFIERS = ("mbti", "gender", "relationship", "occupation")
"""What others may know of a person beside their words; together it may point at one."""
FIELDS = ("mbti", "gender", "relationship", "occupation", "about", "signature", "activities", "style")
CONTEXT_CHARS = 30
MOST_LEFTOVERS = 20
MOST_VALUE_CHARS = 60

_KIND_OF: dict[str, Kind] = {mask: kind for kind, mask in MASKS.items()}
_MASK = re.compile("|".join(map(re.escape, MASKS.values())))
_TYPE_MASK = re.compile(r"\[types?(?: test)?\]")

Side = Literal["train", "test", "both", "neither"]


class Leftover(Record):
    """An identifier that still stands: where, and the words round it with every identifier masked."""

    persona: str
    field: str
    kind: Kind
    context: str


class Identifiers(Record):
    """One kind of identifier over the whole file."""

    masked: int
    masked_rows: int
    standing: int
    standing_rows: int


class Filled(Record):
    """How many personas have a field; filled = stated + inferred + unmarked."""

    filled: int
    stated: int
    inferred: int
    unmarked: int
    """Filled, but the file does not say from where."""


class Audit(Record):
    """What a personas file looks like to somebody who must answer for it."""

    personas: int
    touched: int
    """Rows in which at least one identifier was masked."""
    exposed: int
    """Rows in which at least one still stands."""
    types_masked: int
    """Mentions of the sixteen types, masked so that no text tells the answer."""
    identifiers: dict[Kind, Identifiers]
    leftovers: tuple[Leftover, ...]
    filled: dict[str, Filled]
    values: dict[str, dict[str, int]]
    """Of types, genders, relationships and occupations, by how many have them; those of one person alone are only counted."""
    rare: dict[str, int]
    """How many personas have a value that no other has, by field."""
    anonymity: tuple[Anonymity, ...]
    meaning: str
    duplicates: int
    duplicate_groups: int
    sides: dict[Side, int] | None
    """Personas by the split of their pairings; None where no pairings were given."""
    straddling: int | None
    """Near-duplicates of which one stands in train and the other in test: a leak between the splits."""

    @property
    def is_clean(self) -> bool:
        """Whether no identifier stands and no person stands on both sides of the split."""
        return not self.exposed and not (self.sides or {}).get("both") and not self.straddling


def audit_file(path: Path, pairings: Path | None = None) -> Audit:
    """Take the figures of a personas file, and of its split if pairings are given.

    Raises:
        BadFile: a file cannot be read.
        MissingLibrary: what finds near-duplicates is not installed.
    """
    personas = read_personas(path)
    return audit(personas, doubles(personas), splits_of(pairings) if pairings else None)


def audit(
    personas: Sequence[Persona], left_out: Sequence[Double], splits: Mapping[str, set[str]] | None = None
) -> Audit:
    """Take the figures of personas.

    Args:
        personas: the rows of a file.
        left_out: the rows of it that are like another, from `personas.dedupe.doubles`.
        splits: the splits in which each persona stands, by id.
    """
    masked, standing, leftovers = _identifiers(personas)
    return Audit(
        personas=len(personas),
        touched=len(set().union(*masked.values())),
        exposed=len(set().union(*standing.values())),
        types_masked=sum(len(_TYPE_MASK.findall(text)) for each in personas for text in texts_of(each).values()),
        identifiers={kind: _figures(masked[kind], standing[kind]) for kind in MASKS},
        leftovers=tuple(leftovers),
        filled={name: _filled(personas, name) for name in FIELDS},
        values={name: _values(personas, name, least=2) for name in QUASI_IDENTIFIERS},
        rare={name: sum(n == 1 for n in _values(personas, name).values()) for name in QUASI_IDENTIFIERS},
        anonymity=tuple(anonymity(personas, QUASI_IDENTIFIERS[:n]) for n in range(1, len(QUASI_IDENTIFIERS) + 1)),
        meaning=meaning(anonymity(personas, QUASI_IDENTIFIERS)),
        duplicates=len(left_out),
        duplicate_groups=len({double.kept_row for double in left_out}),
        sides=None if splits is None else _sides(personas, splits),
        straddling=None if splits is None else _straddling(left_out, splits),
    )


def splits_of(pairings: Path) -> dict[str, set[str]]:
    """The splits in which each persona of a pairings file stands.

    Raises:
        BadFile: the file cannot be read.
    """
    splits: dict[str, set[str]] = {}
    for pairing in read_rows(pairings, Pairing):
        splits.setdefault(pairing.persona.id, set()).add(pairing.split)
    return splits


Rows = dict[Kind, list[int]]


def _identifiers(personas: Sequence[Persona]) -> tuple[Rows, Rows, list[Leftover]]:
    """The row of every mask and of every identifier that still stands, by kind; and the first of the latter."""
    masked: Rows = {kind: [] for kind in MASKS}
    standing: Rows = {kind: [] for kind in MASKS}
    leftovers: list[Leftover] = []
    for row, persona in enumerate(personas):
        for field, text in texts_of(persona).items():
            for mask in _MASK.findall(text):
                masked[_KIND_OF[mask]].append(row)
            for kind, context in contexts(text):
                standing[kind].append(row)
                if len(leftovers) < MOST_LEFTOVERS:
                    leftovers.append(Leftover(persona=persona.id, field=field, kind=kind, context=context))
    return masked, standing, leftovers


def contexts(text: str) -> list[tuple[Kind, str]]:
    """The identifiers of a text, each with the words round it; identifiers that stand there are masked too."""
    pieces, at = list[str](), 0
    found = find_identifiers(text)
    for kind, start, end in found:
        pieces += [text[at:start], MASKS[kind]]
        at = end
    pieces.append(text[at:])
    return [(item.kind, _context(pieces, 2 * number + 1)) for number, item in enumerate(found)]


def _context(pieces: Sequence[str], mask: int) -> str:
    before, after = "".join(pieces[:mask]), "".join(pieces[mask + 1 :])
    left = f"…{before[-CONTEXT_CHARS:]}" if len(before) > CONTEXT_CHARS else before
    right = f"{after[:CONTEXT_CHARS]}…" if len(after) > CONTEXT_CHARS else after
    return one_line(f"{left}{pieces[mask]}{right}")


def _figures(masked: Sequence[int], standing: Sequence[int]) -> Identifiers:
    return Identifiers(
        masked=len(masked), masked_rows=len(set(masked)), standing=len(standing), standing_rows=len(set(standing))
    )


def _filled(personas: Iterable[Persona], field: str) -> Filled:
    found = Counter(persona.sources.get(field, "unmarked") for persona in personas if getattr(persona, field))
    return Filled(filled=found.total(), stated=found["stated"], inferred=found["inferred"], unmarked=found["unmarked"])


def _values(personas: Iterable[Persona], field: str, least: int = 1) -> dict[str, int]:
    """What is said in a short field, masked, by how many; casing and white space aside."""
    said = [value for persona in personas if (value := getattr(persona, field))]
    shown: dict[str, str] = {}
    for value in said:
        shown.setdefault(plain_value(value), clip(mask_identifiers(one_line(value)), MOST_VALUE_CHARS))
    found = Counter(shown[plain_value(value)] for value in said)
    return {value: count for value, count in found.most_common() if count >= least}


def _sides(personas: Iterable[Persona], splits: Mapping[str, set[str]]) -> dict[Side, int]:
    found = Counter(_side(splits.get(persona.id, set())) for persona in personas)
    return {side: found[side] for side in get_args(Side)}


def _side(splits: set[str]) -> Side:
    if len(splits) > 1:
        return "both"
    return "train" if "train" in splits else "test" if "test" in splits else "neither"


def _straddling(left_out: Iterable[Double], splits: Mapping[str, set[str]]) -> int:
    return sum(
        len(splits.get(double.id, set()) | splits.get(double.kept, set())) > 1
        for double in left_out
        if double.id != double.kept
    )
