"""From completions to rollouts: every candidate rated, rewarded and normed in its group (Eq. 6, 9-12)."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from graphs.llm.errors import RunStopped
from graphs.schema import Mark
from measure.judge import Judge, Judged, Shown
from train.ledger.ledger import prompt_sha256
from train.rewards import (
    GroupStd,
    Part,
    advantages,
    emotion_reward,
    format_bits,
    format_reward,
    has_response,
    predicted_emotion,
    rubric_reward,
    unified_reward,
)
from train.rows import OutcomeKind, Rollout, TrainingExample

WINDOW = 64
"""Candidates that the share of failures is taken over (our choice)."""
FEWEST = 16
"""No share is taken over fewer."""


class TooManyFailures(RunStopped):
    """So many outcomes failed that training would go on with a part of its data; the same command resumes it."""


class Rated(NamedTuple):
    """The outcome of one candidate, in [0, 1], or why there is none."""

    value: float | None
    failure: str = ""
    marks: Mapping[str, Mark] = {}
    judge: str = ""
    judge_prompt_sha256: str = ""
    raw: float | None = None
    cost_usd: float | None = None


class Outcome(Protocol):
    """What judges a response: the rubric's judge, or an ablation of Table 2."""

    kind: OutcomeKind

    async def rate(self, examples: Sequence[TrainingExample], completions: Sequence[str]) -> list[Rated]:
        """Rate completions, one example each. A failure is a `Rated` with its reason; RunStopped and RunRefused pass."""
        ...


class RubricOutcome:
    """The paper's outcome: five criteria by a judge model (Eq. 12)."""

    kind: OutcomeKind = "rubric"

    def __init__(self, judge: Judge):
        self.judge = judge

    async def rate(self, examples: Sequence[TrainingExample], completions: Sequence[str]) -> list[Rated]:
        shown = [
            Shown(example.person, example.situation, example.dialogue_text, completion)
            for example, completion in zip(examples, completions, strict=True)
        ]
        return [self._rated(judged) for judged in await self.judge.score_all(shown)]

    def _rated(self, judged: Judged) -> Rated:
        return Rated(
            value=rubric_reward(self.judge.rubric, judged.marks),
            failure=judged.failure,
            marks=judged.marks or {},
            judge=self.judge.model,
            judge_prompt_sha256=self.judge.prompt_sha256,
            cost_usd=judged.cost_usd,
        )


