"""Pairings follow the seed alone, keep the splits apart and use personas and emotions evenly."""

from collections import Counter
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.records import read_rows, write_rows
from graphs.schema import Pairing, Persona, Situation, Split
from personas.cleaning import MBTI_TYPES
from personas.pairing import PairingError, pair, pair_files

EMOTIONS = ("proud", "sad", "afraid", "grateful")


def personas(count: int, types: tuple[str, ...] = MBTI_TYPES) -> list[Persona]:
    return [
        Persona(id=f"user_{number:04d}", mbti=mbti) for number, mbti in zip(range(count), cycle(types), strict=False)
    ]


def situations(count: int, splits: tuple[Split | None, ...] = (None,)) -> list[Situation]:
    kinds = zip(range(count), cycle(EMOTIONS), cycle(splits), strict=False)
    return [Situation(id=f"s-{n:04d}", emotion=emotion, text=f"case {n}", split=split) for n, emotion, split in kinds]


def test_same_seed_gives_the_same_pairings_whatever_the_order() -> None:
    who, what = personas(40), situations(100)
    assert list(pair(who, what, 80, 3)) == list(pair(who[::-1], what[::-1], 80, 3))
    assert list(pair(who, what, 80, 3)) != list(pair(who, what, 80, 4))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 12), st.integers(1, 12), st.integers(1, 200), st.integers(0, 5), st.sampled_from([0.0, 0.05, 0.3, 0.9]),
    st.sampled_from([(None,), ("train",), ("test",), ("train", "test"), ("train", "test", None)]),
)  # fmt: skip
def test_no_pair_comes_twice_and_no_persona_stands_on_both_sides(
    who: int, what: int, limit: int, seed: int, share: float, splits: tuple[Split | None, ...]
) -> None:
    drawn = list(pair(personas(who), situations(what, splits), limit, seed, share))
    assert len({(row.persona.id, row.situation.id) for row in drawn}) == len(drawn) <= limit
    assert len({row.id for row in drawn}) == len(drawn)
    sides = {split: {row.persona.id for row in drawn if row.split == split} for split in ("train", "test")}
    assert not sides["train"] & sides["test"]
    assert all(row.situation.split in (None, row.split) for row in drawn)
    told = {split: {row.situation.id for row in drawn if row.split == split} for split in ("train", "test")}
    assert not told["train"] & told["test"]


@pytest.mark.parametrize("limit", [96, 200, 480, 1000])
def test_personas_of_a_split_are_used_equally_often(limit: int) -> None:
    drawn = list(pair(personas(48), situations(60), limit, 1))
    for split in ("train", "test"):
        uses = Counter(row.persona.id for row in drawn if row.split == split).values()
        assert max(uses) - min(uses) <= 1


def test_all_pairs_come_out_if_asked_for() -> None:
    drawn = list(pair(personas(6), situations(8), 10_000, 1, test_personas=0))
    assert len(drawn) == 48


def test_paper_s_share_of_personas_is_held_out() -> None:
    drawn = list(pair(personas(671), situations(4_000), 4_000, 1))
    assert len({row.persona.id for row in drawn if row.split == "test"}) == 32
    assert len({row.persona.id for row in drawn}) == 671


def test_dialogues_divide_as_the_situations_do() -> None:
    drawn = list(pair(personas(100), situations(1_000, ("train", "train", "train", "test")), 400, 1))
    assert Counter(row.split for row in drawn) == {"train": 300, "test": 100}
    assert Counter(row.split for row in drawn[:40]) == {"train": 30, "test": 10}


def test_types_and_emotions_keep_their_proportions() -> None:
    who = personas(300, ("INFP", "INFP", "INFP", "ESTJ"))
    drawn = list(pair(who, situations(2_000), 200, 1, test_personas=0))
    assert Counter(row.persona.mbti for row in drawn)["ESTJ"] == pytest.approx(50, abs=3)
    assert all(count == pytest.approx(50, abs=3) for count in Counter(row.situation.emotion for row in drawn).values())


def test_a_persona_meets_many_emotions() -> None:
    drawn = list(pair(personas(32), situations(3_200), 640, 1, test_personas=0))
    met = {row.persona.id: set[str]() for row in drawn}
    for row in drawn:
        met[row.persona.id].add(row.situation.emotion)
    assert min(map(len, met.values())) >= 3


def test_id_says_number_and_pair() -> None:
    first, *_ = pair(personas(3), situations(3), 3, 1)
    assert first.id.startswith("d00001-")
    assert len(first.id) == len("d00001-") + 8


@pytest.mark.parametrize(
    ("who", "what", "limit", "share", "says"),
    [
        ([], situations(1), 1, 0.1, "no personas"),
        (personas(1), [], 1, 0.1, "no situations"),
        (personas(1) * 2, situations(1), 1, 0.1, "personas: an id stands there twice"),
        (personas(1), situations(1), 0, 0.1, "limit 0"),
        (personas(1), situations(1), 1, 1.0, "share of test personas"),
    ],
)
def test_what_cannot_be_paired_is_an_error(
    who: list[Persona], what: list[Situation], limit: int, share: float, says: str
) -> None:
    with pytest.raises(PairingError, match=says):
        pair(who, what, limit, 1, share)


def test_files_are_paired_into_the_same_bytes(tmp_path: Path) -> None:
    write_rows(tmp_path / "p.jsonl", {}, personas(40))
    write_rows(tmp_path / "s.jsonl", {}, situations(90, ("train", "test")))
    reports = [pair_files(tmp_path / "p.jsonl", tmp_path / "s.jsonl", 50, 1, tmp_path / out) for out in ("a", "b")]
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert reports[0] == (25, 25, 25, 2)
    assert len(list(read_rows(tmp_path / "a", Pairing))) == 50
