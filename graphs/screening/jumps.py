"""Implausible emotional jumps between the user's own utterances (§3.2).

The emotion of an utterance is read from its words alone (graphs/valence.py), never from the responder's emotion span,
which is a guess by the other side. An utterance with enough feeling words is held against the feeling so far: the words
of the last few utterances that could be read, the situation and its label standing before the first. Mixed feelings are human, so
a change of sign alone removes nothing: the step must be one that 95 of 100 steps of people do not reach and have no
bridge, or one that 99 of 100 do not. A bridge is what people say when a feeling turns: something new happened, the
helper's words did it, or both feelings are there.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from graphs.schema import Removal, Situation
from graphs.screening.phrases import any_of, excerpt, plain
from graphs.screening.rules import JumpRule, JumpThresholds
from graphs.valence import Reading, read_valence

_NEW_EVENT = (
    r"today|tonight|yesterday|this (?:morning|afternoon|evening|week)|last night|(?:hour|day|week)s? (?:ago|later)",
    r"just (?:now|got|heard|found|saw|called|told|came|learned|happened|had)|turn(?:s|ed) out|found out|heard back|news",
    r"(?:called|texted|phoned|emailed|messaged|wrote|told|asked) (?:me|us)|happened|suddenly|finally|in the end|ended up",
    r"since (?:then|we|last)|meanwhile|update",
)
_HELPER_EFFECT = (
    r"you(?:'re| are) right|(?:what|when|how|as|like) you (?:just )?(?:said|say|put|ask|asked|mentioned|described)",
    r"talk(?:ing)? (?:to you|with you|about (?:it|this)|it (?:out|through|over))",
    r"you(?:'ve| have)? (?:really )?(?:helped|made me)|(?:that|this|it) (?:really |does )?(?:helps?|helped|ma[kd]es? sense)",
    r"hear(?:ing)? (?:that|you|it)|saying (?:it|that|this)|thank(?:s| you) for|that way",
    r"your (?:words|advice|idea|suggestion|question|point)|good (?:point|idea|question|advice)",
    r"never thought (?:of|about)|(?:hadn't|haven't|didn't) (?:thought|think|look)",
)
_BOTH_FEELINGS = (
    r"but|though|although|even (?:so|if)|still|yet|however|despite|except|anyway|at least|instead|now|if only|I wish",
    r"part of me|half of me|mixed|bittersweet|at the same time|on the other hand|as well as|and also",
    r"other times|sometimes|used to|back then|when I was",
)
_BRIDGE = any_of(*_NEW_EVENT, *_HELPER_EFFECT, *_BOTH_FEELINGS)

CLEARLY_FELT = 0.1
"""A valence nearer to nothing has no sign (our choice)."""


class Step(NamedTuple):
    """From the feeling so far to the one of an utterance; turn 0 is the situation."""

    before: Reading
    since: int
    after: Reading
    turn: int
    text: str

    @property
    def size(self) -> float:
        return abs(self.after.valence - self.before.valence)

    @property
    def flips(self) -> bool:
        """Whether the sign changes, from clearly felt to clearly felt."""
        calmer = min(abs(self.after.valence), abs(self.before.valence))
        return self.after.valence * self.before.valence < 0 and calmer >= CLEARLY_FELT

    @property
    def has_bridge(self) -> bool:
        """Whether the utterance gives a reason why the feeling turned."""
        return _BRIDGE.search(self.text) is not None


def jump_removals(situation: Situation, utterances: Sequence[str], limits: JumpThresholds) -> tuple[Removal, ...]:
    """Find the steps of the user's feeling that people do not make."""
    steps = feeling_steps(situation, utterances, limits)
    return tuple(_removal(step, rule) for step in steps if (rule := _judge(step, limits)))


def feeling_steps(situation: Situation, utterances: Sequence[str], limits: JumpThresholds) -> Iterator[Step]:
    """Take every step of a person's feeling that can be read, from the situation on; its label is a word of it."""
    felt: list[tuple[int, Reading]] = []
    for turn, text in enumerate(map(plain, (f"{situation.text} {situation.emotion}", *utterances))):
        after = read_valence(text)
        if after is None:
            continue
        before = felt[-limits.reach :]
        if before and len(after.words) >= limits.min_words:
            yield Step(_pooled(reading for _, reading in before), before[0][0], after, turn, text)
        felt.append((turn, after))


def _pooled(readings: Iterable[Reading]) -> Reading:
    words, values = zip(*((word, value) for one in readings for word, value in zip(*one, strict=True)), strict=True)
    return Reading(words, values)


def _judge(step: Step, limits: JumpThresholds) -> JumpRule | None:
    if step.size >= limits.leap:
        return "leap"
    return "flip" if step.flips and step.size >= limits.flip and not step.has_bridge else None


def _removal(step: Step, rule: JumpRule) -> Removal:
    since = f"turn {step.since}" if step.since else "the situation"
    finding = (
        f"valence {step.before.valence:+.2f} since {since} ({', '.join(step.before.words[-4:])}),"
        f" {step.after.valence:+.2f} here ({', '.join(step.after.words[:4])}): {excerpt(step.text)}"
    )
    return Removal(kind="jump", rule=rule, turn=step.turn, finding=finding)
