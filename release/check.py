"""What is wrong with a release before anyone trains on it or publishes it: every finding with its place."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from graphs.records import BadFile
from graphs.released import (
    DATA,
    DECISIONS,
    SPLITS,
    DecisionRow,
    ReleaseError,
    Row,
    read_decisions,
    read_report,
    read_split,
)
from graphs.schema import Decision, Split, digest
from release.check_files import card_findings, file_findings, name_findings, private_findings, schema_findings
from release.check_rows import holes, row_findings
from release.finding import Finding
from release.firewall import situation_key

_WORDS_OF_ONE_PERSON = 20


@dataclass
class _Seen:
    """What the rows of both splits are compared by."""

    personas: dict[str, tuple[Split, str]] = field(default_factory=dict)
    dialogues: dict[str, str] = field(default_factory=dict)
    digests: dict[Split, list[tuple[str, int]]] = field(default_factory=lambda: {split: [] for split in SPLITS})
    """Of every row: its digest and its number of turns, in order."""
    situations: dict[Split, dict[str, str]] = field(default_factory=lambda: {split: {} for split in SPLITS})
    """Situation -> the first row that has it."""


def check_release(out: Path) -> list[Finding]:
    """Check a release directory; an empty list means that nothing is wrong.

    Files are checked for names, modes and schema; rows for their six fields, roles, spans, labels, control tokens and
    identifiers; splits for personas and situations on both sides and for repeats; the side file for one row per dialogue.
    """
    if findings := list(file_findings(out)):
        return findings
    names = (finding for split in SPLITS for finding in name_findings(out, split))
    return [*private_findings(out), *card_findings(out), *names, *_contents(out)]


def _contents(out: Path) -> Iterator[Finding]:
    try:
        report = read_report(out)
    except ReleaseError as error:
        yield Finding("report", "release.json", str(error))
        return
    if broken := [finding for split in SPLITS for finding in schema_findings(out, split)]:
        yield from broken
        return
    seen = _Seen()
    try:
        for split in SPLITS:
            yield from _rows(out, split, report.labels, seen)
    except (ReleaseError, UnicodeDecodeError) as error:
        yield Finding("schema", "data", f"cannot be read ({error}); build the release again")
        return
    yield from _shared_situations(seen, dropped=report.drop_shared_situations)
    yield from _counts(seen, report.dialogues)
    yield from _decisions(out, seen, report.labels)


def _rows(out: Path, split: Split, labels: Collection[str], seen: _Seen) -> Iterator[Finding]:
    for number, row in enumerate(read_split(out, split), start=1):
        where = f"{split} row {number}"
        seen.digests[split].append((digest(row), _turns(row)))
        if empty := holes(row):
            yield Finding("schema", where, f"empty: {', '.join(empty)}")
        else:
            yield from row_findings(row, where, labels)
            yield from _compare(row, where, split, seen)


def _turns(row: Row) -> int:
    return sum(said is not None and said["role"] == "user" for said in row["messages"] or ())


def _compare(row: Row, where: str, split: Split, seen: _Seen) -> Iterator[Finding]:
    for key in _persona_keys(row):
        other, first = seen.personas.setdefault(key, (split, where))
        if other != split:
            yield Finding("persona in both splits", where, f"{row['anon_username']} also stands in {first}")
            break
    dialogue = digest(row["messages"][1:])
    if (first := seen.dialogues.setdefault(dialogue, where)) != where:
        yield Finding("repeated", where, f"the same messages as {first}")
    seen.situations[split].setdefault(situation_key(row["situation"]), where)


def _persona_keys(row: Row) -> Iterator[str]:
    """The name, and the text under it where that is long enough to be one person's."""
    yield f"name {row['anon_username']}"
    text = row["person"].replace(row["anon_username"], "")
    if len(text.split()) >= _WORDS_OF_ONE_PERSON:
        yield f"text {digest(text)}"


def _shared_situations(seen: _Seen, *, dropped: bool) -> Iterator[Finding]:
    if dropped:
        for situation in sorted(seen.situations["train"].keys() & seen.situations["test"].keys()):
            where, other = seen.situations["train"][situation], seen.situations["test"][situation]
            yield Finding("situation in both splits", where, f"its situation also stands in {other}")


def _counts(seen: _Seen, reported: dict[Split, int]) -> Iterator[Finding]:
    for split in SPLITS:
        if len(seen.digests[split]) != reported.get(split):
            what = f"{len(seen.digests[split])} rows, release.json says {reported.get(split)}; build again"
            yield Finding("report", DATA[split], what)


def _decisions(out: Path, seen: _Seen, labels: Collection[str]) -> Iterator[Finding]:
    """One side row per dialogue, in the order of the rows of its split."""
    rows: dict[Split, list[DecisionRow]] = {split: [] for split in SPLITS}
    try:
        for row in read_decisions(out):
            rows[row.split].append(row)
    except BadFile as error:
        yield Finding("decisions", str(DECISIONS), str(error))
        return
    for split in SPLITS:
        for number, (known, row) in enumerate(zip_longest(seen.digests[split], rows[split]), start=1):
            yield from _decision(known, row, f"{split} row {number}", labels)
    yield from _repeated_ids(row.trajectory_id for split in SPLITS for row in rows[split])


def _decision(
    known: tuple[str, int] | None, row: DecisionRow | None, where: str, labels: Collection[str]
) -> Iterator[Finding]:
    if known is None or row is None:
        yield Finding("decisions", where, "no row in the data" if known is None else f"no row in {DECISIONS}")
        return
    sha256, turns = known
    if row.row_sha256 != sha256:
        yield Finding("decisions", where, f"its digest is not the one in {DECISIONS}; build the release again")
    if not len(row.decisions) == len(row.attempts) == len(row.gold_emotions) == turns:
        yield Finding("decisions", where, f"{turns} turns, but another number of decisions, attempts or labels")
    if any(not tries or tries[-1] != closed for tries, closed in zip(row.attempts, row.decisions, strict=False)):
        yield Finding("decisions", where, "a turn's decision is not that of its last attempt")
    if Decision.SOLVED in row.decisions[:-1]:
        yield Finding("decisions", where, "SOLVED before the last turn")
    if labels and (unknown := set(row.gold_emotions) - set(labels)):
        yield Finding("label", where, f"gold label {min(unknown)!r} is not a label of the pack")


def _repeated_ids(ids: Iterable[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for id_ in ids:
        if id_ in seen:
            yield Finding("repeated", str(DECISIONS), f"trajectory {id_} stands twice")
        seen.add(id_)
