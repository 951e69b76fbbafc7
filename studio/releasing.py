"""Releases from runs, and their figures as text for people."""

import io
from collections.abc import Sequence
from pathlib import Path

from graphs.prompts import PromptWriter, person_string
from graphs.released import ReleaseReport
from graphs.runs import open_run
from release.assemble import build_release
from release.card import corrections_text
from release.corrected import read_corrections
from release.statistics import COLUMN_TITLES, Table3, printed_rows


def build_from_runs(
    runs: list[Path],
    out: Path,
    *,
    drop_shared: bool = True,
    corrections: Sequence[Path] = (),
    open_stand: bool = False,
) -> ReleaseReport:
    """Build a release with the pack that the first run kept (all must have played the same).

    Args:
        corrections: corrected_turns.jsonl of annotation projects.
        open_stand: let turns that annotators have not settled stand as they were played.
    """
    pack = open_run(runs[0]).pack
    return build_release(
        runs,
        out,
        render_policy=PromptWriter(pack).policy,
        person_string=person_string,
        labels=list(pack.settings.labels),
        corrections=read_corrections(corrections, pack.digest, open_stand=open_stand),
        drop_shared_situations=drop_shared,
    )


def report_text(report: ReleaseReport, out: Path) -> str:
    """What a release holds and what was left out of it."""
    sizes = ", ".join(f"{count} {split}" for split, count in report.dialogues.items())
    lines = [f"{out}: {sizes} dialogues of {report.read} read"]
    lines += [f"  {count} left out: {reason}" for reason, count in report.left_out.items()]
    lines += [f"  {corrections_text(report)}"] if report.corrections else []
    if report.demonstration:
        lines.append("  played by the demonstration model: not data to train on or to publish")
    lines.append(f"figures: kardia release stats {out}; check: kardia release check {out}")
    return "\n".join(lines)


def table_text(table: Table3) -> str:
    """Table 3, ours beside the paper's."""
    from rich.console import Console
    from rich.table import Table

    grid = Table(title="Table 3: this release, and the paper's", caption=table.unit)
    for number, title in enumerate(COLUMN_TITLES):
        grid.add_column(title, justify="left" if number == 0 else "right")
    for row in printed_rows(table):
        grid.add_row(*row)
    page = io.StringIO()
    Console(file=page, width=110).print(grid)
    return page.getvalue().rstrip()
