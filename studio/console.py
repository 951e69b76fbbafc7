"""How commands talk: data on stdout, talk on stderr; errors as one plain message and an exit code."""

import errno
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated, Any, NoReturn

import typer


class Exit(IntEnum):
    """Exit codes, the same for every command."""

    DONE = 0
    FINDINGS = 1
    WRONG_USE = 2
    STOPPED = 3
    IN_USE = 4
    INTERRUPTED = 130


IS_FIRST = os.environ.get("RANK", "0") == "0"
"""Of the processes that a launcher started with one command, the first one speaks."""

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]


def talk(text: str) -> None:
    """Say something to the person at the terminal, on stderr."""
    if IS_FIRST:
        print(text, file=sys.stderr, flush=True)


def plainly(text: str) -> str:
    """A text without what a terminal would obey, such as escape codes: nobody's words may draw on it."""
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)


def give(data: Mapping[str, Any], as_json: bool, show: Callable[[], str]) -> None:
    """Give a command's result: as JSON, or as text for people."""
    if IS_FIRST:
        print(json.dumps(data, ensure_ascii=False, indent=2) if as_json else show(), flush=True)


def leave(code: Exit) -> NoReturn:
    """End the command with an exit code."""
    raise typer.Exit(int(code))


@contextmanager
def plain_errors(debug: bool):
    """Turn what can go wrong into one message on stderr and the exit code that stands for it."""
    try:
        yield
    except (KeyboardInterrupt, BrokenPipeError) as error:
        if isinstance(error, BrokenPipeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.INTERRUPTED)
    except Exception as error:
        if debug:
            raise
        code = _code(error)
        talk(
            f"error: {_message(error)}"
            if code
            else f"error: {type(error).__name__}: {error} (unexpected; --debug shows more)"
        )
        sys.exit(Exit.WRONG_USE if code is None else code)


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__


def _code(error: Exception) -> Exit | None:
    """The exit code of an error we know; None for one that we do not."""
    from annotation.server.home import HomeInUse
    from graphs.llm.errors import CallError, RunStopped
    from graphs.runs import RunInUse
    from release.layout import NoRoom, ReleaseBusy

    if isinstance(error, (RunInUse, ReleaseBusy, HomeInUse)):
        return Exit.IN_USE
    if isinstance(error, (RunStopped, NoRoom)) or (isinstance(error, OSError) and error.errno == errno.ENOSPC):
        return Exit.STOPPED
    known = isinstance(error, (CallError, ValueError, LookupError, OSError, sqlite3.DatabaseError))
    return Exit.WRONG_USE if known and str(error) else None
