"""Which train dialogues are easy and which are hard, by their decision paths (paper §4, Eq. 4). Decisions stop here.

The paper does not say whether the rates count closed turns or all attempts. A closed turn is FAIL only when all K
attempts failed, so the two give very different hard sets: both are always counted, and which one is written is a setting.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from graphs.records import replacing, write_rows
from graphs.released import (
    DECISIONS,
    DecisionRow,
    ReleaseError,
    Row,
    data_file,
    read_decisions,
    read_report,
    read_split,
    refuse_inside_release,
)
from graphs.schema import Decision, digest
from train.examples.partition_report import (
    CONVENTIONS,
    REPORT,
    SUBSETS,
    Convention,
    MinHard,
    PartitionError,
    PartitionReport,
    Size,
    Sizes,
    Subset,
    findings,
    sha256_of,
)
from train.rows import Allocated


def is_easy(decisions: Iterable[Decision]) -> bool:
    """Whether a dialogue belongs to D_easy: Eq. 4 as printed, with counts for rates, so that ties are exact.

    The second clause follows from the first: D_easy is p_FAIL < 1/2, and a tie is hard.
    """
    path = list(decisions)
    fails, passes, solved = (path.count(each) for each in (Decision.FAIL, Decision.PASS, Decision.SOLVED))
    return fails < passes + solved or fails + passes < solved


def path_of(row: DecisionRow, by: Convention) -> tuple[Decision, ...]:
    """The decisions that a convention counts."""
    return row.decisions if by == "turns" else tuple(one for turn in row.attempts for one in turn)


def partition_release(
    release: Path, out: Path, *, by: Convention = "turns", min_hard: MinHard | None = None
) -> PartitionReport:
    """Write easy.jsonl, hard.jsonl and partition.json from a release and its private decisions.

    A finding says that the hard set is too small; the files are written all the same.

    Raises:
        ReleaseError, BadFile: the release or its decisions cannot be read, or are not of one build; `out` lies in it.
        PartitionError: there are no train dialogues, no decisions beside them, or `out` is a file.
    """
    described = read_report(release)
    refuse_inside_release(out)
    if out.exists() and not out.is_dir():
        raise PartitionError(f"{out}: is a file; name a directory for the partition")
    if not (release / DECISIONS).is_file():
        raise PartitionError(
            f"{release / DECISIONS}: missing; a partition needs the private decisions of your own build. Everything, "
            f"without a partition: kardia train examples {release}"
        )
    sizes: dict[Convention, Sizes] = {each: _sizes(release, each) for each in CONVENTIONS}
    if not sizes[by].easy.dialogues + sizes[by].hard.dialogues:
        raise PartitionError(f"{release}: no train dialogues; build a release that has some")
    header = {
        "pack": described.pack,
        "pack_hash": described.pack_hash,
        "demonstration": described.demonstration,
        "sources": {"train": sha256_of(data_file(release, "train")), "decisions": sha256_of(release / DECISIONS)},
    }
    limits = min_hard or MinHard()
    files: dict[Subset, str] = {subset: _write(release, out, subset, by, header) for subset in SUBSETS}
    report = PartitionReport(
        by=by, sizes=sizes, min_hard=limits, findings=findings(sizes, by, limits), files=files, **header
    )
    with replacing(out / REPORT) as file:
        file.write(json.dumps(report.model_dump(mode="json"), ensure_ascii=False, indent=2).encode() + b"\n")
    return report


def allocated(row: Row, gold_emotions: tuple[str, ...] = ()) -> Allocated:
    """A released row as it goes into a subset: its six fields and the labels to match, nothing of its decisions.

    Args:
        gold_emotions: one per turn; the dialogue's own label for every turn where none are given.
    """
    gold = gold_emotions or (row["emotion"],) * _replies(row)
    return Allocated.model_validate({**row, "id": digest(row)[:16], "gold_emotions": gold})


def _sizes(release: Path, by: Convention) -> Sizes:
    counts = {subset: [0, 0] for subset in SUBSETS}
    fails = total = 0
    for row in _decided(release):
        path = path_of(row, by)
        count = counts["easy" if is_easy(path) else "hard"]
        count[0] += 1
        count[1] += len(row.decisions)
        fails += path.count(Decision.FAIL)
        total += len(path)
    easy, hard = (Size(dialogues=counts[subset][0], examples=counts[subset][1]) for subset in SUBSETS)
    return Sizes(easy=easy, hard=hard, fail_share=fails / max(1, total))


def _write(release: Path, out: Path, subset: Subset, by: Convention, header: Mapping[str, Any]) -> str:
    path = out / f"{subset}.jsonl"
    write_rows(path, {"kind": "allocated", "subset": subset, "by": by, **header}, _allocate(release, subset, by))
    return sha256_of(path)


def _allocate(release: Path, subset: Subset, by: Convention) -> Iterator[Allocated]:
    """The train dialogues of a subset, in the release's order; each is checked against the row its decisions are of."""
    rows = zip_longest(read_split(release, "train"), _decided(release))
    for number, (row, decided) in enumerate(rows, start=1):
        if row is None or decided is None or digest(row) != decided.row_sha256:
            raise ReleaseError(
                f"{release}: train row {number}: decisions and row do not match; build the release again"
            )
        if len(decided.gold_emotions) != _replies(row):
            raise ReleaseError(f"{release}: train row {number}: not one label per turn; build the release again")
        if is_easy(path_of(decided, by)) == (subset == "easy"):
            yield allocated(row, decided.gold_emotions)


def _decided(release: Path) -> Iterator[DecisionRow]:
    return (row for row in read_decisions(release) if row.split == "train")


def _replies(row: Row) -> int:
    return sum(message["role"] == "assistant" for message in row["messages"])
