"""Words for the person at the terminal of a training run; data alone goes to stdout."""

import sys
from collections.abc import Mapping

SHOWN = ("loss", "reward", "kl", "mean_token_accuracy", "accuracy", "grad_norm", "learning_rate")
"""The figures that a curve is first read by."""


def say(text: str) -> None:
    """Say something to the person at the terminal, on stderr."""
    print(text, file=sys.stderr, flush=True)


def line_of_step(step: int, of: int, figures: Mapping[str, float | None], *, held_out: bool) -> str:
    """One logged step."""
    shown = [f"{name} {value:.4g}" for name in SHOWN if (value := figures.get(name)) is not None]
    shown += failed_judgements(figures)
    where = f"step {step} of {of}" + (", held out" if held_out else "")
    return f"{where}: {', '.join(shown)}" if shown else where


def failed_judgements(figures: Mapping[str, float | None]) -> list[str]:
    """The share of judgements that failed, for a line of figures; nothing where none did."""
    share = figures.get("judge_failure_share")
    return [f"judgements failed {share:.1%}".replace("%", " %")] if share else []


def what_is_left(left_s: float | None, cost_usd: float | None) -> str:
    """The end of a step's line: time to go, and what was paid so far, where anything was.

    Args:
        cost_usd: None where a call's price was not known.
    """
    paid = ", cost unknown" if cost_usd is None else f", ${cost_usd:.4f}" if cost_usd else ""
    return (f", to go {_duration(left_s)}" if left_s else "") + paid


def _duration(seconds: float) -> str:
    """`3 h 20 min`, `12 min`, `24 s`."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
