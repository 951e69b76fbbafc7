"""`kardia compare`: two versions of a pack on the same recorded states."""

from pathlib import Path
from typing import Annotated, Any

import typer

from studio.commands.synth import BaseUrl, Models, PriceOption
from studio.console import Exit, Json, give, leave, talk

app = typer.Typer(no_args_is_help=True)

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="A directory that `kardia compare run --out` made.")]
Concurrency = Annotated[int, typer.Option(min=1, help="Replies under way at once.")]
BudgetUsd = Annotated[float | None, typer.Option(min=0, help="Stop cleanly when so much is spent.")]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="Try refused calls again too.")]
Deadline = Annotated[float, typer.Option(min=0.1, help="Longest time of one call, in seconds.")]
Retries = Annotated[int, typer.Option(min=0, help="Tries after a transient failure.")]
Pace = Annotated[float, typer.Option(min=0, help="Slow the embedded model down, to watch it.", hidden=True)]


@app.command("run")
def run_(
    runs: Annotated[list[Path], typer.Option("--runs", help="A run whose dialogues give the states. Repeatable.")],
    b: Annotated[str, typer.Option("--b", help="Version B: PACK, a folder, PACK@HASH, or `run`.")],
    out: Annotated[Path, typer.Option(help="The comparison's directory; the same command again resumes it.")],
    a: Annotated[
        str, typer.Option("--a", help="Version A, named as B; `run` is the pack as the runs used it.")
    ] = "run",
    states: Annotated[int, typer.Option(min=1, help="How many states, spread over dialogues and turns.")] = 50,
    draws: Annotated[int, typer.Option(min=1, max=100, help="Replies to each state under each version.")] = 1,
    evaluator: Annotated[str, typer.Option(help="Whose evaluator judges: a, b, or each its `own`.")] = "a",
    temperature: Annotated[
        float | None, typer.Option(min=0, max=2, help="Sampling of responder and evaluator; the templates' own.")
    ] = None,
    noise_floor: Annotated[bool, typer.Option(help="Let A answer a second time, to see what chance does.")] = True,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the choice of states and of every draw.")] = 0,
    model: Models = None,
    base_url: BaseUrl = None,
    price: PriceOption = None,
    concurrency: Concurrency = 16,
    budget_usd: BudgetUsd = None,
    retry_failed: RetryFailed = False,
    deadline: Deadline = 120.0,
    retries: Retries = 6,
    pace_ms: Pace = 0,
    workspace: Annotated[Path, typer.Option(help="The directory you work in; packs are looked for in it.")] = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and estimate; call nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Answer N recorded states anew under two versions, and compare decisions, scores and cost.

    Models are those of the runs if not given. The same command again goes on where it stopped.
    """
    from graphs.llm.build import check_reach
    from graphs.runs import refuse_if_in_use
    from graphs.session import Means
    from studio.compare.comparing import Asked, Way, begun, estimated, planned, reached
    from studio.workspace import Workspace

    if out.is_dir():
        refuse_if_in_use(out)
    asked = Asked(runs, a, b, states, draws, seed, evaluator, noise_floor, temperature, model)
    way = Way(base_url, concurrency, deadline, retries, price, pace_ms)
    with planned(asked, out, Workspace(workspace.resolve())) as plan, reached(plan.config, way) as reach:
        check_reach(plan.config.models, reach, budget_usd)
        if dry_run:
            found = estimated(plan, reach, out)
            give(found.as_data(), as_json, found.as_text)
            return
        _play(begun(plan, out), Means(reach, budget_usd, retry_failed=retry_failed), as_json)


@app.command("resume")
def resume(
    directory: Directory,
    base_url: BaseUrl = None,
    price: PriceOption = None,
    concurrency: Concurrency = 16,
    budget_usd: BudgetUsd = None,
    retry_failed: RetryFailed = False,
    deadline: Deadline = 120.0,
    retries: Retries = 6,
    pace_ms: Pace = 0,
    as_json: Json = False,
) -> None:
    """Go on with a comparison; its runs need not be there any more."""
    from graphs.session import Means
    from graphs.trials.trials import open_comparison
    from studio.compare.comparing import Way, reached

    comparison = open_comparison(directory)
    way = Way(base_url, concurrency, deadline, retries, price, pace_ms)
    with reached(comparison.config, way) as reach:
        _play(comparison, Means(reach, budget_usd, retry_failed=retry_failed), as_json)


@app.command("show")
def show(directory: Directory, as_json: Json = False) -> None:
    """Show what a comparison found so far."""
    from graphs.trials.trials import open_comparison
    from measure.prompt_report import report
    from studio.compare.text import report_text

    comparison = open_comparison(directory)
    found = report(comparison)
    give(found.model_dump(mode="json"), as_json, lambda: report_text(comparison, found))


def _play(comparison: Any, means: Any, as_json: bool) -> None:
    from graphs.session import Interrupted
    from studio.compare.comparing import played
    from studio.compare.text import report_text
    from studio.progress_line import progress_line

    with progress_line("replies") as tell:
        ended, found = played(comparison, means, tell)
    data = {
        "comparison": str(comparison.path),
        "calls": ended.progress.calls,
        "cost_usd": ended.progress.cost_usd,
        "stopped": str(ended.stopped) if ended.stopped else None,
        "report": found.model_dump(mode="json"),
    }
    give(data, as_json, lambda: report_text(comparison, found))
    if ended.stopped:
        talk(f"stopped: {ended.stopped}")
        leave(Exit.INTERRUPTED if isinstance(ended.stopped, Interrupted) else Exit.STOPPED)
    if ended.progress.failed:
        leave(Exit.FINDINGS)
