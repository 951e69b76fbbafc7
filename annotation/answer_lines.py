"""Files that answers are appended to: nothing whole is ever lost, and what a crash tore is moved aside and told."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from annotation.answers import Answer
from graphs.records import BadFile, row_bytes

_log = logging.getLogger("kardia.annotation")


def kept_answers(path: Path) -> list[Answer]:
    """The answers of a file in their order; a last line that is torn, or is being written now, is passed over.

    Raises:
        BadFile: with file and line, at the first whole line that is no answer.
    """
    if not path.exists():
        return []
    *whole, last = path.read_bytes().split(b"\n")
    if _is_answer(last):
        whole.append(last)
    return [_answer(path, number, line) for number, line in enumerate(whole, start=1) if line.strip()]


def append_answers(path: Path, rows: Sequence[Answer]) -> None:
    """Append rows, each on a line of its own whatever ends the file, and bring them to the disk."""
    if not rows:
        return
    with path.open("ab+") as file:
        _end_last_line(path, file)
        _write(file, b"".join(row_bytes(row) + b"\n" for row in rows))


def _end_last_line(path: Path, file: IO[bytes]) -> None:
    """End a whole last line that lacks its line break, as editors leave it; move a torn one aside."""
    file.seek(0)
    text = file.read()
    start = text.rfind(b"\n") + 1
    if _is_answer(text[start:]):
        file.write(b"\n")
    elif text[start:].strip():
        aside = path.with_name(f"{path.name}.torn")
        with aside.open("ab") as torn:
            _write(torn, text[start:] + b"\n")
        file.truncate(start)
        _log.warning("%s: its last line was cut off and is no answer; it was moved to %s", path, aside)


def _write(file: IO[bytes], text: bytes) -> None:
    file.write(text)
    file.flush()
    os.fsync(file.fileno())


def _is_answer(line: bytes) -> bool:
    try:
        Answer.model_validate_json(line)
    except ValueError:
        return False
    return True


def _answer(path: Path, number: int, line: bytes) -> Answer:
    try:
        return Answer.model_validate_json(line)
    except ValueError as error:
        raise BadFile(f"{path}:{number}: no answer ({str(error).splitlines()[0]}); mend or drop this row") from error
