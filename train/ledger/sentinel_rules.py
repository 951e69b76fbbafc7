"""The sentinel's rules: what counts as an alarm, each with its limit in one settings record (our choice throughout)."""

from collections.abc import Iterator, Sequence

from pydantic import Field

from graphs.schema import Record


class SentinelLimits(Record):
    """When a rule speaks. Rises are against the run's first look."""

    candidates: int = Field(default=128, ge=1)
    """The fewest candidates of a look."""
    in_a_row: int = Field(default=2, ge=1)
    """Looks that a rule must hold in before it speaks."""
    format_rise: float = 0.1
    outcome_flat: float = 0.02
    """Format rose by so much and the outcome by less than this: the reward grows by its form alone."""
    praise_rise: float = 0.2
    template_rise: float = 0.2
    word_share: float = 0.5
    word_rise: float = 0.4
    """A word stands in so many responses, and stood in so many fewer."""
    judge_talk_rise: float = 0.02
    longer: float = 2.0
    shorter: float = 0.5
    """Mean tokens against the first look's."""
    clipped: float = 0.2
    label_variety: float = 0.5
    """Labels in use against those that should be (exp of the entropies' difference)."""
    entropy_left: float = 0.25
    """Of the first look's entropy per token."""
    kl: float = 0.5
    """Mean KL per token to the SFT model, in nats."""
    groups_without_variance: float = 0.8
    failures: float = 0.1
    second_judge_agreement: float = 0.7
    second_judge_gap_rise: float = 0.15
    """The reward's judge went up by so much more than the second one, on [0, 1]."""


class SentinelFigures(Record):
    """What the candidates of one look have in common. None where nothing could be measured."""

    first_step: int
    step: int
    candidates: int
    reward: float | None
    reward_format: float
    reward_emotion: float
    reward_outcome: float | None
    groups_without_variance: float | None
    failure_share: float | None
    """Of the outcomes asked for."""
    no_response_share: float
    length: float
    """Mean tokens."""
    clipped_share: float
    labels: dict[str, int]
    """Predicted labels, the most frequent first."""
    label_variety: float | None
    template_share: float | None
    praise_share: float | None
    judge_talk_share: float | None
    words: dict[str, float] = Field(default_factory=dict)
    """Share of responses that hold a word."""
    kl: float | None = None
    entropy: float | None = None
    second_judge_agreement: float | None = None
    """1 - mean absolute difference of the two judges' outcomes."""
    second_judge_gap: float | None = None
    """Mean of the reward's judge less that of the second."""


class Alarm(Record):
    """A rule that speaks: a line of alarms.jsonl."""

    step: int
    rule: str
    finding: str
    value: float
    limit: float


def firing(history: Sequence[SentinelFigures], limits: SentinelLimits) -> dict[str, Alarm]:
    """The rules that hold in the last looks, `in_a_row` of them, by name. The first look is the baseline."""
    last = history[-limits.in_a_row :]
    if len(last) < limits.in_a_row:
        return {}
    held = [{alarm.rule: alarm for alarm in holding(history[0], now, limits)} for now in last]
    return {rule: alarm for rule, alarm in held[-1].items() if all(rule in each for each in held)}


def holding(first: SentinelFigures, now: SentinelFigures, limits: SentinelLimits) -> Iterator[Alarm]:
    """The rules that hold in one look against the baseline."""
    for rule, value, limit, finding in [
        *_habits(first, now, limits),
        *_rewards(first, now, limits),
        *_policy(first, now, limits),
    ]:
        yield Alarm(step=now.step, rule=rule, finding=finding, value=value, limit=limit)


_Held = tuple[str, float, float, str]


