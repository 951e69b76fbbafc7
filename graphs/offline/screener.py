"""The demonstration screener: it reads nothing into a dialogue that the rules let pass."""

import json

from graphs.offline.blocks import Prompt
from graphs.offline.draw import Draw

_REASONS = ("nothing contradicts a stated fact", "the feelings change with what is told")


def screen(prompt: Prompt, draw: Draw) -> str:
    """Answer as the screener: JSON with a finding for drift and one for jumps, none of them found."""
    drift, jump = ({"turn": 0, "quote": "", "reason": reason, "found": False} for reason in _REASONS)
    return json.dumps({"drift": drift, "jump": jump})
