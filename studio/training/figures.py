"""The figures of a training run's card, by stage."""

from studio.runs.rows import Number
from studio.training.curves import figure
from studio.training.measured import HELD_OUT, Alarm, Measured
from studio.training.runs import TrainingRow
from studio.wording import NOTHING, counted, duration, money, share

_NONE_YET = "Nothing was measured yet."


def headline(row: TrainingRow) -> str:
    """How far a training run is, over its bar."""
    if row.progress is None:
        return "Checks, then loads the model" if row.is_live else "Done" if row.state == "done" else "Not begun"
    of = f" of {row.progress.of:,}" if row.progress.of else ""
    return f"Step {row.progress.step:,}{of}"


def progress_share(row: TrainingRow) -> float:
    """The share of its steps that a run has made, in [0, 1]."""
    done = row.progress
    return min(1.0, done.step / done.of) if done and done.of else float(row.state == "done")


def numbers(row: TrainingRow, measured: Measured, alarms: list[Alarm]) -> list[Number]:
    """The six figures of a run's card."""
    shared = [_rate(measured), _left(row)]
    if row.stage == "grpo":
        return [
            _metric(measured, "reward", "Reward"),
            _metric(measured, "reward/outcome", "Outcome"),
            *shared,
            _judged(row, measured),
            _alarms(alarms),
        ]
    accuracy = ("accuracy", "Accuracy") if row.stage == "reward_model" else ("mean_token_accuracy", "Token accuracy")
    return [
        _metric(measured, "loss", "Loss"),
        _metric(measured, *accuracy),
        *shared,
        _metric(measured, "num_tokens", "Tokens"),
        _metric(measured, "learning_rate", "Learning rate"),
    ]


def _metric(measured: Measured, name: str, label: str) -> Number:
    now, held_out = measured.last(name), measured.last(name, HELD_OUT)
    note = f"held out {figure(held_out.value)}, step {held_out.step:,.0f}" if held_out else "last step"
    return Number(label, figure(now.value if now else None), note, "" if now else _NONE_YET)


def _rate(measured: Measured) -> Number:
    seconds = measured.seconds_a_step
    if seconds is None:
        return Number("A step", NOTHING, "", "Known after two measured steps.")
    return Number("A step", f"{seconds:.2f} s" if seconds < 10 else duration(seconds), "over the last steps")


def _left(row: TrainingRow) -> Number:
    done = row.progress
    steps = max(done.of - done.step, 0) if done and done.of else None
    note = counted(steps, "step") if steps is not None else ""
    if row.is_live:
        eta = done.eta_s if done else None
        return Number("Left", duration(eta), note, "" if eta is not None else "Known after the first steps.")
    return Number("Left", f"{steps:,}" if steps is not None else NOTHING, "step" if steps == 1 else "steps")


def _judged(row: TrainingRow, measured: Measured) -> Number:
    failed = [point.value for point in measured.train.get("judge_failure_share", ())]
    cost = row.progress.cost_usd if row.progress else None
    value = share(round(1000 * sum(failed) / len(failed)), 1000) if failed else NOTHING
    return Number("Judge failed", value, f"of all steps; cost {money(cost)}", "" if failed else _NONE_YET)


def _alarms(alarms: list[Alarm]) -> Number:
    note = f"last at step {alarms[0].step:,}" if alarms else "none"
    return Number("Alarms", f"{len(alarms):,}", note)
