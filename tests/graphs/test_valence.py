import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.valence import read_valence, words_of


@pytest.mark.parametrize(
    ("text", "pleasant"),
    [
        ("I am so happy and proud.", True),
        ("It was a horrible, lonely evening.", False),
        ("I'm not happy about it.", False),
        ("I don't hate it.", True),
        ("I wasn’t ever sad there.", True),
        ("It went fine :)", True),
    ],
)
def test_the_sign_of_a_text(text: str, pleasant: bool):
    reading = read_valence(text)
    assert reading is not None
    assert (reading.valence > 0) == pleasant


@pytest.mark.parametrize(
    "text", ["", "The bus leaves at nine.", "Yes, well, okay, thank you.", "My best friend Tess.", "你好"]
)
def test_a_text_without_feeling_words_has_no_reading(text: str):
    assert read_valence(text) is None


def test_a_negated_word_weighs_less_than_its_opposite():
    good, bad, negated = (read_valence(f"It was {word}.") for word in ("good", "bad", "not good"))
    assert good is not None and bad is not None and negated is not None
    assert bad.valence < negated.valence < 0 < good.valence


def test_a_negation_reaches_three_words():
    near, far = read_valence("not one bit happy"), read_valence("not that it matters, happy")
    assert near is not None and far is not None
    assert near.valence < 0 < far.values[-1]


def test_words_keep_their_apostrophes_and_emoticons():
    assert words_of("I don’t know :( really") == ["i", "don't", "know", ":(", "really"]


@given(st.text(max_size=300))
def test_every_reading_lies_on_the_scale(text: str):
    reading = read_valence(text)
    assert reading is None or (-1 <= reading.valence <= 1 and len(reading.words) == len(reading.values))
