"""Measure the demonstration model: `python -m benchmarks.offline_model [--dialogues 1000] [--show 3]`.

Plays dialogues against `answer()` in a plain loop, without graph, journal or HTTP: the pack's prompts, the feelings and
the gates are the program's own. Prints dialogue lengths, repeated utterances, openings, planted mistakes against their
rates, FAIL rates and answers per second.
"""

import argparse
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from graphs.feelings import plan, react, tell
from graphs.nodes.rubric_evaluator import decide, violations
from graphs.offline.draw import Draw
from graphs.offline.language import content_words
from graphs.offline.mistakes import Rates, planted
from graphs.offline.model import answer, body_key
from graphs.offline.reading import is_positive
from graphs.packs import Pack, load_pack
from graphs.prompts import Prompt, PromptWriter, draw_number, nonce
from graphs.rubric import UserAnswer, read_json
from graphs.schema import Decision, Feelings, Pairing, Persona, Situation
from graphs.spans import SPAN_NAMES, parse_spans, response_of, span_violations

EXAMPLES = Path(__file__).parent.parent / "examples"


class Played(NamedTuple):
    """What one dialogue left to count."""

    pairing: Pairing
    lines: list[str]
    utterances: list[str]
    decisions: list[list[Decision]]
    planted: list[str]
    """The mistake of every first attempt, "" for none."""
    moods: list[int]
    replies: list[str]


def pairings(count: int, seed: int) -> list[Pairing]:
    """Pair the built-in examples at random."""
    personas = [Persona.model_validate_json(line) for line in _rows("personas.jsonl")]
    situations = [Situation.model_validate_json(line) for line in _rows("situations.jsonl")]
    draw = random.Random(seed)
    return [
        Pairing(id=f"d{number}", persona=draw.choice(personas), situation=draw.choice(situations), split="train")
        for number in range(count)
    ]


def _rows(name: str) -> list[str]:
    lines = (EXAMPLES / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and "schema_version" not in line]


