"""The sentinel: what a policy does to its reward, look by look, and the alarms of reward hacking (our addition to §4).

A look sums up at least so many candidates, the same when read from the files as while the run goes on. The first look is
the baseline. A rule speaks when it holds in several looks in a row, and again only after it has been quiet.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from statistics import fmean

from pydantic import ValidationError

from graphs.records import BadFile
from graphs.schema import compact
from graphs.spans import span_of
from train.ledger.ledger import LEDGER, groups, ledger_header, read_ledger
from train.ledger.response_habits import habits
from train.ledger.sentinel_rules import Alarm, SentinelFigures, SentinelLimits, firing
from train.rewards import has_response, share_without_variance
from train.rows import Rollout
from train.running.run_lines import Metrics, whole_lines

ALARMS = "alarms.jsonl"
METRICS = "metrics.jsonl"
HEARD = ("kl", "entropy", "second_judge_agreement", "second_judge_gap")
"""What the sentinel takes from the trainer's metrics."""


def figures(rollouts: Sequence[Rollout], metrics: Sequence[Mapping[str, float]] = ()) -> SentinelFigures:
    """Sum up candidates.

    Args:
        rollouts: whole groups, at least one.
        metrics: the trainer's figures of these steps.
    """
    responses = [(each.example, span_of(each.completion, "response")) for each in rollouts]
    shared = habits([(example, text) for example, text in responses if text])
    labels = Counter(each.predicted.casefold() for each in rollouts if each.predicted)
    rewards_P_N = [[each.reward for each in group] for group in groups(rollouts).values()]
    asked = [each for each in rollouts if each.weights["outcome"] and has_response(each.completion)]
    return SentinelFigures(
        first_step=min(each.step for each in rollouts),
        step=max(each.step for each in rollouts),
        candidates=len(rollouts),
        reward=_mean(each.reward for each in rollouts if each.reward is not None),
        reward_format=fmean(each.format_reward for each in rollouts),
        reward_emotion=fmean(each.emotion_reward for each in rollouts),
        reward_outcome=_mean(each.outcome_reward for each in rollouts if each.outcome_reward is not None),
        groups_without_variance=share_without_variance(rewards_P_N),
        failure_share=_mean(float(bool(each.failure)) for each in asked),
        no_response_share=fmean(not text for _, text in responses),
        length=fmean(each.tokens for each in rollouts),
        clipped_share=fmean(not each.ended for each in rollouts),
        labels=dict(labels.most_common(40)),
        label_variety=_variety(labels, Counter(each.emotion.casefold() for each in rollouts)),
        template_share=shared.template,
        praise_share=shared.praise,
        judge_talk_share=shared.to_the_judge,
        words=dict(list(shared.words.items())[:200]),
        **{name: _mean(line[name] for line in metrics if name in line) for name in HEARD},
    )


def alarms(history: Sequence[SentinelFigures], limits: SentinelLimits | None = None) -> list[Alarm]:
    """Every alarm of a run so far: each rule when it begins to hold, and when it does so anew."""
    limits = limits or SentinelLimits()
    found: list[Alarm] = []
    standing = set[str]()
    for at in range(1, len(history) + 1):
        now = firing(history[:at], limits)
        found += [alarm for rule, alarm in now.items() if rule not in standing]
        standing = set(now)
    return found


