"""What is wrong with a release before anyone trains on it or publishes it: every finding with its place."""

import re
import stat
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from graphs.records import BadFile
from graphs.released import (
    DATA,
    DECISIONS,
    SPLITS,
    DecisionRow,
    ReleaseError,
    Row,
    data_file,
    read_decisions,
    read_report,
    read_split,
)
from graphs.schema import Decision, Split, digest
from graphs.spans import MalformedReply, parse_spans, render_spans, strip_tags
from measure.identifiers import find_identifiers
from release.decisions import PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE
from release.firewall import situation_key
from release.layout import CARD, ROW_SCHEMA, amiss

_CONTROL_TOKEN = re.compile(
    r"<\|[^<>|\n]{1,48}\|>|</?s>|<(?:bos|eos|pad|unk)>|<(?:start|end)_of_turn>|\[/?INST\]|<<SYS>>|<｜[^<>\n]{1,48}｜>"
)
_WORDS_OF_ONE_PERSON = 20
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


class Finding(NamedTuple):
    """One thing that is wrong: the rule, the place, and what was found. Identifiers are never quoted."""

    rule: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.rule}: {self.what}"


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

    Rows are checked for their six fields, roles, spans, labels, control tokens and identifiers; splits for personas and
    situations on both sides and for repeats; the side file for its modes and for one row per dialogue.
    """
    if findings := list(_files(out)):
        return findings
    findings = [*_private(out), *_card(out)]
    try:
        report = read_report(out)
    except ReleaseError as error:
        return [*findings, Finding("report", "release.json", str(error))]
    if broken := [finding for split in SPLITS for finding in _schema(out, split)]:
        return [*findings, *broken]
    seen = _Seen()
    for split in SPLITS:
        for number, row in enumerate(read_split(out, split), start=1):
            where = f"{split} row {number}"
            findings += _row(row, where, report.labels)
            findings += _compare(row, where, split, seen)
    findings += _shared_situations(seen, dropped=report.drop_shared_situations)
    findings += _counts(seen, report.dialogues)
    return [*findings, *_decisions(out, seen, report.labels)]


def _files(out: Path) -> Iterator[Finding]:
    if not out.is_dir():
        yield Finding("files", str(out), "no such directory; name one made by `kardia release build`")
        return
    found = {path.relative_to(out) for path in out.rglob("*") if not path.is_dir()}
    missing, foreign = amiss(found)
    for path in missing:
        yield Finding("files", path, "is missing; build the release again")
    for path in foreign:
        yield Finding("files", path, "is no part of a release; move it away, or it is published with it")


def _private(out: Path) -> Iterator[Finding]:
    for path, wanted in ((DECISIONS, PRIVATE_FILE_MODE), (DECISIONS.parent, PRIVATE_FOLDER_MODE)):
        mode = stat.S_IMODE((out / path).stat().st_mode)
        if mode != wanted:
            yield Finding("private", str(path), f"mode is {mode:04o}; set it with `chmod {wanted:o}`")


def _card(out: Path) -> Iterator[Finding]:
    """The front matter must name the two data files and nothing else, or `datasets` loads what it finds."""
    listed = set(_listed(out / CARD))
    if not listed:
        yield Finding("card", str(CARD), "names no data files under `configs`; run `kardia release card`")
    for path in sorted(listed - {data_file(out, split).relative_to(out).as_posix() for split in SPLITS}):
        yield Finding("card", str(CARD), f"lists {path!r} as data; run `kardia release card`")


def _listed(card: Path) -> Iterator[str]:
    match = _FRONT_MATTER.match(card.read_text(encoding="utf-8", errors="replace"))
    try:
        configs = (yaml.safe_load(match[1]) or {}).get("configs", []) if match else []
        for config in configs:
            for files in config["data_files"]:
                yield files["path"]
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        yield f"unreadable front matter: {type(error).__name__}"


def _schema(out: Path, split: Split) -> Iterator[Finding]:
    path = data_file(out, split)
    where = str(path.relative_to(out))
    try:
        found = pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        yield Finding("schema", where, f"cannot be read ({error}); build the release again")
        return
    if not found.equals(ROW_SCHEMA):
        wanted = ", ".join(ROW_SCHEMA.names)
        yield Finding("schema", where, f"has {', '.join(found.names)}; wanted exactly {wanted}")


def _row(row: Row, where: str, labels: Collection[str]) -> Iterator[Finding]:
    if empty := [name for name in ROW_SCHEMA.names if not row[name] and name != "mbti"]:
        yield Finding("schema", where, f"empty: {', '.join(empty)}")
        return
    roles = [message["role"] for message in row["messages"]]
    turns = (len(roles) - 1) // 2
    if turns < 1 or roles != ["system", *["user", "assistant"] * turns]:
        yield Finding("roles", where, "not system, then user and assistant in turn")
    if labels and row["emotion"] not in labels:
        yield Finding("label", where, f"emotion {row['emotion']!r} is not a label of the pack")
    for at, message in enumerate(row["messages"]):
        if message["role"] == "assistant":
            yield from _reply(message["content"], f"{where}, turn {(at + 1) // 2}", labels)
        elif message["role"] == "user":
            yield from _utterance(message["content"], f"{where}, turn {(at + 1) // 2}")
    for name in ("person", "situation"):
        yield from _identifiers(row[name], f"{where}, {name}", row["anon_username"])
    for at, message in enumerate(row["messages"][1:]):
        yield from _identifiers(message["content"], f"{where}, turn {at // 2 + 1}", row["anon_username"], played=True)


def _reply(reply: str, where: str, labels: Collection[str]) -> Iterator[Finding]:
    try:
        spans = parse_spans(reply)
    except MalformedReply as error:
        yield Finding("spans", where, str(error))
        return
    if reply != render_spans(spans):
        yield Finding("spans", where, "not in the paper's tags, one span a line")
    if labels and spans.emotion not in labels:
        yield Finding("label", where, f"{spans.emotion!r} is not a label of the pack")
    yield from _control_tokens(" ".join(spans), where)


def _utterance(text: str, where: str) -> Iterator[Finding]:
    if not text.strip():
        yield Finding("roles", where, "empty utterance")
    if strip_tags(text) != text.strip():
        yield Finding("control token", where, "the utterance holds a span tag: text that looks like structure")
    else:
        yield from _control_tokens(text, where)


def _control_tokens(text: str, where: str) -> Iterator[Finding]:
    for token in sorted(set(_CONTROL_TOKEN.findall(text))):
        yield Finding("control token", where, f"{token!r} stands in text; a tokenizer may obey it")


def _identifiers(text: str, where: str, own_name: str, *, played: bool = False) -> Iterator[Finding]:
    """Name kind and place, never the identifier; none are the invented user name and a first name made up in play."""
    for found in find_identifiers(text):
        if text[found.start : found.end] != own_name and not (played and found.kind == "name"):
            yield Finding("identifier", where, f"{found.kind} at character {found.start}; mask it and build again")


def _compare(row: Row, where: str, split: Split, seen: _Seen) -> Iterator[Finding]:
    for key in _persona_keys(row):
        other, first = seen.personas.setdefault(key, (split, where))
        if other != split:
            yield Finding("persona in both splits", where, f"{row['anon_username']} also stands in {first}")
            break
    dialogue = digest(row["messages"][1:])
    if (first := seen.dialogues.setdefault(dialogue, where)) != where:
        yield Finding("repeated", where, f"the same messages as {first}")
    seen.digests[split].append((digest(row), sum(message["role"] == "user" for message in row["messages"])))
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
