"""The placeholders that a template must or may use, where it uses them, and where their values come from."""

from typing import Literal, NamedTuple

from graphs.templates import ROLES, SYSTEM_VALUES, USER_LINE, USER_VALUES, placeholders

ABOUT = {
    "persona": "who the user is",
    "situation": "what happened to the user",
    "emotion": "the situation's label",
    "dialogue": "what was said so far",
    "plan": "what the user does in this turn, from pack.yaml and the user's state",
    "draft": "the last refused reply",
    "critique": "what the evaluator said of it, its label masked",
    "reply": "what is to be graded",
    "answers": "what each annotator answered",
    "turn": "the turn, and whether SOLVED may be called",
    "labels": "pack.yaml, labels",
    "criteria": "pack.yaml, criteria with their anchors",
    "scale": "pack.yaml, scale",
    "events": "pack.yaml, user.events",
    "disclosure": "pack.yaml, user.disclosure",
    "actions": "pack.yaml, user.actions",
}
"""What each value is, for a person who writes prompts."""


class Variable(NamedTuple):
    """A placeholder of one part of a template."""

    name: str
    part: Literal["system", "user"]
    needed: bool
    lines: tuple[int, ...]
    """Where it stands; empty where it is not used."""

    @property
    def missing(self) -> bool:
        return self.needed and not self.lines


def variables(role: str, text: str) -> list[Variable]:
    """Every placeholder that a role's template may use, in the order of the text, unused ones last."""
    split = next((n for n, line in enumerate(text.split("\n"), start=1) if line.strip() == USER_LINE), 10**9)
    found: list[Variable] = []
    for part, (needed, optional) in (("system", SYSTEM_VALUES[role]), ("user", USER_VALUES[role])):
        used = [(line, name) for line, name in placeholders(text) if (line > split) == (part == "user")]
        for name in sorted(needed | optional):
            lines = tuple(line for line, other in used if other == name)
            found.append(Variable(name, "user" if part == "user" else "system", name in needed, lines))
    return sorted(found, key=lambda variable: variable.lines or (10**9,))


def roles_with(name: str) -> list[str]:
    """Roles whose prompts may hold a value."""
    return [role for role in ROLES if name in set().union(*SYSTEM_VALUES[role], *USER_VALUES[role])]
