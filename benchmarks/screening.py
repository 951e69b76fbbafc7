"""What screening finds and what it takes from the good ones: planted faults, clean dialogues, and real people.

    python -m benchmarks.screening [--trajectories RUN/trajectories.jsonl] [--people FOLDER] [--pack-rules FILE]

Plants 50 faults of every kind into 200 clean dialogues and prints recall and false removals. The clean dialogues are
invented here, or read from a run's trajectories.jsonl, of which those that screening removes as they are count as false
removals. With --people, real talks (the one in need as user, the other as helper) show what the rules do to people, and
with their roles swapped what they find of a whole swapped dialogue. People who help tell of themselves, so that
`helper_as_user` finds many of them: rightly for a model, which has no life to tell of.
"""

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import yaml

from benchmarks import screening_material as material
from benchmarks.valence_on_people import read_talks
from graphs.schema import Attempt, Decision, End, Feelings, Persona, Situation, Trajectory, Turn
from graphs.screening import ScreeningRules, screen
from graphs.spans import Spans, parse_spans, render_spans

CLEAN = 200
FAULTS = 50
TURNS = 9
ONE_LINE = "one line"
"""A single line in the wrong mouth, written when the rules were finished: the hard case, counted by itself."""

Plant = Callable[[Trajectory, random.Random], Trajectory]


class Row(NamedTuple):
    """Of the faults of one kind: how many were removed at all, and how many for the right reason."""

    kind: str
    rule: str
    planted: int
    removed: int
    named: int


def clean_dialogues(count: int, seed: int = 0) -> list[Trajectory]:
    """Invent dialogues without a fault: a story told little by little, in words of its own."""
    return [_clean_dialogue(number, random.Random(f"{seed}/{number}")) for number in range(count)]


def _clean_dialogue(number: int, draw: random.Random) -> Trajectory:
    story = material.STORIES[number % len(material.STORIES)]
    is_pleasant = story.emotion in material.PLEASANT
    felt = draw.sample(material.FELT_WELL if is_pleasant else material.FELT_BADLY, TURNS)
    aside = draw.sample(material.ASIDES, TURNS)
    utterances = [story.told[0]]
    for at, fact in enumerate((*story.told[1:], *[""] * (TURNS - len(story.told) - 1))):
        parts = [
            part
            for part, odds in ((aside[at], 0.5), (fact, 1.0), (felt[at], 0.6 if fact else 1.0))
            if draw.random() < odds
        ]
        utterances.append(" ".join(part for part in parts if part))
    utterances.append(draw.choice(material.CLOSINGS_WELL if is_pleasant else material.CLOSINGS_BADLY))
    helper = list(
        zip(*(draw.sample(pool, TURNS) for pool in (material.REFLECTS, material.ASKS, material.STAYS)), strict=True)
    )
    responses = [
        " ".join(draw.sample(lines[:2], 2) if draw.random() < 0.5 else (lines[2], lines[1])).format(thing=story.thing)
        for lines in helper
    ]
    turns = tuple(
        _turn(
            x,
            Spans(
                f"You tell what happened with {story.thing}, part {at} of it.",
                draw.choice(material.REASONS),
                story.emotion,
                y,
            ),
        )
        for at, (x, y) in enumerate(zip(utterances, responses, strict=True))
    )
    return Trajectory(
        id=f"clean-{number}",
        split="train",
        persona=_persona(number, draw),
        situation=Situation(id=f"s{number}", emotion=story.emotion, text=story.text),
        turns=turns,
        end=End.SOLVED,
    )


def _persona(number: int, draw: random.Random) -> Persona:
    name = f"user_{draw.randrange(16**8):08x}"
    fields = {
        "mbti": draw.choice(("INFP", "ISTJ", "INTP", "ISFJ")),
        "gender": draw.choice(("Female", "Male")),
        "relationship": draw.choice(("Single", "Married")),
        "occupation": draw.choice(("Nurse", "Software developer")),
        "about": f"My name is {name}. I'm {draw.randrange(29, 45)} years old and I like long walks.",
    }
    return Persona.model_validate({"id": f"p{number}", **fields, "sources": dict.fromkeys(fields, "stated")})


def _turn(utterance: str, spans: Spans) -> Turn:
    attempt = Attempt(reply=render_spans(spans), decision=Decision.PASS)
    return Turn(utterance=utterance, feelings=Feelings(mood=50, openness=2), attempts=(attempt,), chosen=0)