class Sentinel:
    """Watches a run as it goes on."""

    def __init__(self, limits: SentinelLimits | None = None):
        self.limits = limits or SentinelLimits()
        self.history: list[SentinelFigures] = []
        self._rollouts: list[Rollout] = []
        self._metrics: list[Mapping[str, float]] = []
        self._standing = set[str]()

    def hear(self, metrics: Mapping[str, float]) -> None:
        """Take the trainer's figures of a step."""
        self._metrics.append(metrics)

    def see(self, rollouts: Sequence[Rollout]) -> list[Alarm]:
        """Take the candidates of a generation; returns the alarms that are new. A look ends where a step begins."""
        begins = bool(self._rollouts and rollouts) and rollouts[0].step != self._rollouts[-1].step
        fresh = self.end_look() if begins else []
        self._rollouts += rollouts
        return fresh

    def end_look(self) -> list[Alarm]:
        """Sum up what was seen, if it is enough for a look; also the last thing to do with a run."""
        if len(self._rollouts) < self.limits.candidates:
            return []
        self.history.append(figures(self._rollouts, self._metrics))
        self._rollouts, self._metrics = [], []
        now = firing(self.history, self.limits)
        fresh = [alarm for rule, alarm in now.items() if rule not in self._standing]
        self._standing = set(now)
        return fresh

    def so_far(self) -> list[SentinelFigures]:
        """All looks, the last one also where it is not full yet."""
        unfinished = [figures(self._rollouts, self._metrics)] if self._rollouts else []
        return [*self.history, *unfinished]


def recalled(run: Path, limits: SentinelLimits | None = None, last: int | None = None) -> Sentinel:
    """The sentinel of a run as its files have it; of a run without a ledger, a new one.

    Args:
        last: the step after which nothing is read, for a run that goes on from there; None reads all.

    Raises:
        BadFile: ledger or metrics cannot be read.
    """
    sentinel = Sentinel(limits)
    ledger = run / LEDGER
    if not ledger.exists():
        return sentinel
    ledger_header(ledger)
    heard = _train_metrics(run / METRICS, last)
    standing = takewhile(lambda rollout: last is None or rollout.step <= last, read_ledger(ledger))
    for rollouts in _by_generation(standing):
        while heard and heard[0][0] < rollouts[0].step:
            sentinel.hear(heard.pop(0)[1])
        sentinel.see(rollouts)
    for _, metrics in heard:
        sentinel.hear(metrics)
    return sentinel


def keep_alarms(run: Path, new: Iterable[Alarm]) -> None:
    """Append alarms to the run's alarms.jsonl."""
    lines = b"".join(compact(alarm.model_dump(mode="json")) + b"\n" for alarm in new)
    if lines:
        with (run / ALARMS).open("ab") as file:
            file.write(lines)


def _by_generation(rollouts: Iterable[Rollout]) -> Iterable[list[Rollout]]:
    """Rollouts of one step at a time."""
    step: list[Rollout] = []
    for rollout in rollouts:
        if step and rollout.step != step[0].step:
            yield step
            step = []
        step.append(rollout)
    if step:
        yield step


def _train_metrics(path: Path, last: int | None) -> list[tuple[int, dict[str, float]]]:
    """Step and figures of every line of the training's own split, up to a step if one is given."""
    if not path.exists():
        return []
    found: list[tuple[int, dict[str, float]]] = []
    for number, line in whole_lines(path):
        try:
            row = Metrics.model_validate_json(line)
        except ValidationError as error:
            why = error.errors()[0]["msg"]
            raise BadFile(f"{path}:{number}: no line of metrics ({why}); mend or drop it") from error
        if last is not None and row.step > last:
            break
        if row.split == "train":
            heard = {name: value for name, value in row.metrics.items() if name in HEARD and value is not None}
            found.append((row.step, heard))
    return found


def _variety(predicted: Counter[str], gold: Counter[str]) -> float | None:
    """How many labels are in use, weighed, against how many should be: exp of the entropies' difference."""
    return math.exp(_entropy(predicted) - _entropy(gold)) if predicted else None


def _entropy(counts: Counter[str]) -> float:
    total = counts.total()
    return -math.fsum(count / total * math.log(count / total) for count in counts.values())


def _mean(values: Iterable[float]) -> float | None:
    finite = [value for value in values if math.isfinite(value)]
    return fmean(finite) if finite else None


__all__ = [
    "ALARMS", "Alarm", "Sentinel", "SentinelFigures", "SentinelLimits", "alarms", "figures", "keep_alarms", "recalled",
]  # fmt: skip
