"""How a release directory is written: what belongs to it, names by content, and the errors of writing."""

import hashlib
from pathlib import Path

import pyarrow as pa

from graphs.released import DATA, DECISIONS, REPORT, SPLITS, ReleaseError, ReleaseReport, is_data
from graphs.schema import Split, compact

CARD = Path("README.md")
FIXED_FILES = frozenset({DECISIONS, CARD, REPORT})

_MESSAGE = pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())])
ROW_SCHEMA = pa.schema(
    [pa.field(name, pa.string()) for name in ("person", "mbti", "emotion", "situation", "anon_username")]
    + [pa.field("messages", pa.list_(_MESSAGE))]
)


class NoRoom(ReleaseError):
    """The disk is full: nothing was changed, and the same command goes on after room was made."""


class ReleaseBusy(ReleaseError):
    """Another process builds a release in the same directory."""


def content_name(path: Path, split: Split) -> str:
    """The name that a data file has by its content."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Path(DATA[split]).name.replace("*", sha256[:12])


def name_by_content(path: Path, split: Split) -> Path:
    """Give a written Parquet file, which lies in `data`, the name that its content has."""
    return path.rename(path.with_name(content_name(path, split)))


def amiss(found: set[Path]) -> tuple[list[str], list[str]]:
    """Which files of a release are missing among these, and which of these are no part of one; paths are relative."""
    known = set(FIXED_FILES)
    missing = [str(path) for path in FIXED_FILES - found]
    for split in SPLITS:
        files = sorted(path for path in found if is_data(path, split))
        known.update(files[:1])
        missing += [] if files else [DATA[split]]
    return sorted(missing), sorted(map(str, found - known))


def write_report(out: Path, report: ReleaseReport) -> None:
    """Write release.json."""
    (out / REPORT).write_bytes(compact(report.model_dump(mode="json")) + b"\n")
