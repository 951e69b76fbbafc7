"""Near-duplicates: what is reported is exact, nearly nothing is missed, and copies of one text cost no more than others."""

import random
import sys
from itertools import combinations

import pytest

from measure.near_duplicates import CROWD, FOUND, MissingLibrary, Pair, near_duplicates, rows_of, shingles, similarity

WORDS = [f"word{number}" for number in range(800)]


def changed(words: list[str], share: float, rng: random.Random) -> list[str]:
    return [rng.choice(WORDS) if rng.random() < share else word for word in words]


def planted(rng: random.Random, count: int) -> list[tuple[str, str]]:
    """Different texts of which every third is a copy of another with up to every seventh word changed."""
    texts = [rng.choices(WORDS, k=rng.randint(12, 90)) for _ in range(count)]
    copies = [changed(rng.choice(texts), rng.random() / 7, rng) for _ in range(count // 2)]
    everything = list(dict.fromkeys(" ".join(words) for words in texts + copies))
    rng.shuffle(everything)
    return [(f"t{number}", text) for number, text in enumerate(everything)]


@pytest.fixture(scope="module")
def texts() -> list[tuple[str, str]]:
    return planted(random.Random(5), 400)


@pytest.fixture(scope="module")
def alike(texts: list[tuple[str, str]]) -> dict[tuple[str, str], float]:
    """Every pair of the texts, each compared with each."""
    cut = [(name, shingles(text)) for name, text in texts]
    return {
        (first, second): len(one & other) / len(one | other) for (first, one), (second, other) in combinations(cut, 2)
    }


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.9])
def test_planted_duplicates_are_found_and_nothing_else(
    texts: list[tuple[str, str]], alike: dict[tuple[str, str], float], threshold: float
) -> None:
    true = {pair: share for pair, share in alike.items() if share >= threshold}
    found = {(pair.first, pair.second): pair.similarity for pair in near_duplicates(texts, threshold)}
    assert found.items() <= true.items()
    assert len(found) >= 0.99 * len(true) > 15


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.5, 0.8, 0.95])
def test_the_index_promises_what_it_says(threshold: float) -> None:
    rows = rows_of(threshold)
    assert 1 - (1 - threshold**rows) ** (128 // rows) >= FOUND


def test_the_earlier_text_comes_first_and_the_ids_are_the_callers() -> None:
    texts = [("b", "one two three four five"), ("a", "One, two; three four FIVE."), ("c", "six seven eight nine")]
    assert list(near_duplicates(texts)) == [Pair("b", "a", 1.0)]


@pytest.mark.parametrize("text", ["", "  ", "?!…", "——"])
def test_a_text_without_words_is_like_no_other(text: str) -> None:
    assert list(near_duplicates([("a", text), ("b", text)])) == []


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ("word", "WORD", 1.0),
        ("don't go", "don’t go", 0.0),
        ("a b c", "a b d", 1 / 3),
        ("", "", 0.0),
        ("\ud800 broken", "\ud800 broken", 1.0),
    ],
)
def test_similarity_is_the_share_of_word_pairs(one: str, other: str, share: float) -> None:
    assert similarity(one, other) == pytest.approx(share)


def test_longer_shingles_ask_for_longer_passages() -> None:
    assert shingles("a b c d", words=3) == {"a b c", "b c d"}
    one, other = "a b c d e f g h", "a b c x e f g h"
    assert similarity(one, other, words=1) > similarity(one, other, words=2) > similarity(one, other, words=3)


@pytest.mark.parametrize("copies", [300, 1_200])
def test_copies_of_one_template_make_pairs_in_proportion_to_their_number(copies: int) -> None:
    base = WORDS[:60]
    texts = ((str(n), " ".join([*base[:30], f"slot{n}", *base[31:]])) for n in range(copies))
    found = list(near_duplicates(texts))
    assert len(found) <= CROWD * copies
    assert {pair.second for pair in found} == {str(n) for n in range(1, copies)}


def test_equal_texts_are_each_reported_beside_the_first_alone() -> None:
    found = list(near_duplicates((str(n), " ".join(WORDS[:50])) for n in range(2_000)))
    assert found == [Pair("0", str(n), 1.0) for n in range(1, 2_000)]


def test_same_texts_give_the_same_pairs_at_every_run() -> None:
    texts = planted(random.Random(3), 60)
    assert list(near_duplicates(texts)) == list(near_duplicates(texts))


def test_one_huge_text_is_read_in_pieces() -> None:
    huge = " ".join(f"w{n}" for n in range(120_000))
    assert [pair.second for pair in near_duplicates([("a", huge), ("b", f"{huge} end"), ("c", "w1 w2")])] == ["b"]


@pytest.mark.parametrize(("threshold", "words"), [(0.0, 2), (1.1, 2), (-1.0, 2), (0.5, 0)])
def test_settings_that_make_no_sense_are_refused(threshold: float, words: int) -> None:
    with pytest.raises(ValueError, match="give a threshold over 0"):
        near_duplicates([], threshold, words)


def test_a_missing_library_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasketch", None)
    with pytest.raises(MissingLibrary, match=r"pip install -e '.\[scale\]'"):
        list(near_duplicates([("a", "one two")]))
