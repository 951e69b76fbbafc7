"""A finished dialogue as one row of the catalogue: what people filter, sort and count by, and the words they search."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from graphs.journal import Bill, Mark
from graphs.schema import Attempt, Decision, Trajectory, digest, one_line
from graphs.spans import MalformedReply, Spans, parse_spans
from release.corrected import Corrections
from release.firewall import situation_key, why_left_out
from release.statistics import UNKNOWN_MBTI, count_words

PASSED = "passed"
_LETTERS = {Decision.SOLVED: "S", Decision.PASS: "P", Decision.FAIL: "F"}
_OPENING = 240
_UNCORRECTED = Corrections()
"""A run knows no annotators: what they changed comes in with the release."""


class DialogueRow(NamedTuple):
    """The columns of a dialogue in the catalogue, in their order in its table."""

    id: str
    position: int
    mark: int
    persona: str
    mbti: str
    emotion: str
    split: str
    turns: int
    path: str
    """One letter for the decision of each closed turn: S, P or F."""
    fails: int
    """Attempts that failed."""
    hard: int
    """1 where the paper's Eq. 4 puts the dialogue into the hard set."""
    ended: str
    screened: str
    """Kinds of removal, with a blank around each; ` passed ` where there is none."""
    reasons: str
    """Removals by kind and rule, for people to read."""
    left_out: str | None
    """What keeps the dialogue out of any release by itself."""
    situation: str
    """Two dialogues with one key have the same situation."""
    cost: float | None
    """US dollars; None where the price of a call is not known."""
    tokens: int
    opening: str
    query: int
    """Words of all utterances; the four below are words of each span of all replies."""
    understanding: int
    reasoning: int
    emotion_words: int
    response: int
    replies: int
    """Replies that hold the four-span format."""


def dialogue_row(
    trajectory: Trajectory, mark: Mark, bills: Collection[Bill], labels: Collection[str]
) -> tuple[DialogueRow, str]:
    """The row of a dialogue, and its words: utterances and the responses that stood, one a line.

    Args:
        bills: what its calls took.
        labels: the pack's.
    """
    removals, attempts = trajectory.removals, list(_attempts(trajectory))
    spans = list(_spans(trajectory))
    words = count_words((turn.utterance for turn in trajectory.turns), spans)
    row = DialogueRow(
        id=trajectory.id,
        position=mark.position,
        mark=mark.content,
        persona=trajectory.persona.id,
        mbti=trajectory.persona.mbti or UNKNOWN_MBTI,
        emotion=one_line(trajectory.situation.emotion),
        split=trajectory.split,
        turns=len(trajectory.turns),
        path="".join(_LETTERS[decision] for decision in trajectory.decisions),
        fails=sum(attempt.decision is Decision.FAIL for attempt in attempts),
        hard=int(is_hard([attempt.decision for attempt in attempts])),
        ended=trajectory.end.value,
        screened=f" {' '.join(dict.fromkeys(removal.kind for removal in removals)) or PASSED} ",
        reasons="; ".join(dict.fromkeys(f"{removal.kind}: {removal.rule}" for removal in removals)),
        left_out=why_left_out(_UNCORRECTED.gold(trajectory), labels),
        situation=digest(situation_key(trajectory.situation.text))[:16],
        cost=_total_cost(bills),
        tokens=sum(bill.tokens for bill in bills),
        opening=trajectory.turns[0].utterance[:_OPENING],
        query=words["query"],
        understanding=words["understanding"],
        reasoning=words["reasoning"],
        emotion_words=words["emotion"],
        response=words["response"],
        replies=len(spans),
    )
    return row, "\n".join(line for turn in trajectory.turns for line in (turn.utterance, turn.response))


def is_hard(decisions: Collection[Decision]) -> bool:
    """Whether Eq. 4 puts a dialogue into the hard set, by the rates of its decisions.

    The paper does not say whether its rates count attempts or closed turns. We count attempts: a closed turn is a FAIL only
    where every attempt failed, and by turns hardly any dialogue would be hard (our choice).
    """
    solved, passed, failed = (
        sum(d is kind for d in decisions) for kind in (Decision.SOLVED, Decision.PASS, Decision.FAIL)
    )
    return not (failed < passed + solved or failed + passed < solved)


def _attempts(trajectory: Trajectory) -> Iterator[Attempt]:
    return (attempt for turn in trajectory.turns for attempt in turn.attempts)


def _spans(trajectory: Trajectory) -> Iterator[Spans]:
    """The replies that stood, split; those off format are left out."""
    for turn in trajectory.turns:
        try:
            yield parse_spans(turn.reply)
        except MalformedReply:
            continue


def _total_cost(bills: Collection[Bill]) -> float | None:
    known = [bill.cost_usd for bill in bills if bill.cost_usd is not None]
    return sum(known) if len(known) == len(bills) else None
