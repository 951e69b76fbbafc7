"""The demonstration judge: the evaluator's scores without a decision."""

import json

from graphs.offline.blocks import Prompt
from graphs.offline.draw import Draw
from graphs.offline.graders import grade, score_all


def judge(prompt: Prompt, draw: Draw) -> str:
    """Answer as the judge: JSON with evidence, reason and score for each criterion."""
    return json.dumps({"criteria": score_all(prompt, grade(prompt, draw), draw)}, ensure_ascii=False)


__all__ = ["judge"]
