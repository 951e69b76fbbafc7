"""A second judge's opinion of a share of the candidates: for agreement only, it never moves the policy (our addition)."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from graphs.schema import digest
from measure.judge import Judge, Shown
from train.rewards import rubric_reward
from train.rows import Rollout, TrainingExample


class SecondJudge:
    """Judges a share of what the reward's judge has judged."""

    def __init__(self, judge: Judge, share: float):
        """
        Args:
            share: of the candidates with marks; which ones follows from their content alone.
        """
        self._judge = judge
        self._share = share

    async def compare(self, examples: Mapping[str, TrainingExample], rollouts: Sequence[Rollout]) -> dict[str, float]:
        """How far the two judges agree, by the names of metrics.jsonl; nothing without a pair.

        Args:
            examples: by id.

        Raises:
            RunStopped, RunRefused: as `Judge.score`.
        """
        chosen = [rollout for rollout in rollouts if rollout.marks and self._is_chosen(rollout)]
        shown = [_shown(examples[rollout.example], rollout) for rollout in chosen]
        judged = await self._judge.score_all(shown)
        pairs = [
            (rollout.outcome_reward, second)
            for rollout, each in zip(chosen, judged, strict=True)
            if (second := rubric_reward(self._judge.rubric, each.marks)) is not None
            and rollout.outcome_reward is not None
        ]
        if not pairs:
            return {}
        return {
            "second_judge_agreement": 1 - fmean(abs(first - second) for first, second in pairs),
            "second_judge_gap": fmean(first - second for first, second in pairs),
        }

    async def close(self) -> None:
        """Give connections and the cache back."""
        await self._judge.close()

    def _is_chosen(self, rollout: Rollout) -> bool:
        return int(digest([rollout.prompt_sha256, rollout.completion])[:8], 16) < self._share * 2**32


def _shown(example: TrainingExample, rollout: Rollout) -> Shown:
    return Shown(example.person, example.situation, example.dialogue_text, rollout.completion)
