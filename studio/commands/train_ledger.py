"""`kardia train verify-ledger` and `kardia train watch`: what a GRPO run was rewarded for, and what it made of it."""

from pathlib import Path
from typing import Annotated

import typer

from studio.console import Exit, Json, give, leave

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A directory made by `kardia train grpo`.")]
SHOWN_FINDINGS = 50
SHOWN_LOOKS = 20


def verify_ledger(
    run: RunPath,
    examples: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The run's examples: compare prompts and gold labels too.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Recompute every reward and advantage of a run from its ledger, each to 1e-6; exit code 1 with findings."""
    from train.ledger.check import check_ledger

    checked = check_ledger(run, examples)
    data = {
        "run": str(run),
        "rollouts": checked.rollouts,
        "findings": [finding._asdict() for finding in checked.findings],
    }
    give(data, as_json, lambda: _findings_text(run, checked.rollouts, [str(each) for each in checked.findings]))
    if checked.findings:
        leave(Exit.FINDINGS)


def watch(
    run: RunPath,
    looks: Annotated[int, typer.Option(min=1, help="How many of the last looks to print.")] = SHOWN_LOOKS,
    candidates: Annotated[
        int | None, typer.Option(min=1, help="The fewest candidates of a look; the run's own are 128.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the sentinel's figures and alarms of a run so far; exit code 1 with alarms."""
    from train.ledger.ledger import LEDGER, ledger_header
    from train.ledger.sentinel import SentinelLimits, alarms, recalled

    ledger_header(run / LEDGER)
    limits = SentinelLimits(candidates=candidates) if candidates else SentinelLimits()
    sentinel = recalled(run, limits)
    sentinel.end_look()
    found = alarms(sentinel.history, limits)
    history = sentinel.so_far()
    data = {
        "run": str(run),
        "looks": [each.model_dump(mode="json") for each in history],
        "alarms": [each.model_dump(mode="json") for each in found],
    }
    give(data, as_json, lambda: _watch_text(history[-looks:], found))
    if found:
        leave(Exit.FINDINGS)


def _findings_text(run: Path, rollouts: int, findings: list[str]) -> str:
    if not findings:
        return f"{run}: {rollouts} rollouts recomputed, no findings"
    more = len(findings) - SHOWN_FINDINGS
    return "\n".join(findings[:SHOWN_FINDINGS] + ([f"and {more} more (--json has all)"] if more > 0 else []))


_COLUMNS = {
    "reward": "reward", "format": "reward_format", "emotion": "reward_emotion", "outcome": "reward_outcome",
    "failed": "failure_share", "flat": "groups_without_variance", "length": "length", "clipped": "clipped_share",
    "labels": "label_variety", "praise": "praise_share", "template": "template_share", "judge": "judge_talk_share",
    "kl": "kl", "entropy": "entropy", "second": "second_judge_agreement",
}  # fmt: skip


def _watch_text(history: list, found: list) -> str:
    """One line per look, then one per alarm."""
    lines = [" ".join([f"{'steps':>11}", *(f"{name:>8}" for name in _COLUMNS)])]
    for look in history:
        cells = (_cell(getattr(look, field)) for field in _COLUMNS.values())
        lines.append(" ".join([f"{look.first_step:>5}-{look.step:<5}", *(f"{cell:>8}" for cell in cells)]))
    lines += [f"ALARM at step {each.step}: {each.rule}: {each.finding} (limit {each.limit:g})" for each in found]
    return "\n".join(lines if found else [*lines, "no alarm"])


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}" if value >= 10 else f"{value:.3f}"
