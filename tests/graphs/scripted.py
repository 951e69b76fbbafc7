"""Models by script: an asker that gives the decisions it is told, and a plain transcription of Algorithm 1."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from graphs.dialogue import play
from graphs.journal import Slot
from graphs.packs import load_pack
from graphs.prompts import Prompt, PromptWriter
from graphs.schema import Decision, Pairing, Persona, Situation, Trajectory
from graphs.spans import Spans, render_spans
from graphs.state import Dialogue, DialogueSettings, Segment

P = TypeVar("P")
MODELS = {"user_simulator": "u", "responder": "a", "rubric_evaluator": "r"}
GOOD_REPLY = render_spans(Spans("You saw it fall.", "It was dear to you.", "sad", "What did the cup mean to you?"))


def pairing(number: int = 1, emotion: str = "sad", **persona: str) -> Pairing:
    return Pairing(
        id=f"d{number:05d}",
        persona=Persona(id="user_0a1b2c3d", mbti="ISFJ", about="I mend old cups.", **persona),
        situation=Situation(id="s-1", emotion=emotion, text="My grandmother's cup fell and broke."),
        split="train",
    )


def user_answer(message: str = "The cup is gone.", events: Iterable[str] = (), tells: str = "nothing") -> str:
    return json.dumps({"events": list(events), "tells": tells, "message": message})


def decision_answer(decision: str, score: int = 4, critique: str = "change: be closer", relief: bool = True) -> str:
    marks = {name: {"evidence": "q", "reason": "r", "score": score} for name in load_pack("kardia").rubric.criteria}
    signs = {"quote": "", "relief": relief, "open_question": False, "new_pain": False}
    return json.dumps({"criteria": marks, "user_signs": signs, "critique": critique, "decision": decision})


class ScriptedAsker:
    """Answers by a function of the slot, and keeps the prompts as sent."""

    def __init__(self, answer: Callable[[Slot], str]):
        self.answer = answer
        self.asked: list[tuple[Slot, Prompt]] = []

    async def ask(self, thread: str, key: str, slot: Slot, model: str, prompt: Prompt, read: Callable[[str], P]) -> P:
        self.asked.append((slot, prompt))
        return read(self.answer(slot))

    def slots(self, role: str) -> list[Slot]:
        return [slot for slot, _ in self.asked if slot.role == role]


def by_decisions(decisions: Iterator[str]) -> Callable[[Slot], str]:
    """Answers of three models of which the evaluator gives these decisions in turn."""

    def answer(slot: Slot) -> str:
        if slot.role == "user_simulator":
            return user_answer(f"This is turn {slot.turn}.")
        return GOOD_REPLY if slot.role == "responder" else decision_answer(next(decisions))

    return answer


def context(asker: ScriptedAsker, pack: str = "kardia", **settings: object) -> Dialogue:
    loaded = load_pack(pack)
    dialogue = DialogueSettings.model_validate({"length": "natural", **settings})
    return Dialogue(loaded, dialogue, asker, 0, (Segment(None, PromptWriter(loaded), MODELS),))


async def played(decisions: Iterable[str], **settings: object) -> tuple[Trajectory, ScriptedAsker]:
    asker = ScriptedAsker(by_decisions(iter(decisions)))
    return await play(pairing(), context(asker, **settings)), asker


def algorithm_1(decisions: Iterator[str], turns: int, attempts: int) -> list[list[str]]:
    """Algorithm 1 of the paper, line by line: the decisions at every attempt of every turn."""
    path: list[list[str]] = []
    for _ in range(turns):  # 4
        path.append([])
        for _ in range(attempts):  # 5
            path[-1].append(next(decisions))  # 7
            if path[-1][-1] in (Decision.PASS, Decision.SOLVED):  # 8
                break  # 9
        if path[-1][-1] == Decision.SOLVED:  # 12
            return path  # 13
    return path  # 17
