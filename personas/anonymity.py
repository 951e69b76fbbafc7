"""How easily one persona is told from the others by what is known beside their words (k-anonymity)."""

from collections import Counter
from collections.abc import Iterable, Sequence

from graphs.schema import Persona, Record, one_line

FEW = 5
"""A group smaller than this is counted as small (our choice; statistics offices ask for 3 to 10)."""


class Anonymity(Record):
    """How personas fall into groups that share the values of some fields; what is unknown is a value too."""

    fields: tuple[str, ...]
    groups: int
    smallest: int
    """k: everybody shares their values with k - 1 others at least."""
    unique: int
    """Personas that are alone in their group."""
    few: int
    """Personas in groups of under five, the unique ones with them."""


def anonymity(personas: Iterable[Persona], fields: Sequence[str]) -> Anonymity:
    """The groups of personas that share the values of some fields."""
    sizes = Counter(tuple(plain_value(getattr(persona, name)) for name in fields) for persona in personas).values()
    return Anonymity(
        fields=tuple(fields),
        groups=len(sizes),
        smallest=min(sizes, default=0),
        unique=sum(size == 1 for size in sizes),
        few=sum(size for size in sizes if size < FEW),
    )


def meaning(groups: Anonymity) -> str:
    """What the groups mean, in a sentence for people."""
    if not groups.groups:
        return "No personas, so nobody can be told from others."
    if not groups.unique:
        return (
            f"Every combination of type, gender, relationship and occupation is shared by {groups.smallest} personas or more: "
            f"who knows all four of somebody still cannot tell their row from {groups.smallest - 1} others."
        )
    one = "1 persona is" if groups.unique == 1 else f"{groups.unique:,} personas are"
    return (
        f"{one} alone with their combination of type, gender, relationship and occupation: who knows these four things of "
        "somebody can find their row. Coarser occupations, or leaving a field out, make the groups larger."
    )


def plain_value(value: str) -> str:
    """A value as it is compared: casing and white space aside."""
    return one_line(value).casefold()