def _with_utterance(dialogue: Trajectory, at: int, text: str) -> Trajectory:
    turn = dialogue.turns[at].model_copy(update={"utterance": text})
    return dialogue.model_copy(update={"turns": (*dialogue.turns[:at], turn, *dialogue.turns[at + 1 :])})


def _with_reply(dialogue: Trajectory, at: int, reply: str) -> Trajectory:
    attempt = dialogue.turns[at].attempts[dialogue.turns[at].chosen].model_copy(update={"reply": reply})
    turn = dialogue.turns[at].model_copy(update={"attempts": (attempt,), "chosen": 0})
    return dialogue.model_copy(update={"turns": (*dialogue.turns[:at], turn, *dialogue.turns[at + 1 :])})


def _with_response(dialogue: Trajectory, at: int, text: str) -> Trajectory:
    return _with_reply(dialogue, at, render_spans(parse_spans(dialogue.turns[at].reply)._replace(response=text)))


def _response(dialogue: Trajectory, at: int) -> str:
    return parse_spans(dialogue.turns[at].reply).response


def _longest(dialogue: Trajectory) -> int:
    """The turn, of those that leave room for a repetition, with the longest utterance."""
    return max(range(len(dialogue.turns) - 2), key=lambda at: len(dialogue.turns[at].utterance))


def _nearly(text: str, draw: random.Random) -> str:
    """Say the same once more as a weak model does: a word changed, a phrase before or after."""
    words = text.split()
    words[draw.randrange(len(words))] = draw.choice(("really", "just", "somehow"))
    return draw.choice(("{}", "Like I said, {}", "{} You know?", "Well, {} I mean it.")).format(" ".join(words))


def _insert(lines: tuple[str, ...]) -> Plant:
    def plant(dialogue: Trajectory, draw: random.Random) -> Trajectory:
        return _with_utterance(dialogue, draw.randrange(1, len(dialogue.turns)), draw.choice(lines))

    return plant


def _repeat_utterance(
    dialogue: Trajectory, draw: random.Random, change: Callable[..., str] | None = None
) -> Trajectory:
    at = _longest(dialogue)
    text = dialogue.turns[at].utterance
    return _with_utterance(
        dialogue, draw.randrange(at + 1, len(dialogue.turns)), change(text, draw) if change else text
    )


def _repeat_response(dialogue: Trajectory, draw: random.Random, change: Callable[..., str] | None = None) -> Trajectory:
    at = draw.randrange(len(dialogue.turns) - 1)
    text = _response(dialogue, at)
    return _with_response(dialogue, draw.randrange(at + 1, len(dialogue.turns)), change(text, draw) if change else text)


def _copy_response(dialogue: Trajectory, draw: random.Random) -> Trajectory:
    at = draw.randrange(1, len(dialogue.turns))
    return _with_utterance(dialogue, at, _nearly(_response(dialogue, at - 1), draw))


def _copy_utterance(dialogue: Trajectory, draw: random.Random) -> Trajectory:
    at = _longest(dialogue)
    return _with_response(dialogue, at, _nearly(dialogue.turns[at].utterance, draw))


