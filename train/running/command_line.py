"""What the commands of all stages share: how the end of a session is said by an exit code, and `--set`."""

import signal
from collections.abc import Sequence

from graphs.runs import WrongUse
from train.running.session import Ended

DONE, STOPPED, INTERRUPTED = 0, 3, 130
"""Exit codes, as of every `kardia` command."""


def exit_code(ended: Ended) -> int:
    """0 at the end of training, 130 after Ctrl+C, 3 where something else asked to stop."""
    if ended.is_done:
        return DONE
    return INTERRUPTED if ended.signal == signal.SIGINT else STOPPED


def overrides_of(given: Sequence[str]) -> dict[str, str]:
    """`name=value` texts by name.

    Raises:
        WrongUse: one has no `=`, or a name comes twice.
    """
    overrides: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise WrongUse(f"--set {text}: write name=value")
        if name.strip() in overrides:
            raise WrongUse(f"--set {name.strip()}: given twice; keep one")
        overrides[name.strip()] = value
    return overrides
