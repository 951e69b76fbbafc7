"""Raw rows from files of other people: JSON lines, JSON, CSV and Parquet, plain or gzipped, one row at a time.

A row that cannot be read is a `BadRow` with file, line and reason, and the next one is read. Only the fields that the
caller names are looked at and kept, so a fault in another column costs nothing.
"""

import csv
import gzip
import json
import math
import re
import zlib
from collections.abc import Iterator, Sequence
from io import BufferedIOBase
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from graphs.records import BadFile
from graphs.schema import Record

MAX_LINE_BYTES = 16 * 2**20
"""A longer line is skipped without being held in memory (our choice: a person's 50 posts are 10 KB)."""
MAX_FIELD_CHARS = 100_000
"""A longer field is refused: no profile or situation is that long, a dump gone wrong is. Below csv's own limit."""
MAX_JSON_BYTES = 64 * 2**20
"""A .json file that is one document has to be read whole; lines have no such limit."""

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".jsonl.gz", ".ndjson.gz", ".json.gz", ".csv.gz", ".parquet")

_CUT_SHORT = (OSError, EOFError, zlib.error)

EMPATHETIC_DIALOGUES_COLUMNS = {"conv_id", "utterance_idx", "context", "prompt", "speaker_idx", "utterance"}
_SPLIT_IN_NAME = re.compile(r"(?:^|[._-])(train|valid|validation|dev|test)(?:[._-]|$)")

Fields = dict[str, Any]


class BadRow(Record):
    """A row that was left out: where it stands and why, never what it says."""

    file: str
    line: int
    """1-based; in a Parquet file and a JSON array the number of the row."""
    reason: str
    """One of a fixed set, to be counted by."""
    detail: str = ""


class RawRow(NamedTuple):
    """A row as read: only the fields asked for, every text in them short enough and fit for UTF-8."""

    file: str
    line: int
    fields: Fields


class UnusableRow(ValueError):
    """A row that has to be left out; `reason` is one of a fixed set, `detail` says where in the row."""

    def __init__(self, reason: str, detail: str = ""):
        super().__init__(f"{reason} ({detail})" if detail else reason)
        self.reason = reason
        self.detail = detail


def read_raw_rows(path: Path, keys: frozenset[str]) -> Iterator[RawRow | BadRow]:
    """Stream the rows of a file, keeping the fields named in `keys`.

    Raises:
        BadFile: the file is missing, unreadable as a whole, or of a kind that is not known.
    """
    for line, found in _rows_of(path, keys):
        try:
            yield RawRow(str(path), line, _checked(found, keys))
        except UnusableRow as fault:
            yield BadRow(file=str(path), line=line, reason=fault.reason, detail=fault.detail)


def split_in_name(path: str) -> str | None:
    """The split that a file is named after: `train.csv`, `test-00000-of-00001.parquet`."""
    found = _SPLIT_IN_NAME.search(Path(path).name.lower())
    return found[1] if found else None


Found = Iterator[tuple[int, Fields | UnusableRow]]


def _rows_of(path: Path, keys: frozenset[str]) -> Found:
    if path.is_dir():
        raise BadFile(f"{path}: is a directory; name the files in it")
    if not path.is_file():
        raise BadFile(f"{path}: no such file; name an existing one")
    match Path(path.name.lower().removesuffix(".gz")).suffix:
        case ".jsonl" | ".ndjson":
            return _json_lines(path)
        case ".json":
            return _json(path)
        case ".csv":
            return _csv(path)
        case ".parquet":
            return _parquet(path, keys)
    raise BadFile(f"{path}: not a kind of file that can be imported; one of {', '.join(SUFFIXES)}")


def _checked(found: Fields | UnusableRow, keys: frozenset[str]) -> Fields:
    if isinstance(found, UnusableRow):
        raise found
    fields = {key: value for key, value in found.items() if key in keys and value is not None}
    for key, value in fields.items():
        _check(key, value)
    return fields


def _check(where: str, value: Any) -> None:
    """Refuse a text that is too long or that UTF-8 cannot carry, and a number that is none."""
    if isinstance(value, list | tuple):
        for number, item in enumerate(value):
            _check(f"{where}[{number}]", item)
    elif isinstance(value, float) and not math.isfinite(value):
        raise UnusableRow("not a number", where)
    elif isinstance(value, str):
        _check_text(where, value)


def _check_text(where: str, text: str) -> None:
    if len(text) > MAX_FIELD_CHARS:
        raise UnusableRow("field too long", f"{where}: {len(text):,} of at most {MAX_FIELD_CHARS:,} characters")
    if "\0" in text:
        raise UnusableRow("NUL character", where)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UnusableRow("not Unicode", f"{where}: bytes that are not UTF-8, or half a surrogate pair") from error


def _json_lines(path: Path) -> Found:
    for number, line in _lines(path):
        if isinstance(line, UnusableRow):
            yield number, line
        elif line.strip():
            found = _object(line)
            if number > 1 or not _is_header(found):
                yield number, found


def _is_header(found: Fields | UnusableRow) -> bool:
    """Whether it is the first line of a file that Kardia wrote: no row."""
    return isinstance(found, dict) and found.keys() == {"header"} and isinstance(found["header"], dict)


