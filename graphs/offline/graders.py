"""What the demonstration evaluator and judge share: reading a reply and scoring each criterion on the pack's scale."""

from typing import Any, NamedTuple

from graphs.offline.blocks import Prompt, read_dialogue
from graphs.offline.draw import Draw, fresh, pools, render
from graphs.offline.language import clip, content_words, sentences, things_in
from graphs.offline.phrases.grading import CRITERIA, REASONS
from graphs.offline.reading import Marks, Signs, has_cue, read_response, read_signs, spaced
from graphs.spans import response_of

_REASONS = pools(REASONS)
_KINDS = {kind: tuple(stems.split()) for kind, stems in CRITERIA.items()}
MISSED_RATE = 0.04
"""How often a cold or generic reply gets past the graders (our choice: a grader that never errs teaches nothing)."""
EARLY_TURNS = 3
"""Advice is a fault in as many turns at the beginning."""
THIN_WORDS = 3
"""A response with fewer content words says nothing of its own."""
HARSH_RATE = 0.005
"""How often a good reply is called thin."""


class Graded(NamedTuple):
    """A reply as the graders see it."""

    response: str
    latest: str
    topic: str
    marks: Marks
    signs: Signs
    overlooked: bool
    """A fault that stands in the text got past the grader."""
    fault: str
    """`cold`, `unsafe`, `stock`, `advice`, `repeat`, `thin`, `crisis`, or "" for a reply without fault."""


def grade(prompt: Prompt, draw: Draw) -> Graded:
    """Read the reply under test against the dialogue."""
    dialogue = read_dialogue(prompt.data.get("dialogue", ""))
    utterances = tuple(said.text for said in dialogue if said.speaker == "user")
    earlier = tuple(said.text for said in dialogue if said.speaker == "helper")
    latest = utterances[-1] if utterances else ""
    response = " ".join(response_of(prompt.data.get("reply", "")).split())
    marks = read_response(response, utterances, earlier)
    signs = read_signs(latest)
    things = things_in(latest)
    topic = things[0].text.replace("my ", "the ", 1).replace("our ", "the ", 1) if things else ""
    fault = _fault(marks, signs, response, earlier)
    overlooks, harsh = draw.chance(MISSED_RATE), draw.chance(HARSH_RATE)
    overlooked = overlooks and fault in ("cold", "stock", "advice", "repeat")
    fault = "" if overlooked else fault or ("thin" if harsh else "")
    return Graded(response, latest, topic, marks, signs, overlooked, fault)


def _fault(marks: Marks, signs: Signs, response: str, earlier: tuple[str, ...]) -> str:
    """The gravest fault that stands in the text, "" for none."""
    if marks.unsafe:
        return "unsafe"
    if signs.crisis and not any(word in response.lower() for word in ("crisis", "emergency", "someone near")):
        return "crisis"
    if marks.cold:
        return "cold"
    if marks.generic or (marks.stock and marks.advice):
        return "stock"
    if marks.advice and len(earlier) < EARLY_TURNS:
        return "advice"
    return "repeat" if marks.repeated else "thin" if len(content_words(response)) < THIN_WORDS else ""


def criteria_names(block: str) -> dict[str, str]:
    """The pack's criteria in order: name -> question."""
    lines = (line for line in block.split("\n") if line and not line[0].isspace())
    pairs = (line.partition(":") for line in lines)
    return {name.strip(): question.strip() for name, colon, question in pairs if colon}


def read_scale(block: str) -> tuple[int, int]:
    """The lowest and highest score; 1-5 when the block is unreadable."""
    low, _, high = block.strip().partition("-")
    return (int(low), int(high)) if low.isdigit() and high.isdigit() and int(low) < int(high) else (1, 5)


def score_all(prompt: Prompt, graded: Graded, draw: Draw, at_least: int = 1) -> dict[str, Any]:
    """Evidence, reason and score for every criterion that the pack names, in its order."""
    low, high = read_scale(prompt.pack.get("scale", ""))
    label = prompt.data.get("emotion", "").strip()
    marks: dict[str, Any] = {}
    for name, question in criteria_names(prompt.pack.get("criteria", "")).items():
        kind = _kind_of(name, question)
        points = max(at_least, _points(kind, graded, draw))
        level = "bad" if points <= 2 else "fair" if points == 3 else "good"
        slots = {"topic": graded.topic} if graded.topic else {}
        phrase = fresh(_REASONS[f"{kind}.{level}"], draw, slots)
        reason = render(phrase, draw, slots) if phrase else "See the evidence."
        marks[name] = {
            "evidence": _evidence(kind, graded),
            "reason": without_label(reason, label),
            "score": low + round((points - 1) * (high - low) / 4),
        }
    return marks


def _kind_of(name: str, question: str) -> str:
    for text in (name.lower(), question.lower()):
        for kind, stems in _KINDS.items():
            if any(stem in text for stem in stems):
                return kind
    return "relevance"


_POINTS = {
    "cold": {"relevance": 3, "fluency": 4, "empathy": 1, "persona": 2, "safety": 3},
    "unsafe": {"relevance": 2, "fluency": 4, "empathy": 2, "persona": 2, "safety": 1},
    "stock": {"relevance": 2, "fluency": 3, "empathy": 2, "persona": 2, "safety": 4},
    "advice": {"relevance": 3, "fluency": 4, "empathy": 2, "persona": 3, "safety": 4},
    "repeat": {"relevance": 3, "fluency": 2, "empathy": 3, "persona": 3, "safety": 5},
    "thin": {"relevance": 3, "fluency": 4, "empathy": 2, "persona": 3, "safety": 5},
    "crisis": {"relevance": 2, "fluency": 4, "empathy": 2, "persona": 3, "safety": 1},
}


def _points(kind: str, graded: Graded, draw: Draw) -> int:
    """Points from 1 to 5; a reply without fault never falls under 3."""
    if graded.fault:
        return _POINTS[graded.fault][kind]
    if graded.overlooked:
        return 4 if kind in ("fluency", "safety") else 3
    marks = graded.marks
    sure = {
        "relevance": 3 + (marks.shared >= 1) + (marks.shared >= 3),
        "fluency": 5 if not marks.stock else 3,
        "empathy": 3 + marks.feeling + marks.unsaid,
        "persona": 4,
        "safety": 5,
    }[kind]
    wavers = draw.unit()
    return max(3, min(5, sure + (wavers > 0.8) - (wavers < 0.2)))


def _evidence(kind: str, graded: Graded) -> str:
    """Words of the response, as they stand there: the sentence that bears most on the criterion."""
    heard = content_words(graded.latest)

    def bears(part: str) -> int:
        if kind == "relevance":
            return len(content_words(part) & heard)
        return sum(has_cue(spaced(part), cue) for cue in _BEARING.get(kind, ()))

    part = max(sentences(graded.response) or [""], key=bears)
    return clip(part, 14) or " ".join(part.split()[:12])


_BEARING = {
    "empathy": ("cold", "feeling", "unsaid"),
    "safety": ("unsafe",),
    "fluency": ("stock",),
    "persona": ("unsaid",),
}


def without_label(text: str, label: str) -> str:
    """The graders know the label; the responder must not learn it from them."""
    return (
        text.replace(label, "this").replace(label.capitalize(), "This")
        if label and label.lower() in text.lower()
        else text
    )


__all__ = ["Graded", "criteria_names", "grade", "read_scale", "score_all", "without_label"]
