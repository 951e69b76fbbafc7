"""The built-in personas and situations: complete, fictional in form, and fit to be paired freely (§3.1)."""

import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from graphs.schema import Persona, Situation

EXAMPLES = Path(__file__).parents[2] / "examples"
PERSONAS = [Persona.model_validate_json(line) for line in (EXAMPLES / "personas.jsonl").read_text("utf-8").splitlines()]
SITUATIONS = [
    Situation.model_validate_json(line) for line in (EXAMPLES / "situations.jsonl").read_text("utf-8").splitlines()
]

STEMS = {
    "afraid": "afraid", "angry": "ang(?:r|er)", "annoyed": "annoy", "anticipating": "anticipat", "anxious": "anxi",
    "apprehensive": "apprehens", "ashamed": "(?:a|un)?sham(?:e|ing)", "caring": r"car(?:es?|ed|ing|eful\w*)\b",
    "confident": "confiden", "content": "content", "devastated": "devastat", "disappointed": "disappoint",
    "disgusted": "disgust", "embarrassed": "embarrass", "excited": "excit", "faithful": "(?:un)?faith",
    "furious": "fur(?:y|ious)", "grateful": "(?:un)?grat(?:ef|it)", "guilty": "guilt", "hopeful": "hop(?:e|ing)",
    "impressed": "impress", "jealous": "jealous", "joyful": "(?:en)?joy", "lonely": "(?:a?lone|lonel)",
    "nostalgic": "nostalg", "prepared": "(?:un)?prepar", "proud": "pr(?:oud|ide)", "sad": "sad(?!dl)",
    "sentimental": "sentiment", "surprised": "surpris", "terrified": "terr(?:if|or)",
    "trusting": "(?:en|dis|mis)?trust",
}  # fmt: skip
LABEL_WORD = re.compile(rf"\b(?:{'|'.join(STEMS.values())})", re.IGNORECASE)

IDENTIFIERS = {
    "URL": re.compile(r"https?:|www\.|\b[\w-]+\.(?:com|org|net|info|io|de|fr|uk)\b", re.IGNORECASE),
    "e-mail": re.compile(r"\S+@\S+\.\S+"),
    "handle": re.compile(r"(?<!\w)@\w+|\buser_[0-9a-f]+", re.IGNORECASE),
    "phone": re.compile(r"\+?\d(?:[\s().-]?\d){6,}"),
}
TYPE_WORD = re.compile(
    r"\b[EI][NS][FT][JP](?:s|\b)|\bmbti\b|\bmyers|\benneagram|\b(?:intro|extro|extra|ambi)ver[st]"
    r"|\bpersonality type|\bcognitive function",
    re.IGNORECASE,
)
FREE_FIELDS = ("relationship", "occupation", "about", "signature", "style")
STOP_TEXT = """
a about after again all an and any are as at back be because been before but by can come could did do does don
down ever every for from get got had has have he her him his how i if in into is it its just last ll me my no not
now of off on one only or our out over re said say she so somebody someone t than that the their them then there
they this through to too two up us ve was we were what when where which who whole will with without you
"""
STOP_WORDS = frozenset(STOP_TEXT.split())


def free_text(persona: Persona) -> str:
    return "\n".join([*(getattr(persona, field) for field in FREE_FIELDS), *persona.activities])


def content_words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+", text.lower())) - STOP_WORDS


def overlap(one: str, other: str) -> float:
    """The share of the shorter text's content words that the other has too, in [0, 1]."""
    first, second = content_words(one), content_words(other)
    return len(first & second) / min(len(first), len(second))


by_id = pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.id)
by_situation = pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.id)


def test_personas_cover_every_type_at_least_once() -> None:
    types = {a + b + c + d for a in "EI" for b in "NS" for c in "FT" for d in "JP"}
    assert len(PERSONAS) >= 24
    assert {persona.mbti for persona in PERSONAS} == types


def test_situations_cover_every_label_at_least_twice() -> None:
    counts = Counter(situation.emotion for situation in SITUATIONS)
    assert len(SITUATIONS) >= 64
    assert counts.keys() == STEMS.keys()
    assert min(counts.values()) >= 2


def test_ids_are_unique() -> None:
    ids = [row.id for row in [*PERSONAS, *SITUATIONS]]
    assert len(set(ids)) == len(ids)


@by_id
def test_persona_id_is_an_anonymous_hash(persona: Persona) -> None:
    assert re.fullmatch(r"user_[0-9a-f]{8}", persona.id)


@by_id
def test_persona_says_where_every_known_field_comes_from(persona: Persona) -> None:
    known = {field for field in Persona.model_fields if field not in ("id", "sources") and getattr(persona, field)}
    assert persona.sources.keys() == known


@by_id
def test_persona_is_told_in_own_words_and_posts(persona: Persona) -> None:
    assert persona.about and persona.style
    assert 4 <= len(persona.activities) <= 7


@by_id
def test_persona_text_holds_no_identifier_and_no_type_word(persona: Persona) -> None:
    text = free_text(persona)
    assert [name for name, pattern in IDENTIFIERS.items() if pattern.search(text)] == []
    assert TYPE_WORD.findall(text) == []


@by_situation
def test_situation_names_no_label_and_holds_no_identifier(situation: Situation) -> None:
    assert LABEL_WORD.findall(situation.text) == []
    assert [name for name, pattern in IDENTIFIERS.items() if pattern.search(situation.text)] == []


@by_situation
def test_situation_is_short_and_in_first_person(situation: Situation) -> None:
    assert 15 <= len(situation.text.split()) <= 45
    assert re.search(r"\b(?:I|me|[Mm]y|[Ww]e|[Oo]ur|us)\b", situation.text)


@by_situation
def test_situation_belongs_to_no_split(situation: Situation) -> None:
    assert situation.split is None


def test_no_two_situations_share_more_than_half_of_their_content_words() -> None:
    pairs = combinations(SITUATIONS, 2)
    assert [(one.id, other.id) for one, other in pairs if overlap(one.text, other.text) > 0.5] == []


@pytest.mark.parametrize("label", STEMS)
def test_label_check_catches_its_own_word(label: str) -> None:
    assert LABEL_WORD.search(f"I felt {label} all day.")


@pytest.mark.parametrize(
    "text", ["the car stopped", "a furry cat", "a scarf and a card", "old saddle", "a shop", "fur"]
)
def test_label_check_spares_words_that_only_look_alike(text: str) -> None:
    assert LABEL_WORD.search(text) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("URL", "see www.example.org"),
        ("URL", "my shop is example.com"),
        ("e-mail", "write to me@example.org"),
        ("handle", "ask @someone"),
        ("phone", "ring +49 30 1234567"),
    ],
)
def test_identifier_check_catches(name: str, text: str) -> None:
    assert IDENTIFIERS[name].search(text)


@pytest.mark.parametrize("text", ["so INFP of me", "other entps", "an introvert", "extroverted", "took the MBTI"])
def test_type_check_catches(text: str) -> None:
    assert TYPE_WORD.search(text)