def _habits(first: SentinelFigures, now: SentinelFigures, limits: SentinelLimits) -> Iterator[_Held]:
    """What responses have taken on."""
    for rule, was, now_is, limit, digits, told in (
        ("praise", first.praise_share, now.praise_share, limits.praise_rise, ".0%", "praise the user"),
        ("template", first.template_share, now.template_share, limits.template_rise, ".0%", "open like one to another prompt"),
        ("judge_talk", first.judge_talk_share, now.judge_talk_share, limits.judge_talk_rise,
         ".1%", "speak of scores, rubrics or orders"),
    ):  # fmt: skip
        rise = _rise(was, now_is)
        if rise is not None and rise >= limit:
            yield rule, rise, limit, f"{now_is:{digits}} of the responses {told}, {was:{digits}} did at first"
    risen = {
        word: share - first.words.get(word, 0.0) for word, share in now.words.items() if share >= limits.word_share
    }
    word = max(risen, key=risen.__getitem__, default="")
    if word and risen[word] >= limits.word_rise:
        yield (
            "word",
            risen[word],
            limits.word_rise,
            f"{word!r} stands in {now.words[word]:.0%} of the responses, {first.words.get(word, 0.0):.0%} at first",
        )


def _rewards(first: SentinelFigures, now: SentinelFigures, limits: SentinelLimits) -> Iterator[_Held]:
    """Where the reward comes from, and whether it can be trusted."""
    form, outcome = now.reward_format - first.reward_format, _rise(first.reward_outcome, now.reward_outcome)
    if form >= limits.format_rise and outcome is not None and outcome < limits.outcome_flat:
        yield (
            "format_alone",
            form,
            limits.format_rise,
            f"the format reward rose by {form:.2f} and the outcome by {outcome:+.2f}",
        )
    flat = now.groups_without_variance
    if flat is not None and flat >= limits.groups_without_variance:
        yield (
            "no_variance",
            flat,
            limits.groups_without_variance,
            f"{flat:.0%} of the groups have equal rewards, so nothing is learnt from them",
        )
    if now.failure_share is not None and now.failure_share >= limits.failures:
        yield "failures", now.failure_share, limits.failures, f"{now.failure_share:.0%} of the outcomes failed"
    agreement = now.second_judge_agreement
    if agreement is not None and agreement < limits.second_judge_agreement:
        yield "second_judge", agreement, limits.second_judge_agreement, f"the two judges agree to {agreement:.2f} only"
    rise = _rise(first.second_judge_gap, now.second_judge_gap)
    if rise is not None and rise >= limits.second_judge_gap_rise:
        yield (
            "second_judge_gap",
            rise,
            limits.second_judge_gap_rise,
            f"the reward's judge rose by {rise:.2f} more than the second one",
        )


def _policy(first: SentinelFigures, now: SentinelFigures, limits: SentinelLimits) -> Iterator[_Held]:
    """What became of the policy itself."""
    ratio = now.length / first.length if first.length else 1.0
    if ratio >= limits.longer or ratio <= limits.shorter:
        limit = limits.longer if ratio >= limits.longer else limits.shorter
        yield "length", ratio, limit, f"completions have {now.length:.0f} tokens, {first.length:.0f} at first"
    if now.clipped_share >= limits.clipped:
        yield (
            "clipped",
            now.clipped_share,
            limits.clipped,
            f"{now.clipped_share:.0%} of the completions did not end by themselves",
        )
    if now.label_variety is not None and now.label_variety < limits.label_variety:
        top = next(iter(now.labels), "")[:40]
        yield (
            "labels",
            now.label_variety,
            limits.label_variety,
            f"{now.label_variety:.0%} of the variety of gold labels is left; the most frequent is {top!r}",
        )
    if first.entropy and now.entropy is not None and now.entropy < limits.entropy_left * first.entropy:
        yield (
            "entropy",
            now.entropy / first.entropy,
            limits.entropy_left,
            f"entropy per token is {now.entropy:.3f}, {first.entropy:.3f} at first",
        )
    if now.kl is not None and now.kl >= limits.kl:
        yield "kl", now.kl, limits.kl, f"KL to the SFT model is {now.kl:.2f} nats per token"


def _rise(first: float | None, now: float | None) -> float | None:
    return None if first is None or now is None else now - first
