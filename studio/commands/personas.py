"""`kardia personas`: import profiles and posts, pair personas with situations."""

from pathlib import Path
from typing import Annotated

import typer

from studio.console import Exit, Json, give, leave

app = typer.Typer(no_args_is_help=True)

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE…", help="JSONL, JSON, CSV or Parquet; .gz of the first three.")
]
Out = Annotated[Path, typer.Option(help="The file to write.")]
Strict = Annotated[bool, typer.Option("--strict", help="Write nothing and exit 1 if a row has to be left out.")]


@app.command("import")
def import_(files: Files, out: Out, strict: Strict = False, as_json: Json = False) -> None:
    """Turn raw profiles or posts into personas without identifiers."""
    from personas.imports import import_personas
    from studio.importing import report_text

    report = import_personas(files, out, strict)
    give(report.model_dump(mode="json"), as_json, lambda: report_text(report))
    if strict and not report.is_clean:
        leave(Exit.FINDINGS)


@app.command("pair")
def pair(
    personas: Annotated[Path, typer.Option(help="From `kardia personas import`.")],
    situations: Annotated[Path, typer.Option(help="From `kardia situations import`.")],
    out: Out,
    limit: Annotated[int, typer.Option(min=1, help="How many dialogues to lay out.")] = 1000,
    seed: Annotated[int, typer.Option(help="Same seed and files, same pairings.")] = 0,
    test_personas: Annotated[
        float | None, typer.Option(min=0, max=0.99, help="Share of personas in the test split; the paper's 32 of 671.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Lay out who talks about what; no persona stands in both train and test."""
    from personas.pairing import TEST_PERSONAS, pair_files

    share = TEST_PERSONAS if test_personas is None else test_personas
    made = pair_files(personas, situations, limit, seed, out, share)
    text = (
        f"{out}: {made.train} train dialogues of {made.train_personas} personas, "
        f"{made.test} test dialogues of {made.test_personas}\nnext: kardia synth run --pairings {out} --out RUN"
    )
    give({"out": str(out), **made._asdict()}, as_json, lambda: text)
