"""What a partition holds and what it was made from: partition.json, and its figures for people (paper §4, Eq. 4)."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from graphs.records import read_header, read_rows
from graphs.schema import SCHEMA_VERSION, Record
from train.rows import Allocated

Convention = Literal["turns", "attempts"]
"""What the rates of Eq. 4 count: closed turns (the decision path D of §3.2), or every attempt."""
Subset = Literal["easy", "hard"]
CONVENTIONS: tuple[Convention, Convention] = ("turns", "attempts")
SUBSETS: tuple[Subset, Subset] = ("easy", "hard")
REPORT = Path("partition.json")
_IN_WORDS: dict[Convention, str] = {"turns": "closed turns", "attempts": "all attempts"}


class PartitionError(ValueError):
    """A partition that cannot be made or read: what is wrong, where, what to do."""


class Size(Record):
    """How large a subset is; an example is one turn."""

    dialogues: int = 0
    examples: int = 0


class Sizes(Record):
    """Both subsets under one convention."""

    easy: Size
    hard: Size
    fail_share: float
    """p_FAIL over all of the release's train dialogues."""

    @property
    def hard_share(self) -> float:
        """Share of dialogues that are hard, in [0, 1]."""
        return self.hard.dialogues / max(1, self.easy.dialogues + self.hard.dialogues)


class MinHard(Record):
    """What a hard set must reach to carry GRPO (our choice): so many examples, and so large a share of dialogues."""

    examples: int = Field(default=256, ge=0)
    share: float = Field(default=0.05, ge=0, le=1)

    def reached_by(self, sizes: Sizes) -> bool:
        return sizes.hard.examples >= self.examples and sizes.hard_share >= self.share


class PartitionReport(Record):
    """What was allocated by which convention, and from what: partition.json."""

    kind: Literal["partition"] = "partition"
    schema_version: int = SCHEMA_VERSION
    by: Convention
    sizes: dict[Convention, Sizes]
    min_hard: MinHard
    findings: tuple[str, ...]
    pack: str
    pack_hash: str
    demonstration: bool
    sources: dict[str, str]
    """SHA-256 of the release's train file and of its private decisions."""
    files: dict[Subset, str]
    """SHA-256 of easy.jsonl and hard.jsonl."""


def read_partition(folder: Path) -> PartitionReport:
    """Read partition.json.

    Raises:
        PartitionError: there is none, or it is none of ours.
    """
    path = folder / REPORT
    try:
        return PartitionReport.model_validate_json(path.read_bytes())
    except OSError as error:
        raise PartitionError(f"{path}: {error.strerror}; name a directory made by `kardia train partition`") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise PartitionError(f"{path}: {where}: {first['msg']}; partition again with this version") from error


def read_allocated(path: Path) -> tuple[dict[str, Any], Iterator[Allocated]]:
    """The header and the dialogues of an easy.jsonl or hard.jsonl.

    Raises:
        PartitionError: the file is none of a partition.
        BadFile: it cannot be read; while iterating, with line and reason.
    """
    header = read_header(path)
    if header.get("kind") != "allocated":
        raise PartitionError(f"{path}: no dialogues of a partition; name an easy.jsonl or hard.jsonl")
    return header, read_rows(path, Allocated)


def findings(sizes: Mapping[Convention, Sizes], by: Convention, limits: MinHard) -> tuple[str, ...]:
    """What is wrong with the subsets under a convention, and what the other one would give."""
    found = (
        []
        if sizes[by].easy.dialogues
        else [f"no dialogue is easy by {_IN_WORDS[by]}: there is nothing for SFT (Eq. 5)"]
    )
    if not limits.reached_by(sizes[by]):
        found.append(_too_small(sizes, by, limits))
    return tuple(found)


def _too_small(sizes: Mapping[Convention, Sizes], by: Convention, limits: MinHard) -> str:
    other: Convention = "attempts" if by == "turns" else "turns"
    remedy = (
        f": --by {other}"
        if limits.reached_by(sizes[other])
        else ", too few as well; play more dialogues, or lower --min-hard and --min-hard-share"
    )
    return (
        f"the hard set by {_IN_WORDS[by]} is {_size_text(sizes[by], 'hard')}; {limits.examples} examples and "
        f"{limits.share:.0%} of dialogues are needed. By {_IN_WORDS[other]} it would be "
        f"{_size_text(sizes[other], 'hard')}{remedy}"
    )


def report_text(report: PartitionReport) -> str:
    """A partition for people: both conventions, the one taken, and what is wrong with it."""
    lines = ["Eq. 4: a dialogue is easy where fewer than half of its decisions are FAIL"]
    for name, sizes in report.sizes.items():
        mark = "*" if name == report.by else " "
        subsets = "; ".join(f"{subset} {_size_text(sizes, subset)}" for subset in SUBSETS)
        lines.append(f"{mark} by {_IN_WORDS[name]}: {subsets}; FAIL {sizes.fail_share:.1%} of decisions")
    lines.append(f"* written: by {_IN_WORDS[report.by]}")
    return "\n".join([*lines, *(f"finding: {finding}" for finding in report.findings)])


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size_text(sizes: Sizes, subset: Subset) -> str:
    size = sizes.easy if subset == "easy" else sizes.hard
    total = max(1, sizes.easy.dialogues + sizes.hard.dialogues)
    return f"{size.dialogues} dialogues ({size.dialogues / total:.1%}), {size.examples} examples"
