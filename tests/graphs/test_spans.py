"""The four-span format: each of its nine constraints, both dialects, and any text whatever."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.spans import (
    FORMAT_CONSTRAINTS,
    SPAN_NAMES,
    MalformedReply,
    Spans,
    parse_spans,
    render_spans,
    response_of,
    span_of,
    span_violations,
    strip_tags,
)

SPANS = Spans("You saw it fall.", "It was dear to you.", "sad", "What did it mean to you?")
GOOD = render_spans(SPANS)
ORDER = "order"
TAGS = [f"<|{name}_{edge}|>" for name in SPAN_NAMES for edge in ("begin", "end")]
TAGS += [f"<{slash}{name}>" for name in SPAN_NAMES for slash in ("", "/")]
PIECES = [
    *TAGS,
    "<",
    ">",
    "|",
    "/",
    "<|",
    "|>",
    "</",
    "_begin",
    "_end",
    "response",
    "emotion",
    " ",
    "\n",
    "x",
    "é",
    "\0",
]


def card(spans: Spans) -> str:
    """A reply in the dialect of the released card."""
    return "".join(f"<{name}>{text}</{name}>\n" for name, text in zip(SPAN_NAMES, spans, strict=True))


def span(name: str, text: str = "x") -> str:
    return f"<|{name}_begin|>{text}<|{name}_end|>"


def kinds(reply: str) -> list[str]:
    """Violations as `name tags`, `name empty` and `order`."""
    return [
        ORDER if v.startswith("order") else " ".join(v.replace(":", "").split()[:2]) for v in span_violations(reply)
    ]


hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=40).map("".join)
content = st.text(min_size=1).map(lambda text: strip_tags(text).strip()).filter(lambda text: strip_tags(text) != "")


def test_there_are_nine_constraints():
    assert FORMAT_CONSTRAINTS == 9
    assert len(span_violations("")) == 9
    assert len(set(span_violations(""))) == 9


@pytest.mark.parametrize(
    ("why", "reply"),
    [
        ("paper's dialect", GOOD),
        ("card's dialect", card(SPANS)),
        ("white space between and around the spans", "\n\n  " + GOOD.replace("\n", "\n\n\t") + " \n"),
        ("nothing between the spans", GOOD.replace("\n", "")),
        ("content over lines", GOOD.replace("You saw", "\n\nYou\nsaw\n")),
        ("one span of each dialect, whole", GOOD.replace(span("emotion", "sad"), "<emotion>sad</emotion>")),
        ("angle brackets in content", GOOD.replace("sad", "a < b > c <| d |> <b>e</b>")),
        ("another case is no tag", GOOD.replace("dear", "<|RESPONSE_BEGIN|>")),
        ("a tag with space in it is no tag", GOOD.replace("dear", "< response > <|response_begin |>")),
    ],
)
def test_well_formed_reply_breaks_nothing(why, reply):
    assert span_violations(reply) == (), why
    assert parse_spans(reply).response


@pytest.mark.parametrize("name", SPAN_NAMES)
@pytest.mark.parametrize(
    ("why", "damage", "broken"),
    [
        ("no begin tag", lambda r, n: r.replace(f"<|{n}_begin|>", ""), ["tags", "empty", ORDER]),
        ("no end tag", lambda r, n: r.replace(f"<|{n}_end|>", ""), ["tags", "empty", ORDER]),
        ("begin tag twice", lambda r, n: r.replace(f"<|{n}_begin|>", f"<|{n}_begin|>" * 2), ["tags", "empty", ORDER]),
        ("whole span twice", lambda r, n: r + span(n), ["tags", "empty", ORDER]),
        (
            "tags of two dialects",
            lambda r, n: r.replace(f"<|{n}_end|>", f"</{n}>"),
            ["tags", "empty"],
        ),
        (
            "end before begin",
            lambda r, n: r.replace(f"<|{n}_begin|>", "#").replace(f"<|{n}_end|>", f"<|{n}_begin|>").replace("#", f"<|{n}_end|>"),
            ["tags", "empty", ORDER],
        ),
    ],
)  # fmt: skip
def test_damaged_span_breaks_its_own_constraints(name, why, damage, broken):
    expected = [kind if kind == ORDER else f"{name} {kind}" for kind in broken]
    assert kinds(damage(GOOD, name)) == expected, why


@pytest.mark.parametrize("name", SPAN_NAMES)
@pytest.mark.parametrize("nothing", ["", "  \n\t", "\u2003\u00a0"])
def test_empty_span_breaks_one_constraint(name, nothing):
    spans = SPANS._replace(**{name: nothing})
    assert kinds(render_spans(spans)) == kinds(card(spans)) == [f"{name} empty"]


@pytest.mark.parametrize(
    ("why", "reply"),
    [
        ("text before", "Sure! " + GOOD),
        ("text after", GOOD + "\nI hope this helps."),
        ("text between", GOOD.replace("\n", " and ", 1)),
        ("text between the last two", "- ".join(GOOD.rsplit("\n", 1))),
        ("zero-width space outside", GOOD + "\u200b"),
        ("two spans swapped", "\n".join(span(name) for name in ("reasoning", "understanding", "emotion", "response"))),
        ("all reversed", "\n".join(span(name) for name in reversed(SPAN_NAMES))),
        ("a span inside another", span("understanding", "x" + span("reasoning") + "y") + span("emotion") + span("response")),
        ("spans that overlap", "<|understanding_begin|>a<|reasoning_begin|>b<|understanding_end|>c<|reasoning_end|>" + span("emotion") + span("response")),
    ],
)  # fmt: skip
def test_disorder_breaks_the_order_alone(why, reply):
    assert kinds(reply) == [ORDER], why
    with pytest.raises(MalformedReply, match="order"):
        parse_spans(reply)


def test_malformed_reply_names_what_is_broken():
    with pytest.raises(MalformedReply) as raised:
        parse_spans(span("understanding") + span("reasoning") + span("response"))
    assert raised.value.violations == span_violations(span("understanding") + span("reasoning") + span("response"))
    assert "emotion" in str(raised.value)


@given(st.tuples(content, content, content, content))
def test_rendered_spans_parse_back(texts):
    spans = Spans(*texts)
    assert parse_spans(render_spans(spans)) == parse_spans(card(spans)) == spans


@settings(max_examples=300)
@given(hostile)
def test_any_text_is_judged_without_an_error(text):
    violations = span_violations(text)
    assert len(violations) == len(set(violations)) <= FORMAT_CONSTRAINTS
    if violations:
        with pytest.raises(MalformedReply):
            parse_spans(text)
    else:
        assert all(parse_spans(text))
    assert not any(tag in response_of(text) for tag in TAGS)


@settings(max_examples=300)
@given(hostile)
def test_stripped_text_holds_no_tag(text):
    stripped = strip_tags(text)
    assert not any(tag in stripped for tag in TAGS)
    assert strip_tags(stripped) == stripped


@pytest.mark.parametrize("tag", TAGS)
def test_no_tag_closes_up_where_another_was_taken_out(tag):
    for at in range(1, len(tag)):
        for inner in ("<|response_begin|>", "</emotion>"):
            assert tag not in strip_tags(tag[:at] + inner + tag[at:])


@settings(max_examples=200)
@given(hostile)
def test_tags_inside_a_span_cannot_make_a_second_one(text):
    """Whatever stands in the response, a reply that is accepted hands out content free of tags."""
    reply = render_spans(SPANS._replace(response=f"a{text}"))
    if not span_violations(reply):
        assert not any(tag in part for part in parse_spans(reply) for tag in TAGS)


@pytest.mark.parametrize(
    ("why", "reply", "read"),
    [
        ("well-formed", GOOD, SPANS.response),
        ("well-formed, card", card(SPANS), SPANS.response),
        ("only the response is whole", "<|emotion_begin|>sad " + span("response", " Tell me. "), "Tell me."),
        ("no tags at all", " I am sorry. ", "I am sorry."),
        ("response not closed", "<|response_begin|>Tell me.", "Tell me."),
        ("two responses", span("response", "One.") + span("response", "Two."), "One.  Two."),
        ("nothing", "", ""),
    ],
)
def test_user_reads_the_response_or_the_text_without_tags(why, reply, read):
    assert response_of(reply) == read, why


@pytest.mark.parametrize(
    ("why", "unit"),
    [
        ("opening tags nested", "<|response_begin|>"),
        ("all tags in turn", "".join(TAGS)),
        ("tags that never end", "<|response_begin"),
        ("angle brackets", "<|<</"),
        ("well-formed replies in a row", GOOD),
    ],
)
def test_long_hostile_text_takes_linear_time(why, unit):
    def took(length: int) -> float:
        text = unit * (length // len(unit))
        best = float("inf")
        for _ in range(2):
            started = time.process_time()
            span_violations(text)
            response_of(text)
            best = min(best, time.process_time() - started)
        return best

    short, long = took(40_000), took(320_000)
    assert long < 0.2 + 8 * 4 * short, why
    assert long < 5, why


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ("<|emotion_begin|> sad <|emotion_end|> and nothing else", "sad"),
        ("<emotion>sad</emotion>", "sad"),
        ("<|emotion_begin|>sad<|emotion_end|><|emotion_begin|>glad<|emotion_end|>", ""),
        ("<|emotion_end|>sad<|emotion_begin|>", ""),
        ("sad", ""),
    ],
)
def test_a_span_is_read_where_only_others_are_broken(reply: str, label: str):
    assert span_of(reply, "emotion") == label
