"""The demonstration supervisor: it lets the first answer stand that drops nothing, and says that it weighed nothing."""

import json
import re

from graphs.offline.blocks import Prompt

_ANSWER = re.compile(r"^Annotator ([A-Z]): (\w+)", re.MULTILINE)


def supervise(prompt: Prompt) -> str:
    """Answer as the supervisor: a reason and a letter."""
    found = _ANSWER.findall(prompt.data.get("answers", ""))
    choice = next((letter for letter, verdict in found if verdict != "drop"), "A")
    reason = "The demonstration model weighs nothing: it takes the first answer that keeps the turn."
    return json.dumps({"reason": reason, "choice": choice})
