"""User names of others are masked as whole words, those that are plain words are left, and many names cost no time."""

import time

import pytest

from personas.names import KnownNames, is_telling, mask_names


@pytest.mark.parametrize(
    ("name", "telling"),
    [
        ("brindle_7", True),
        ("MarrowVane", True),
        ("marrowvane", True),
        ("Marrow Vane", True),
        ("marrow.vane3", True),
        ("owl", False),
        ("owl_1", True),
        ("Bread", False),
        ("bread", False),
        ("good bread here", False),
        ("12345", False),
        ("...", False),
    ],
)
def test_name_is_looked_for_unless_it_is_plain_words(name: str, telling: bool) -> None:
    assert is_telling(name) is telling


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("As Brindle_7 said", "As [name] said"),
        ("brindle_7's bread", "[name]'s bread"),
        ("marrow vane, marrow.vane", "[name], [name]"),
        ("marrow, vane", "marrow, vane"),
        ("brindle_77 and xbrindle_7", "brindle_77 and xbrindle_7"),
    ],
)
def test_name_is_masked_as_a_whole_word(text: str, masked: str) -> None:
    assert mask_names(text, KnownNames(frozenset(("brindle_7", "marrow vane")), 2)) == masked


def test_a_hundred_thousand_names_cost_no_time() -> None:
    known = KnownNames(frozenset(f"brindle_{number}" for number in range(100_000)) | {"a b c 9"}, 4)
    start = time.process_time()
    mask_names("some words of brindle_99 " * 20_000, known)
    assert time.process_time() - start < 3
