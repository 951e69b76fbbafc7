import pytest

from graphs.offline.mistakes import Rates
from graphs.offline.reading import has_cue, spaced
from graphs.spans import parse_spans, span_violations

ANGRY = "[1] user: My sister borrowed my scooter without asking. I can feel my jaw tighten just writing this."
LABELS = {"angry", "sad", "proud", "joyful", "afraid"}


def test_a_reply_has_four_spans_a_label_of_the_list_and_the_paper_s_lengths(ask) -> None:
    replies = [parse_spans(ask("responder", dialogue=ANGRY, seed=n)) for n in range(200)]
    assert {reply.emotion for reply in replies} <= LABELS
    means = {name: sum(len(getattr(reply, name).split()) for reply in replies) / 200 for name in replies[0]._fields}
    assert 34 < means["understanding"] < 48
    assert 45 < means["reasoning"] < 62
    assert 22 < means["response"] < 33


def test_the_label_is_read_from_the_user_s_words(ask) -> None:
    assert parse_spans(ask("responder", dialogue=ANGRY)).emotion == "angry"
    assert parse_spans(ask("responder", dialogue="[1] user: I won! I stood a bit taller after.")).emotion == "proud"


def test_any_list_of_labels_will_do(ask) -> None:
    reply = parse_spans(ask("responder", pack={"labels": "grumpy\nfloating"}, dialogue=ANGRY))
    assert reply.emotion in {"grumpy", "floating"}


def test_a_reply_speaks_of_what_the_user_spoke_of(ask) -> None:
    replies = [ask("responder", dialogue=ANGRY, seed=n) for n in range(40)]
    assert all("your s" in reply or "the scooter" in reply or "jaw" in reply for reply in replies)


def test_the_response_does_not_begin_as_one_of_the_last_two(ask) -> None:
    dialogue = "[1] user: The bus left.\n[1] helper: I can hear how hard this still burns.\n" + ANGRY.replace(
        "[1]", "[2]"
    )
    for seed in range(40):
        assert not parse_spans(ask("responder", dialogue=dialogue, seed=seed)).response.startswith(
            "I can hear how hard"
        )


def test_a_refinement_says_something_else_than_its_draft(ask) -> None:
    for seed in range(30):
        draft = parse_spans(ask("responder", dialogue=ANGRY, seed=seed)).response
        again = ask("responder", dialogue=ANGRY, seed=seed, draft=draft, critique="change: stay with the jaw.")
        assert parse_spans(again).response.split()[:4] != draft.split()[:4]


def test_a_user_who_winds_down_is_asked_nothing(ask) -> None:
    dialogue = ANGRY + "\n[1] helper: Go on.\n[2] user: It's a bit lighter now. I'm going to sleep early."
    assert all("?" not in parse_spans(ask("responder", dialogue=dialogue, seed=n)).response for n in range(30))


def test_a_user_who_asks_is_answered(ask) -> None:
    dialogue = ANGRY + "\n[1] helper: Go on.\n[2] user: He never called. Is that odd?"
    starts = {parse_spans(ask("responder", dialogue=dialogue, seed=n)).response.split(" ")[0] for n in range(20)}
    assert starts <= {"No,", "Not", "It", "No"}


def test_a_wish_to_die_is_taken_seriously(ask) -> None:
    response = parse_spans(ask("responder", dialogue="[1] user: I just want to die, honestly.")).response
    assert "ending your life" in response
    assert "real person" in response or "someone near you" in response


@pytest.mark.parametrize("kind", Rates._fields)
def test_each_mistake_is_planted_at_its_rate(ask, kind: str) -> None:
    rates = Rates(0, 0, 0, 0, 0)._replace(**{kind: 0.2})
    replies = [ask("responder", rates=rates, dialogue=ANGRY, seed=n) for n in range(1000)]
    assert abs(sum(_is_mistake(kind, reply) for reply in replies) / 1000 - 0.2) < 0.04


def _is_mistake(kind: str, reply: str) -> bool:
    if kind == "broken_format":
        return bool(span_violations(reply))
    spans = parse_spans(reply)
    if kind == "unknown_label":
        return spans.emotion not in LABELS
    return has_cue(spaced(spans.response), {"generic": "stock"}.get(kind, kind))


def test_a_refinement_has_a_quarter_of_the_mistakes(ask) -> None:
    rates = Rates(0, 0, 0.8, 0, 0)
    replies = [ask("responder", rates=rates, dialogue=ANGRY, draft="Fine.", seed=n) for n in range(600)]
    assert abs(sum(_is_mistake("cold", reply) for reply in replies) / 600 - 0.2) < 0.05
