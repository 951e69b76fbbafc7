"""Runs to rows: the trajectories that passed screening, written as KardiaBench's six fields (§3).

Every trajectory is read twice, once to choose and once to write, so that memory does not grow with the dialogues' text.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from graphs.released import SPLITS, Message, ReleaseError, ReleaseReport, Row
from graphs.schema import Persona, Situation, Split
from graphs.spans import parse_spans, render_spans
from release.card import write_card
from release.corrected import Corrections, Gold
from release.decisions import decision_line, decision_row, writing_decisions
from release.directory import rebuilding
from release.firewall import Choice, Run, choose, open_run, refuse_mixed_packs
from release.layout import ROW_SCHEMA, name_by_content, write_report
from release.statistics import table3

_ROWS_A_GROUP = 256
_PLACES = frozenset({"base_url", "base_urls", "endpoint", "host", "hostname", "path", "paths", "cwd", "command"})

RenderPolicy = Callable[[Persona, Situation], str]
PersonString = Callable[[Persona], str]


def build_release(
    runs: Sequence[Path],
    out: Path,
    *,
    render_policy: RenderPolicy,
    person_string: PersonString,
    labels: Collection[str] = (),
    corrections: Corrections | None = None,
    drop_shared_situations: bool = True,
) -> ReleaseReport:
    """Build a release from run directories, in the order given; the same input gives the same bytes.

    Args:
        render_policy: writes the trained model's system prompt (the pack's policy.md).
        person_string: writes KardiaBench's `person` field.
        labels: the pack's emotion labels; a dialogue with another is left out. Empty: not checked.
        corrections: what people said of test turns; None where nobody looked at any.
        drop_shared_situations: leave out train dialogues whose situation also stands in test (our choice: the paper
            splits by persona only, but EmpatheticDialogues repeats situations across its splits).

    Raises:
        ReleaseError: what is wrong, where, what to do; whatever stood at `out` still stands there.
        BadFile: a run's file cannot be read; names file and line.
    """
    opened = [open_run(Path(run)) for run in runs]
    refuse_mixed_packs(opened)
    _refuse_spoken(opened)
    said = corrections or Corrections()
    with rebuilding(Path(out)) as building:
        choice = choose(opened, labels, said, drop_shared_situations=drop_shared_situations)
        written = _write_rows(building, _chosen(opened, choice, said), render_policy, person_string)
        if written != len(choice.kept):
            raise ReleaseError(f"{opened[0].path}: a run changed while it was read; build again")
        report = _report(opened, choice, labels, said, drop_shared_situations=drop_shared_situations)
        write_report(building, report)
        write_card(building, report, table3(building))
    return report


def _refuse_spoken(runs: Sequence[Run]) -> None:
    """What a person said as the user is theirs: it was said to try something out, and nobody agreed to publish it."""
    for run in runs:
        if run.header.get("person_spoke"):
            raise ReleaseError(
                f"{run.path}: a person speaks as the user in this run, or in the one it was forked from; their words go "
                "into no data set; leave this run out"
            )


def row_of(gold: Gold, render_policy: RenderPolicy, person_string: PersonString) -> Row:
    """One dialogue in the six fields: system, then utterance and gold reply in turn, in the paper's tags.

    Raises:
        MalformedReply: a reply breaks the four-span format.
    """
    persona, situation = gold.trajectory.persona, gold.trajectory.situation
    messages: list[Message] = [{"role": "system", "content": render_policy(persona, situation)}]
    for turn in gold.turns:
        messages.append({"role": "user", "content": turn.utterance})
        messages.append({"role": "assistant", "content": render_spans(parse_spans(turn.reply))})
    return {
        "person": person_string(persona),
        "mbti": persona.mbti,
        "emotion": situation.emotion,
        "situation": situation.text,
        "anon_username": persona.id,
        "messages": messages,
    }


def public_header(value: Any) -> Any:
    """A run's header as anyone may read it: no addresses, and of a path only its last part."""
    if isinstance(value, dict):
        return {key: public_header(inner) for key, inner in value.items() if not _is_place(key, inner)}
    if isinstance(value, list):
        return [public_header(inner) for inner in value if not _is_place("", inner)]
    if isinstance(value, str) and value.startswith(("/", "~", ".", "\\")):
        return Path(value.replace("\\", "/")).name
    return value


def _is_place(key: str, value: Any) -> bool:
    return key in _PLACES or (isinstance(value, str) and "://" in value)


def _report(
    runs: Sequence[Run], choice: Choice, labels: Collection[str], said: Corrections, *, drop_shared_situations: bool
) -> ReleaseReport:
    return ReleaseReport(
        pack=Path(str(runs[0].header.get("pack", ""))).name,
        pack_hash=runs[0].header["pack_hash"],
        labels=tuple(labels),
        demonstration=any(run.header.get("demonstration") for run in runs),
        runs=tuple(public_header(run.header) for run in runs),
        read=choice.read,
        dialogues={split: len(choice.of(split)) for split in SPLITS},
        left_out=dict(sorted(choice.left_out.items())),
        corrections=said.counts(),
        settled_by=said.settled_by(),
        shared_situations=choice.shared,
        drop_shared_situations=drop_shared_situations,
    )


def _write_rows(
    building: Path, dialogues: Iterable[Gold], render_policy: RenderPolicy, person_string: PersonString
) -> int:
    written = 0
    paths: dict[Split, Path] = {split: building / "data" / f"{split}.parquet" for split in SPLITS}
    with ExitStack() as stack:
        decisions = stack.enter_context(writing_decisions(building))
        files = {split: stack.enter_context(_SplitFile(path)) for split, path in paths.items()}
        for gold in dialogues:
            row = row_of(gold, render_policy, person_string)
            files[gold.trajectory.split].add(row)
            decisions.write(decision_line(decision_row(gold, row)))
            written += 1
    for split, path in paths.items():
        name_by_content(path, split)
    return written


def _chosen(runs: Sequence[Run], choice: Choice, said: Corrections) -> Iterator[Gold]:
    """The second reading: each chosen dialogue once, from the run that it was chosen from."""
    waiting = dict(choice.kept)
    for run in runs:
        for gold in said.read(run.path):
            trajectory = gold.trajectory
            if waiting.get(trajectory.id) == (run.path, trajectory.split):
                del waiting[trajectory.id]
                yield gold


class _SplitFile:
    """A split's Parquet file, written a row group at a time."""

    def __init__(self, path: Path):
        path.parent.mkdir(exist_ok=True)
        self._rows: list[Row] = []
        self._writer = pq.ParquetWriter(path, ROW_SCHEMA, compression="zstd")

    def add(self, row: Row) -> None:
        self._rows.append(row)
        if len(self._rows) == _ROWS_A_GROUP:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=ROW_SCHEMA))
        self._rows = []

    def __enter__(self) -> "_SplitFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None and self._rows:
                self._flush()
        finally:
            self._writer.close()
