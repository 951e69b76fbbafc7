"""What a release directory holds: file names, the six fields, the report, and the errors of this folder."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypedDict

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field, ValidationError

from graphs.schema import SCHEMA_VERSION, Record, Split, compact

SPLITS: tuple[Split, Split] = ("train", "test")
DATA: dict[Split, str] = {split: f"data/{split}-*.parquet" for split in SPLITS}
"""The one file of a split; its name carries 12 hex digits of its SHA-256. `datasets` keys its cache of a folder by the
names that the card lists, so rows of another build are never taken for these."""
DECISIONS = Path("private/decisions.jsonl")
CARD = Path("README.md")
REPORT = Path("release.json")
FIXED_FILES = frozenset({DECISIONS, CARD, REPORT})

_MESSAGE = pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())])
ROW_SCHEMA = pa.schema(
    [pa.field(name, pa.string()) for name in ("person", "mbti", "emotion", "situation", "anon_username")]
    + [pa.field("messages", pa.list_(_MESSAGE))]
)


class Message(TypedDict):
    """One message of a dialogue."""

    role: Literal["system", "user", "assistant"]
    content: str


class Row(TypedDict):
    """A dialogue in KardiaBench's six fields, and no seventh."""

    person: str
    mbti: str
    emotion: str
    situation: str
    anon_username: str
    messages: list[Message]


class ReleaseError(ValueError):
    """A release that cannot be built or read: what is wrong, where, what to do."""


class NoRoom(ReleaseError):
    """The disk is full: nothing was changed, and the same command goes on after room was made."""


class ReleaseBusy(ReleaseError):
    """Another process builds a release in the same directory."""


class ReleaseReport(Record):
    """What was built and from what: release.json, and the source of the card."""

    kind: Literal["release"] = "release"
    schema_version: int = SCHEMA_VERSION
    pack: str
    pack_hash: str
    labels: tuple[str, ...]
    """The pack's emotion labels; empty when none were given to check against."""
    demonstration: bool
    """Played, wholly or in part, by the embedded model: no data to train on or to publish."""
    runs: tuple[dict[str, Any], ...]
    """The header of every run, without addresses and folders."""
    read: int
    dialogues: dict[Split, int]
    left_out: dict[str, int]
    """Why trajectories were left out, and how many for each reason."""
    corrections: dict[str, int] = Field(default_factory=dict)
    """Test turns that people looked at, by what they said; empty where nobody did."""
    shared_situations: int
    """Train dialogues whose situation also stands in test."""
    drop_shared_situations: bool


def data_file(out: Path, split: Split) -> Path:
    """The Parquet file of a split.

    Raises:
        ReleaseError: there is none, or more than one.
    """
    files = sorted(path for path in out.glob(DATA[split]) if _is_data(path.relative_to(out), split))
    if len(files) != 1:
        raise ReleaseError(f"{out / DATA[split]}: {len(files)} such files instead of one; build the release again")
    return files[0]


def name_by_content(path: Path, split: Split) -> Path:
    """Give a written Parquet file, which lies in `data`, the name that its content has."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return path.rename(path.with_name(Path(DATA[split]).name.replace("*", sha256[:12])))


def amiss(found: set[Path]) -> tuple[list[str], list[str]]:
    """Which files of a release are missing among these, and which of these are no part of one; paths are relative."""
    known = set(FIXED_FILES)
    missing = [str(path) for path in FIXED_FILES - found]
    for split in SPLITS:
        files = sorted(path for path in found if _is_data(path, split))
        known.update(files[:1])
        missing += [] if files else [DATA[split]]
    return sorted(missing), sorted(map(str, found - known))


def _is_data(path: Path, split: Split) -> bool:
    return bool(re.fullmatch(DATA[split].replace("*", "[0-9a-f]{12}"), path.as_posix()))


def write_report(out: Path, report: ReleaseReport) -> None:
    """Write release.json."""
    (out / REPORT).write_bytes(compact(report.model_dump(mode="json")) + b"\n")


def read_report(out: Path) -> ReleaseReport:
    """Read release.json.

    Raises:
        ReleaseError: there is none, it is none of ours, or a newer version wrote it.
    """
    path = out / REPORT
    try:
        return ReleaseReport.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ReleaseError(f"{path}: {error.strerror}; name a directory made by `kardia release build`") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ReleaseError(f"{path}: {where}: {first['msg']}; build the release again with this version") from error


def read_split(out: Path, split: Split) -> Iterator[Row]:
    """Stream the rows of a split.

    Raises:
        ReleaseError: the file is missing or is no Parquet.
    """
    path = data_file(out, split)
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=256):
                yield from batch.to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise ReleaseError(f"{path}: {error}; build the release again") from error
