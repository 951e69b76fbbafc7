"""The data card: README.md of a release, with the front matter that tells `datasets` which files to load."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from graphs.corrections import By
from graphs.released import SPLITS, ReleaseReport, data_file
from graphs.schema import Split
from release.layout import CARD
from release.statistics import COLUMN_TITLES, Table3, printed_rows

LICENSE = "cc-by-nc-4.0"
WARNING = (
    "> **DEMONSTRATION DATA. PLAYED BY THE EMBEDDED RULE-BASED MODEL, NOT BY A LANGUAGE MODEL.**\n"
    "> **DO NOT TRAIN ON IT, DO NOT CITE IT. DO NOT PUBLISH IT.**\n\n"
)
SETTLED: dict[By, str] = {
    "one": "one annotator alone",
    "agreement": "agreement of several",
    "discussion": "agreement after a discussion",
    "person": "a named person",
    "model": "a supervising model",
}
_BODY = """\
# {title}

{warning}Multi-turn empathetic dialogues between a simulated user, who has a persona and a situation, and a responder whose every
reply has four spans: understanding, reasoning, emotion, response. Synthesised under a rubric, after the method of the
Kardia-R1 paper; this is not the paper's KardiaBench.

```python
from datasets import load_dataset
dialogues = load_dataset("path/to/this/folder")
```

## Figures

{table}

{unit}

{dialogues} dialogues from {read} played.{left_out}{shared}{corrections}

## Fields

| field | what it holds |
|---|---|
| `person` | the persona as one line of text, under an invented name |
| `mbti` | the persona's MBTI type; empty when unknown |
| `emotion` | the label of the situation |
| `situation` | what happened to the user |
| `anon_username` | the persona's invented name; no persona stands in both train and test |
| `messages` | `system` (the policy's prompt), then `user` and `assistant` in turn |

An assistant message is `<|understanding_begin|>…<|understanding_end|>` and so on for `reasoning`, `emotion` and `response`.

## How it was made

A user simulator opens and answers, a responder drafts, a rubric evaluator decides SOLVED, PASS or FAIL and sends a failed
draft back (paper §3.2, Algorithm 1). Dialogues with identity drift, implausible emotional jumps or broken structure were
taken out. The evaluator's decisions are kept apart and are no part of this data set. Pack hash: `{pack_hash}`.

The runs, as their headers say:

{runs}

## Licence and care

Data seeded by EmpatheticDialogues inherits its licence, CC BY-NC 4.0 (non-commercial, name the source). The card names that
licence for every release; change it only where all situations are your own. The dialogues are invented, touch on distress,
and are no advice: a model trained on them is no substitute for help by people.
"""


def write_card(out: Path, report: ReleaseReport, table: Table3) -> None:
    """Write README.md.

    Raises:
        ReleaseError: a data file is missing.
    """
    data: dict[Split, str] = {split: data_file(out, split).relative_to(out).as_posix() for split in SPLITS}
    (out / CARD).write_text(render_card(report, table, data), encoding="utf-8")


def render_card(report: ReleaseReport, table: Table3, data: Mapping[Split, str]) -> str:
    """Write the card: front matter with the `data` files, what the data is, its figures, fields, making and licence."""
    left_out = ", ".join(f"{reason} ({count})" for reason, count in report.left_out.items())
    shared = f" {report.shared_situations} train dialogues share their situation with a test dialogue and stayed in."
    body = _BODY.format(
        title=_title(report),
        warning=WARNING if report.demonstration else "",
        table=_table(table),
        unit=table.unit,
        dialogues=sum(report.dialogues.values()),
        read=report.read,
        left_out=f" Left out: {left_out}." if left_out else "",
        shared=shared if report.shared_situations and not report.drop_shared_situations else "",
        corrections=f"\n\n{said}" if (said := corrections_text(report)) else "",
        pack_hash=report.pack_hash,
        runs=_quoted([dict(run) for run in report.runs]),
    )
    return f"---\n{_yaml(_front_matter(report, data))}---\n\n{body}"


def corrections_text(report: ReleaseReport) -> str:
    """What annotators did to the test split, for the card and for the terminal; empty where nobody looked at it."""
    if not report.corrections:
        return ""
    said = ", ".join(f"{count} {verdict}" for verdict, count in sorted(report.corrections.items()))
    ways = ", ".join(f"{count} by {SETTLED[way]}" for way, count in report.settled_by.items())
    return f"Annotators looked at {sum(report.corrections.values())} turns of the test split: {said}. Settled: {ways}."


def _front_matter(report: ReleaseReport, data: Mapping[Split, str]) -> dict[str, Any]:
    return {
        "license": LICENSE,
        "pretty_name": _title(report),
        "tags": ["empathetic-dialogue", "persona", "synthetic"] + ["demonstration"] * report.demonstration,
        "task_categories": ["text-generation"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": split, "path": data[split]} for split in SPLITS if report.dialogues[split]],
            }
        ],
    }


def _title(report: ReleaseReport) -> str:
    return "Persona-grounded empathetic dialogues" + (" (demonstration)" if report.demonstration else "")


def _table(table: Table3) -> str:
    lines = [COLUMN_TITLES, ("---",) * len(COLUMN_TITLES), *printed_rows(table)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _quoted(value: Any) -> str:
    """Data as an indented block, which no text inside can end."""
    return "\n".join(f"    {line}" for line in _yaml(value).splitlines())


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120)
