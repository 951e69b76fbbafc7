"""A release as its readers know it: the six fields, the report, and the private decisions beside them (§3, §4).

release/ writes these files; train/ and measure/ read them and nothing else of it.
"""
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field, StringConstraints, ValidationError

from graphs.corrections import By, Verdict
from graphs.records import read_rows
from graphs.schema import SCHEMA_VERSION, Decision, Id, Record, Split

SPLITS: tuple[Split, Split] = ("train", "test")
DATA: dict[Split, str] = {split: f"data/{split}-*.parquet" for split in SPLITS}
"""The one file of a split; its name carries 12 hex digits of its SHA-256. `datasets` keys its cache of a folder by the
names that the card lists, so rows of another build are never taken for these."""
DECISIONS = Path("private/decisions.jsonl")
REPORT = Path("release.json")


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
    settled_by: dict[By, int] = Field(default_factory=dict[By, int])
    """The same turns by how they were settled: one annotator, agreement, discussion, a named person, or a model."""
    shared_situations: int
    """Train dialogues whose situation also stands in test."""
    drop_shared_situations: bool


class DecisionRow(Record):
    """The decisions of one released dialogue."""

    row_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """Of the canonical JSON of the six-field row (graphs.schema.digest)."""
    trajectory_id: Id
    split: Split
    decisions: tuple[Decision, ...]
    """D = (d_1, …, d_T), one per closed turn (§3.2)."""
    attempts: tuple[tuple[Decision, ...], ...]
    """One per attempt of every turn: the paper does not say which of the two its rates count."""
    gold_emotions: tuple[str, ...]
    """The label to match per turn (Eq. 11): the dialogue's, until an annotator's correction says otherwise."""
    verdicts: tuple[Verdict | None, ...] = ()
    """What annotators said of each turn, None where nobody looked; empty where nobody looked at the dialogue."""
    after_correction: tuple[bool, ...] = ()
    """Whether a turn's utterance answers a reply that was replaced; scores are reported with and without such turns."""


def data_file(out: Path, split: Split) -> Path:
    """The Parquet file of a split.

    Raises:
        ReleaseError: there is none, or more than one.
    """
    files = sorted(path for path in out.glob(DATA[split]) if is_data(path.relative_to(out), split))
    if len(files) != 1:
        raise ReleaseError(f"{out / DATA[split]}: {len(files)} such files instead of one; build the release again")
    return files[0]


def refuse_inside_release(out: Path) -> None:
    """Let nothing be written into a release: it would be published with it.

    Raises:
        ReleaseError: `out` lies in one.
    """
    for folder in (out.resolve(), *out.resolve().parents):
        if (folder / REPORT).is_file() and (folder / "data").is_dir():
            raise ReleaseError(f"{out}: lies in the release, and would be published with it; name another place")


def is_data(path: Path, split: Split) -> bool:
    """Whether a path, relative to the release, is the data file of a split."""
    return bool(re.fullmatch(DATA[split].replace("*", "[0-9a-f]{12}"), path.as_posix()))


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


def read_decisions(out: Path) -> Iterator[DecisionRow]:
    """Stream a release's decisions, in the order of its rows.

    Raises:
        BadFile: with file, line and reason.
    """
    return read_rows(out / DECISIONS, DecisionRow)
