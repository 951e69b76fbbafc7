"""The demonstration model asked as a trained policy would be: a policy prompt as system message, then a plain chat.

A policy prompt has no blocks, so it is known by the span tags that it asks for; its labels are the longest run of
lines that hold one name each. The reply is the responder's, so that chat and examination can be tried without a model.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from graphs.offline.blocks import Prompt
from graphs.spans import SPAN_NAMES, response_of

_LABEL = re.compile(r"[^\W\d_](?:[\w -]{0,38}\w)?")
_FEWEST_LABELS = 2


def read_policy_prompt(messages: Sequence[Mapping[str, Any]]) -> Prompt | None:
    """A chat under a policy prompt as the responder's prompt; None if it is no such chat."""
    texts = [(str(message.get("role")), message.get("content")) for message in messages]
    system = "\n".join(text for role, text in texts if role in ("system", "developer") and isinstance(text, str))
    if not all(f"<|{name}_begin|>" in system for name in SPAN_NAMES):
        return None
    chat = [
        (role, " ".join(text.split()))
        for role, text in texts
        if role in ("user", "assistant") and isinstance(text, str)
    ]
    lines: list[str] = []
    turn = 0
    for role, text in chat:
        turn += role == "user"
        lines.append(f"[{turn}] user: {text}" if role == "user" else f"[{turn}] helper: {response_of(text)}")
    marker = hashlib.sha256(system.encode("utf-8", "replace")).hexdigest()[:16]
    return Prompt("policy", {"labels": "\n".join(_labels(system))}, {"dialogue": "\n".join(lines)}, marker)


def _labels(system: str) -> list[str]:
    """The longest run of lines that hold one name and nothing else."""
    grouped = groupby(system.split("\n"), lambda line: bool(_LABEL.fullmatch(line)))
    runs = [list(run) for are_labels, run in grouped if are_labels]
    longest: list[str] = max(runs, key=len) if runs else []
    return longest if len(longest) >= _FEWEST_LABELS else []