class Player:
    """Plays one dialogue after the other against the model."""

    def __init__(self, pack: Pack, seed: int, length: str):
        self.pack, self.seed, self.length = pack, seed, length
        self.writer = PromptWriter(pack)
        self.floor = getattr(pack.settings.length, length)
        self.calls, self.seconds = 0, 0.0

    def ask(self, prompt: Prompt, seed: int) -> tuple[str, dict[str, Any]]:
        messages = [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}]
        body: dict[str, Any] = {
            "model": "kardia-demo-1", "messages": messages, "temperature": prompt.temperature,
            "max_tokens": prompt.max_tokens, "seed": seed,
        }  # fmt: skip
        if prompt.schema:
            schema = {"name": "answer", "strict": True, "schema": json.loads(prompt.schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        started = time.perf_counter()
        answered = answer(json.loads(json.dumps(body)), self.seed)
        self.seconds += time.perf_counter() - started
        self.calls += 1
        assert answered["choices"][0]["finish_reason"] == "stop", answered
        return answered["choices"][0]["message"]["content"], body

    def play(self, pairing: Pairing) -> Played:
        key, settings = nonce(self.seed, pairing), self.pack.settings
        start = settings.user.start(settings.labels[pairing.situation.emotion].valence)
        feelings = Feelings(mood=start, openness=1)
        played = Played(pairing, [], [], [], [], [], [])
        for turn in range(1, settings.limits.turns + 1):
            words = draw_number(key, "words", turn)
            planned = plan(feelings, turn, start, settings.user, self.length, self.floor, words)  # pyright: ignore[reportArgumentType]
            text = "\n".join(played.lines) or "(nothing said yet)"
            prompt = self.writer.user_simulator(
                key, pairing, text, f"turn: {turn} of {settings.limits.turns}", feelings, planned
            )
            said = read_json(self.ask(prompt, draw_number(key, "u", turn))[0], UserAnswer)
            feelings = tell(
                react(feelings, said.events, settings.user) if turn > 1 else feelings, said.tells, settings.user
            )
            played.moods.append(feelings.mood)
            played.lines.append(f"[{turn}] user: {said.message}")
            played.utterances.append(said.message)
            reply = self._reply(pairing, key, turn, played)
            played.replies.append(reply)
            played.lines.append(f"[{turn}] helper: {' '.join(response_of(reply).split())}")
            if played.decisions[-1][-1] is Decision.SOLVED:
                break
        return played

    def _reply(self, pairing: Pairing, key: str, turn: int, played: Played) -> str:
        """The attempts of one turn; the last one stands."""
        decisions: list[Decision] = []
        played.decisions.append(decisions)
        draft = critique = reply = ""
        for attempt in range(1, self.pack.settings.limits.attempts + 1):
            dialogue = "\n".join(played.lines)
            prompt = self.writer.responder(key, pairing, dialogue, draft, critique, situation=False)
            reply, body = self.ask(prompt, draw_number(key, "a", turn, attempt))
            if attempt == 1:
                played.planted.append(planted(Draw(self.seed, body_key(body)), Rates(), refines=False))
            decision, critique = self._decide(pairing, key, turn, attempt, reply, played)
            decisions.append(decision)
            if decision is not Decision.FAIL:
                break
            draft = response_of(reply)
        return reply

    def _decide(
        self, pairing: Pairing, key: str, turn: int, attempt: int, reply: str, played: Played
    ) -> tuple[Decision, str]:
        if broken := violations(reply, played.utterances[-1], self.pack):
            return Decision.FAIL, "change: " + "; ".join(broken)
        may = "yes" if turn >= self.floor else f"no, not before turn {self.floor}"
        lines = f"turn {turn} of {self.pack.settings.limits.turns}\nSOLVED may be called: {may}"
        prompt = self.writer.rubric_evaluator(key, pairing, "\n".join(played.lines), response_of(reply), lines)
        said = self.pack.rubric.read_decision(self.ask(prompt, draw_number(key, "r", turn, attempt))[0])
        return decide(said, self.pack.rubric, may_solve=turn >= self.floor)[0], said.critique


def report(dialogues: list[Played], player: Player) -> dict[str, Any]:
    """The figures, by name."""
    turns = [len(played.decisions) for played in dialogues]
    repeats = Counter(utterance for played in dialogues for utterance in played.utterances)
    firsts = [attempts[0] for played in dialogues for attempts in played.decisions]
    later = [decision for played in dialogues for attempts in played.decisions for decision in attempts[1:]]
    mistakes = Counter(mistake for played in dialogues for mistake in played.planted)
    named = [bool(content_words(p.utterances[0]) & content_words(p.pairing.situation.text)) for p in dialogues]
    lengths = [len(utterance.split()) for utterance in repeats]
    return {
        "dialogues": len(dialogues),
        "turns, mean": round(sum(turns) / len(turns), 3),
        "turns, by number": dict(sorted(Counter(turns).items())),
        "share of 8-10 turns": round(sum(8 <= turn <= 10 for turn in turns) / len(turns), 3),
        "share ended SOLVED": round(sum(p.decisions[-1][-1] is Decision.SOLVED for p in dialogues) / len(dialogues), 3),
        "an utterance occurs at most": max(repeats.values()),
        "openings that name a content word": round(sum(named) / len(named), 3),
        "words an utterance": round(sum(lengths) / len(lengths), 1),
        "planted: set, met": {
            name: (rate, round(mistakes[name] / len(firsts), 4)) for name, rate in Rates()._asdict().items()
        },
        "faultless first attempts FAIL": _faultless_fail(dialogues),
        "first attempts FAIL": round(firsts.count(Decision.FAIL) / len(firsts), 3),
        "later attempts FAIL": round(later.count(Decision.FAIL) / max(1, len(later)), 3),
        "turns with all attempts FAIL": sum(
            attempts[-1] is Decision.FAIL for p in dialogues for attempts in p.decisions
        ),
        "labels: right, right side": _labels_right(dialogues),
        "words of spans": _span_words(dialogues),
        "answers a second": round(player.calls / player.seconds),
    }


def _labels_right(dialogues: list[Played]) -> tuple[float, float]:
    """How often the responder's label is the situation's, and how often it is at least of the same side."""
    pairs = [(emotion_of(reply), p.pairing.situation.emotion) for p in dialogues for reply in p.replies]
    sides = [is_positive(label) == is_positive(gold) for label, gold in pairs]
    return round(sum(label == gold for label, gold in pairs) / len(pairs), 3), round(sum(sides) / len(sides), 3)


def _faultless_fail(dialogues: list[Played]) -> float:
    """How often a first attempt without a planted mistake fails."""
    pairs = [(a[0], mistake) for p in dialogues for a, mistake in zip(p.decisions, p.planted, strict=True)]
    clean = [decision for decision, mistake in pairs if not mistake]
    return round(clean.count(Decision.FAIL) / len(clean), 3)


def emotion_of(reply: str) -> str:
    return reply.partition("<|emotion_begin|>")[2].partition("<")[0]


def _span_words(dialogues: list[Played]) -> dict[str, float]:
    spans = [parse_spans(reply) for p in dialogues for reply in p.replies if not span_violations(reply)]
    return {name: round(sum(len(getattr(s, name).split()) for s in spans) / len(spans), 1) for name in SPAN_NAMES}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--dialogues", type=int, default=1000)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--pack", default="kardia")
    options.add_argument("--length", choices=("paper", "natural"), default="paper")
    options.add_argument("--show", type=int, default=0, help="print this many whole dialogues")
    chosen = options.parse_args()
    player = Player(load_pack(chosen.pack), chosen.seed, chosen.length)
    known = [
        p for p in pairings(chosen.dialogues * 4, chosen.seed) if p.situation.emotion in player.pack.settings.labels
    ]
    dialogues = [player.play(pairing) for pairing in known[: chosen.dialogues]]
    for played in dialogues[: chosen.show]:
        print(
            f"\n{played.pairing.situation.emotion}: {played.pairing.situation.text}\n  {played.pairing.persona.style}"
        )
        print("\n".join(played.lines))
        print("moods:", played.moods, "\n" + "\n".join(played.replies[1:3]))
    for name, value in report(dialogues, player).items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
