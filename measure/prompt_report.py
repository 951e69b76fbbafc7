"""What version B of a prompt changes against version A, beside what A changes against itself."""

from collections.abc import Iterable

from graphs.records import replacing
from graphs.schema import Record
from graphs.trials.results import read_trials
from graphs.trials.trials import RESULT, Comparison, yardstick_differences
from measure.changes import Change, most_changed
from measure.contrast import Contrast, contrast


class Report(Record):
    """The result of a comparison, as far as it was played."""

    states: int
    persons: int
    draws: int
    result: Contrast
    floor: Contrast | None = None
    """A against A."""
    yardstick: tuple[str, ...] = ()
    """What of the measuring itself differs between the versions."""
    changes: tuple[Change, ...] = ()
    """The most changed first."""
    paid_usd: dict[str, float | None]
    """What each arm took, evaluations included."""


def report(comparison: Comparison) -> Report:
    """Compare what was played so far."""
    config, played = comparison.config, read_trials(comparison)
    pack_a, pack_b = (comparison.pack(version) for version in (config.a, config.b))
    judge = pack_b if config.evaluator == "b" else pack_a
    names = [name for name in judge.rubric.criteria if config.evaluator != "own" or name in pack_b.rubric.criteria]
    scale = judge.rubric.scale
    contrasts = {arm: contrast(comparison, played, arm, names) for arm in config.arms if arm != "a"}
    return Report(
        states=len(comparison.states),
        persons=len({state.cluster for state in comparison.states}),
        draws=config.draws,
        result=contrasts["b"],
        floor=contrasts.get("a2"),
        yardstick=yardstick_differences(pack_a, pack_b),
        changes=tuple(most_changed(comparison.states, played, names, scale.max - scale.min)),
        paid_usd={arm: _sum(one.paid_usd for one in played if one.arm == arm) for arm in config.arms},
    )


def save_report(comparison: Comparison) -> Report:
    """Write the result beside what it was made from."""
    found = report(comparison)
    with replacing(comparison.path / RESULT) as file:
        file.write(found.model_dump_json().encode())
    return found


def _sum(costs: Iterable[float | None]) -> float | None:
    found = list(costs)
    return None if None in found else sum(cost for cost in found if cost is not None)
