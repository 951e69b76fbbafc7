"""The nouns of the system: who, what happened, and the dialogue that was played (paper §3).

Rows of the files that folders hand each other. Every record is frozen and refuses unknown fields.
"""

import hashlib
import json
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from graphs.spans import response_of

SCHEMA_VERSION = 1

Split = Literal["train", "test"]
Source = Literal["stated", "inferred"]


def printable(text: str) -> str:
    """Drop what UTF-8 cannot carry."""
    return text.encode("utf-8", "ignore").decode("utf-8")


def one_line(text: str) -> str:
    """Fold white space, so that no value can forge a line of a prompt, and drop what UTF-8 cannot carry."""
    return " ".join(printable(text).split())


Text = Annotated[str, AfterValidator(printable)]
Line = Annotated[str, AfterValidator(one_line)]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$")]


class Record(BaseModel):
    """A row of a file: immutable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class Persona(Record):
    """Who the user is (u): a forum profile without its identifiers (§3.1). An empty field is unknown."""

    id: Id
    mbti: Annotated[str, StringConstraints(pattern=r"^([EI][NS][FT][JP])?$")] = ""
    gender: Line = ""
    relationship: Line = ""
    occupation: Line = ""
    about: Line = ""
    signature: Line = ""
    activities: tuple[Line, ...] = ()
    style: Line = ""
    """How this person writes, read from their own posts."""
    sources: dict[str, Source] = Field(default_factory=dict)
    """For every field that is not empty: said by the person, or concluded by an importer."""


class Situation(Record):
    """What happened (s) and the emotion it carries; labels belong to the pack and are checked against it."""

    id: Id
    emotion: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    text: Annotated[Line, Field(min_length=1)]
    split: Split | None = None
    """The split that the source gave it, if any; a pairing's own split follows the persona."""


class Pairing(Record):
    """One dialogue to play: u with s, and the split it belongs to."""

    id: Id
    persona: Persona
    situation: Situation
    split: Split


class Decision(StrEnum):
    """d_t of the rubric evaluator (Eq. 2)."""

    SOLVED = "SOLVED"
    PASS = "PASS"
    FAIL = "FAIL"


class End(StrEnum):
    """Why a dialogue ended."""

    SOLVED = "solved"
    CAP = "cap"


class Feelings(Record):
    """The simulated user's hidden state, kept by code: the model only names events (see graphs/feelings.py)."""

    mood: int = Field(ge=0, le=100)
    openness: int = Field(ge=1, le=3)
    told: tuple[str, ...] = ()
    """Stages of the pack's disclosure plan that were told so far."""


class Mark(Record):
    """One criterion of a decision: what was quoted, why, and the score on the pack's scale."""

    evidence: Line
    reason: Line
    score: int


class Attempt(Record):
    """One try k at a reply inside a turn (Algorithm 1, lines 5-11)."""

    reply: Text
    """y_t as the model wrote it, all four spans."""
    decision: Decision
    called: Decision | None = None
    """What the evaluator itself said; None when code decided without asking it."""
    because: Line = ""
    """Why code departed from `called`, or decided alone."""
    violations: tuple[str, ...] = ()
    marks: dict[str, Mark] = Field(default_factory=dict)
    critique: Line = ""
    """What the responder is told, as sent: the label is masked."""


class Turn(Record):
    """One exchange t: utterance x_t, the attempts at a reply, and the decision that closed it."""

    utterance: Line
    feelings: Feelings
    attempts: tuple[Attempt, ...] = Field(min_length=1)
    chosen: int
    """Index into `attempts` of the reply that stands as y_t."""

    @property
    def reply(self) -> str:
        return self.attempts[self.chosen].reply

    @cached_property
    def response(self) -> str:
        """What the user got to read, on one line."""
        return one_line(response_of(self.reply))

    @property
    def decision(self) -> Decision:
        """d_t of the closed turn: FAIL only when every attempt failed."""
        return self.attempts[-1].decision


class Removal(Record):
    """Why screening takes a trajectory out (§3.2): a kind, the turn (1-based, 0 = whole) and the finding."""

    kind: Literal["structure", "jump", "drift"]
    rule: str
    turn: int
    finding: Line


class Trajectory(Record):
    """A whole dialogue with every attempt and decision: {(x_t, y_t, d_t)} of Algorithm 1."""

    id: Id
    split: Split
    persona: Persona
    situation: Situation
    turns: tuple[Turn, ...] = Field(min_length=1)
    end: End
    removals: tuple[Removal, ...] = ()
    """Empty when the trajectory passed screening."""

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The decision path D = (d_1, …, d_T) over closed turns (§3.2)."""
        return tuple(turn.decision for turn in self.turns)


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: what every hash of this project is taken over."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def compact(value: Any) -> bytes:
    """JSON without spaces, keys as they come: how rows are written, for people read them too."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def digest(value: Any) -> str:
    """Hex SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(canonical(value)).hexdigest()
