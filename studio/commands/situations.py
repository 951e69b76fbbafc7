"""`kardia situations`: import what happened."""

from typing import Annotated

import typer

from studio.commands.personas import Files, Out, Strict
from studio.console import Exit, Json, give, leave

app = typer.Typer(no_args_is_help=True, callback=lambda: None)


@app.command("import")
def import_(
    files: Files,
    out: Out,
    pack: Annotated[str, typer.Option(help="The pack whose labels are allowed.")] = "kardia",
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Turn EmpatheticDialogues (its CSV, or JSONL) and rows of emotion and situation into situations."""
    from graphs.packs import load_pack
    from personas.imports import import_situations
    from studio.importing import report_text

    report = import_situations(files, out, strict, load_pack(pack).labels)
    give(report.model_dump(mode="json"), as_json, lambda: report_text(report))
    if strict and not report.is_clean:
        leave(Exit.FINDINGS)
