"""Identity drift: the user contradicts who they are, what happened to them, or their own words (§3.2).

By rules over the hard facts that people state outright (graphs/screening/claims.py), in three comparisons: with the
persona's stated fields and first-person texts, with the situation, and with the user's own earlier utterances. An empty
field is unknown and an inferred one a guess: neither can be contradicted. Where persona and situation disagree the
situation wins, as it is what the dialogue is about. Place, family trees and opinions are not read: they need a model.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from graphs.schema import Persona, Removal, Situation
from graphs.screening.claims import Claim, read_claims
from graphs.screening.occupations import NO_WORK, are_compatible, jobs_named
from graphs.screening.phrases import excerpt
from graphs.screening.rules import DriftThresholds

_EXCLUDE = {
    "single": {"married", "engaged", "dating"},
    "never married": {"married", "divorced", "widowed"},
    "married": {"single", "never married", "engaged", "dating", "divorced", "widowed"},
    "engaged": {"single", "married"},
    "dating": {"single", "married"},
    "divorced": {"never married", "married"},
    "widowed": {"never married", "married"},
}
"""Relationships that one person cannot be in at once."""
_PARTING = re.compile(
    r"\b(?:br(?:oke|eak|oken|eaking)[- ]?up|split up|divorc\w+|separat\w+|left me|leave me|leaving me|dump(?:ed|ing)"
    r"|\bex\b|cheat\w*|affair|passed away|died|widow\w*|got engaged|propos\w+|wedding|getting married)\b",
    re.IGNORECASE,
)
"""Where a relationship changes in the story, two statements about it may both be true."""
_AT_WORK = re.compile(r"\b(?:job|work\w*|boss|office|co-?workers?|colleagues?|hired|fired|shift|promot\w+)\b", re.I)
_STATED_GENDER = {
    "female": "female", "f": "female", "woman": "female", "girl": "female",
    "male": "male", "m": "male", "man": "male", "boy": "male", "guy": "male",
}  # fmt: skip
_STATED_RELATIONSHIP = (
    ("single", r"^single\b"), ("married", r"^(?:happily )?married\b"), ("engaged", r"^engaged\b"), ("divorced", r"^divorced\b"),
    ("widowed", r"^widow(?:ed|er)?\b"), ("dating", r"^(?:dating|in a relationship|(?:has a )?(?:boy|girl)friend|taken)\b"),
)  # fmt: skip


class _Known(NamedTuple):
    """A fact and where it is from."""

    claim: Claim
    source: str


def drift_removals(
    persona: Persona, situation: Situation, utterances: Sequence[str], limits: DriftThresholds
) -> tuple[Removal, ...]:
    """Find the utterances that contradict the persona, the situation or an earlier utterance."""
    story = " ".join((situation.text, *utterances))
    happened = [_Known(claim, "the situation") for claim in read_claims(situation.text)]
    lasting = [one for one in _persona_facts(persona) if _stands(one.claim, happened, situation.text)]
    known = [*happened, *lasting]
    removals: list[Removal] = []
    for number, utterance in enumerate(utterances, 1):
        claims = read_claims(utterance)
        removals += _contradictions(claims, known, number, story, limits)
        known += [_Known(claim, f"turn {number}") for claim in claims]
    return tuple(removals)


def _contradictions(
    claims: Iterable[Claim], known: list[_Known], turn: int, story: str, limits: DriftThresholds
) -> list[Removal]:
    """Hold a turn's claims against all that is known: one finding a fact, the firmest source first."""
    found: dict[str, Removal] = {}
    for claim in claims:
        against = next((one for one in known if _contradict(one.claim, claim, story, limits)), None)
        if against is not None and claim.fact not in found:
            finding = f"says {excerpt(claim.said)} against {against.source}: {excerpt(against.claim.said)}"
            found[claim.fact] = Removal(kind="drift", rule=claim.fact.split()[0], turn=turn, finding=finding)
    return list(found.values())


def _contradict(known: Claim, claim: Claim, story: str, limits: DriftThresholds) -> bool:
    if known.fact != claim.fact or known.value == claim.value:
        return False
    match known.fact:
        case "relationship":
            return claim.value in _EXCLUDE[known.value] and not _PARTING.search(story)
        case "occupation":
            return not are_compatible(known.value, claim.value)
        case "age":
            return abs(int(known.value) - int(claim.value)) > limits.age_slack
        case _ if known.fact.startswith("fate"):
            return known.value == "dead"  # the other way round is what happens in a story
        case _:
            return True


def _persona_facts(persona: Persona) -> list[_Known]:
    """List what the persona states: its fields, and what its own texts say in the first person."""
    facts = [("gender", _STATED_GENDER.get(persona.gender.strip(" .").lower(), ""), persona.gender)]
    facts += [("mbti", persona.mbti.lower(), persona.mbti)]
    facts += [
        ("relationship", status, persona.relationship)
        for status, pattern in _STATED_RELATIONSHIP
        if re.search(pattern, persona.relationship, re.IGNORECASE)
    ]
    facts += [("occupation", job, persona.occupation) for job in jobs_named(persona.occupation, hobbies=True)]
    stated = [
        _Known(Claim(fact, value, said), f"the persona's {fact}")
        for fact, value, said in facts
        if value and _is_stated(persona, fact)
    ]
    written = {"about": persona.about, "signature": persona.signature}
    return stated + [
        _Known(claim, f"the persona's {field}")
        for field, text in written.items()
        if _is_stated(persona, field)
        for claim in read_claims(text)
    ]


def _is_stated(persona: Persona, field: str) -> bool:
    return persona.sources.get(field, "stated") == "stated"


def _stands(fact: Claim, happened: list[_Known], situation: str) -> bool:
    """Tell whether a persona's fact may be held against the dialogue: not where the situation says otherwise."""
    if fact.value in NO_WORK and _AT_WORK.search(situation):
        return False
    return not any(one.claim.fact == fact.fact and one.claim.value != fact.value for one in happened)