def _shorten(dialogue: Trajectory, draw: random.Random) -> Trajectory:
    for at in draw.sample(range(len(dialogue.turns)), len(dialogue.turns) // 2 + 1):
        dialogue = _with_utterance(dialogue, at, draw.choice(("Ok.", "Yes.", "Hm.", "No.", "Fine then.", "...")))
    return dialogue


def _break_format(dialogue: Trajectory, draw: random.Random) -> Trajectory:
    at = draw.randrange(len(dialogue.turns))
    reply = dialogue.turns[at].reply
    broken = (
        reply.replace("<|emotion_end|>", ""),
        reply.replace("<|response_begin|>", "Response:"),
        f"Sure! Here is the reply.\n{reply}",
        reply + reply,
        _response(dialogue, at),
        reply.split("<|response_begin|>")[0],
    )
    return _with_reply(dialogue, at, draw.choice(broken))


def _loop(dialogue: Trajectory, draw: random.Random) -> Trajectory:
    text = draw.choice(material.LOOPS) * draw.randrange(3, 12)
    at = draw.randrange(len(dialogue.turns))
    return draw.choice((_with_utterance, _with_response))(dialogue, at, f"It was like this: {text}")


def _respond(lines: tuple[str, ...]) -> Plant:
    def plant(dialogue: Trajectory, draw: random.Random) -> Trajectory:
        return _with_response(dialogue, draw.randrange(len(dialogue.turns)), draw.choice(lines))

    return plant


def _swap_two_turns(dialogue: Trajectory, draw: random.Random) -> Trajectory:
    """Let both sides take the other's part for two turns, in lines that no rule was made from."""
    first = draw.randrange(1, len(dialogue.turns) - 1)
    helper = draw.sample(material.USER_AS_HELPER_UNSEEN, 2)
    user = draw.sample(material.HELPER_AS_USER_UNSEEN, 2)
    for at in (0, 1):
        dialogue = _with_response(_with_utterance(dialogue, first + at, helper[at]), first + at, user[at])
    return dialogue


def _cut_off(dialogue: Trajectory, draw: random.Random) -> Trajectory:
    return dialogue.model_copy(update={"turns": dialogue.turns[: draw.randrange(1, 3)]})


def _jump(dialogue: Trajectory, draw: random.Random) -> Trajectory:
    is_pleasant = dialogue.situation.emotion in material.PLEASANT
    lines = material.JUMPS_DOWN if is_pleasant else material.JUMPS_UP
    return _with_utterance(dialogue, draw.randrange(1, len(dialogue.turns) - 1), draw.choice(lines))


def _drift(field: str) -> Plant:
    lines = material.DRIFT_BY_FIELD[field]

    def plant(dialogue: Trajectory, draw: random.Random) -> Trajectory:
        at = draw.randrange(1, len(dialogue.turns))
        persona = _persona(0, draw)
        line = draw.choice(lines.get(getattr(persona, field, ""), lines.get("", ())))
        dialogue = _with_utterance(dialogue, at, f"{line} {dialogue.turns[at].utterance}")
        return dialogue.model_copy(update={"persona": persona})

    return plant


def _drift_between_lines(dialogue: Trajectory, draw: random.Random) -> Trajectory:
    _, first, then = draw.choice(material.DRIFT_BETWEEN_LINES)
    early, late = sorted(draw.sample(range(1, len(dialogue.turns)), 2))
    dialogue = _with_utterance(dialogue, early, f"{dialogue.turns[early].utterance} {first}")
    return _with_utterance(dialogue, late, f"{dialogue.turns[late].utterance} {then}")


PLANTS: tuple[tuple[str, str, Plant], ...] = (
    ("structure", "repeated_utterance", _repeat_utterance),
    ("structure", "repeated_utterance", lambda dialogue, draw: _repeat_utterance(dialogue, draw, _nearly)),
    ("structure", "repeated_response", _repeat_response),
    ("structure", "repeated_response", lambda dialogue, draw: _repeat_response(dialogue, draw, _nearly)),
    ("structure", "copied_utterance", _copy_response),
    ("structure", "copied_response", _copy_utterance),
    ("structure", "user_as_helper", _insert(material.USER_AS_HELPER)),
    ("structure", "helper_as_user", _respond(material.HELPER_AS_USER)),
    ("structure", "roles swapped, 2 turns", _swap_two_turns),
    ("structure", "too_short", _shorten),
    ("structure", "loop", _loop),
    ("structure", "malformed", _break_format),
    ("structure", "leak", _insert(material.LEAKS)),
    ("structure", "few_turns", _cut_off),
    ("structure", "foreign or garbled", _insert(material.FOREIGN)),
    (ONE_LINE, "user_as_helper", _insert(material.USER_AS_HELPER_UNSEEN)),
    (ONE_LINE, "helper_as_user", _respond(material.HELPER_AS_USER_UNSEEN)),
    ("jump", "leap or flip", _jump),
    *(("drift", field, _drift(field)) for field in material.DRIFT_BY_FIELD),
    ("drift", "between lines", _drift_between_lines),
)


def plant_all(clean: list[Trajectory], rules: ScreeningRules) -> list[Row]:
    """Plant every kind of fault into as many clean dialogues and count what is removed, and for the right reason."""
    rows = []
    for number, (kind, rule, plant) in enumerate(PLANTS):
        draw = random.Random(f"plant/{number}")
        found = [screen(plant(dialogue, draw), rules) for dialogue in draw.sample(clean, min(FAULTS, len(clean)))]
        named = sum(any(kind in (removal.kind, ONE_LINE) for removal in removals) for removals in found)
        rows.append(Row(kind, rule, len(found), sum(bool(removals) for removals in found), named))
    return rows


def removed_share(dialogues: Iterable[Trajectory], rules: ScreeningRules) -> tuple[int, Counter[str]]:
    """Count the dialogues, and of them the ones that each kind and each rule would remove."""
    total, counts = 0, Counter[str]()
    for dialogue in dialogues:
        total += 1
        removals = screen(dialogue, rules)
        counts.update(
            {removal.kind for removal in removals} | {f"  {removal.kind}.{removal.rule}" for removal in removals}
        )
        counts["any"] += bool(removals)
    return total, counts


def people(path: Path) -> list[Trajectory]:
    """Turn people's dialogues into trajectories: from the seeker's first message, with the supporter's next one."""
    found = []
    for number, talk in enumerate(read_talks(path)):
        pairs = [(x, y) for (own, x), (_, y) in zip(talk.messages, talk.messages[1:], strict=False) if own]
        turns = tuple(_turn(x, Spans("Listens.", "Listens.", "sad", y)) for x, y in pairs)
        if not turns:
            continue
        persona = Persona(id=f"p{number}")
        found.append(
            Trajectory(
                id=f"people-{number}", split="test", persona=persona, situation=talk.situation, turns=turns, end=End.CAP
            )
        )
    return found


def with_roles_swapped(dialogue: Trajectory) -> Trajectory:
    """Let each side say what the other said: a whole dialogue of swapped roles, in people's words."""
    turns = tuple(
        _turn(_response(dialogue, at), Spans("Listens.", "Listens.", "sad", turn.utterance))
        for at, turn in enumerate(dialogue.turns)
    )
    return dialogue.model_copy(update={"turns": turns})


def read_trajectories(path: Path) -> list[Trajectory]:
    """Read a run's trajectories.jsonl, leaving out its header line."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [Trajectory.model_validate(row) for row in rows if "turns" in row]


def milliseconds_each(dialogues: list[Trajectory], rules: ScreeningRules) -> float:
    begin = time.perf_counter()
    for dialogue in dialogues:
        screen(dialogue, rules)
    return (time.perf_counter() - begin) / len(dialogues) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trajectories", type=Path, help="take the clean dialogues from this run")
    parser.add_argument("--people", type=Path, help="folder with ESConv and EmpatheticDialogues")
    parser.add_argument("--pack-rules", type=Path, help="YAML file with a `screening:` mapping, as in pack.yaml")
    options = parser.parse_args()
    mapping = yaml.safe_load(options.pack_rules.read_text(encoding="utf-8"))["screening"] if options.pack_rules else {}
    rules = ScreeningRules.model_validate(mapping)
    clean = read_trajectories(options.trajectories) if options.trajectories else clean_dialogues(CLEAN)
    _print_removed(f"{len(clean)} clean dialogues", clean, rules)
    print(f"  {milliseconds_each(clean, rules):.2f} ms a dialogue\n")
    passed = [dialogue for dialogue in clean if not screen(dialogue, rules)]
    _print_rows(plant_all(passed, rules))
    if options.people:
        print()
        talks = people(options.people / "esconv_valid.jsonl.gz")
        _print_removed("people (ESConv)", talks, rules)
        _print_removed("the same with the roles swapped", map(with_roles_swapped, talks), rules)
        short_talks = people(options.people / "empathetic_dialogues.jsonl.gz")[::10]
        shorter = rules.model_copy(update={"without": (*rules.without, "few_turns", "too_short")})
        _print_removed("people (every tenth of EmpatheticDialogues; two turns are usual there)", short_talks, shorter)


def _print_removed(title: str, dialogues: Iterable[Trajectory], rules: ScreeningRules) -> None:
    total, counts = removed_share(dialogues, rules)
    print(f"{title}: removed")
    for name in ("any", *sorted(name for name in counts if name != "any")):
        print(f"  {name:34}{counts[name]:5}  {counts[name] / total:.3f}")


def _print_rows(rows: list[Row]) -> None:
    print(f"{'planted':11}{'rule':24}{'faults':>7}{'removed':>9}{'by its kind':>13}")
    for row in rows:
        print(
            f"{row.kind:11}{row.rule:24}{row.planted:7}{row.removed / row.planted:9.2f}{row.named / row.planted:13.2f}"
        )
    for kind in dict.fromkeys(row.kind for row in rows):
        own = [row for row in rows if row.kind == kind]
        planted = sum(row.planted for row in own)
        print(
            f"{kind:11}{'all':24}{planted:7}{sum(r.removed for r in own) / planted:9.2f}{sum(r.named for r in own) / planted:13.2f}"
        )


if __name__ == "__main__":
    main()
