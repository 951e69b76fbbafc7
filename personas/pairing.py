"""Who meets what: personas paired with situations by a seed, with persona-disjoint splits (paper §3.1, Table 3).

The paper samples persona and situation jointly, keeping both distributions, and holds 32 of 671 personas out for test.
Here every prefix of a stratified order holds each MBTI type and each emotion in proportion, so that any `limit` does.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from math import lcm
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from graphs.records import read_rows, write_rows
from graphs.schema import Pairing, Persona, Situation, Split, digest

TEST_PERSONAS = 32 / 671
"""Share of the personas held out for test (Table 3)."""

Row = TypeVar("Row", Persona, Situation)


class PairingError(ValueError):
    """Personas and situations that cannot be paired as asked: says what is wrong and what to do."""


class PairReport(NamedTuple):
    """How many dialogues were laid out, and how many personas they have on each side."""

    train: int
    test: int
    train_personas: int
    test_personas: int


class _Side(NamedTuple):
    """What one split has to pair, in stratified order."""

    personas: list[Persona]
    situations: list[Situation]

    @property
    def pairs(self) -> int:
        return len(self.personas) * len(self.situations)


def pair(
    personas: Sequence[Persona],
    situations: Sequence[Situation],
    limit: int,
    seed: int,
    test_personas: float = TEST_PERSONAS,
) -> Iterator[Pairing]:
    """Lay out at most `limit` dialogues: no pair twice, every persona of a split about equally often.

    A situation that has a split keeps it; the others are divided as the personas are. Dialogues divide between the
    splits as the situations do. The order of the input does not matter, and both splits stand all through the output.

    Args:
        personas: distinct ids.
        situations: distinct ids.
        limit: fewer come out only where there are fewer pairs.
        seed: same seed and same records, same pairings.
        test_personas: share of the personas that stand in test dialogues alone, at least one; 0 holds none out.

    Raises:
        PairingError: nothing to pair, a doubled id, a limit under 1 or a share outside [0, 1).
    """
    _check(personas, situations, limit, test_personas)
    rng = random.Random(f"pairing {seed}")
    sides = _sides(personas, situations, test_personas, rng)
    sizes = _sizes(sides, limit)
    drawn = [(split, pair) for split, side in sides.items() for pair in islice(_pairs(side), sizes[split])]
    return (
        Pairing(id=_id(number, persona, situation), persona=persona, situation=situation, split=split)
        for number, (split, (persona, situation)) in enumerate(_evenly(drawn, lambda item: item[0]), start=1)
    )


def pair_files(
    personas_file: Path,
    situations_file: Path,
    limit: int,
    seed: int,
    out: Path,
    test_personas: float = TEST_PERSONAS,
) -> PairReport:
    """Pair two imported files into a third; its header says from what and by which seed.

    Raises:
        BadFile: a file is missing or a row in it is none.
        PairingError: see `pair`.
    """
    personas = list(read_rows(personas_file, Persona))
    situations = list(read_rows(situations_file, Situation))
    pairings = list(pair(personas, situations, limit, seed, test_personas))
    header = {
        "kind": "pairings",
        "seed": seed,
        "limit": limit,
        "test_personas": test_personas,
        "personas": _hash_of(personas),
        "situations": _hash_of(situations),
    }
    write_rows(out, header, pairings)
    return _report(pairings)


def _check(personas: Sequence[Persona], situations: Sequence[Situation], limit: int, share: float) -> None:
    for what, rows in (("personas", personas), ("situations", situations)):
        if not rows:
            raise PairingError(f"no {what} to pair; import some first")
        if len({row.id for row in rows}) < len(rows):
            raise PairingError(f"{what}: an id stands there twice; import the files together, so that it is merged")
    if limit < 1:
        raise PairingError(f"limit {limit}: ask for at least one dialogue")
    if not 0 <= share < 1:
        raise PairingError(f"share of test personas {share}: give 0 or more and less than 1")


def _sides(
    personas: Sequence[Persona], situations: Sequence[Situation], share: float, rng: random.Random
) -> dict[Split, _Side]:
    who, what = _stratified(personas, _mbti, rng), _stratified(situations, _emotion, rng)
    held_out = min(max(1, round(share * len(who))), len(who) - 1) if share else 0
    test_situations = _for_test(what, share if held_out else 0.0)
    return {
        "train": _Side(who[held_out:], [row for row in what if row.id not in test_situations]),
        "test": _Side(who[:held_out], [row for row in what if row.id in test_situations]),
    }


def _for_test(situations: Sequence[Situation], share: float) -> set[str]:
    """The situations of the test split: those that state it, and of those that state none a share."""
    free = [row.id for row in situations if row.split is None]
    wanted = max(1, round(share * len(free))) if share and len(free) > 1 else 0
    return {row.id for row in situations if row.split == "test"} | set(free[:wanted])


def _sizes(sides: Mapping[Split, _Side], limit: int) -> dict[Split, int]:
    """Dialogues of each split: in proportion to its situations, as far as it has pairs."""
    test, train = sides["test"], sides["train"]
    usable = len(test.situations) if test.pairs else 0
    share = usable / ((usable + (len(train.situations) if train.pairs else 0)) or 1)
    of_test = min(round(limit * share), test.pairs)
    return {"train": min(limit - of_test, train.pairs), "test": of_test}


def _pairs(side: _Side) -> Iterator[tuple[Persona, Situation]]:
    """Every pair of a split once; personas and situations both go round, shifted by one when the round would repeat."""
    who, what = side
    for number in range(side.pairs):
        shifted = number + number // lcm(len(who), len(what))
        yield who[number % len(who)], what[shifted % len(what)]


def _stratified(rows: Sequence[Row], stratum: Callable[[Row], str], rng: random.Random) -> list[Row]:
    """Shuffle so that every prefix holds each stratum in proportion, whatever order the rows came in."""
    shuffled = sorted(rows, key=lambda row: row.id)
    rng.shuffle(shuffled)
    return _evenly(shuffled, stratum, rng.random)


def _evenly(rows: Sequence[Any], stratum: Callable[[Any], str], jitter: Callable[[], float] = lambda: 0.5) -> list[Any]:
    """Spread each stratum over the whole length: its i-th of m stands near (i + jitter) / m."""
    strata: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        strata[stratum(row)].append(row)
    placed = [
        ((place + jitter()) / len(strata[name]), name, place)
        for name in sorted(strata)
        for place in range(len(strata[name]))
    ]
    return [strata[name][place] for _, name, place in sorted(placed)]


def _mbti(persona: Persona) -> str:
    return persona.mbti


def _emotion(situation: Situation) -> str:
    return situation.emotion


def _id(number: int, persona: Persona, situation: Situation) -> str:
    return f"d{number:05d}-{digest([persona.id, situation.id])[:8]}"


def _hash_of(rows: Sequence[Persona] | Sequence[Situation]) -> str:
    return digest([row.model_dump(mode="json") for row in rows])


def _report(pairings: Sequence[Pairing]) -> PairReport:
    train = [pairing.persona.id for pairing in pairings if pairing.split == "train"]
    test = [pairing.persona.id for pairing in pairings if pairing.split == "test"]
    return PairReport(len(train), len(test), len(set(train)), len(set(test)))
