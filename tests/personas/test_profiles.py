"""Every kind of profile row becomes the same persona; what was not said stays empty; what was concluded is marked."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.schema import Persona
from personas.anonymise import pseudonym
from personas.names import split_person
from personas.profiles import persona_from_row, split_activities
from personas.rows import RawRow, UnusableRow

KEY = b"a key for the tests alone"
PERSON = (
    "Username: quiet_owl MBTI: ISFJ Gender: Female Relationship: Dating Occupation: none currently About: They call me"
    " Quiet Owl. My motto: About time. I bake on Sundays, see http://example.com/owl Recent Activities: - Commented:"
    " “[ISFJ] Small joys” — warm bread. - Added a photo of a well-known - and loved - cat."
)
POSTS = [
    "I still bake bread on Sundays with my brother because an ISFJ needs her rituals.",
    "My mail is quiet.owl@example.org and my number is (212) 555-0143, write to me before the fair!",
    "Quiet_Owl here again, I lost my grandmother's ring in the river near the old mill.",
    "ok", "lol", "http://example.com/a/b.jpg",
]  # fmt: skip


def persona(fields: dict[str, Any]) -> Persona:
    return persona_from_row(RawRow("a.jsonl", 1, fields), KEY)


def test_posts_become_activities_without_identifiers_or_type() -> None:
    found = persona({"user": "quiet_owl", "mbti": "ISFJ", "posts": POSTS})
    assert found.activities == (
        "I still bake bread on Sundays with my brother because a [type] needs her rituals.",
        "My mail is [email] and my number is [phone], write to me before the fair!",
        "[name] here again, I lost my grandmother's ring in the river near the old mill.",
    )


def test_what_posts_do_not_say_stays_empty() -> None:
    found = persona({"user": "quiet_owl", "mbti": "isfj", "posts": POSTS})
    assert (found.about, found.gender, found.occupation, found.relationship, found.signature) == ("",) * 5
    assert found.sources == {"mbti": "stated", "activities": "stated", "style": "inferred"}


def test_person_string_is_split_by_its_labels() -> None:
    found = persona({"person": PERSON, "anon_username": "user_1234abcd", "mbti": "ISFJ"})
    assert found.gender == "Female"
    assert found.occupation == "none currently"
    assert found.about == "They call me [name]. My motto: About time. I bake on Sundays, see [link]"
    assert found.activities == (
        "Commented: “[type] Small joys” — warm bread.",
        "Added a photo of a well-known - and loved - cat.",
    )
    assert set(found.sources.values()) == {"stated"}


def test_separate_fields_and_person_string_give_the_same_persona() -> None:
    parts = split_person(PERSON)
    activities = parts.pop("activities")
    separate = {"username": parts.pop("user"), **parts, "recent_activities": activities}
    assert persona(separate) == persona({"person": PERSON})


def test_id_is_the_pseudonym_of_the_user() -> None:
    assert persona({"user": "quiet_owl", "about": "I bake"}).id == pseudonym("quiet_owl", KEY)
    assert persona({"user": 4711, "about": "I bake"}).id == pseudonym("4711", KEY)


@pytest.mark.parametrize("gender", ["n/a", " unknown ", "-", ""])
def test_field_that_says_nothing_is_unknown(gender: str) -> None:
    found = persona({"user": "owl", "about": "I bake", "gender": gender})
    assert found.gender == ""
    assert "gender" not in found.sources


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"mbti": "INFP", "posts": POSTS}, "missing key"),
        ({"user": "  ", "posts": POSTS}, "missing key"),
        ({"user": True, "posts": POSTS}, "wrong type"),
        ({"user": ["owl"], "posts": POSTS}, "wrong type"),
        ({"user": "owl", "posts": 7}, "wrong type"),
        ({"user": "owl", "posts": ["words", 7]}, "wrong type"),
        ({"user": "owl", "posts": {"a": 1}}, "wrong type"),
        ({"user": "owl", "about": 7.5}, "wrong type"),
        ({"user": "owl", "mbti": ["INFP"]}, "wrong type"),
        ({"user": "owl", "mbti": "INFX", "posts": POSTS}, "not an MBTI type"),
        ({"person": "just some words"}, "not a person string"),
        ({"user": "owl"}, "nothing known of the user"),
        ({"user": "owl", "posts": ["ok", ":)"]}, "nothing known of the user"),
    ],
)
def test_unusable_row_says_why(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnusableRow) as fault:
        persona(fields)
    assert fault.value.reason == reason


@pytest.mark.parametrize(("stated", "kept"), [("INFP", "INFP"), ("infp", "INFP"), ("ENTJ-A", "ENTJ"), ("unknown", "")])
def test_mbti_is_kept_as_stated(stated: str, kept: str) -> None:
    assert persona({"user": "owl", "about": "I bake", "mbti": stated}).mbti == kept


@pytest.mark.parametrize("text", ["one|||two - three", "one\ntwo - three", "- one\n- two - three", "[ignored"])
def test_list_in_one_string_is_split(text: str) -> None:
    assert split_activities(text) == (["[ignored"] if text.startswith("[") else ["one", "two - three"])


def test_json_list_in_a_csv_cell_is_read() -> None:
    assert persona({"user": "owl", "activities": '["I bake bread", "I sing"]'}).activities == ("I bake bread", "I sing")


def test_long_field_is_cut() -> None:
    assert len(persona({"user": "owl", "about": "I bake bread. " * 500}).about) <= 1_000


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(["user", "username", "mbti", "gender", "about", "posts", "activities", "person", "signature"])


@given(st.dictionaries(FIELDS, VALUES, max_size=6))
def test_any_row_gives_a_persona_or_a_reason(fields: dict[str, Any]) -> None:
    try:
        found = persona({key: value for key, value in fields.items() if value is not None})
    except UnusableRow as fault:
        assert fault.reason
    else:
        assert found.sources
