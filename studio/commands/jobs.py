"""`kardia synth runs|resume|pause|stop`: list runs, go on with one, or end one that plays elsewhere on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from studio.commands.synth import BaseUrl, PriceOption, RunPath
from studio.console import Json, give


def resume(
    run: RunPath,
    base_url: BaseUrl = None,
    price: PriceOption = None,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Dialogues live at once.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes.")] = None,
    budget_usd: Annotated[float | None, typer.Option(min=0, help="Stop cleanly when so much is spent.")] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try refused calls again too.")] = False,
    deadline: Annotated[float | None, typer.Option(min=0.1, help="Longest time of one call, in seconds.")] = None,
    retries: Annotated[int | None, typer.Option(min=0, help="Tries after a transient failure.")] = None,
    user_words: Annotated[str | None, typer.Option(metavar="FILE", help="Where a person speaks as the user.")] = None,
    user_wait: Annotated[float, typer.Option(min=0.01, help="Minutes to wait for the user's next line.")] = 30.0,
    pace_ms: Annotated[float, typer.Option(min=0, help="Slow the embedded model down, to watch it.", hidden=True)] = 0,
    as_json: Json = False,
) -> None:
    """Go on with a run or fork as it was frozen. What may differ is as at its last start, but for what is given here."""
    from graphs.runs import refuse_if_in_use

    refuse_if_in_use(run)
    from graphs.runs import check_resume, open_run
    from graphs.session import Means, play_run
    from studio.play.speaking import speaking
    from studio.running import give_outcome, reaching
    from studio.runs.resuming import free_again

    opened = open_run(run)
    check_resume(opened, opened.config)
    given = {"base_url": base_url, "price": price, "concurrency": concurrency, "workers": workers}
    free = free_again(opened, given | {"budget_usd": budget_usd, "deadline_s": deadline, "retries": retries})
    reached = (free.base_url, free.concurrency, free.deadline_s, free.retries, free.price)
    with (
        reaching(opened.config, *reached, opened.config.seed, pace_ms) as reach,
        speaking(opened, user_words, user_wait) as (person, tell),
    ):
        outcome = play_run(opened, Means(reach, free.budget_usd, free.workers, retry_failed, person), tell)
    give_outcome(opened, outcome, as_json)


def pause(run: RunPath, as_json: Json = False) -> None:
    """End a run that plays elsewhere on this machine; calls under way come home first. `resume` goes on."""
    from studio.runs import jobs

    jobs.pause(run)
    give({"run": str(run)}, as_json, lambda: f"{run}: lets its calls come home, then ends; kardia synth resume {run}")


def stop(run: RunPath, as_json: Json = False) -> None:
    """End it now: calls under way are let go after a moment, and bought again when `resume` goes on."""
    from studio.runs import jobs

    jobs.stop(run)
    give({"run": str(run)}, as_json, lambda: f"{run}: ended; go on with kardia synth resume {run}")


def runs(
    workspace: Annotated[Path, typer.Option(help="The directory that holds runs/.")] = Path(),
    as_json: Json = False,
) -> None:
    """List the runs of a workspace, the newest first: state, dialogues done, cost, pack, models, start."""
    from studio.runs.rows import as_data, as_line, run_names, run_rows
    from studio.workspace import Workspace

    here = Workspace(workspace.resolve())
    rows = run_rows(here, run_names(here))
    lines = [as_line(row) for row in rows]
    give({"runs": [as_data(row) for row in rows]}, as_json, lambda: "\n".join(lines) or "no runs here")
