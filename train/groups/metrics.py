"""Figures of a step's rollouts by the names of metrics.jsonl (paper §4)."""

from collections.abc import Sequence
from statistics import fmean, pstdev
from typing import TypeVar

from train.rewards import has_response, scored_groups, share_without_variance
from train.rows import Rollout

V = TypeVar("V")


def in_groups(values: Sequence[V], size: int) -> list[Sequence[V]]:
    """Shape (P, N) from (P x N,)."""
    return [values[at : at + size] for at in range(0, len(values), size)]


def group_metrics(rollouts: Sequence[Rollout], size: int) -> dict[str, float]:
    """What a generation's rollouts say; what nothing could be measured of is left out.

    Args:
        rollouts: whole groups of `size`, one after the other.

    Returns:
        `reward_std` is the mean of the groups' population std (Eq. 6), `frac_groups_without_variance` the share of groups
        that move nothing; both over groups with at least two rewards.
    """
    rewards_P_N = [[rollout.reward for rollout in group] for group in in_groups(rollouts, size)]
    figures = rollout_metrics(rollouts)
    if (share := share_without_variance(rewards_P_N)) is not None:
        figures["frac_groups_without_variance"] = share
        figures["reward_std"] = fmean(map(pstdev, scored_groups(rewards_P_N)))
    return figures


def rollout_metrics(rollouts: Sequence[Rollout]) -> dict[str, float]:
    """Means over rollouts; a failed outcome is left out of its mean, and counted among those that were asked for."""
    rewards = [r.reward for r in rollouts if r.reward is not None]
    outcomes = [r.outcome_reward for r in rollouts if r.outcome_reward is not None]
    asked = [r for r in rollouts if r.weights["outcome"] and has_response(r.completion)]
    figures = {
        "reward/format": fmean(r.format_reward for r in rollouts),
        "reward/emotion": fmean(r.emotion_reward for r in rollouts),
        "completion_length": fmean(r.tokens for r in rollouts),
        "clipped_share": fmean(not r.ended for r in rollouts),
        "judge_failure_share": fmean(bool(r.failure) for r in asked) if asked else 0.0,
    }
    if rewards:
        figures["reward"] = fmean(rewards)
    if outcomes:
        figures["reward/outcome"] = fmean(outcomes)
    return figures
