"""Hold a reward ledger against itself, against the examples and against the run's curve (Eq. 6, 9-12)."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import isclose
from pathlib import Path
from typing import NamedTuple

from graphs.records import BadFile, read_rows
from train.ledger.ledger import LEDGER, LedgerHeader, ledger_header, parse_rollout, prompt_sha256
from train.ledger.recomputed import LedgerFinding, Row, differing, of_step
from train.rows import TrainingExample
from train.running.run_folder import METRICS
from train.running.run_lines import read_metrics, whole_lines

CURVE_TOLERANCE = 1e-5
"""The curve's figures went through single precision."""


class Checked(NamedTuple):
    """What was recomputed, and what did not come out as it stands."""

    rollouts: int
    findings: list[LedgerFinding]


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
    findings: list[LedgerFinding] = []
    step: list[Row] = []
    began: dict[int, int] = {}
    rewards: dict[int, list[float]] = {}
    count = 0
    for row in _rows(path, header, findings):
        count += 1
        began.setdefault(row.rollout.step, row.line)
        scored = rewards.setdefault(row.rollout.step, [])
        scored += [row.rollout.reward] if row.rollout.reward is not None else []
        if step and row.rollout.step != step[0].rollout.step:
            if row.rollout.step < step[0].rollout.step:
                findings.append(row.finding("step", f"comes after step {step[0].rollout.step}"))
            findings += of_step(step, header)
            step = []
        step.append(row)
        if known is not None:
            findings += _against(row, known)
    findings += [*of_step(step, header), *_gaps(began)]
    findings += _against_curve(run / METRICS, rewards, count) if run.is_dir() else []
    if not count and not findings:
        raise BadFile(f"{path}: no rollout in it; let the run take a step first")
    return Checked(count, sorted(findings, key=lambda finding: finding.line))


def _against_curve(metrics: Path, rewards: Mapping[int, list[float]], count: int) -> Iterator[LedgerFinding]:
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
            yield LedgerFinding(count + 1, step, None, None, "step", message)
        elif len(covered) == 1 and (scored := rewards[covered[0]]):
            mean = sum(scored) / len(scored)
            if not isclose(mean, told, abs_tol=CURVE_TOLERANCE):
                message = f"{metrics.name} says {told:.6g}, the candidates' mean is {mean:.6g}"
                yield LedgerFinding(count + 1, covered[0], None, None, "reward", message)


def _rows(path: Path, header: LedgerHeader, findings: list[LedgerFinding]) -> Iterator[Row]:
    """The rollouts of a ledger, their steps counted from 1; a line that is none becomes a finding."""
    later = 1 - header.first_step
    for number, line in whole_lines(path):
        if number > 1:
            rollout = parse_rollout(line)
            if isinstance(rollout, str):
                findings.append(LedgerFinding(number, None, None, None, "row", rollout))
            else:
                yield Row(number, rollout.model_copy(update={"step": rollout.step + later}) if later else rollout)


def _gaps(began: Mapping[int, int]) -> Iterator[LedgerFinding]:
    """Steps that are missing: a run begins at 1, and generates every so many steps.

    Args:
        began: the first line of every step.
    """
    steps = sorted(began)
    stride = min((after - before for before, after in pairwise(steps)), default=1)
    for before, after in pairwise([1 - stride, *steps]):
        if after - before > stride:
            yield LedgerFinding(
                began[after], after, None, None, "step", f"steps {before + stride} to {after - 1} are missing"
            )


def _against(row: Row, known: Mapping[str, TrainingExample]) -> Iterator[LedgerFinding]:
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
    yield from differing(row, expected)
