"""What the check of a release says, one finding at a time."""

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing that is wrong: the rule, the place, and what was found. Identifiers are never quoted."""

    rule: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.rule}: {self.what}"
