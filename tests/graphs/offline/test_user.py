import re

import pytest

from graphs.offline.language import content_words
from graphs.offline.user import read_plan

OPENED = "[1] user: My sister borrowed my grey scooter without asking.\n[1] helper: "
GOOD = "I can hear how hard this still burns. Maybe under the heat there's something that hurt about your sister. What was the worst part?"
COLD = "You're overreacting. Just move on."


def test_the_plan_block_is_read(plan) -> None:
    read = read_plan(plan(3, "push_back", "detail - One detail.", 34, 18))
    assert (read.action, read.stage, read.mood, read.words) == ("push_back", "detail", 34, 18)
    assert read_plan(plan()).stage == ""
    assert read_plan("nonsense").words > 0


@pytest.mark.parametrize("words", [6, 14, 22, 35, 50])
def test_the_opening_tells_the_situation_without_the_label(ask_json, plan, words) -> None:
    for seed in range(30):
        said = ask_json("user_simulator", seed=seed, plan=plan(1, "open", "event - What happened.", words=words))
        assert said["events"] == []
        assert said["tells"] == "event"
        assert content_words(said["message"]) & {"sister", "scooter", "grey", "borrowed", "rain", "brakes"}
        assert not re.search(r"\bangry\b", said["message"], re.IGNORECASE)


def test_the_label_in_the_situation_is_put_in_other_words(ask_json, plan) -> None:
    said = ask_json("user_simulator", situation="I was so angry when the bus left.", plan=plan())
    assert "angry" not in said["message"].lower()
    assert "bus" in said["message"]


def test_the_length_follows_the_plan(ask_json, plan) -> None:
    def mean(words: int) -> float:
        made = plan(3, "go_on", "nothing new", 40, words)
        said = [ask_json("user_simulator", seed=n, dialogue=OPENED + GOOD, plan=made) for n in range(40)]
        return sum(len(one["message"].split()) for one in said) / len(said)

    means = [mean(words) for words in (6, 14, 22, 35, 50)]
    assert means == sorted(means)
    assert all(abs(got - words) < 0.35 * words + 2 for got, words in zip(means, (6, 14, 22, 35, 50), strict=True))


@pytest.mark.parametrize(
    ("response", "event"),
    [
        (COLD, "dismissed"),
        ("You should call her and make a list.", "advice_unasked"),
        ("Stay strong, time heals.", "generic"),
    ],
)
def test_events_come_from_the_last_response(ask_json, plan, response: str, event: str) -> None:
    said = ask_json("user_simulator", dialogue=OPENED + response, plan=plan(2, "go_on"))
    assert said["events"] == [event]


def test_a_good_response_is_often_but_not_always_enough(ask_json, plan) -> None:
    made = plan(2, "go_on")
    said = [ask_json("user_simulator", seed=n, dialogue=OPENED + GOOD, plan=made)["events"] for n in range(200)]
    assert 0.5 < sum("heard" in events for events in said) / 200 < 0.85
    assert all(set(events) <= {"heard"} for events in said)


def test_events_are_those_of_the_pack_whatever_they_are_called(ask_json, plan) -> None:
    pack = {"events": "minus_one: It brushed you off.\nplus_one: It gave back what you told, you felt heard."}
    said = ask_json("user_simulator", pack=pack, dialogue=OPENED + COLD, plan=plan(2, "go_on"))
    assert said["events"] == ["minus_one"]


def test_a_wind_down_asks_nothing_and_tells_nothing_new(ask_json, plan) -> None:
    made = plan(8, "wind_down", "unsaid - The part least easy to say.", 70, 40)
    for seed in range(30):
        said = ask_json("user_simulator", seed=seed, dialogue=OPENED + GOOD, plan=made)
        assert said["tells"] == "nothing"
        assert "?" not in said["message"]


def test_the_rest_of_the_situation_is_told_as_a_detail(ask_json, plan) -> None:
    made = plan(2, "go_on", "detail - One detail.", 40, 35)
    said = ask_json("user_simulator", dialogue=OPENED + GOOD, plan=made)
    assert said["tells"] == "detail"
    assert "brakes" in said["message"]


def test_nothing_is_said_twice_in_a_dialogue(ask_json, plan) -> None:
    dialogue, said = "", []
    for turn in range(1, 9):
        made = plan(turn, "open" if turn == 1 else "go_on", "nothing new", 40, 30)
        message = ask_json("user_simulator", dialogue=dialogue or "(nothing said yet)", plan=made)["message"]
        said += [part for part in re.split(r"(?<=[.!?]) ", message) if len(part.split()) > 4]
        dialogue += f"\n[{turn}] user: {message}\n[{turn}] helper: {GOOD}"
    assert len(said) == len(set(said))


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("All lower-case.", lambda text: text == text.lower()),
        ("Writes without apostrophes.", lambda text: "'" not in text),
        ("Skips final full stops.", lambda text: not text.endswith(".")),
        ("Rarely uses contractions.", lambda text: "don't" not in text and "I'm" not in text),
        ("No emoji.", str.isascii),
    ],
)
def test_the_message_keeps_to_the_style(ask_json, plan, style: str, kept) -> None:
    persona = f"Username: user_1\nStyle: {style}"
    for seed in range(20):
        made = plan(2, "go_on", words=30)
        said = ask_json("user_simulator", seed=seed, persona=persona, dialogue=OPENED + GOOD, plan=made)
        assert kept(said["message"]), said["message"]