def _object(line: bytes) -> Fields | UnusableRow:
    try:
        return _as_object(json.loads(line.decode(), parse_constant=_refuse_constant))
    except UnicodeDecodeError as error:
        return UnusableRow("not Unicode", f"bytes that are not UTF-8 from byte {error.start + 1} of the line")
    except json.JSONDecodeError as error:
        return UnusableRow("not JSON", f"{error.msg}, column {error.colno}")
    except UnusableRow as fault:
        return fault
    except RecursionError:
        return UnusableRow("not JSON", "nested too deeply")
    except ValueError:
        return UnusableRow("not JSON", "a number of too many digits")


def _refuse_constant(name: str) -> NoReturn:
    raise UnusableRow("not a number", f"{name} is not JSON")


def _as_object(value: Any) -> Fields | UnusableRow:
    return value if isinstance(value, dict) else UnusableRow("not an object", type(value).__name__)


def _json(path: Path) -> Found:
    """A .json file: one object, an array of them, or lines after all."""
    try:
        with _open(path) as file:
            whole = file.read(MAX_JSON_BYTES)
        value = json.loads(whole.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError, *_CUT_SHORT):
        yield from _json_lines(path)
        return
    rows = value if isinstance(value, list) else [value]
    yield from enumerate(map(_as_object, rows), start=1)


def _csv(path: Path) -> Found:
    skipped: list[tuple[int, UnusableRow]] = []
    reader = csv.reader(_csv_lines(path, skipped))
    columns = next(reader, [])
    if _is_empathetic_dialogues(columns):
        # Its commas are escaped as _comma_ and its quotation marks are only text.
        reader = csv.reader(_csv_lines(path, skipped), quoting=csv.QUOTE_NONE)
        next(reader)
    yield from _csv_rows(reader, columns, skipped)
    yield from skipped


def _is_empathetic_dialogues(columns: Sequence[str]) -> bool:
    return EMPATHETIC_DIALOGUES_COLUMNS.issubset(columns)


def _csv_rows(reader: Any, columns: Sequence[str], skipped: list[tuple[int, UnusableRow]]) -> Found:
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield start, UnusableRow("not CSV", str(error))
            continue
        yield from skipped
        skipped.clear()
        if cells:
            yield start, _csv_fields(columns, cells)


def _csv_fields(columns: Sequence[str], cells: Sequence[str]) -> Fields | UnusableRow:
    """A row by its column names; EmpatheticDialogues' own files carry columns beyond the header."""
    if len(cells) < len(columns) or (len(cells) > len(columns) and not _is_empathetic_dialogues(columns)):
        return UnusableRow("not CSV", f"{len(cells)} columns instead of {len(columns)}")
    return {name: cell for name, cell in zip(columns, cells, strict=False) if cell.strip()}


def _csv_lines(path: Path, skipped: list[tuple[int, UnusableRow]]) -> Iterator[str]:
    for number, line in _lines(path):
        if isinstance(line, UnusableRow):
            skipped.append((number, line))
            yield "\n"
        else:
            yield line.decode("utf-8", "surrogateescape")


def _parquet(path: Path, keys: frozenset[str]) -> Found:
    import pyarrow
    from pyarrow.parquet import ParquetFile

    try:
        file = ParquetFile(path)
        batches = file.iter_batches(1_000, columns=[name for name in file.schema_arrow.names if name in keys])
        first = next(batches, None)
    except (pyarrow.ArrowException, OSError) as error:
        raise BadFile(f"{path}: not a Parquet file; convert or download it again") from error
    number = 0
    for batch in chain([first] if first else [], batches):
        for row in range(batch.num_rows):
            number += 1
            yield number, _parquet_row(batch, row)


def _parquet_row(batch: Any, row: int) -> Fields | UnusableRow:
    try:
        return {name: batch.column(at)[row].as_py() for at, name in enumerate(batch.schema.names)}
    except UnicodeDecodeError:
        return UnusableRow("not Unicode", "bytes that are not UTF-8")


def _lines(path: Path) -> Iterator[tuple[int, bytes | UnusableRow]]:
    """The lines of a file with their numbers; one that is too long is skipped in pieces.

    Raises:
        BadFile: a .gz that is none or is cut off, or a disk that fails.
    """
    number = 0
    try:
        with _open(path) as file:
            while line := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                yield number, _skip_line(file, line) if len(line) > MAX_LINE_BYTES else line
    except _CUT_SHORT as error:
        where = f"{path}: cannot be read beyond line {number}"
        raise BadFile(
            f"{where} ({type(error).__name__}); not a whole file of its kind: make or download it again"
        ) from error


def _skip_line(file: BufferedIOBase, line: bytes) -> UnusableRow:
    while line and not line.endswith(b"\n"):
        line = file.readline(MAX_LINE_BYTES)
    return UnusableRow("line too long", f"over {MAX_LINE_BYTES:,} bytes")


def _open(path: Path) -> BufferedIOBase:
    try:
        return gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb")
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}; name a file that can be read") from error
