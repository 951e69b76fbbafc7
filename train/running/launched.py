"""The command line of a stage as a module, for `python -m` and `accelerate launch -m` (paper §5.1: eight GPUs)."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from graphs.llm.errors import CallError, RunStopped
from graphs.records import NoSpace
from graphs.runs import RunInUse, WrongUse
from train.running.session import Ended

Train = Callable[[str | None, Path, Path, Mapping[str, str]], Ended]
DONE, WRONG_USE, STOPPED, IN_USE, INTERRUPTED = 0, 2, 3, 4, 130
"""Exit codes, as of every `kardia` command."""


def launched(stage: str, train: Train, arguments: Sequence[str] | None = None) -> int:
    """Run a stage from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog=f"python -m train.{stage}")
    parser.add_argument("--config", help="a YAML file, or the name of a recipe")
    parser.add_argument("--examples", type=Path, required=True, help="a file made by `kardia train examples`")
    parser.add_argument("--out", type=Path, required=True, help="the run's directory; the same one goes on")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting; repeatable")
    given = parser.parse_args(arguments)
    try:
        ended = train(given.config, given.examples, given.out, overrides_of(given.set))
    except RunInUse as error:
        return _failed(error, IN_USE)
    except (RunStopped, NoSpace) as error:
        return _failed(error, STOPPED)
    except (CallError, ValueError, LookupError, OSError) as error:
        return _failed(error, WRONG_USE)
    except KeyboardInterrupt:
        return INTERRUPTED
    return exit_code(ended)


def exit_code(ended: Ended) -> int:
    """0 at the end of training, 130 after Ctrl+C, 3 where something else asked to stop."""
    if ended.step >= ended.of:
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


def _failed(error: Exception, code: int) -> int:
    if os.environ.get("KARDIA_DEBUG"):
        raise error
    if os.environ.get("RANK", "0") == "0":
        print(f"error: {error or type(error).__name__}", file=sys.stderr, flush=True)
    return code
