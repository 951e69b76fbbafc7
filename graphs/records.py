"""Files of records: JSONL with a header line, written whole or not at all.

The first line is `{"header": {…}}` (kind, schema version, settings, hashes); each further line is one record.
"""

import errno
import json
import os
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar, cast

from pydantic import ValidationError

from graphs.schema import SCHEMA_VERSION, Record, compact

R = TypeVar("R", bound=Record)


class BadFile(ValueError):
    """A file that cannot be read: says which, which line, what is wrong and what to do."""


class NoSpace(OSError):
    """A disk is full; names the file that could not be written."""

    def __init__(self, path: Path):
        super().__init__(errno.ENOSPC, "no space left; free some space there and run the same command again", str(path))


@contextmanager
def replacing(path: Path, mode: int = 0o644) -> Generator[IO[bytes]]:
    """Write a file beside `path` and rename it over when all went well; otherwise leave nothing behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise NoSpace(path) from error
        raise


def write_rows(path: Path, header: Mapping[str, Any], rows: Iterable[Record]) -> int:
    """Write a header and its rows; returns how many rows were written."""
    count = 0
    with replacing(path) as file:
        file.write(compact({"header": {"schema_version": SCHEMA_VERSION, **header}}) + b"\n")
        for row in rows:
            file.write(row_bytes(row) + b"\n")
            count += 1
    return count


def row_bytes(row: Record) -> bytes:
    """One record as a line, without what equals its default."""
    return compact(row.model_dump(mode="json", exclude_defaults=True))


def read_header(path: Path) -> dict[str, Any]:
    """The header of a file of records, empty where the file has none.

    Raises:
        BadFile: the file is missing, not JSONL, or written by a newer version.
    """
    with _open(path) as file:
        header = _header(_object(path, 1, file.readline() or b"{}"))
    version = header.get("schema_version", SCHEMA_VERSION)
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise BadFile(f"{path}: written by a newer Kardia (schema {version}); update this one")
    return header


def read_rows(path: Path, kind: type[R]) -> Iterator[R]:
    """Stream the records of a file.

    Raises:
        BadFile: with file, line and reason, at the first row that is not a `kind`.
    """
    read_header(path)
    with _open(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            raw = _object(path, number, line)
            if number > 1 or "header" not in raw:
                yield _record(path, number, raw, kind)


def find_row(path: Path, kind: type[R], row_id: str) -> R | None:
    """The record with an id, without reading the others: a line that does not hold the id's letters is passed over."""
    sought = json.dumps(row_id, ensure_ascii=False).encode()
    with _open(path) as file:
        for number, line in enumerate(file, start=1):
            if sought in line and (raw := _object(path, number, line)).get("id") == row_id:
                return _record(path, number, raw, kind)
    return None


def _record(path: Path, number: int, raw: dict[str, Any], kind: type[R]) -> R:
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or kind.__name__
        raise BadFile(f"{path}:{number}: {where}: {first['msg']}; mend or drop this row") from error


def _object(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadFile(f"{path}:{number}: not JSON ({error}); one object a line is expected") from error
    if not isinstance(raw, dict):
        raise BadFile(f"{path}:{number}: {type(raw).__name__} instead of an object; one object a line is expected")
    return cast(dict[str, Any], raw)


def _header(first: dict[str, Any]) -> dict[str, Any]:
    header = first.get("header", {})
    return cast(dict[str, Any], header) if isinstance(header, dict) else {}


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}; name an existing file") from error
