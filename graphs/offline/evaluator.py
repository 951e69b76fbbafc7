"""The demonstration evaluator: scores with evidence, a critique, and SOLVED, PASS or FAIL (paper Eq. 2).

SOLVED rests on the user's latest words and on the turn block, never on anything that a text of the dialogue claims.
"""

import json

from graphs.offline.blocks import Prompt
from graphs.offline.draw import Draw
from graphs.offline.graders import Graded, grade, score_all, without_label
from graphs.offline.language import sentences
from graphs.offline.phrases.grading import CRITIQUE

SOLVED_RATE = 0.93
"""How often a message of relief closes the dialogue at once (what the paper's lengths ask for after the floor)."""


def evaluate(prompt: Prompt, draw: Draw) -> str:
    """Answer as the rubric evaluator: JSON, the decision last."""
    graded = grade(prompt, draw)
    decision = _decide(prompt, graded, draw)
    scores = score_all(prompt, graded, draw, at_least=4 if decision == "SOLVED" else 1)
    signs = graded.signs
    label = prompt.data.get("emotion", "").strip()
    answer = {
        "criteria": scores,
        "user_signs": {
            "quote": signs.relief or next(iter(sentences(graded.latest)), ""),
            "relief": bool(signs.relief),
            "open_question": signs.question,
            "new_pain": signs.pain and not signs.relief,
        },
        "critique": without_label(_critique(graded), label),
        "decision": decision,
    }
    return json.dumps(answer, ensure_ascii=False)


def _decide(prompt: Prompt, graded: Graded, draw: Draw) -> str:
    if graded.fault:
        return "FAIL"
    if graded.overlooked:
        return "PASS"
    signs = graded.signs
    allowed = _solved_allowed(prompt.data.get("turn", ""))
    met = bool(signs.relief) and not signs.question and not signs.pushes_back
    return "SOLVED" if allowed and met and draw.chance(SOLVED_RATE) else "PASS"


def _solved_allowed(block: str) -> bool:
    line = next((line for line in block.split("\n") if line.startswith("SOLVED")), "")
    return line.partition(":")[2].strip().startswith("yes")


def _critique(graded: Graded) -> str:
    keep = "short" if graded.fault in ("cold", "unsafe", "stock") else "topic" if graded.marks.shared else "tone"
    change = CRITIQUE["change"][graded.fault or "none"]
    return f"{CRITIQUE['keep'][keep]} {change}".replace("{topic}", graded.topic or "this message")


__all__ = ["SOLVED_RATE", "evaluate"]
