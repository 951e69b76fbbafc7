"""How far people's feelings move from message to message (graphs/valence.py): where screening's thresholds come from.

    python -m benchmarks.valence_on_people FOLDER

FOLDER holds empathetic_dialogues.jsonl.gz (the speaker's messages) and esconv_valid.jsonl.gz (the seeker's). Prints the
quantiles of |step| as screening takes it, then those of plain consecutive messages with one listed word or two in both.
"""

import gzip
import json
import re
import statistics
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

from graphs.schema import Situation
from graphs.screening.jumps import feeling_steps
from graphs.screening.rules import JumpThresholds
from graphs.valence import read_valence

SOURCES = ("empathetic_dialogues", "esconv_valid")
PERCENTILES = (50, 90, 95, 99)
_SPACED_APOSTROPHE = re.compile(r"(?<=\w)\s*'\s*(?=(?:t|s|m|re|ve|ll|d)\b)")


class Talk(NamedTuple):
    """One human dialogue: the situation, then (speaks for themselves?, text), neighbours of one side joined."""

    situation: Situation
    messages: tuple[tuple[bool, str], ...]

    @property
    def own(self) -> list[str]:
        """The messages of the person who wants to be heard."""
        return [text for is_own, text in self.messages if is_own]


def read_talks(path: Path) -> Iterator[Talk]:
    """Read EmpatheticDialogues or ESConv rows of a gzip JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            said = row.get("dialog") or row["utterances"]
            sides = groupby(said, key=lambda message: message["speaker"] in ("usr", "speaker"))
            messages = tuple((own, _closed_up(" ".join(message["text"] for message in group))) for own, group in sides)
            emotion = row.get("emotion_type") or row["emotion"]
            yield Talk(Situation(id="people", emotion=emotion, text=row["situation"] or "(none)"), messages)


def _closed_up(text: str) -> str:
    """Undo the tokenisation that ESConv comes in: "don ' t" is "don't"."""
    return _SPACED_APOSTROPHE.sub("'", text)


def consecutive_sizes(talks: Iterable[Talk], min_words: int) -> list[float]:
    """Take |step| between a person's neighbouring messages that both hold enough listed words."""
    sizes = []
    for talk in talks:
        for one, other in pairwise(map(read_valence, talk.own)):
            if one and other and min(len(one.words), len(other.words)) >= min_words:
                sizes.append(abs(other.valence - one.valence))
    return sizes


def main(folder: Path) -> None:
    limits = JumpThresholds()
    print(f"{'source and step':58}{'steps':>7}" + "".join(f"{f'p{at}':>7}" for at in PERCENTILES))
    for source in SOURCES:
        talks = list(read_talks(folder / f"{source}.jsonl.gz"))
        steps = [step for talk in talks for step in feeling_steps(talk.situation, talk.own, limits)]
        _print(
            f"{source}: as screened ({limits.min_words}+ words against the last {limits.reach})",
            [s.size for s in steps],
        )
        for words in (1, 2):
            _print(f"{source}: neighbours, {words}+ words in both", consecutive_sizes(talks, words))
        flips = [step for step in steps if step.flips]
        unbridged = sum(not step.has_bridge for step in flips) / len(steps)
        print(f"  of the steps as screened {len(flips) / len(steps):.1%} change sign, {unbridged:.1%} without a bridge")
        readable = [read_valence(text) is not None for talk in talks for text in talk.own]
        print(f"  {sum(readable) / len(readable):.0%} of {len(readable)} messages hold a listed word")


def _print(title: str, sizes: list[float]) -> None:
    cuts = statistics.quantiles(sizes, n=100)
    print(f"{title:58}{len(sizes):7}" + "".join(f"{cuts[at - 1]:7.2f}" for at in PERCENTILES))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
