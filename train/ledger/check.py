"""Recompute a reward ledger: bits, labels, scores, rewards and advantages, each to 1e-6 (Eq. 6, 9-12)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import isclose
from pathlib import Path
from typing import NamedTuple

from graphs.records import BadFile, read_rows
from graphs.rubric import Rubric
from train.ledger.ledger import LEDGER, LedgerHeader, ledger_header, parse_rollout, prompt_sha256, whole_lines
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
from train.rows import Rollout, TrainingExample
from train.running.run_folder import METRICS
from train.running.run_lines import read_metrics

TOLERANCE = 1e-6
CURVE_TOLERANCE = 1e-5
"""The curve's figures went through single precision."""


class Finding(NamedTuple):
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


class _Row(NamedTuple):
    line: int
    rollout: Rollout

    def finding(self, field: str, message: str) -> Finding:
        rollout = self.rollout
        return Finding(self.line, rollout.step, rollout.group, rollout.candidate, field, message)


class Checked(NamedTuple):
    """What was recomputed, and what did not come out as it stands."""

    rollouts: int
    findings: list[Finding]


def verify_ledger(run: Path) -> list[Finding]:
    """The findings of `check_ledger`."""
    return check_ledger(run).findings


def check_ledger(run: Path, examples: Path | None = None) -> Checked:
    """Everything in a run's ledger that does not follow from its completions, marks and header.

    Args:
        run: a training run's directory, or a ledger file.
        examples: what the run was trained on; prompts and gold labels are then compared too.

    Raises:
        BadFile: there is no ledger, or it is none; or no such examples.
    """
    path = run / LEDGER if run.is_dir() else run
    if not path.exists():
        raise BadFile(f"{path}: there is none; name a run of `kardia train grpo`, for no other has a ledger")
    header = ledger_header(path)
    known = {example.id: example for example in read_rows(examples, TrainingExample)} if examples else None
    findings: list[Finding] = []
    step: list[_Row] = []
    began: dict[int, int] = {}
    rewards: dict[int, list[float]] = {}
    count = 0
    for row in _rows(path, findings):
        count += 1
        began.setdefault(row.rollout.step, row.line)
        scored = rewards.setdefault(row.rollout.step, [])
        scored += [row.rollout.reward] if row.rollout.reward is not None else []
        if step and row.rollout.step != step[0].rollout.step:
            if row.rollout.step < step[0].rollout.step:
                findings.append(row.finding("step", f"comes after step {step[0].rollout.step}"))
            findings += _of_step(step, header)
            step = []
        step.append(row)
        if known is not None:
            findings += _against(row, known)
    findings += [*_of_step(step, header), *_gaps(began)]
    findings += _against_curve(run / METRICS, rewards, count) if run.is_dir() else []
    if not count and not findings:
        raise BadFile(f"{path}: no rollout in it; let the run take a step first")
    return Checked(count, sorted(findings, key=lambda finding: finding.line))


def _against_curve(metrics: Path, rewards: Mapping[int, list[float]], count: int) -> Iterator[Finding]:
    """What the run's curve tells of rewards, against the candidates of the steps that each of its lines covers."""
    after = 0
    for line in read_metrics(metrics):
        told = line.metrics.get("reward")
        if told is None or line.split != "train":
            continue
        step = line.step
        covered = [at for at in range(after + 1, step + 1) if at in rewards]
        after = step
        if not covered:
            message = f"{metrics.name} tells of a reward of {told:.6g} here, and no candidate of it is in the ledger"
            yield Finding(count + 1, step, None, None, "step", message)
        elif len(covered) == 1 and (scored := rewards[covered[0]]):
            mean = sum(scored) / len(scored)
            if not isclose(mean, told, abs_tol=CURVE_TOLERANCE):
                message = f"{metrics.name} says {told:.6g}, the candidates' mean is {mean:.6g}"
                yield Finding(count + 1, covered[0], None, None, "reward", message)


def _rows(path: Path, findings: list[Finding]) -> Iterator[_Row]:
    """The rollouts of a ledger; a line that is none becomes a finding."""
    for number, line in whole_lines(path):
        if number > 1:
            rollout = parse_rollout(line)
            if isinstance(rollout, str):
                findings.append(Finding(number, None, None, None, "row", rollout))
            else:
                yield _Row(number, rollout)


