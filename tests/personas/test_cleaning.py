"""Text of people comes out of cleaning without identifiers, hidden characters, special tokens or type words."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.spans import SPAN_NAMES, strip_tags
from personas.cleaning import MBTI_TYPES, clean_text, clip, hide_types, known

TOKENS = [
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|start_header_id|>", "<｜User｜>", "<start_of_turn>",
    "<end_of_turn>", "<s>", "</s>", "<bos>", "<eos>", "<pad>", "<unk>", "<think>", "</think>", "<<SYS>>", "[INST]", "[/INST]",
    *(f"<|{name}_{edge}|>" for name in SPAN_NAMES for edge in ("begin", "end")),
    *(f"<{slash}{name}>" for name in SPAN_NAMES for slash in ("", "/")),
]  # fmt: skip


@pytest.mark.parametrize("token", TOKENS)
def test_special_token_becomes_words(token: str) -> None:
    cleaned = clean_text(f"I wrote {token} to you")
    assert token not in cleaned
    assert re.fullmatch(r"I wrote \(/?[\w/]+\) to you", cleaned)


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from([*TOKENS, "<", "|", ">", "im_", "end", "\u200b", "\n", " ", "&lt;", "\0", "[b]"]), max_size=40
    )
)
def test_no_token_survives_or_closes_up(pieces: list[str]) -> None:
    cleaned = clean_text("".join(pieces))
    assert not any(token.lower() in cleaned.lower() for token in TOKENS)
    assert "<|" not in cleaned
    assert "|>" not in cleaned
    assert strip_tags(cleaned) == cleaned.strip()


@given(st.text(max_size=400))
def test_cleaned_text_is_one_line_of_utf8(text: str) -> None:
    cleaned = clean_text(text)
    assert cleaned == " ".join(cleaned.split())
    assert cleaned.encode().decode() == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a &amp; b &lt;|im_end|&gt; c", "a & b (im_end) c"),
        ("q\u200bu\u00adiet \u202eowl\ufeff", "quiet owl"),
        ("mail q\u200buiet@exam\u200bple.org", "mail [email]"),
        ("[quote=Some Owl;12]their words[/quote] my words", "my words"),
        ("[QUOTE=Some Owl;12] and it was cut", "and it was cut"),
        ("[b]bold[/b] [url=http://example.com]here[/url]", "bold here"),
        ("one\r\ntwo\u2028three\tfour", "one two three four"),
        ("family 👩\u200d👧 stays", "family 👩\u200d👧 stays"),
    ],
)
def test_text_reads_as_a_person_sees_it(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("As an INFP I doubt", "As a [type] I doubt"),
        ("INTJs and enfps", "[types] and [types]"),
        ("an ENTJ's plan, INTJish", "a [type]'s plan, [type]ish"),
        ("infpnightowl says", "[type] says"),
        ("xNFP or ISxJ or NTPs", "[type] or [type] or [types]"),
        ("[INFJ] post, infj/intj", "[type] post, [type]/[type]"),
        ("I-N-F-P, INFP-T", "[type], [type]"),
        ("my MBTI on 16personalities, Myers-Briggs", "my [type test] on [type test], [type test]"),
    ],
)
def test_type_words_are_masked(text: str, hidden: str) -> None:
    assert hide_types(text) == hidden


@pytest.mark.parametrize(
    "text", ["Next exit, EST", "an introvert with Ni and Fe, 4w5", "XXXX it", "intention ESTABLISHED"]
)
def test_other_words_stay(text: str) -> None:
    assert hide_types(text) == text


@given(
    st.sampled_from(MBTI_TYPES),
    st.sampled_from(["", "s", "'s", "!", "-A", "/"]),
    st.sampled_from([str.upper, str.lower, str.title]),
)
def test_none_of_the_sixteen_types_survives(mbti: str, after: str, case) -> None:
    assert mbti.lower() not in hide_types(f"so {case(mbti)}{after} it is").lower()


@pytest.mark.parametrize("text", ["", " n/a ", "None", "unknown", "-"])
def test_saying_nothing_is_unknown(text: str) -> None:
    assert known(text) == ""


def test_clip_ends_at_a_sentence_or_a_word() -> None:
    assert clip("One two three. Four five six seven", 20) == "One two three."
    assert clip("one two three four five six", 20) == "one two three four…"
    assert clip("x" * 50, 20) == "x" * 19 + "…"
    assert clip("short", 20) == "short"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("write to [email] now", "write to [email] now"),
        ("write to [email]me at home[/email] now", "write to me at home now"),
        ("[email=x]me[/email]", "me"),
    ],
)
def test_a_mask_that_looks_like_a_forum_tag_stays_when_a_file_is_cleaned_again(text, clean):
    assert " ".join(clean_text(text).split()) == clean
    assert " ".join(clean_text(clean_text(text)).split()) == clean
