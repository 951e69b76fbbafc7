"""`kardia synth branches|keep|discard`: the forks of a dialogue."""

from pathlib import Path
from typing import Annotated

import typer

from studio.console import Json, give

Fork = Annotated[Path, typer.Argument(metavar="FORK", help="A fork's directory, RUN/forks/….")]


def branches(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run directory.")],
    dialogue: Annotated[str, typer.Argument(help="The dialogue whose forks are listed.")],
    as_json: Json = False,
) -> None:
    """List the forks of a dialogue: what each changed, and which turns differ from the parent's."""
    from graphs import branches as ways
    from graphs.runs import WrongUse, open_run
    from studio.forking import branch_title

    parent, *forks = ways.branches(open_run(run), dialogue)
    rows, lines = [], []
    for fork in forks:
        try:
            found = ways.differences(parent, fork)
            differing = [difference.turn for difference in found if difference.mark != "same"]
        except WrongUse:
            differing = None
        rows.append({"fork": str(fork.run.path), "kept": fork.kept, "changes": fork.run.config.lineage[-1].changes})
        rows[-1]["differing_turns"] = differing
        turns = (
            "not finished" if differing is None else f"turns that differ: {', '.join(map(str, differing)) or 'none'}"
        )
        lines.append(f"{fork.run.path}{'  (kept)' if fork.kept else ''}\n  {branch_title(fork)}; {turns}")
    give({"branches": rows}, as_json, lambda: "\n".join(lines) or "no forks of this dialogue")


def keep(
    fork: Fork,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    off: Annotated[bool, typer.Option("--off", help="Take the mark away.")] = False,
    as_json: Json = False,
) -> None:
    """Mark a fork as one to keep: it is not discarded until the mark is taken away."""
    from graphs import branches as ways
    from graphs.runs import open_run

    if off:
        ways.release(open_run(fork))
    else:
        ways.keep(open_run(fork), note)
    give({"fork": str(fork), "kept": not off}, as_json, lambda: f"{fork}: {'no longer kept' if off else 'kept'}")


def discard(fork: Fork, as_json: Json = False) -> None:
    """Delete a fork with everything in it; the parent is not touched."""
    from graphs import branches as ways
    from graphs.runs import open_run

    ways.discard(open_run(fork))
    give({"discarded": str(fork)}, as_json, lambda: f"{fork}: discarded")