def _gaps(began: Mapping[int, int]) -> Iterator[Finding]:
    """Steps that are missing: a run begins at 1, and generates every so many steps.

    Args:
        began: the first line of every step.
    """
    steps = sorted(began)
    stride = min((after - before for before, after in pairwise(steps)), default=1)
    for before, after in pairwise([1 - stride, *steps]):
        if after - before > stride:
            yield Finding(
                began[after], after, None, None, "step", f"steps {before + stride} to {after - 1} are missing"
            )


def _against(row: _Row, known: Mapping[str, TrainingExample]) -> Iterator[Finding]:
    """What differs from the example that a candidate answers."""
    rollout = row.rollout
    example = known.get(rollout.example)
    if example is None:
        yield row.finding("example", f"{rollout.example} is none of the examples")
        return
    expected = {
        "emotion": example.emotion,
        "emotion_from": example.emotion_from,
        "prompt_sha256": prompt_sha256(example),
    }
    yield from _differing(row, expected)


def _of_step(rows: list[_Row], header: LedgerHeader) -> Iterator[Finding]:
    """Findings of one step: its groups are numbered from 0 without a gap."""
    by_group: dict[int, list[_Row]] = {}
    for row in rows:
        by_group.setdefault(row.rollout.group, []).append(row)
    if missing := set(range(max(by_group, default=-1) + 1)) - set(by_group):
        yield rows[0].finding("group", f"groups {sorted(missing)[:20]} of this step are missing")
    for members in by_group.values():
        yield from _of_group(members, header)


def _of_group(rows: list[_Row], header: LedgerHeader) -> Iterator[Finding]:
    numbers = [row.rollout.candidate for row in rows]
    if numbers != list(range(header.num_generations)):
        yield rows[0].finding(
            "candidate", f"the group holds candidates {numbers} instead of 0 to {header.num_generations - 1}"
        )
    common = {name: _most_common(rows, name) for name in ("example", "prompt_sha256", "emotion", "emotion_from")}
    for row in rows:
        yield from _differing(row, common)
        yield from _of_row(row, header)
    rewards = [row.rollout.reward for row in rows]
    [moved] = advantages([rewards], std=header.group_std, epsilon=header.advantage_epsilon)
    for row, advantage in zip(rows, moved, strict=True):
        yield from _number(row, "advantage", row.rollout.advantage, advantage)


def _most_common(rows: list[_Row], field: str) -> str:
    return Counter(str(getattr(row.rollout, field)) for row in rows).most_common(1)[0][0]


def _of_row(row: _Row, header: LedgerHeader) -> Iterator[Finding]:
    rollout = row.rollout
    expected = {
        "constraint_bits": format_bits(rollout.completion),
        "predicted": predicted_emotion(rollout.completion),
        "weights": header.weights,
        "outcome": header.outcome,
    }
    yield from _differing(row, expected)
    [fmt], [emotion] = format_reward([rollout.completion]), emotion_reward([rollout.completion], [rollout.emotion])
    yield from _number(row, "format_reward", rollout.format_reward, fmt)
    yield from _number(row, "emotion_reward", rollout.emotion_reward, emotion)
    yield from _outcome(row, header)
    parts: dict[Part, float | None] = {"format": fmt, "emotion": emotion, "outcome": rollout.outcome_reward}
    yield from _number(row, "reward", rollout.reward, unified_reward(parts, header.weights))


def _differing(row: _Row, expected: Mapping[str, object]) -> Iterator[Finding]:
    for field, value in expected.items():
        stands = getattr(row.rollout, field)
        if stands != value:
            yield row.finding(field, f"{stands!r} stands there, {value!r} follows")


def _outcome(row: _Row, header: LedgerHeader) -> Iterator[Finding]:
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


def _marks(row: _Row, rubric: Rubric) -> Iterator[Finding]:
    marks = row.rollout.marks
    if set(marks) != set(rubric.criteria):
        yield row.finding("marks", f"{sorted(marks)} instead of {sorted(rubric.criteria)}")
        return
    outside = [name for name, mark in marks.items() if not rubric.scale.min <= mark.score <= rubric.scale.max]
    if outside:
        yield row.finding("marks", f"{', '.join(outside)}: outside the scale {rubric.scale}")
        return
    yield from _number(row, "outcome_reward", row.rollout.outcome_reward, rubric_reward(rubric, marks))


def _number(row: _Row, field: str, stands: float | None, follows: float | None) -> Iterator[Finding]:
    if stands is None or follows is None:
        same = stands is follows
    else:
        same = isclose(stands, follows, rel_tol=0, abs_tol=TOLERANCE)
    if not same:
        yield row.finding(field, f"{stands} stands there, {follows} follows")
