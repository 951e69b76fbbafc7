"""Context-response pairs c_t -> y_t from released dialogues, under the pack's policy prompt (paper §4, Eq. 5).

What the policy sees is graphs.policy_context's alone, so that it is examined as it was taught: persona, situation text and
history, never the gold label. Texts of users, personas and models are data: no control token, no span tag survives in them.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from graphs.packs import Pack, load_pack, pack_folder
from graphs.policy_context import PolicySees, plain
from graphs.prompts import PromptWriter
from graphs.records import read_header, read_rows, replacing, row_bytes
from graphs.released import Row, refuse_inside_release
from graphs.schema import SCHEMA_VERSION, Record, compact
from graphs.spans import parse_spans
from train.examples.example_rows import WrongExamples, clean_row, conversation_example, fitted, turn_example
from train.examples.partition_report import sha256_of
from train.examples.sources import Source
from train.examples.token_report import Lengths, PolicyTokenizer, Quantiles, TokenReport, token_report
from train.rows import Allocated, TrainingExample

Per = Literal["turn", "conversation"]


class ExampleSettings(Record):
    """How examples are made."""

    per: Per = "turn"
    """One example a turn, or one a dialogue with every reply as target."""
    sees: PolicySees = PolicySees()
    max_length: int | None = Field(default=None, ge=1)
    """Longest prompt and target together, in tokens; counted by the tokenizer that is then needed."""


class Counts(Record):
    """What became of the dialogues."""

    dialogues: int = 0
    examples: int = 0
    target_does_not_fit: int = 0
    """Left out: system prompt, last utterance and target alone are longer than `max_length`."""
    shortened: int = 0
    """Examples that lost their oldest turns of history."""
    from_correction: int = 0
    """Examples whose gold label is another than the dialogue's."""
    target_names_another_label: int = 0
    """Examples whose y_t does not name the gold label: SFT teaches them as they are, and Eq. 11 gives y_t itself 0."""
    texts_defused: int = 0
    """Texts in which a control token or a span tag was taken apart."""


class ExamplesReport(Record):
    """Header of an examples file."""

    kind: Literal["examples"] = "examples"
    schema_version: int = SCHEMA_VERSION
    pack: str
    pack_hash: str
    played_with: str
    """Hash of the pack that the dialogues were played with."""
    policy_template_sha256: str
    subset: str
    by: str
    """Convention of the partition; empty without one."""
    per: Per
    sees: PolicySees
    max_length: int | None
    sources: dict[str, str]
    demonstration: bool
    counts: Counts
    tokens: TokenReport | None = None


def write_examples(
    source: Source, out: Path, *, pack: str, settings: ExampleSettings, tokenizer: PolicyTokenizer | None = None
) -> ExamplesReport:
    """Write the examples of a source's dialogues, in their order; the same input gives the same bytes.

    Args:
        pack: name or folder of the pack whose policy prompt and labels are used.

    Raises:
        WrongExamples: settings that contradict each other, a label that the pack lacks, a reply without its spans, no
            example left, or another kind of file at `out`.
        ForgedToken, UnusableTokenizer: see train.examples.token_report, train.policy_tokenizer.
    """
    _refuse(settings, tokenizer)
    refuse_inside_release(out)
    if out.is_dir():
        raise WrongExamples(f"{out}: is a directory; name a file for the examples")
    if out.exists() and read_header(out).get("kind") != "examples":
        raise WrongExamples(f"{out}: holds something else than examples; name another file")
    loaded = load_pack(pack)
    making = _Making(loaded, settings, tokenizer)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=out.parent) as spool:
        for example in making.examples(source.dialogues()):
            spool.write(row_bytes(example) + b"\n")
        if not making.counts["examples"]:
            raise WrongExamples(_nothing(source, making.counts))
        report = ExamplesReport(
            pack=loaded.name,
            pack_hash=loaded.digest,
            played_with=source.pack_hash,
            policy_template_sha256=sha256_of(pack_folder(pack) / "policy.md"),
            subset=source.subset,
            by=source.by,
            per=settings.per,
            sees=settings.sees,
            max_length=settings.max_length,
            sources=source.hashes,
            demonstration=source.demonstration,
            counts=Counts.model_validate(making.counts),
            tokens=token_report(tokenizer, making.lengths) if tokenizer else None,
        )
        spool.seek(0)
        with replacing(out) as file:
            file.write(compact({"header": report.model_dump(mode="json")}) + b"\n")
            shutil.copyfileobj(spool, file)
    return report


def read_examples(path: Path) -> tuple[dict[str, Any], Iterator[TrainingExample]]:
    """The header and the examples of a file that `kardia train examples` wrote.

    Raises:
        WrongExamples: the file holds no examples.
        BadFile: it cannot be read; while iterating, with line and reason.
    """
    header = read_header(path)
    if header.get("kind") != "examples":
        raise WrongExamples(f"{path}: no examples; name a file made by `kardia train examples`")
    return header, read_rows(path, TrainingExample)


