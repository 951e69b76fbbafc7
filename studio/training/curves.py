"""Curves of a training run: what is drawn of which stage, and the same in words and as text."""

from typing import NamedTuple

from studio.training.measured import HELD_OUT, TRAIN, Measured, Point, thinned
from studio.wording import NOTHING

TITLES = {TRAIN: "Train", HELD_OUT: "Held out"}


class Panel(NamedTuple):
    """One chart: a metric under its title, with what is good about it."""

    metric: str
    title: str
    note: str = ""
    domain: tuple[float, float] | None = None


REWARDS = (
    Panel("reward", "Reward", "Eq. 9: the weighted sum of the three parts", (0, 1)),
    Panel("reward/format", "Format", "Eq. 10: share of constraints kept", (0, 1)),
    Panel("reward/emotion", "Emotion", "Eq. 11: share that names the gold label", (0, 1)),
    Panel("reward/outcome", "Outcome", "Eq. 12: the judge's marks, from 0 to 1", (0, 1)),
)
_GRPO = (
    Panel("kl", "KL to the SFT model", "How far the policy has moved"),
    Panel("entropy", "Entropy", "Near 0 it says the same again and again"),
    Panel("completion_length", "Length of a completion", "In tokens"),
    Panel("clipped_share", "Cut off", "Share that did not end by itself", (0, 1)),
    Panel("reward_std", "Spread within a group", "Standard deviation of the reward"),
    Panel("frac_groups_without_variance", "Groups without variance", "From these nothing is learnt", (0, 1)),
    Panel("judge_failure_share", "Judge failed", "Left out of their groups, advantage 0", (0, 1)),
    Panel("second_judge_agreement", "Agreement with a second judge", "Falling: the first judge is being gamed"),
)
_BOTH = (
    Panel("loss", "Loss", ""),
    Panel("learning_rate", "Learning rate", ""),
    Panel("grad_norm", "Norm of the gradient", ""),
)
_SFT = (
    Panel("loss", "Loss", "On the targets only"),
    Panel("mean_token_accuracy", "Accuracy by token", "Of the target's tokens", (0, 1)),
    *_BOTH[1:],
    Panel("entropy", "Entropy", ""),
    Panel("num_tokens", "Tokens seen", ""),
)
_REWARD_MODEL = (
    Panel("loss", "Loss", "Of the preferred against the other"),
    Panel("accuracy", "Accuracy", "Pairs put in the right order", (0, 1)),
    Panel("margin", "Margin", "By which the preferred is ahead"),
    *_BOTH[1:],
)
_STAGES = {"grpo": (*_GRPO, *_BOTH), "sft": _SFT, "reward_model": _REWARD_MODEL}


def panels(stage: str, measured: Measured) -> tuple[list[Panel], list[Panel]]:
    """The main and the further charts of a stage, of which something was measured."""
    main = REWARDS if stage == "grpo" else _STAGES.get(stage, _SFT)[:2]
    rest = _STAGES.get(stage, _SFT)[0 if stage == "grpo" else 2 :]
    there = measured.train.keys() | measured.held_out.keys()
    return [panel for panel in main if panel.metric in there], [panel for panel in rest if panel.metric in there]


def curve_text(measured: Measured, panel: Panel) -> str:
    """A chart for those who cannot see it: where it began and where it stands."""
    parts = [
        f"{title.lower()} from {figure(points[0].value)} at step {points[0].step:.0f} to {figure(points[-1].value)} at step {points[-1].step:.0f}"
        for split, title in TITLES.items()
        if (points := measured.of(split).get(panel.metric))
    ]
    return f"{panel.title} by step: {', '.join(parts)}" if parts else f"{panel.title}: nothing measured yet"


def figure(value: float | None) -> str:
    """A measured value as people read it; a dash where there is none."""
    if value is None:
        return NOTHING
    if value != 0 and (abs(value) < 0.001 or abs(value) >= 1e6):
        return f"{value:.2e}"
    return f"{value:,.{0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 3}f}"


_BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(points: list[Point], width: int = 40, domain: tuple[float, float] | None = None) -> str:
    """A curve as one line of text."""
    values = [point.value for point in thinned(points, width)]
    if not values:
        return ""
    low, high = domain or (min(values), max(values))
    span = (high - low) or 1.0
    return "".join(_BLOCKS[max(0, min(7, int((value - low) / span * 8)))] for value in values)
