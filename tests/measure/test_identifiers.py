"""Identifiers are found whatever stands round them, common text is left alone, and hostile text costs no time."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measure.identifiers import MASKS, Identifier, find_identifiers, mask_identifiers

PLANTED = [
    ("link", "http://example.com/~someone?page=2"),
    ("link", "https://forum.example.org/members/4711-quietowl.html"),
    ("link", "www.example.net/quietowl"),
    ("link", "quietowl.tumblr.com"),
    ("link", "shop.example.co.uk/basket"),
    ("link", "bit.ly/3xYzAb"),
    ("link", "discord.gg/abcd"),
    ("email", "quiet.owl+forum@mail.example.com"),
    ("email", "owl@example.co.uk"),
    ("email", "owl (at) example (dot) com"),
    ("email", "owl[at]example.com"),
    ("phone", "(212) 555-0143"),
    ("phone", "212-555-0143"),
    ("phone", "212.555.0143"),
    ("phone", "555-0143"),
    ("phone", "+44 20 7946 0018"),
    ("phone", "020 7946 0018"),
    ("phone", "01 23 45 67 89"),
    ("phone", "98765 43210"),
    ("handle", "@quietowl_77"),
    ("handle", "@Quiet.Owl"),
    ("handle", "QuietOwl#1234"),
    ("handle", "/u/quiet-owl"),
    ("ip", "192.168.17.4"),
    ("ip", "2001:db8::7a3f:1"),
    ("number", "4111 1111 1111 1111"),
    ("number", "536-90-4399"),
    ("number", "1234567890123"),
    ("number", "123e4567-e89b-12d3-a456-426614174000"),
]

HARMLESS = [
    "I was born in 1987, 34 now, and won $1,400,000 or 2,500 points.",
    "It was 10:20 on 2012-10-11, between 2009-2014, and 3/4 of us stayed.",
    "So tired.I love it.me too, e.g. the U.S. and i.e. nothing... really",
    "M&Ms, AT&T, a/b, 24/7, version 3.11, 100% sure @ home @_@ >.<",
    "My IQ is 135-145, I think; 70 71 72 73 74 were the marks.",
    "std::vector and fig 1.2.3 of chapter 12.",
    "Facebook is dead. He said: maybe.",
]

HOSTILE = [
    "a", "@", ".", "1", ":", "-", "_", " ", "a@", "a.", ".com", "1 ", "1-", "a:", "+1", "www.", "http://", "[quote=",
    "a(at)", "555-123-4567 ", "020 7946 0018 ", "skype: ", "a#1234", "a dot ", "DE89 ", "1(.-/ ", "a@a.", "0::", "dot com ", "12.", "me.",
    "call me ", "my name is ", "skype is a", "call me Ab-",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "planted"), PLANTED)
def test_identifier_is_found_and_masked(kind: str, planted: str) -> None:
    text = f"Write to me, {planted}, whenever you like."
    assert mask_identifiers(text) == f"Write to me, {MASKS[kind]}, whenever you like."


@pytest.mark.parametrize("text", HARMLESS)
def test_common_text_is_left_alone(text: str) -> None:
    assert find_identifiers(text) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("quiet_owl", "They call me Quiet Owl here"),
        ("quiet_owl", "They call me QUIETOWL."),
        ("QuietOwl77", "QuietOwl77's third thread"),
        ("QuietOwl77", "just quietowl, no number"),
        ("Olga W.", "signed, olga w"),
    ],
)
def test_given_name_is_masked_in_every_spelling(name: str, text: str) -> None:
    masked = mask_identifiers(text, (name,))
    assert "[name]" in masked
    assert name.lower().strip(".0123456789") not in masked.lower()


def test_given_name_inside_another_word_stays() -> None:
    assert mask_identifiers("the owlet and the bowl", ("owl",)) == "the owlet and the bowl"


def test_name_behind_a_service_is_a_handle() -> None:
    assert mask_identifiers("Skype: quiet.owl or my kik name is owl99") == "Skype: [handle] or my kik name is [handle]"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Skype is odalys.brindle if you like", "Skype is [handle] if you like"),
        ("my skype sn is marrow, write", "my skype sn is [handle], write"),
        ("my kik is marrow_vane", "my kik is [handle]"),
        ("My name is Odalys.", "My name is [name]."),
        ("my real name's Odalys Brindle, hi", "my real name's [name], hi"),
        ("just call me Odalys And stay", "just call me [name] And stay"),
        ("I'm called O'Brindle", "I'm called [name]"),
    ],
)
def test_name_that_is_introduced_is_masked(text: str, masked: str) -> None:
    assert mask_identifiers(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "call me crazy, call me Crazy, Call Me Maybe",
        "CALL ME LATER OR NEVER",
        "call me INFP if you must",
        "call me. Then we talk. My name is on the list.",
        "my skype is broken and Instagram is 100 times worse",
    ],
)
def test_words_that_introduce_nobody_stay(text: str) -> None:
    assert mask_identifiers(text) == text


def test_name_of_a_quoted_person_is_a_handle() -> None:
    assert mask_identifiers("[QUOTE=Some Owl;425906] well") == "[QUOTE=[handle];425906] well"


def test_overlapping_finds_become_one() -> None:
    found = find_identifiers("see https://owl@example.com:8080/1234567890 now")
    assert len(found) == 1
    assert (found[0].start, found[0].end) == (4, 43)


def test_no_mask_is_itself_an_identifier() -> None:
    assert find_identifiers(" ".join(MASKS.values())) == []


@given(st.text(max_size=300))
def test_finds_are_ordered_and_do_not_overlap(text: str) -> None:
    found = find_identifiers(text, ("owl",))
    edges = [edge for item in found for edge in (item.start, item.end)]
    assert edges == sorted(edges)
    assert all(isinstance(item, Identifier) and item.start < item.end for item in found)


@settings(max_examples=300)
@given(st.text(max_size=60), st.sampled_from(PLANTED), st.text(max_size=60))
def test_planted_identifier_never_survives(before: str, planted: tuple[str, str], after: str) -> None:
    assert planted[1] not in mask_identifiers(f"{before} {planted[1]} {after}")


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from([*"ab.@:/#-+ 0123456789", "com", "www", "at", "[", "]", "quote=", "skype"]), max_size=60)
)
def test_nothing_is_found_in_what_was_masked(pieces: list[str]) -> None:
    assert find_identifiers(mask_identifiers("".join(pieces))) == []


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_takes_time_in_proportion(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.process_time()
    find_identifiers(text)
    assert time.process_time() - start < 3
