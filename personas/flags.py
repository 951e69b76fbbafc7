"""Why a person should look at a persona: what patterns, identifiers, types and its likeness to others say of it.

A flag names a reason, a place and a fixed sentence, never the person's own words, so that flags may be stored and printed.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice

from graphs.packs import load_pack
from graphs.safety import SafetyRules
from graphs.schema import Persona, Record, digest
from measure.identifiers import Kind, find_identifiers
from measure.near_duplicates import THRESHOLD
from personas import flag_rules
from personas.cleaning import hide_types, neutralise, visible
from personas.dedupe import MIN_WORDS, Double, own_words
from personas.flag_rules import REASONS, RISK_NEEDS, RULES, SAID_GENDER, SAID_SPOUSE, SAID_TYPE, Reason, Rule

MOST_A_RULE = 3
"""So many places of one rule are named in one text."""

TEXT_FIELDS = ("gender", "relationship", "occupation", "about", "signature")

_KINDS: dict[Kind, str] = {
    "email": "an e-mail address still stands",
    "link": "a link still stands",
    "ip": "a network address still stands",
    "handle": "a handle still stands",
    "phone": "a phone number still stands",
    "number": "a long number still stands",
    "name": "a name still stands",
}


class Flag(Record):
    """One reason to look: where it was found, and a fixed sentence of what was."""

    reason: Reason
    says: str
    field: str = ""
    """`about`, or `activities.3` (from 0); empty where the whole persona is meant."""
    start: int = 0
    end: int = 0
    """The characters of the field; equal where no place can be named."""
    other: str = ""
    """The persona that this one is like."""


def texts_of(persona: Persona) -> dict[str, str]:
    """Every free text of a persona by its field, as flags name them; empty ones left out."""
    lines = {name: getattr(persona, name) for name in TEXT_FIELDS}
    posts = {f"activities.{number}": text for number, text in enumerate(persona.activities)}
    return {name: text for name, text in (lines | posts).items() if text}


def flag_all(personas: Sequence[Persona], left_out: Iterable[Double] = ()) -> list[tuple[Flag, ...]]:
    """The flags of every persona, in their order, each persona's most pressing first.

    Args:
        personas: the rows of a file.
        left_out: the rows of it that are like another, from `personas.dedupe.doubles`.
    """
    alike = _alike(left_out)
    order = list(REASONS)
    return [
        tuple(sorted((*flags_of(persona), *alike.get(number, ())), key=lambda flag: order.index(flag.reason)))
        for number, persona in enumerate(personas)
    ]


def flags_of(persona: Persona) -> Iterator[Flag]:
    """What one persona says of itself that is worth a look."""
    texts = texts_of(persona)
    lowered = "\n".join(texts.values()).casefold()
    rules = [rule for rule in RULES if any(need in lowered for need in rule.needs)]
    for field, text in texts.items():
        yield from _identifiers(field, text)
        yield from _by_rules(rules, field, text)
        yield from _by_change(field, text)
        yield from _at_risk(field, text)
    yield from _contradictions(persona, texts)
    if len(own_words(persona).split()) < MIN_WORDS:
        yield Flag(reason="little", says=f"under {MIN_WORDS} words of their own")


def rules_digest() -> str:
    """What the flags of a file depend on beside the file: another digest, and they are found anew."""
    told = [[rule.reason, rule.says, *rule.needs, rule.pattern.pattern, *rule.fields] for rule in RULES]
    patterns = [value.pattern for value in (SAID_TYPE, SAID_SPOUSE, *SAID_GENDER.values())]
    return digest([told, patterns, list(_safety().risk), RISK_NEEDS, MIN_WORDS, MOST_A_RULE, THRESHOLD, _KINDS])[:12]


def _identifiers(field: str, text: str) -> Iterator[Flag]:
    for kind, start, end in find_identifiers(text):
        yield Flag(reason="identifier", says=_KINDS[kind], field=field, start=start, end=end)


def _by_rules(rules: Iterable[Rule], field: str, text: str) -> Iterator[Flag]:
    for rule in rules:
        if not rule.fields or field in rule.fields:
            for found in islice(rule.pattern.finditer(text), MOST_A_RULE):
                yield Flag(reason=rule.reason, says=rule.says, field=field, start=found.start(), end=found.end())


def _by_change(field: str, text: str) -> Iterator[Flag]:
    """What today's cleaning would still change in a text."""
    if visible(text) != text:
        yield Flag(reason="markup", says="holds hidden characters or HTML escapes", field=field)
    if neutralise(text) != text:
        yield Flag(reason="injection", says="holds a token of chat models", field=field)
    if hide_types(text) != text:
        yield Flag(reason="type", says="the type stands in the text", field=field)


def _at_risk(field: str, text: str) -> Iterator[Flag]:
    lowered = text.casefold()
    if any(need in lowered for need in RISK_NEEDS) and _safety().at_risk(text):
        yield Flag(reason="sensitive", says="speaks of harming themselves", field=field)


def _contradictions(persona: Persona, texts: dict[str, str]) -> Iterator[Flag]:
    types = {persona.mbti} - {""}
    gender, single = flag_rules.gender_of(persona.gender), flag_rules.says_single(persona.relationship)
    for field, text in texts.items():
        for found in SAID_TYPE.finditer(text):
            types.add((found["type"] or found["here"]).upper())
            if len(types) > 1:
                yield _contradiction("states two types", field, found.span())
        other = {"female": "male", "male": "female"}.get(gender)
        if other and (said := SAID_GENDER[other].search(text)):
            yield _contradiction(f"gender says {gender}, the text {other}", field, said.span())
        if single and (said := SAID_SPOUSE.search(text)):
            yield _contradiction("relationship says single, the text names a spouse", field, said.span())


def _contradiction(says: str, field: str, span: tuple[int, int]) -> Flag:
    return Flag(reason="contradiction", says=says, field=field, start=span[0], end=span[1])


def _alike(left_out: Iterable[Double]) -> dict[int, list[Flag]]:
    """Flags by row (from 0), for both of two rows that are alike."""
    flags: dict[int, list[Flag]] = {}
    for double in left_out:
        ends = (double.row, double.id), (double.kept_row, double.kept)
        for (row, _), (_, other) in (ends, ends[::-1]):
            says = (
                "its id stands in another row"
                if double.reason == "same id"
                else f"{double.similarity:.2f} like {other}"
            )
            flags.setdefault(row - 1, []).append(Flag(reason="duplicate", says=says, other=other))
    return flags


@cache
def _safety() -> SafetyRules:
    """The patterns of risk of the pack that ships with the project."""
    return load_pack("kardia").safety
