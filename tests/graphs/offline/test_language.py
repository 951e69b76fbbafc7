import pytest

from graphs.offline.language import clip, content_words, lower_start, sentences, things_in, yours


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("I lost my wallet while out shopping.", ["my wallet"]),
        ("My neighbor's cat keeps digging in our garden.", ["my neighbor's cat", "our garden"]),
        ("A kid on our street mended an old radio.", ["the kid", "the old radio", "our street"]),
        ("The physio thinks I will be fine by spring.", ["the physio"]),
        ("I was so tired of it all.", []),
        ("They took it away, the nice thing.", []),
        ("", []),
    ],
    ids=["possessive", "owner", "after a preposition last", "after the", "none", "a word that is no noun", "nothing"],
)
def test_what_a_text_is_about(text: str, things: list[str]) -> None:
    assert [thing.text for thing in things_in(text)] == things


def test_people_are_known_as_people() -> None:
    assert next(iter(things_in("My sister broke my lamp and my guitar."))).is_person


@pytest.mark.parametrize(
    ("mine", "said_back"), [("my sister", "your sister"), ("our flat", "your flat"), ("the rain", "the rain")]
)
def test_things_are_said_back(mine: str, said_back: str) -> None:
    assert yours(mine) == said_back


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        ("Short enough.", 5, "Short enough."),
        ("I waited in the hall, and then the lift came down", 7, "I waited in the hall"),
        ("I waited there until the last lift came down to us", 6, "I waited there"),
        ("I waited there without any break at all for days", 6, ""),
    ],
    ids=["whole", "at a comma", "before a conjunction", "nowhere"],
)
def test_a_sentence_is_clipped_where_a_clause_ends(text: str, most: int, kept: str) -> None:
    assert clip(text, most) == kept


@pytest.mark.parametrize(
    ("text", "lowered"),
    [
        ("The lift stopped.", "the lift stopped."),
        ("I ran.", "I ran."),
        ("Lisbon was wet.", "Lisbon was wet."),
        ("I'm late.", "I'm late."),
    ],
)
def test_a_sentence_keeps_the_capitals_it_needs(text: str, lowered: str) -> None:
    assert lower_start(text) == lowered


def test_sentences_and_content_words() -> None:
    assert sentences("One. Two!  Three? ") == ["One.", "Two!", "Three?"]
    assert content_words("I was at the harbour with her") == {"harbour"}
