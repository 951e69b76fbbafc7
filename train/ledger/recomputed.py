"""What of a step's candidates follows from the rest of it, each number to 1e-6 (Eq. 6, 9-12)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from math import isclose
from typing import NamedTuple

from graphs.rubric import Rubric
from train.ledger.ledger import LedgerHeader
from train.rewards import (
    Part,
    advantages,
    emotion_reward,
    format_bits,
    format_reward,
    has_response,
    predicted_emotion,
    rubric_reward,
    scaled_outcome,
    unified_reward,
)
from train.rows import Rollout

TOLERANCE = 1e-6


class LedgerFinding(NamedTuple):
    """Something in a ledger that does not follow from the rest of it. Where a line is no rollout, only `line` tells where."""

    line: int
    step: int | None
    group: int | None
    candidate: int | None
    field: str
    message: str

    def __str__(self) -> str:
        places = {"line": self.line, "step": self.step, "group": self.group, "candidate": self.candidate}
        where = [f"{name} {at}" for name, at in places.items() if at is not None]
        return f"{', '.join([*where, self.field])}: {self.message}"


class Row(NamedTuple):
    """A candidate and the line that it stands in."""

    line: int
    rollout: Rollout

    def finding(self, field: str, message: str) -> LedgerFinding:
        rollout = self.rollout
        return LedgerFinding(self.line, rollout.step, rollout.group, rollout.candidate, field, message)


def of_step(rows: list[Row], header: LedgerHeader) -> Iterator[LedgerFinding]:
    """Findings of one step: its groups are numbered from 0 without a gap."""
    by_group: dict[int, list[Row]] = {}
    for row in rows:
        by_group.setdefault(row.rollout.group, []).append(row)
    if missing := set(range(max(by_group, default=-1) + 1)) - set(by_group):
        yield rows[0].finding("group", f"groups {sorted(missing)[:20]} of this step are missing")
    for members in by_group.values():
        yield from _of_group(members, header)


def _of_group(rows: list[Row], header: LedgerHeader) -> Iterator[LedgerFinding]:
    numbers = [row.rollout.candidate for row in rows]
    if numbers != list(range(header.num_generations)):
        yield rows[0].finding(
            "candidate", f"the group holds candidates {numbers} instead of 0 to {header.num_generations - 1}"
        )
    common = {name: _most_common(rows, name) for name in ("example", "prompt_sha256", "emotion", "emotion_from")}
    for row in rows:
        yield from differing(row, common)
        yield from _of_row(row, header)
    rewards = [row.rollout.reward for row in rows]
    [moved] = advantages([rewards], std=header.group_std, epsilon=header.advantage_epsilon)
    for row, advantage in zip(rows, moved, strict=True):
        yield from _number(row, "advantage", row.rollout.advantage, advantage)


def _most_common(rows: list[Row], field: str) -> str:
    return Counter(str(getattr(row.rollout, field)) for row in rows).most_common(1)[0][0]


def _of_row(row: Row, header: LedgerHeader) -> Iterator[LedgerFinding]:
    rollout = row.rollout
    expected = {
        "constraint_bits": format_bits(rollout.completion),
        "predicted": predicted_emotion(rollout.completion),
        "weights": header.weights,
        "outcome": header.outcome,
    }
    yield from differing(row, expected)
    [fmt], [emotion] = format_reward([rollout.completion]), emotion_reward([rollout.completion], [rollout.emotion])
    yield from _number(row, "format_reward", rollout.format_reward, fmt)
    yield from _number(row, "emotion_reward", rollout.emotion_reward, emotion)
    yield from _outcome(row, header)
    parts: dict[Part, float | None] = {"format": fmt, "emotion": emotion, "outcome": rollout.outcome_reward}
    yield from _number(row, "reward", rollout.reward, unified_reward(parts, header.weights))


def differing(row: Row, expected: Mapping[str, object]) -> Iterator[LedgerFinding]:
    for field, value in expected.items():
        stands = getattr(row.rollout, field)
        if stands != value:
            yield row.finding(field, f"{stands!r} stands there, {value!r} follows")


def _outcome(row: Row, header: LedgerHeader) -> Iterator[LedgerFinding]:
    """The outcome follows from marks or from the raw value; without a response to read it is 0 and nobody was asked."""
    rollout = row.rollout
    asked = bool(header.weights["outcome"]) and has_response(rollout.completion)
    if not asked:
        value = 0.0 if header.weights["outcome"] else None
        yield from _number(row, "outcome_reward", rollout.outcome_reward, value)
        if rollout.marks or rollout.failure or rollout.judge:
            yield row.finding("judge", "nothing was to be judged")
        return
    if rollout.judge != header.outcome_model:
        yield row.finding("judge", f"{rollout.judge!r} stands there, the run's is {header.outcome_model!r}")
    if rollout.judge_prompt_sha256 != header.judge_prompt_sha256:
        yield row.finding("judge_prompt_sha256", "is not the run's")
    if rollout.failure:
        yield from _number(row, "outcome_reward", rollout.outcome_reward, None)
    elif header.outcome == "rubric":
        yield from _marks(row, header.rubric)
    elif rollout.raw_outcome is None:
        yield row.finding("raw_outcome", "is missing")
    else:
        yield from _number(
            row, "outcome_reward", rollout.outcome_reward, scaled_outcome(header.outcome, rollout.raw_outcome)
        )


def _marks(row: Row, rubric: Rubric) -> Iterator[LedgerFinding]:
    marks = row.rollout.marks
    if set(marks) != set(rubric.criteria):
        yield row.finding("marks", f"{sorted(marks)} instead of {sorted(rubric.criteria)}")
        return
    outside = [name for name, mark in marks.items() if not rubric.scale.min <= mark.score <= rubric.scale.max]
    if outside:
        yield row.finding("marks", f"{', '.join(outside)}: outside the scale {rubric.scale}")
        return
    yield from _number(row, "outcome_reward", row.rollout.outcome_reward, rubric_reward(rubric, marks))


def _number(row: Row, field: str, stands: float | None, follows: float | None) -> Iterator[LedgerFinding]:
    if stands is None or follows is None:
        same = stands is follows
    else:
        same = isclose(stands, follows, rel_tol=0, abs_tol=TOLERANCE)
    if not same:
        yield row.finding(field, f"{stands} stands there, {follows} follows")
