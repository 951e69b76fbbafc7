"""`kardia release`: the data set in KardiaBench's six fields."""

from pathlib import Path
from typing import Annotated

import typer

from studio.console import Exit, Json, give, leave, talk

app = typer.Typer(no_args_is_help=True)
ReleasePath = Annotated[Path, typer.Argument(metavar="DIR", help="A directory made by `kardia release build`.")]


@app.command("build")
def build(
    runs: Annotated[list[Path], typer.Option("--runs", help="A run directory. Repeatable.")],
    out: Annotated[Path, typer.Option(help="The release's directory; an earlier release there is replaced.")],
    keep_shared_situations: Annotated[
        bool, typer.Option("--keep-shared-situations", help="Keep train dialogues whose situation stands in test too.")
    ] = False,
    corrections: Annotated[
        list[Path] | None, typer.Option(help="A corrected_turns.jsonl of `kardia annotate pull`. Repeatable.")
    ] = None,
    open_stand: Annotated[
        bool, typer.Option("--open-stand", help="Let turns that annotators have not settled stand as played.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write train and test from runs: what passed screening, six fields, and the private decisions beside it."""
    from studio.releasing import build_from_runs, report_text

    report = build_from_runs(
        runs, out, drop_shared=not keep_shared_situations, corrections=corrections or (), open_stand=open_stand
    )
    give(report.model_dump(mode="json"), as_json, lambda: report_text(report, out))


@app.command("check")
def check(release: ReleasePath, as_json: Json = False) -> None:
    """Check a release: fields, roles, spans, labels, split, digests, modes, identifiers."""
    from release.check import check_release

    findings = check_release(release)
    data = {"release": str(release), "findings": [finding._asdict() for finding in findings]}
    give(data, as_json, lambda: "\n".join(map(str, findings)) or f"{release}: no findings")
    if findings:
        leave(Exit.FINDINGS)


@app.command("card")
def card(release: ReleasePath, as_json: Json = False) -> None:
    """Write the data card anew."""
    from graphs.released import read_report
    from release.card import write_card
    from release.statistics import table3

    write_card(release, read_report(release), table3(release))
    give({"card": str(release / "README.md")}, as_json, lambda: f"{release / 'README.md'}: written")


@app.command("stats")
def stats(
    release: ReleasePath,
    figures: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Also write Fig. 4a, Fig. 4b and Table 3 as files into OUT.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the figures of the paper's Table 3 for a release, beside the paper's."""
    from release.statistics import table3
    from studio.releasing import table_text

    table = table3(release)
    if figures:
        from graphs.released import read_report

        try:
            from studio.browse.figures import write_figures
        except ModuleNotFoundError as error:
            raise ValueError(f"--figures needs {error.name}: pip install -e '.[studio]'") from error
        for file in write_figures(table, read_report(release).labels, figures):
            talk(f"{file}: written")
    give(table.model_dump(mode="json"), as_json, lambda: table_text(table))
