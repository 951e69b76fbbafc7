"""Whole files imported: raw rows in, personas or situations out, every row that is left out named (§3.1).

Beside the file that is written stands `<out>.rejected.jsonl`, a line for each row left out: file, line and reason,
never its content. Rows are streamed; one number a row is kept, to know repetitions.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain
from pathlib import Path

from pydantic import ValidationError

from graphs.records import BadFile, replacing, row_bytes, write_rows
from graphs.schema import Persona, Record, Situation
from personas import profiles, situations
from personas.anonymise import fingerprint, pseudonym_key
from personas.names import gather_names
from personas.profiles import persona_from_row
from personas.rows import BadRow, RawRow, UnusableRow, read_raw_rows
from personas.situations import one_row_a_conversation, same_text, situation_from_row, split_of

SHOWN_BAD_ROWS = 20


class ImportReport(Record):
    """How an import went; read = kept + the sum of dropped."""

    out: str
    rejected: str
    read: int
    kept: int
    dropped: dict[str, int]
    """How many rows were left out, by reason, most frequent first."""
    bad: tuple[BadRow, ...]
    """The first of them; all stand in the file `rejected`."""
    written: bool
    """False if strict and a row was left out: `out` is then as it was before."""

    @property
    def is_clean(self) -> bool:
        return not self.dropped


class _Refused(Exception):
    """Strict, and a row was left out: nothing is written."""


def import_personas(files: Sequence[Path], out: Path, strict: bool = False, workspace: Path = Path()) -> ImportReport:
    """Turn profiles and posts into personas; of rows of the same user the first is kept.

    Args:
        files: in this order; JSONL, JSON, CSV, Parquet. Read twice, the first time for the user names in them, which are
            masked in every row's text.
        out: where the personas go.
        strict: write nothing if a single row has to be left out.
        workspace: the folder whose `.kardia/pseudonym.key` is used where the environment names no key.

    Raises:
        BadFile: a file is missing, damaged or of an unknown kind, or `out` is one of them.
        BadKey: the key is too short, or others can read it.
    """
    _refuse_inputs(files, out)
    key = pseudonym_key(workspace)
    known = gather_names(files)
    users: set[int] = set()

    def convert(row: RawRow) -> Persona:
        persona = persona_from_row(row, key, known)
        _once(int(persona.id.removeprefix("user_"), 16), users, "user in an earlier row")
        return persona

    header = {"kind": "personas", "from": [path.name for path in files], "pseudonym_key": fingerprint(key)}
    rows = chain.from_iterable(read_raw_rows(path, profiles.KEYS) for path in files)
    return _import(rows, convert, header, out, strict)


def import_situations(
    files: Sequence[Path], out: Path, strict: bool = False, labels: Collection[str] | None = None
) -> ImportReport:
    """Turn rows into situations, each text once; a text of the test split is taken out of train.

    Args:
        files: in this order; read twice, the first time for the texts of the test split.
        out: where the situations go.
        strict: write nothing if a single row has to be left out.
        labels: the pack's emotion labels; a situation of another label is left out. None takes every label.

    Raises:
        BadFile: a file is missing, damaged or of an unknown kind, or `out` is one of them.
    """
    _refuse_inputs(files, out)
    of_test = _test_texts(files, labels)
    texts: set[int] = set()

    def convert(row: RawRow) -> Situation:
        situation = situation_from_row(row, labels)
        text = same_text(situation)
        if situation.split != "test" and text in of_test:
            raise UnusableRow("text stands in the test split")
        _once(text, texts, "text in an earlier row")
        return situation

    header = {"kind": "situations", "from": [path.name for path in files]}
    return _import(_situation_rows(files), convert, header, out, strict)


def _situation_rows(files: Sequence[Path]) -> Iterator[RawRow | BadRow]:
    return chain.from_iterable(one_row_a_conversation(read_raw_rows(path, situations.KEYS)) for path in files)


def _test_texts(files: Sequence[Path], labels: Collection[str] | None) -> frozenset[int]:
    return frozenset(map(same_text, _test_situations(files, labels)))


def _test_situations(files: Sequence[Path], labels: Collection[str] | None) -> Iterator[Situation]:
    for row in _situation_rows(files):
        try:
            if isinstance(row, RawRow) and split_of(row) == "test":
                yield situation_from_row(row, labels)
        except (UnusableRow, ValidationError):
            continue  # the second reading names it


def _rejected(out: Path) -> Path:
    return out.with_name(f"{out.name}.rejected.jsonl")


def _refuse_inputs(files: Sequence[Path], out: Path) -> None:
    inputs = {path.resolve() for path in files}
    for path in (out, _rejected(out)):
        if path.resolve() in inputs:
            raise BadFile(f"{path}: is read and would be written over; name another file with --out")


def _once(mark: int, seen: set[int], reason: str) -> None:
    if mark in seen:
        raise UnusableRow(reason)
    seen.add(mark)


def _import(
    rows: Iterator[RawRow | BadRow], convert: Callable[[RawRow], Record], header: dict, out: Path, strict: bool
) -> ImportReport:
    rejected = _rejected(out)
    read, dropped, first = Counter[str](), Counter[str](), list[BadRow]()
    with replacing(rejected) as faults:

        def kept() -> Iterator[Record]:
            for row in rows:
                read["rows"] += 1
                found = _converted(row, convert)
                if not isinstance(found, BadRow):
                    yield found
                    continue
                dropped[found.reason] += 1
                faults.write(row_bytes(found) + b"\n")
                if len(first) < SHOWN_BAD_ROWS:
                    first.append(found)
            if strict and dropped:
                raise _Refused

        written = _written(out, header, kept())
    return ImportReport(
        out=str(out),
        rejected=str(rejected),
        read=read["rows"],
        kept=read["rows"] - dropped.total(),
        dropped=dict(dropped.most_common()),
        bad=tuple(first),
        written=written,
    )


def _written(out: Path, header: dict, kept: Iterator[Record]) -> bool:
    try:
        write_rows(out, header, kept)
    except _Refused:
        return False
    return True


def _converted(row: RawRow | BadRow, convert: Callable[[RawRow], Record]) -> Record:
    if isinstance(row, BadRow):
        return row
    try:
        return convert(row)
    except UnusableRow as fault:
        return BadRow(file=row.file, line=row.line, reason=fault.reason, detail=fault.detail)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        return BadRow(file=row.file, line=row.line, reason="does not fit the schema", detail=where)