def _refuse(settings: ExampleSettings, tokenizer: PolicyTokenizer | None) -> None:
    if settings.per == "conversation" and settings.sees.history_spans != "all":
        raise WrongExamples(
            "--per conversation: every reply of a conversation is target and history at once, so the history shows all "
            "spans with their gold labels; say so with --history-spans all, or make examples per turn"
        )
    if settings.max_length and tokenizer is None:
        raise WrongExamples("--max-length: tokens are counted by a tokenizer; name its folder with --tokenizer")


def _nothing(source: Source, counts: Counter[str]) -> str:
    if counts["dialogues"]:
        return f"{counts['target_does_not_fit']} examples, and none fits even without its history; raise --max-length"
    return f"the {source.subset} set holds no dialogue; partition by the other convention, or take --subset all"


class _Making:
    """Makes examples and counts what becomes of the dialogues."""

    def __init__(self, pack: Pack, settings: ExampleSettings, tokenizer: PolicyTokenizer | None):
        self.pack = pack
        self.settings = settings
        self.tokenizer = tokenizer
        self.writer = PromptWriter(pack)
        self.counts: Counter[str] = Counter()
        self.lengths: list[Lengths] = []

    def examples(self, dialogues: Iterator[Allocated]) -> Iterator[TrainingExample]:
        for dialogue in dialogues:
            self.counts["dialogues"] += 1
            self._check_labels(dialogue)
            for example in filter(None, map(self._fitted, self._made(dialogue))):
                self._count(example)
                yield example

    def _made(self, dialogue: Allocated) -> Iterator[TrainingExample]:
        row: Row = clean_row(dialogue, self._plain)
        sees = self.settings.sees
        if self.settings.per == "conversation":
            yield conversation_example(self.writer, dialogue, row, sees)
        else:
            for turn in range(1, len(dialogue.gold_emotions) + 1):
                yield turn_example(self.writer, dialogue, row, turn, sees)

    def _plain(self, text: str) -> str:
        found = plain(text)
        found = self.tokenizer.plain(found) if self.tokenizer else found
        self.counts["texts_defused"] += found != text.strip()
        return found

    def _check_labels(self, dialogue: Allocated) -> None:
        for label in (dialogue.emotion, *dialogue.gold_emotions):
            if label not in self.pack.labels:
                raise WrongExamples(
                    f"dialogue {dialogue.id}: {label!r} is no label of pack {self.pack.name}; name the pack that the dialogues "
                    "were played with: --pack"
                )

    def _fitted(self, example: TrainingExample) -> TrainingExample | None:
        if self.tokenizer is None:
            return example
        kept, lengths = fitted(example, self.tokenizer.lengths_of, self.settings.max_length)
        if kept is None:
            self.counts["target_does_not_fit"] += 1
        else:
            self.counts["shortened"] += kept is not example
            self.lengths.append(lengths)
        return kept

    def _count(self, example: TrainingExample) -> None:
        self.counts["examples"] += 1
        self.counts["from_correction"] += example.emotion_from == "correction"
        named = {parse_spans(message.content).emotion for message in example.completion if message.role == "assistant"}
        self.counts["target_names_another_label"] += named != {example.emotion}


def examples_text(report: ExamplesReport, out: Path) -> str:
    """What was written, for people."""
    counts, sees = report.counts, report.sees
    shown = ", ".join(name for name, seen in (("persona", sees.persona), ("situation", sees.situation)) if seen)
    lines = [
        f"{out}: {counts.examples} examples of {counts.dialogues} dialogues ({report.subset}), one a {report.per}",
        f"  the policy sees: {shown or 'neither persona nor situation'}; of earlier replies: {sees.history_spans}",
    ]
    notes = (
        (
            counts.target_does_not_fit,
            f"left out: target, policy prompt and x_t alone do not fit into {report.max_length} tokens",
        ),
        (counts.shortened, "lost their oldest turns of history to fit"),
        (counts.from_correction, "have the label of a correction"),
        (counts.target_names_another_label, "have a target that names another label than the gold one"),
        (counts.texts_defused, "texts held a control token or a span tag, now parted"),
    )
    lines += [f"  {count} {said}" for count, said in notes if count]
    if report.tokens:
        lines += (f"  {name:6} {_lengths(getattr(report.tokens, name))}" for name in ("prompt", "target", "total"))
    if report.pack_hash != report.played_with:
        lines.append(
            f"  pack {report.pack} is not as the dialogues were played with; its policy prompt of today is used"
        )
    if report.demonstration:
        lines.append("  played by the demonstration model: shows the way, teaches nothing")
    return "\n".join(lines)


def _lengths(found: Quantiles) -> str:
    return f"mean {found.mean:.0f}, p50 {found.p50}, p95 {found.p95}, max {found.max} tokens"
