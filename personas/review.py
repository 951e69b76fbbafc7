"""The review queue of a personas file: which rows a person should look at first and why, and what came of it (§3.1, Ethics)."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from graphs.records import BadFile, write_rows
from graphs.schema import Persona, Record
from measure.near_duplicates import THRESHOLD
from personas.decisions import Log, Standing, Stands, read_decisions, standings
from personas.dedupe import Double, doubles
from personas.flag_rules import REASONS, Reason
from personas.flags import Flag, flag_all, rules_digest
from personas.rewriting import beside, carried_header, read_personas, refuse_inputs

Undecided = Literal["out", "unflagged", "in"]


class Findings(Record):
    """What was found in the rows of one file: no word of the persons, so that it may be kept."""

    file: str
    """Digest of the file's bytes."""
    rules: str
    """Digest of the rules by which it was read."""
    flags: tuple[tuple[Flag, ...], ...]
    doubles: tuple[Double, ...]


class Case(NamedTuple):
    """One row of the queue."""

    row: int
    """From 0, as the file has it."""
    persona: Persona
    flags: tuple[Flag, ...]
    standing: Standing


class ApplyReport(Record):
    """What went into the accepted file: read = kept + rejected + disputed + undecided ones left out."""

    out: str
    read: int
    kept: int
    accepted: int
    rejected: int
    disputed: int
    undecided: int
    undecided_rows: Undecided
    changed: int
    """Rows that were decided and have changed since: counted as undecided."""
    damaged: int
    """Lines of the decisions file that cannot be read."""


def decisions_file(path: Path) -> Path:
    """Where the decisions about a personas file stand, unless told otherwise."""
    return beside(path, "decisions")


def file_digest(path: Path) -> str:
    """What findings are kept under.

    Raises:
        BadFile: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:32]
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}; name an existing file") from error


def examine(path: Path) -> Findings:
    """Read a personas file for what a person should look at: seconds for thousands of rows.

    Raises:
        BadFile: the file cannot be read.
        MissingLibrary: what finds near-duplicates is not installed.
    """
    file, personas = file_digest(path), read_personas(path)
    left_out = doubles(personas, THRESHOLD)
    flags = flag_all(personas, left_out)
    return Findings(file=file, rules=rules_digest(), flags=tuple(flags), doubles=tuple(left_out))


def cases(personas: Sequence[Persona], findings: Findings, log: Log) -> list[Case]:
    """Every row with its flags and standing, the most pressing first; of equals the one with more flags, then the first."""
    rows = zip(personas, findings.flags, standings(personas, log), strict=True)
    queue = [Case(number, persona, flags, standing) for number, (persona, flags, standing) in enumerate(rows)]
    return sorted(queue, key=lambda case: (_pressing(case.flags), -len(case.flags), case.row))


def chosen(
    queue: Iterable[Case], reasons: Iterable[Reason] = (), stands: Iterable[Stands] = (), *, unflagged: bool = False
) -> list[Case]:
    """The part of a queue that has one of the reasons (or none, if asked) and stands so; everything where nothing is asked."""
    wanted, standing = set(reasons), set(stands)
    return [
        case
        for case in queue
        if (not standing or case.standing.stands in standing)
        and (
            not (wanted or unflagged) or (unflagged and not case.flags) or wanted & {flag.reason for flag in case.flags}
        )
    ]


def counts(queue: Iterable[Case]) -> dict[Reason, int]:
    """How many rows have each reason, in the order of the reasons."""
    found = Counter(reason for case in queue for reason in {flag.reason for flag in case.flags})
    return {reason: found[reason] for reason in REASONS if found[reason]}


def looked_at(queue: Iterable[Case]) -> int:
    """How many rows somebody has decided on."""
    return sum(case.standing.stands != "undecided" for case in queue)


def apply(path: Path, out: Path, decisions: Path | None = None, undecided: Undecided = "out") -> ApplyReport:
    """Write the personas that were accepted. Rejected and disputed ones stay out always.

    Args:
        path: the file that was reviewed.
        out: the file to write.
        decisions: the log; the one beside the file if not given.
        undecided: what nobody decided on stays `out` (the default: what nobody has looked at is not fit to be played),
            goes in if nothing was found in it (`unflagged`), or goes `in`.

    Raises:
        BadFile: a file cannot be read, or would be written over.
    """
    refuse_inputs([path, decisions or decisions_file(path)], [out])
    personas, log = read_personas(path), read_decisions(decisions or decisions_file(path))
    standing = standings(personas, log)
    clean = _clean_rows(path) if undecided == "unflagged" else set[int]()
    kept = [row for row, stands in enumerate(standing) if _goes_in(stands, undecided, row in clean)]
    report = _report(out, standing, len(kept), undecided, log)
    step = report.model_dump(mode="json", exclude={"out"})
    write_rows(out, carried_header(path, review=step), (personas[row] for row in kept))
    return report


def _goes_in(standing: Standing, undecided: Undecided, is_clean: bool) -> bool:
    if standing.stands == "undecided":
        return undecided == "in" or (undecided == "unflagged" and is_clean)
    return standing.stands == "accepted"


def _clean_rows(path: Path) -> set[int]:
    return {row for row, flags in enumerate(examine(path).flags) if not flags}


def _report(out: Path, standing: Sequence[Standing], kept: int, undecided: Undecided, log: Log) -> ApplyReport:
    stand = Counter(each.stands for each in standing)
    return ApplyReport(
        out=str(out),
        read=len(standing),
        kept=kept,
        accepted=stand["accepted"],
        rejected=stand["rejected"],
        disputed=stand["disputed"],
        undecided=stand["undecided"],
        undecided_rows=undecided,
        changed=sum(each.changed for each in standing),
        damaged=log.damaged,
    )


def _pressing(flags: Sequence[Flag]) -> int:
    order = list(REASONS)
    return min((order.index(flag.reason) for flag in flags), default=len(order))
