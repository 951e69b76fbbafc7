"""Emotion accuracy (paper §5.1, Table 2; the label of Eq. 11): the share of turns whose label is the gold one, as a whole.

Case and white space do not count: packs write labels in lower case, models at will (our choice, as in the reward of Eq. 11).
A reply that breaks the format is wrong only where no label can be read of it (our choice; the paper does not say). Where the
call failed there is nothing to score, and the turn is left out and counted.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from graphs.schema import Record, one_line
from graphs.spans import span_of
from measure.intervals import Estimate, clustered_mean


class Labelled(NamedTuple):
    """One scored turn: what should have been said, and what was."""

    persona: str
    turn: int
    gold: str
    predicted: str | None
    """Empty where the reply names no label; None where there is no reply."""
    copied: str
    """What "copy the last label" says; empty at turn 1."""


class EmotionAccuracy(Record):
    """Emotion accuracy of one system under one history setting; shares in [0, 1]."""

    overall: Estimate
    first_turn: Estimate
    later_turns: Estimate
    """From turn 2 on: what "copy the last label" can be held against."""
    by_turn: dict[int, Estimate]
    over_copying: Estimate
    """The model's hits less those of "copy the last label", turn by turn from turn 2 on."""
    without_label: int
    """Replies that no label could be read of: counted as wrong."""
    off_list: int
    """Labels that the pack does not have: counted as wrong."""


class Baselines(Record):
    """What saying labels without reading gets on the same turns."""

    copy_overall: Estimate
    """With nothing to copy at turn 1, which is counted as wrong there."""
    copy_later_turns: Estimate
    majority: Estimate
    majority_label: str


def label_of(reply: str) -> str:
    """The label that a reply names, as written; empty where its emotion span cannot be read."""
    return span_of(reply, "emotion")


def same_label(predicted: str, gold: str) -> bool:
    """Whether two labels are the same words but for case and white space; an empty one is none."""
    return bool(predicted) and one_line(predicted).casefold() == one_line(gold).casefold()


def emotion_accuracy(turns: Sequence[Labelled], labels: frozenset[str]) -> EmotionAccuracy:
    """Score what a system said.

    Args:
        labels: the pack's.
    """
    said = [turn for turn in turns if turn.predicted is not None]
    later = [turn for turn in said if turn.turn > 1]
    by_turn: dict[int, list[Labelled]] = defaultdict(list)
    for turn in turns:
        by_turn[turn.turn].append(turn)
    wrong = [turn for turn in said if turn.predicted and not _is_hit(turn)]
    return EmotionAccuracy(
        overall=_share(turns, _is_hit),
        first_turn=_share(by_turn[1], _is_hit),
        later_turns=_share([turn for turn in turns if turn.turn > 1], _is_hit),
        by_turn={number: _share(found, _is_hit) for number, found in sorted(by_turn.items()) if found},
        over_copying=clustered_mean((turn.persona, float(_is_hit(turn)) - float(_is_copy_hit(turn))) for turn in later),
        without_label=sum(turn.predicted == "" for turn in said),
        off_list=sum((turn.predicted or "").casefold() not in labels for turn in wrong),
    )


def baselines(turns: Sequence[Labelled], majority_label: str) -> Baselines:
    """Score "copy the last label" and "always the most frequent label" on the turns that were answered."""
    said = [turn for turn in turns if turn.predicted is not None]
    return Baselines(
        copy_overall=_share(said, _is_copy_hit),
        copy_later_turns=_share([turn for turn in said if turn.turn > 1], _is_copy_hit),
        majority=_share(said, lambda turn: same_label(majority_label, turn.gold)),
        majority_label=majority_label,
    )


def _share(turns: Iterable[Labelled], is_hit: Callable[[Labelled], bool]) -> Estimate:
    found = list(turns)
    said = [turn for turn in found if turn.predicted is not None]
    return clustered_mean(((turn.persona, float(is_hit(turn))) for turn in said), missing=len(found) - len(said))


def _is_hit(turn: Labelled) -> bool:
    return same_label(turn.predicted or "", turn.gold)


def _is_copy_hit(turn: Labelled) -> bool:
    return same_label(turn.copied, turn.gold)
