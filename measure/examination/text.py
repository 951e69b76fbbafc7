"""An examination's report for people, as text and as markdown: one row of Table 2 for each system beside the paper's rows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from graphs.llm.prices import cost_text
from graphs.policy_context import HistorySpans
from graphs.schema import one_line
from measure.emotion_accuracy import EmotionAccuracy
from measure.examination.report import Judging, SystemReport
from measure.intervals import RESAMPLES, Estimate
from measure.table2 import CRITERIA, PAPER, PAPER_JUDGE, SOURCE, OurRow, columns, paper_scores

_SETTINGS: dict[HistorySpans, str] = {
    "response": "earlier replies show their response only",
    "all": "earlier replies show all spans, gold labels too",
}
NO_INTERVAL = "No interval stands where fewer than six personas answered, or all of them have the same mean: resamples tell nothing then."
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


class Section(NamedTuple):
    """A title, a table (its first row is the head), and what is to be said under it."""

    title: str
    table: Sequence[Sequence[str]]
    notes: Sequence[str]


def report_text(reports: Sequence[SystemReport]) -> str:
    """For a terminal."""
    blocks = []
    for section in sections(reports):
        widths = [max(map(len, column)) for column in zip(*section.table, strict=True)]
        rows = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in section.table]
        blocks.append("\n".join([section.title, *(row.rstrip() for row in rows), *section.notes]))
    return "\n\n".join(blocks)


def report_markdown(reports: Sequence[SystemReport]) -> str:
    """For a file; names of models and releases are data and are escaped."""
    blocks: list[str] = []
    for section in sections(reports):
        lines = [f"## {_plain(section.title)}", ""]
        if section.table:
            head, *rows = section.table
            lines += [_line(head), "|" + " --- |" * len(head), *map(_line, rows), ""]
        lines += [f"- {_plain(note)}" for note in section.notes]
        blocks.append("\n".join(lines).rstrip())
    return "\n\n".join(["# Examination", *blocks]) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(_plain, cells)) + " |"


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", one_line(text))


def sections(reports: Sequence[SystemReport]) -> Iterator[Section]:
    """The whole report, part by part."""
    rows = [row for report in reports for row in report.rows()]
    yield Section("Table 2", [*_table2(rows)], _about_table2(reports))
    for report in reports:
        yield Section(f"{report.config.name}: emotion accuracy, percent", _emotion(report), _about_emotion(report))
        by_turn = [NO_INTERVAL] if _lacks_interval(report) else []
        yield Section(f"{report.config.name}: emotion accuracy by turn, percent", _by_turn(report), by_turn)
        for judging in report.judgings:
            title = f"{report.config.name}: how the criteria go together, by {judging.judge}"
            yield Section(title, _correlations(judging), _about_judging(judging))
        yield Section(f"{report.config.name}: what was asked", [], [*_about_calls(report)])


def _table2(rows: Sequence[OurRow]) -> Iterator[list[str]]:
    names = columns(rows)
    yield ["system", "judge", "turns", "emotion accuracy", *(name.replace("_", " ") for name in names)]
    for row in rows:
        scores = [row.scores.get(name) for name in names]
        cells = [span(score, digits=2) if score else "–" for score in scores]
        yield [row.system, row.judge or "–", row.turns, span(row.emotion_accuracy, 100, 1), *cells]
    for paper in PAPER:
        known = paper_scores(paper)
        accuracy = "–" if paper.emotion_accuracy is None else f"{paper.emotion_accuracy:.2f}"
        cells = [f"{known[name]:.3f}" if name in known else "–" for name in names]
        yield [f"paper: {paper.group}, {paper.system}", PAPER_JUDGE, "all", accuracy, *cells]


def _about_table2(reports: Sequence[SystemReport]) -> list[str]:
    notes = [
        f"{report.config.name}: {count(report.turns, 'turn')} of {count(report.personas, 'persona')}, "
        f"{count(report.config.dialogues, 'dialogue')} of {report.config.release}"
        for report in reports
    ]
    notes.append(
        f"Ours: means over turns, in brackets 95 % intervals over personas ({RESAMPLES:,} resamples). The paper's rows: "
        f"{SOURCE}; other test dialogues, judged by {PAPER_JUDGE}, without intervals."
    )
    if len({report.config.dialogues_hash for report in reports}) > 1:
        notes.append("These systems were not asked the same dialogues: compare them with care.")
    if any(set(judging.scores) - set(CRITERIA) for report in reports for judging in report.judgings):
        notes.append("The pack's criteria are not the paper's.")
    notes += [
        f"{report.config.name}, judged by {judging.judge}: {judging.relation.says}."
        for report in reports
        for judging in report.judgings
    ]
    if any(report.config.demonstration or any(j.demonstration for j in report.judgings) for report in reports):
        notes.append("Made by the embedded demonstration model, wholly or in part: these figures mean nothing.")
    return notes


def _emotion(report: SystemReport) -> list[list[str]]:
    head = ["", "all turns", "turn 1", "from turn 2", "less copying, from turn 2"]
    rows = [_accuracy(_SETTINGS[history], found) for history, found in report.emotion.items()]
    for history, found in report.before_corrections.items():
        rows.append(_accuracy(f"{_SETTINGS[history]}; before any correction", found))
    base = report.baselines[report.config.histories[0]]
    majority = [span(base.majority, 100, 1), "", "", ""]
    most = f"always {base.majority_label!r}, the most frequent of {report.config.majority.of}"
    return [head, *rows, *_copying(report), [most, *majority]]


def _copying(report: SystemReport) -> Iterator[list[str]]:
    """A row for each history setting where other turns were answered under it, so that "less copying" can be checked by hand."""
    same = len({base.model_dump_json() for base in report.baselines.values()}) == 1
    for history, base in list(report.baselines.items())[: 1 if same else None]:
        name = "copy the last label" if same else f"copy the last label, where {_SETTINGS[history]}"
        yield [name, span(base.copy_overall, 100, 1), "0.0 (nothing to copy)", span(base.copy_later_turns, 100, 1), ""]


def _accuracy(name: str, found: EmotionAccuracy) -> list[str]:
    shown = (found.overall, found.first_turn, found.later_turns, found.over_copying)
    return [name, *(span(each, 100, 1) for each in shown)]


def _about_emotion(report: SystemReport) -> list[str]:
    main = report.emotion[report.config.histories[0]]
    gold = "the corrected turn's label, else the dialogue's" if report.config.decisions else "the dialogue's label"
    return [
        f"Gold: {gold}. Compared as words, whatever their case.",
        f"Replies without a readable label: {main.without_label}; with a label that the pack lacks: {main.off_list}; "
        "both count as wrong.",
        *_why_not(main.overall),
    ]


def _by_turn(report: SystemReport) -> list[list[str]]:
    histories = report.config.histories
    numbers = sorted({number for found in report.emotion.values() for number in found.by_turn})
    rows = [
        [str(number), " / ".join(dict.fromkeys(str(report.emotion[each].by_turn[number].turns) for each in histories))]
        + [span(report.emotion[history].by_turn[number], 100, 1) for history in histories]
        for number in numbers
    ]
    return [["turn", "replies", *(_SETTINGS[history] for history in histories)], *rows]


def _lacks_interval(report: SystemReport) -> bool:
    return any(
        each.value is not None and each.low is None
        for found in report.emotion.values()
        for each in found.by_turn.values()
    )


def _correlations(judging: Judging) -> list[list[str]]:
    names = list(judging.correlations)
    rows = [
        [one, *("–" if (found := row[other]) is None else f"{found:.2f}" for other in names)]
        for one, row in judging.correlations.items()
    ]
    return [["Pearson's r over turns", *names], *rows]


def _about_judging(judging: Judging) -> list[str]:
    return [
        f"{count(judging.judged, 'turn')} judged, prompt {judging.prompt_sha256[:12]}, {cost_text(judging.cost_usd)}.",
        "– stands where a criterion never varied. High correlations everywhere are a halo: the judge has one opinion.",
        *([f"Empty replies, which got the lowest scores unread: {judging.empty}."] if judging.empty else []),
        *([f"Without marks: {_said(judging.failures)}."] if judging.failures else []),
    ]


def _about_calls(report: SystemReport) -> Iterator[str]:
    config = report.config
    seen = " and ".join(name for name, shown in (("persona", config.persona), ("situation", config.situation)) if shown)
    yield (
        f"{config.model}, temperature {config.temperature:g}, pack {config.pack} {config.pack_hash[:12]}; it sees "
        f"{seen or 'neither persona nor situation'}; history is the release's own."
    )
    yield f"Calls by how the reply ended: {_said(report.ended) or 'none'}; {cost_text(report.cost_usd)}."
    if report.failures:
        yield f"Without a reply, and left out: {_said(report.failures)}."
    yield f"Malformed replies: {report.malformed_replies} of {report.malformed.turns}, {span(report.malformed, 100, 1)} %."
    yield from (f"  {found}: {wrong}" for wrong, found in report.violations.items())
    if report.dropped:
        yield f"Turns that annotators dropped, not scored: {report.dropped}."
    if report.after_correction:
        yield f"Turns after a corrected reply: {report.after_correction}; rows without them are given too."
    if not config.decisions:
        yield "The release came without its private decisions: no corrections and no dropped turns are known."
    if config.limit is not None:
        yield f"Limited to {count(config.limit, 'dialogue')}, one persona after the other."


def _why_not(estimate: Estimate) -> list[str]:
    return [f"No interval: {estimate.why_not}."] if estimate.why_not else []


def span(estimate: Estimate, scale: float = 1.0, digits: int = 2) -> str:
    """A mean with its interval, if there is one."""
    if estimate.value is None:
        return "–"
    middle = f"{estimate.value * scale:.{digits}f}"
    if estimate.low is None or estimate.high is None:
        return middle
    return f"{middle} [{estimate.low * scale:.{digits}f}, {estimate.high * scale:.{digits}f}]"


def count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _said(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items())
