"""Rewards and advantages as pure functions: format, emotion, outcome, their sum, and the group's norm (Eq. 6, 9-12).

A malformed completion scores 0 where it is malformed: that is a finding. A failed measurement is None, and never moves
the policy: its candidate is left out of the group's mean and deviation and has advantage 0.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from graphs.rubric import Rubric
from graphs.schema import Mark, one_line
from graphs.spans import CONSTRAINTS, FORMAT_CONSTRAINTS, span_of, span_violations
from measure.emotion_accuracy import label_of, same_label
from train.rows import OutcomeKind

Part = Literal["format", "emotion", "outcome"]
PARTS: tuple[Part, ...] = ("format", "emotion", "outcome")
GroupStd = Literal["population", "sample"]
"""Eq. 6 divides by N; TRL's own normalisation by N - 1."""


def format_bits(completion: str) -> tuple[int, ...]:
    """v_{j,k} of Eq. 10: 1 where constraint k is violated, in the order of `graphs.spans.CONSTRAINTS`."""
    violated = span_violations(completion)
    return tuple(int(constraint in violated) for constraint in CONSTRAINTS)


def format_reward(completions: Sequence[str]) -> list[float]:
    """The share of the nine constraints that each completion keeps (Eq. 10).

    Args:
        completions: shape (B,), the policy's raw text.

    Returns:
        Shape (B,), in [0, 1].
    """
    return [1 - sum(format_bits(text)) / FORMAT_CONSTRAINTS for text in completions]


def predicted_emotion(completion: str) -> str:
    """The label that a completion names, on one line; "" where its emotion span cannot be read.

    The span counts also where other constraints are broken: those are the format reward's, once (our choice).
    """
    return one_line(label_of(completion))


def emotion_reward(completions: Sequence[str], emotions: Sequence[str]) -> list[float]:
    """1 for the gold label, else 0 (Eq. 11). Case and white space do not count; a second word or a full stop does.

    Args:
        completions: shape (B,).
        emotions: shape (B,), the gold label of each.
    """
    pairs = zip(completions, emotions, strict=True)
    return [float(same_label(predicted_emotion(text), gold)) for text, gold in pairs]


def has_response(completion: str) -> bool:
    """Whether there is anything for a user to read: a response span, readable and not empty."""
    return bool(span_of(completion, "response"))


def rubric_reward(rubric: Rubric, marks: Mapping[str, Mark] | None) -> float | None:
    """Norm of the judge's scores, in [0, 1] (Eq. 12); None where the judge gave none."""
    return None if marks is None else rubric.norm({name: mark.score for name, mark in marks.items()})


def scaled_outcome(kind: OutcomeKind, raw: float) -> float:
    """What an ablation's model says, on [0, 1]: a cosine shifted and halved, a reward through the sigmoid (our choice).

    Args:
        raw: a cosine in [-1, 1] (`embedding`), any real number (`reward_model`), or a rubric's reward as it is.
    """
    if kind == "embedding":
        return min(1.0, max(0.0, (1 + raw) / 2))
    if kind == "reward_model":
        return 1 / (1 + math.exp(-raw)) if raw >= 0 else math.exp(raw) / (1 + math.exp(raw))
    return raw


def unified_reward(parts: Mapping[Part, float | None], weights: Mapping[Part, float]) -> float | None:
    """r_j, the weighted sum of the parts (Eq. 9); None where a part that counts could not be measured."""
    weighed = [(weights[part], parts[part]) for part in PARTS if weights[part] != 0]
    if any(value is None for _, value in weighed):
        return None
    return math.fsum(weight * value for weight, value in weighed if value is not None)


def scored_groups(rewards_P_N: Sequence[Sequence[float | None]]) -> list[list[float]]:
    """The rewards of the groups that have at least two: of the others it was not measured whether they differ."""
    scored = ([reward for reward in rewards if reward is not None] for rewards in rewards_P_N)
    return [rewards for rewards in scored if len(rewards) > 1]


def share_without_variance(rewards_P_N: Sequence[Sequence[float | None]]) -> float | None:
    """The share of groups with equal rewards, from which nothing is learnt; None where no group could be compared."""
    groups = scored_groups(rewards_P_N)
    return sum(max(rewards) == min(rewards) for rewards in groups) / len(groups) if groups else None


def advantages(rewards_P_N: Sequence[Sequence[float | None]], *, std: GroupStd, epsilon: float) -> list[list[float]]:
    """A_j: each reward against the mean and deviation of its group (Eq. 6).

    Args:
        rewards_P_N: prompts x candidates; None is left out of its group.
        std: over N (Eq. 6) or over N - 1.
        epsilon: of Eq. 6, added to the deviation.

    Returns:
        Shape (P, N). 0 for a None, and for all of a group with fewer than two rewards or with equal ones.
    """
    return [_of_group(rewards, std, epsilon) for rewards in rewards_P_N]


def _of_group(rewards: Sequence[float | None], std: GroupStd, epsilon: float) -> list[float]:
    scored = [reward for reward in rewards if reward is not None]
    if len(scored) < 2 or max(scored) == min(scored):
        return [0.0] * len(rewards)
    mean = math.fsum(scored) / len(scored)
    squares = math.fsum((reward - mean) ** 2 for reward in scored)
    deviation = math.sqrt(squares / (len(scored) - (std == "sample")))
    return [0.0 if reward is None else (reward - mean) / (deviation + epsilon) for reward in rewards]
