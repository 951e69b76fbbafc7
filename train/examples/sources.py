"""Where examples come from: a subset of a partition, or a whole release, of which no decision is then read (paper §4)."""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Literal, NamedTuple

from graphs.released import REPORT as RELEASE_REPORT
from graphs.released import data_file, read_report, read_split
from train.examples.partition import allocated
from train.examples.partition_report import (
    REPORT,
    SUBSETS,
    PartitionError,
    Subset,
    read_allocated,
    read_partition,
    sha256_of,
)
from train.rows import Allocated

Wanted = Literal["easy", "hard", "all"]


class Source(NamedTuple):
    """Dialogues to make examples of, and what they are."""

    dialogues: Callable[[], Iterator[Allocated]]
    subset: Wanted
    by: str
    """Convention of the partition; empty without one."""
    pack: str
    pack_hash: str
    demonstration: bool
    hashes: dict[str, str]


def open_source(path: Path, subset: Wanted | None = None) -> Source:
    """Open a release, a partition or one file of a partition.

    Args:
        subset: needed for a partition's directory; of a release there is only `all`, of a file only its own.

    Raises:
        PartitionError: it is none of the three, the subset does not go with it, or its files were changed.
        ReleaseError: the release cannot be read.
    """
    if (path / RELEASE_REPORT).is_file():
        return _from_release(path, subset)
    if (path / REPORT).is_file():
        return _from_partition(path, subset)
    if path.is_file():
        return _from_file(path, subset)
    raise PartitionError(
        f"{path}: name a directory made by `kardia train partition` or `kardia release build`, or an easy.jsonl or hard.jsonl"
    )


def _from_release(path: Path, subset: Wanted | None) -> Source:
    if subset not in (None, "all"):
        raise PartitionError(
            f"{path}: a release has no {subset} set; partition it first: kardia train partition {path}"
        )
    report = read_report(path)
    return Source(
        lambda: map(allocated, read_split(path, "train")),
        "all",
        "",
        report.pack,
        report.pack_hash,
        report.demonstration,
        {"train": sha256_of(data_file(path, "train"))},
    )


def _from_partition(path: Path, subset: Wanted | None) -> Source:
    if subset is None:
        raise PartitionError(f"{path}: say which dialogues: --subset easy, hard or all")
    report = read_partition(path)
    subsets: tuple[Subset, ...] = SUBSETS if subset == "all" else (subset,)
    hashes: dict[str, str] = {each: report.files[each] for each in subsets}
    files: dict[Subset, Path] = {each: path / f"{each}.jsonl" for each in subsets}
    for each, file in files.items():
        if not file.is_file() or sha256_of(file) != report.files[each]:
            raise PartitionError(f"{file}: is not what {REPORT} says; partition the release again")
    return Source(
        lambda: chain.from_iterable(read_allocated(file)[1] for file in files.values()),
        subset,
        report.by,
        report.pack,
        report.pack_hash,
        report.demonstration,
        report.sources | hashes,
    )


def _from_file(path: Path, subset: Wanted | None) -> Source:
    header, _ = read_allocated(path)
    own = header["subset"]
    if subset not in (None, own):
        raise PartitionError(f"{path}: holds the {own} set, not {subset}")
    return Source(
        lambda: read_allocated(path)[1],
        own,
        str(header["by"]),
        str(header["pack"]),
        str(header["pack_hash"]),
        bool(header["demonstration"]),
        {**header["sources"], own: sha256_of(path)},
    )
