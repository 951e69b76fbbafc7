"""A personas file masked again, by today's rules: what an older import, or a person's hand, left standing (§3.1, Ethics)."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from graphs.records import write_rows
from graphs.schema import Persona, Record
from measure.identifiers import MASKS, Kind, find_identifiers
from personas.cleaning import clean_text, hide_types
from personas.flags import TEXT_FIELDS, texts_of
from personas.rewriting import carried_header, read_personas, refuse_inputs


class RemaskReport(Record):
    """How it went: every row stays, its texts may change."""

    out: str
    personas: int
    changed: int
    """Rows in which a text changed."""
    masked: dict[Kind, int]
    """Identifiers that stood and were masked."""


def remask(persona: Persona) -> Persona:
    """The persona with every free text cleaned as an import cleans it; id, type, style and sources stay."""
    lines = {name: _clean(getattr(persona, name)) for name in TEXT_FIELDS}
    posts = tuple(text for text in map(_clean, persona.activities) if text)
    fields = {**lines, "activities": posts}
    emptied = {name for name, value in fields.items() if not value}
    sources = {name: source for name, source in persona.sources.items() if name not in emptied}
    return persona.model_copy(update={**fields, "sources": sources})


def remask_file(path: Path, out: Path) -> RemaskReport:
    """Write a personas file with its texts masked by today's rules.

    Raises:
        BadFile: the file cannot be read, or would be written over.
    """
    refuse_inputs([path], [out])
    personas = read_personas(path)
    masked = [remask(persona) for persona in personas]
    changed = sum(before != after for before, after in zip(personas, masked, strict=True))
    write_rows(out, carried_header(path, remasked=changed), masked)
    return RemaskReport(out=str(out), personas=len(personas), changed=changed, masked=_standing(personas))


def _clean(text: str) -> str:
    return hide_types(clean_text(text))


def _standing(personas: Sequence[Persona]) -> dict[Kind, int]:
    texts = (text for persona in personas for text in texts_of(persona).values())
    found = Counter(item.kind for text in texts for item in find_identifiers(text))
    return {kind: found[kind] for kind in MASKS if found[kind]}
