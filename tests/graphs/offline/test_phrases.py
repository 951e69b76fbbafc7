"""The phrase tables hold to what the rest of the model expects of them."""

import re

import pytest

from graphs.offline.draw import Draw, Phrase, compile_phrase, pools, render
from graphs.offline.phrases import feelings, grading, replies, user_talk
from graphs.offline.reading import has_cue, lexicon, read_signs, spaced

TALK = {
    name: pool
    for table in (
        user_talk.OPENING, user_talk.REACTIONS, user_talk.ANSWERS, user_talk.TELLING, user_talk.FAMILY, user_talk.CLOSING,
        user_talk.BRIEF,
    )
    for name, pool in pools(table).items()
}  # fmt: skip
HELPER = {
    name: pool
    for table in (replies.REFLECT, replies.QUESTIONS, replies.UNDERSTANDING, replies.REASONING, replies.MISTAKES)
    for name, pool in pools(table).items()
}
SLOTS = {
    "topic": "the lamp", "other": "the rug", "who": "my aunt", "interest": "chess", "a_job": "a baker", "clause": "it broke",
    "your_topic": "the lamp", "quote": "I left it", "hears": "how it was", "unsaid": "it matters", "job": "a baker",
    "mbti": "an INFP", "note": "that it stays",
}  # fmt: skip
FLAGS = {"done", "ahead", "recent", "old", "work", "partnered", "thing"}
WIND_DOWN = ("wind.", "plan.", "brief_wind.")


def wordings(phrase: Phrase) -> set[str]:
    return {render(phrase, Draw(0, str(n).encode()), SLOTS) for n in range(60)}


@pytest.mark.parametrize("name", [name for name in TALK if name.startswith(WIND_DOWN)])
def test_every_line_of_a_wind_down_shows_relief_or_a_plan_and_asks_nothing(name: str) -> None:
    for text in {text for phrase in TALK[name] for text in wordings(phrase)}:
        signs = read_signs(text)
        assert signs.relief, text
        assert not signs.question, text
        assert not signs.pain, text


def test_nothing_else_that_a_user_says_shows_relief() -> None:
    told = [compile_phrase(line) for feeling in lexicon().values() for line in feeling.told]
    other = [phrase for name, pool in TALK.items() if not name.startswith((*WIND_DOWN, "ease.")) for phrase in pool]
    assert [t for phrase in (*other, *told) for t in wordings(phrase) if read_signs(t).relief] == []


def test_no_feeling_is_told_with_a_label_of_the_table() -> None:
    labels = re.compile(rf"\b(?:{'|'.join(lexicon())})\b", re.IGNORECASE)
    lines = [line for feeling in lexicon().values() for line in (*feeling.told, *feeling.heard, *feeling.beneath)]
    openings = [
        text for name in ("lead.neg", "lead.pos", "tail.neg", "tail.pos") for p in TALK[name] for text in wordings(p)
    ]
    assert [line for line in (*lines, *openings) if labels.search(line)] == []


def test_every_label_of_the_table_is_complete_and_its_family_has_words() -> None:
    assert len(lexicon()) == 32
    for feeling in lexicon().values():
        assert feeling.told and feeling.heard and feeling.beneath and feeling.cues
        assert {f"{feeling.family}.{kind}" for kind in ("detail", "why", "deep", "go")} <= set(TALK)
        assert f"why.{feeling.family}" in HELPER
    assert set(feelings.FAMILY_OF) >= feelings.POSITIVE_FAMILIES


@pytest.mark.parametrize("tables", [TALK, HELPER], ids=["user", "helper"])
def test_phrases_need_only_slots_and_flags_that_exist(tables: dict[str, tuple[Phrase, ...]]) -> None:
    needs = {need for pool in tables.values() for phrase in pool for need in phrase.needs}
    assert needs <= set(SLOTS) | FLAGS


@pytest.mark.parametrize("kind", ["cold", "unsafe", "generic"])
def test_a_planted_mistake_can_be_heard_in_its_words(kind: str) -> None:
    cue = {"generic": "stock"}.get(kind, kind)
    for text in {text for phrase in HELPER[kind] for text in wordings(phrase)}:
        assert has_cue(spaced(text), cue), text


def test_no_faultless_line_of_the_helper_holds_a_cue_of_a_mistake() -> None:
    good = {name: pool for name, pool in HELPER.items() if name not in ("cold", "unsafe", "generic")}
    texts = {text for pool in good.values() for phrase in pool for text in wordings(phrase)}
    assert [t for t in texts if any(has_cue(spaced(t), kind) for kind in ("cold", "unsafe", "stock", "advice"))] == []


def test_lines_read_as_sentences() -> None:
    texts = {text for tables in (TALK, HELPER) for pool in tables.values() for p in pool for text in wordings(p)}
    odd = re.compile(r"  |\s[.,!?]|[{}]|\b(\w{3,}) \1\b|,,|\.\.")
    assert [text for text in texts if odd.search(text)] == []


def test_every_fault_of_the_graders_has_a_critique() -> None:
    assert {"cold", "unsafe", "stock", "advice", "repeat", "thin", "crisis", "none"} == set(grading.CRITIQUE["change"])