class Scorer:
    """Rewards a step's groups. One for training; another for the held-out slice, for each counts its own failures."""

    def __init__(
        self,
        outcome: Outcome,
        weights: Mapping[Part, float],
        std: GroupStd,
        epsilon: float,
        max_failed_share: float,
    ):
        """
        Args:
            weights: λ of each part (Eq. 9); a part of weight 0 is not asked for.
            std, epsilon: of Eq. 6.
            max_failed_share: of the last WINDOW outcomes asked for; above it the run stops.
        """
        self._outcome = outcome
        self._weights: dict[Part, float] = dict(weights)
        self._std: GroupStd = std
        self._epsilon = epsilon
        self._max_failed_share = max_failed_share
        self._failures: deque[str] = deque(maxlen=WINDOW)
        self._at = (-1, 0)

    async def score_groups(
        self,
        examples_P: Sequence[TrainingExample],
        completions_P_N: Sequence[Sequence[str]],
        ended_P_N: Sequence[Sequence[bool]],
        tokens_P_N: Sequence[Sequence[int]],
        step: int,
    ) -> list[list[Rollout]]:
        """Reward every candidate of every prompt and norm each group (Eq. 6).

        Args:
            step: the optimiser step that the candidates are for; a second batch of the same step goes on counting groups.

        Raises:
            TooManyFailures: names share, limit and the last reasons.
            RunStopped, RunRefused: the judge's budget is spent, its endpoint is gone or refuses us.
        """
        rated_P_N = await self._rate(examples_P, completions_P_N)
        self._count_failures()
        first = self._at[1] if self._at[0] == step else 0
        self._at = (step, first + len(examples_P))
        return [
            self._group(example, list(zip(texts, ended, tokens, rated, strict=True)), step, first + p)
            for p, (example, texts, ended, tokens, rated) in enumerate(
                zip(examples_P, completions_P_N, ended_P_N, tokens_P_N, rated_P_N, strict=True)
            )
        ]

    async def _rate(
        self, examples_P: Sequence[TrainingExample], completions_P_N: Sequence[Sequence[str]]
    ) -> list[list[Rated]]:
        """Outcomes of all candidates. One without a response to read gets 0 and is not shown to anybody."""
        if not self._weights["outcome"]:
            return [[Rated(None) for _ in texts] for texts in completions_P_N]
        rated_P_N = [[Rated(0.0, cost_usd=0.0) for _ in texts] for texts in completions_P_N]
        asked = [
            (p, j) for p, texts in enumerate(completions_P_N) for j, text in enumerate(texts) if has_response(text)
        ]
        examples = [examples_P[p] for p, _ in asked]
        came = await self._outcome.rate(examples, [completions_P_N[p][j] for p, j in asked]) if asked else []
        for (p, j), rated in zip(asked, map(_checked, came), strict=True):
            rated_P_N[p][j] = rated
            self._failures.append(rated.failure)
        return rated_P_N

    def _count_failures(self) -> None:
        reasons = [reason for reason in self._failures if reason]
        share = len(reasons) / max(1, len(self._failures))
        if len(self._failures) >= FEWEST and share > self._max_failed_share:
            last = "; ".join(reason for reason, _ in Counter(reversed(reasons)).most_common(3))
            raise TooManyFailures(
                f"{len(reasons)} of the last {len(self._failures)} outcomes failed ({share:.0%}), more than "
                f"max_failed_share {self._max_failed_share:.0%}: {last}; see to the judge and run the same command again"
            )

    def _group(
        self, example: TrainingExample, candidates: list[tuple[str, bool, int, Rated]], step: int, group: int
    ) -> list[Rollout]:
        """The N rollouts of one prompt, with their advantages."""
        texts = [text for text, *_ in candidates]
        formats, emotions = format_reward(texts), emotion_reward(texts, [example.emotion] * len(texts))
        rewards = [
            unified_reward({"format": fmt, "emotion": emotion, "outcome": rated.value}, self._weights)
            for fmt, emotion, (*_, rated) in zip(formats, emotions, candidates, strict=True)
        ]
        [moved] = advantages([rewards], std=self._std, epsilon=self._epsilon)
        prompt = prompt_sha256(example)
        return [
            Rollout(
                step=step,
                group=group,
                candidate=j,
                example=example.id,
                prompt_sha256=prompt,
                completion=text,
                tokens=tokens,
                ended=ended,
                constraint_bits=format_bits(text),
                emotion=example.emotion,
                emotion_from=example.emotion_from,
                predicted=predicted_emotion(text),
                outcome=self._outcome.kind,
                marks=dict(rated.marks),
                judge=rated.judge,
                judge_prompt_sha256=rated.judge_prompt_sha256,
                raw_outcome=rated.raw,
                cost_usd=rated.cost_usd,
                failure=rated.failure,
                weights=self._weights,
                format_reward=formats[j],
                emotion_reward=emotions[j],
                outcome_reward=rated.value,
                reward=rewards[j],
                advantage=moved[j],
            )
            for j, (text, ended, tokens, rated) in enumerate(candidates)
        ]


def _checked(rated: Rated) -> Rated:
    """An outcome that is a number of [0, 1], or a failure with a reason."""
    if rated.value is None:
        return rated._replace(failure=rated.failure or "the outcome came without a value and without a reason")
    if 0 <= rated.value <= 1:
        return rated._replace(failure="")
    return rated._replace(value=None, raw=None, failure=f"the outcome is {rated.value}, which is not in [0, 1]")
