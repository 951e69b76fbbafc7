"""`kardia evaluate`: the examination of a served model on a release's test split."""

from pathlib import Path
from typing import Annotated

import typer

from studio.console import Json, give, plainly, talk

app = typer.Typer(no_args_is_help=True)

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="A directory that `kardia evaluate run --out` made.")]
Concurrency = Annotated[int, typer.Option(min=1, help="Calls under way at once.")]
BudgetUsd = Annotated[float | None, typer.Option(min=0, help="Stop cleanly when so much is spent.")]
PriceOption = Annotated[str | None, typer.Option(help="US dollars per million tokens, IN,OUT, if they are not known.")]
Deadline = Annotated[float, typer.Option(min=0.1, help="Longest time of one call, in seconds.")]
Retries = Annotated[int, typer.Option(min=0, help="Tries after a transient failure.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything and estimate; call nothing.")]


@app.command("run")
def run_(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="A directory made by `kardia release build`.")],
    model: Annotated[str, typer.Option(help="The served model's name, as its endpoint calls it.")],
    out: Annotated[Path, typer.Option(help="The examination's directory; the same command again goes on.")],
    base_url: Annotated[str | None, typer.Option(help="OpenAI-compatible address; OpenAI's own if not given.")] = None,
    name: Annotated[str | None, typer.Option(help="What the system is called in the table; the model's name.")] = None,
    history: Annotated[
        str,
        typer.Option(
            help="What earlier replies show: `response`, `all` (KardiaBench's messages, gold labels too), or both."
        ),
    ] = "both",
    persona: Annotated[bool, typer.Option(help="Show the persona, as the model was trained.")] = True,
    situation: Annotated[bool, typer.Option(help="Show the situation, as the model was trained.")] = True,
    pack: Annotated[str | None, typer.Option(help="A pack's name or folder; the release's own if not given.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many test dialogues only, spread over personas.")] = None,
    concurrency: Concurrency = 16,
    budget_usd: BudgetUsd = None,
    price: PriceOption = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try refused calls again too.")] = False,
    deadline: Deadline = 120.0,
    retries: Retries = 6,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Ask a served model every scored test turn, at temperature 0 and on the release's own history.

    The same command again goes on where it stopped; nothing that was answered is asked again.
    """
    from graphs.llm.build import check_reach
    from graphs.runs import refuse_if_in_use
    from measure.examination.session import ROLE, ExaminationMeans, examine
    from studio.examining import Asked, Way, begun, estimated, expected_text, give_outcome, planned, reached
    from studio.progress_line import progress_line

    if out.is_dir():
        refuse_if_in_use(out)
    plan = planned(Asked(release, model, name, history, persona, situation, pack, limit))
    with reached(model, Way(base_url, concurrency, deadline, retries, price)) as reach:
        check_reach({ROLE: model}, reach, budget_usd)
        if dry_run:
            found = estimated(plan, out, reach)
            give(found._asdict(), as_json, lambda: expected_text(found, model))
            return
        examination = begun(plan, out)
        with progress_line("replies") as tell:
            outcome = examine(examination, ExaminationMeans(reach, budget_usd, retry_failed), tell)
    give_outcome(out, outcome, f"have it judged: kardia evaluate judge {out} --judge-model NAME", as_json)


@app.command("judge")
def judge(
    directory: Directory,
    judge_model: Annotated[str, typer.Option(help="The judge; another one than the reward's.")],
    judge_base_url: Annotated[
        str | None, typer.Option("--judge-base-url", "--base-url", help="Its OpenAI-compatible address; OpenAI's own.")
    ] = None,
    judge_sees: Annotated[str, typer.Option(help="The `response` span, or the whole `reply`.")] = "response",
    concurrency: Concurrency = 16,
    budget_usd: BudgetUsd = None,
    price: PriceOption = None,
    deadline: Deadline = 120.0,
    retries: Retries = 6,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Have every reply scored on the pack's criteria. The same command again goes on; failed scores are tried again."""
    from graphs.llm.build import check_reach
    from graphs.runs import refuse_if_in_use
    from measure.examination.folder import open_examination
    from measure.examination.judging import have_judged, judge_settings
    from measure.examination.session import ExaminationMeans
    from studio.examining import Way, estimated_judging, expected_text, give_outcome, judge_sight, reached
    from studio.progress_line import progress_line

    examination = open_examination(directory)
    refuse_if_in_use(directory)
    settings = judge_settings(examination, judge_model, judge_sight(judge_sees))
    with reached(judge_model, Way(judge_base_url, concurrency, deadline, retries, price)) as reach:
        check_reach({"judge": judge_model}, reach, budget_usd)
        if dry_run:
            found = estimated_judging(examination, settings, reach)
            give(found._asdict(), as_json, lambda: expected_text(found, judge_model))
            return
        with progress_line("replies") as tell:
            outcome = have_judged(examination, settings, ExaminationMeans(reach, budget_usd), tell)
    give_outcome(directory, outcome, f"see what came of it: kardia evaluate report {directory}", as_json)


@app.command("report")
def report(
    directories: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Examinations, one for each system.")],
    manifest: Annotated[
        list[Path] | None,
        typer.Option(
            help="manifest.json of the examined model, to know its reward's judge. One for each DIR, in order."
        ),
    ] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the report as markdown.")] = None,
    as_json: Json = False,
) -> None:
    """Show one row of the paper's Table 2 for each system, with intervals over personas, and what lies behind it."""
    from graphs.records import replacing
    from measure.examination.text import report_markdown, report_text
    from studio.examining import report_data, reported

    reports = reported(directories, manifest or [])
    if markdown:
        with replacing(markdown) as file:
            file.write(report_markdown(reports).encode())
        talk(f"{markdown}: written")
    give(report_data(reports), as_json, lambda: plainly(report_text(reports)))
