"""Criteria and scale as the pack gives them, Norm (Eq. 12), and strict readers of what graders answer.

Two graders, two names: the rubric *evaluator* decides during synthesis (Eq. 2), the *judge* scores in training and
evaluation (Eq. 12). Both give evidence and reason before a score; neither is ever read by searching for a word.
"""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from graphs.schema import Decision, Line, Mark, Record

M = TypeVar("M", bound=BaseModel)

LONGEST_UTTERANCE = 4000
"""Characters; a longer one is a model that did not stop."""


class OffFormat(ValueError):
    """A model's answer that is not the JSON asked for; says what is wrong with it."""


class Scale(Record):
    """The scale that every criterion is scored on (paper §4: 1-5)."""

    min: int = 1
    max: int = 5

    @model_validator(mode="after")
    def _has_room(self) -> "Scale":
        if self.max <= self.min:
            raise ValueError(f"max {self.max} must be above min {self.min}")
        return self

    def __str__(self) -> str:
        return f"{self.min}-{self.max}"


class Criterion(Record):
    """One question of the rubric, its anchors, and the gates that code holds."""

    question: Line
    anchors: dict[int, Line]
    fail_below: int | None = None
    """A score under this is a FAIL whatever the evaluator calls."""
    solved_from: int | None = None
    """SOLVED needs at least this score."""


class Signs(Record):
    """What the user's latest message shows; SOLVED rests on these, not on the reply's charm (our choice)."""

    quote: Line = ""
    relief: bool
    open_question: bool
    new_pain: bool

    @property
    def need_met(self) -> bool:
        return self.relief and not self.open_question and not self.new_pain


class EvaluatorAnswer(Record):
    """What the rubric evaluator says of one reply, before code holds it to the rubric."""

    criteria: dict[str, Mark]
    user_signs: Signs
    critique: Line
    decision: Decision


class JudgeAnswer(Record):
    """What the judge says of one response."""

    criteria: dict[str, Mark]


class UserAnswer(Record):
    """What the user simulator says: events of the helper's last response, the stage told, and x_t."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    events: tuple[str, ...] = ()
    tells: str = ""
    message: Line = Field(min_length=1, max_length=LONGEST_UTTERANCE)


class ScreenerFinding(Record):
    """What a screener says of one kind of fault; `turn` is 0 where there is none."""

    turn: int = 0
    quote: Line = ""
    reason: Line = ""
    found: bool


class ScreenerAnswer(Record):
    """A model's check of a finished dialogue: identity drift and implausible emotional jumps (§3.2)."""

    drift: ScreenerFinding
    jump: ScreenerFinding


class SupervisorAnswer(Record):
    """Which annotator's answer a supervising model lets stand, where people did not agree (Appendix B.2)."""

    reason: Line
    choice: str


class Rubric(Record):
    """The criteria in the pack's order, on one scale."""

    scale: Scale
    criteria: dict[str, Criterion] = Field(min_length=1)

    @model_validator(mode="after")
    def _anchored_on_scale(self) -> "Rubric":
        for name, criterion in self.criteria.items():
            for label, value in (("fail_below", criterion.fail_below), ("solved_from", criterion.solved_from)):
                if value is not None and not self.scale.min <= value <= self.scale.max:
                    raise ValueError(f"criteria.{name}.{label}: {value} is outside the scale {self.scale}")
            if set(criterion.anchors) != set(range(self.scale.min, self.scale.max + 1)):
                raise ValueError(f"criteria.{name}.anchors: one text for every score of {self.scale} is needed")
        return self

    def norm(self, scores: Mapping[str, int]) -> float:
        """Scale the mean of all criteria to [0, 1] (Norm of Eq. 12; the mean is our choice)."""
        mean = sum(scores[name] for name in self.criteria) / len(self.criteria)
        return (mean - self.scale.min) / (self.scale.max - self.scale.min)

    def read_decision(self, text: str) -> EvaluatorAnswer:
        """Read an evaluator's answer.

        Raises:
            OffFormat: not the JSON asked for, a criterion missing or unknown, a score outside the scale.
        """
        answer = read_json(text, EvaluatorAnswer)
        self._check(answer.criteria)
        return answer

    def read_scores(self, text: str) -> JudgeAnswer:
        """Read a judge's answer; raises OffFormat as `read_decision` does."""
        answer = read_json(text, JudgeAnswer)
        self._check(answer.criteria)
        return answer

    def _check(self, marks: Mapping[str, Mark]) -> None:
        if set(marks) != set(self.criteria):
            raise OffFormat(f"criteria {sorted(marks)} instead of {sorted(self.criteria)}")
        for name, mark in marks.items():
            if not self.scale.min <= mark.score <= self.scale.max:
                raise OffFormat(f"{name}: score {mark.score} is outside {self.scale}")

    @cached_property
    def decision_schema(self) -> dict[str, Any]:
        """JSON schema of an evaluator's answer: evidence and reason stand before each score, the decision last."""
        signs = _object(
            quote=_TEXT, relief={"type": "boolean"}, open_question={"type": "boolean"}, new_pain={"type": "boolean"}
        )
        decision = {"type": "string", "enum": [decision.value for decision in Decision]}
        return _object(criteria=self._marks_schema, user_signs=signs, critique=_TEXT, decision=decision)

    @cached_property
    def scores_schema(self) -> dict[str, Any]:
        """JSON schema of a judge's answer."""
        return _object(criteria=self._marks_schema)

    @property
    def _marks_schema(self) -> dict[str, Any]:
        score = {"type": "integer", "enum": list(range(self.scale.min, self.scale.max + 1))}
        return _object(**{name: _object(evidence=_TEXT, reason=_TEXT, score=score) for name in self.criteria})


_TEXT = {"type": "string"}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def user_schema(events: list[str], stages: list[str]) -> dict[str, Any]:
    """JSON schema of a user simulator's answer: events first, so that the message can rest on them."""
    return _object(
        events={"type": "array", "items": {"type": "string", "enum": events}},
        tells={"type": "string", "enum": [*stages, "nothing"]},
        message=_TEXT,
    )


def screener_schema() -> dict[str, Any]:
    """JSON schema of a screener's answer: the quote and the reason stand before each verdict."""
    finding = _object(turn={"type": "integer"}, quote=_TEXT, reason=_TEXT, found={"type": "boolean"})
    return _object(drift=finding, jump=finding)


def supervisor_schema() -> dict[str, Any]:
    """JSON schema of a supervisor's answer: the reason stands before the choice."""
    return _object(reason=_TEXT, choice=_TEXT)


def read_json(text: str, kind: type[M]) -> M:
    """Read an answer that must be one JSON object and nothing else; a code fence around it is allowed.

    Raises:
        OffFormat: prose around it, repeated keys, missing or unknown fields, wrong types.
    """
    try:
        plain = _unfenced(text)
        json.loads(plain, object_pairs_hook=_unique)
        return kind.model_validate_json(plain, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        raise OffFormat(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise OffFormat(f"not one JSON object: {error}") from error


def _unfenced(text: str) -> str:
    text = text.strip()
    if text.startswith("```") and text.endswith("```") and "\n" in text:
        return text[text.index("\n") : -3]
    return text


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
