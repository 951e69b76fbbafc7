"""`kardia personas`: import profiles and posts, look through them, pair them with situations."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from studio.console import Exit, Json, give, leave

app = typer.Typer(no_args_is_help=True)

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE…", help="JSONL, JSON, CSV or Parquet; .gz of the first three.")
]
Out = Annotated[Path, typer.Option(help="The file to write.")]
Strict = Annotated[bool, typer.Option("--strict", help="Write nothing and exit 1 if a row has to be left out.")]
PersonasFile = Annotated[Path, typer.Argument(metavar="FILE", help="From `kardia personas import`.")]
MaybeOut = Annotated[Path | None, typer.Option(help="The file to write.")]
Ids = list[str] | None


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


@app.command("dedupe")
def dedupe(
    file: PersonasFile,
    out: Out,
    threshold: Annotated[
        float, typer.Option(min=0.05, max=1, help="Share of word pairs in common from which two are one person.")
    ] = 0.8,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be left out; write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Keep one row of each person: of rows that say nearly the same the most complete, of equals the first."""
    from personas.dedupe import dedupe_file
    from studio.people.persona_text import dedupe_text

    report = dedupe_file(file, out, threshold, dry_run=dry_run)
    give(report.model_dump(mode="json"), as_json, lambda: dedupe_text(report))


@app.command("anonymise")
def anonymise(
    file: PersonasFile,
    audit: Annotated[
        bool, typer.Option("--audit", help="Print figures and write nothing; exit 1 on findings.")
    ] = False,
    pairings: Annotated[Path | None, typer.Option(help="With --audit: count the splits of these pairings.")] = None,
    out: MaybeOut = None,
    as_json: Json = False,
) -> None:
    """Mask a personas file again by today's rules, or say with --audit what was masked, and who can be told apart."""
    from personas.audit import audit_file
    from personas.remasking import remask_file
    from studio.people.persona_text import audit_text, remask_text

    if audit == (out is not None):
        raise ValueError("personas anonymise: give --out FILE to mask anew, or --audit for figures; one of them")
    if out is not None:
        report = remask_file(file, out)
        give(report.model_dump(mode="json"), as_json, lambda: remask_text(report))
        return
    figures = audit_file(file, pairings)
    give(figures.model_dump(mode="json"), as_json, lambda: audit_text(figures))
    if not figures.is_clean:
        leave(Exit.FINDINGS)


@app.command("review")
def review(
    file: PersonasFile,
    decisions: Annotated[Path | None, typer.Option(help="The log of verdicts; FILE.decisions.jsonl.")] = None,
    accept: Annotated[Ids, typer.Option("--accept", metavar="ID", help="Accept a persona. Repeatable.")] = None,
    reject: Annotated[Ids, typer.Option("--reject", metavar="ID", help="Reject one; needs --because.")] = None,
    undo: Annotated[Ids, typer.Option("--undo", metavar="ID", help="Take your verdict on one back.")] = None,
    because: Annotated[str, typer.Option(help="Why, kept with each verdict.")] = "",
    reviewer: Annotated[str, typer.Option(envvar="KARDIA_REVIEWER", help="Who decides, kept with each verdict.")] = "",
    apply_: Annotated[bool, typer.Option("--apply", help="Write the accepted personas to --out.")] = False,
    out: MaybeOut = None,
    undecided: Annotated[
        Literal["out", "unflagged", "in"],
        typer.Option(
            help="With --apply, what nobody decided on: stays out; goes in if nothing was found in it; goes in."
        ),
    ] = "out",
    top: Annotated[int, typer.Option(min=0, help="How many rows to name.")] = 20,
    as_json: Json = False,
) -> None:
    """Say which personas a person should look at first and why; decide on them; write those that were accepted."""
    from personas.review import apply, decisions_file
    from studio.people.persona_text import apply_text, queue_text
    from studio.people.reviewing import decide_all, looked

    if apply_ != (out is not None):
        raise ValueError("personas review: --apply and --out FILE go together")
    log = decisions or decisions_file(file)
    decide_all(file, log, {"accept": accept or [], "reject": reject or [], "undo": undo or []}, reviewer, because)
    if out is not None:
        report = apply(file, out, log, undecided)
        give(report.model_dump(mode="json"), as_json, lambda: apply_text(report))
        return
    data = looked(file, log)
    give(data, as_json, lambda: queue_text(data, top))
