"""`kardia synth find|index`: dialogues of all runs of a workspace by words and filters."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studio.console import Exit, Json, give, leave, talk

if TYPE_CHECKING:
    from studio.browse.catalogue import Backlog

Place = Annotated[Path, typer.Option("--workspace", help="The directory that holds runs/.")]


def find(
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN]…", help="Run directories or names; all runs if none is given.")
    ] = None,
    search: Annotated[str, typer.Option(help='Beginnings of words, "a phrase", or an id.')] = "",
    emotion: Annotated[list[str] | None, typer.Option(help="An emotion label. Repeatable, as all filters are.")] = None,
    mbti: Annotated[list[str] | None, typer.Option(help="An MBTI type, or unknown.")] = None,
    ended: Annotated[list[str] | None, typer.Option(help="How it ended: solved or cap.")] = None,
    split: Annotated[list[str] | None, typer.Option(help="train or test.")] = None,
    screened: Annotated[
        list[str] | None, typer.Option(help="What screening found: passed, structure, jump or drift.")
    ] = None,
    difficulty: Annotated[
        list[str] | None,
        typer.Option(
            help="Failed attempts: smooth (none), some (1 to 2), many (3 or more); or hard by the paper's Eq. 4."
        ),
    ] = None,
    order: Annotated[str, typer.Option(help="What comes first: run, turns, fails, cost or tokens.")] = "run",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    offset: Annotated[int, typer.Option(min=0, help="Leave out so many first.")] = 0,
    workspace: Place = Path(),
    as_json: Json = False,
) -> None:
    """Find dialogues in the runs of a workspace: by words, id and filters, in an order. Forks stay out."""
    from studio.browse import finding
    from studio.browse.catalogue import Catalogue
    from studio.workspace import Workspace

    here = Workspace(workspace.resolve())
    catalogue = Catalogue(here)
    _tell(catalogue.refresh())
    filters = {"emotion": emotion, "mbti": mbti, "ended": ended, "split": split}
    filters |= {"screened": screened, "difficulty": difficulty}
    wanted = finding.search_for(finding.names_of(here, runs or ()), search, filters, order)
    total, found = finding.count(catalogue, wanted), finding.find(catalogue, wanted, limit=limit, offset=offset)
    data = {"total": total, "dialogues": [one._asdict() for one in found]}
    give(data, as_json, lambda: finding.as_text(found, total))


def index(workspace: Place = Path(), as_json: Json = False) -> None:
    """Take what is new in the runs of a workspace into the index that `find` and the page Data read."""
    from studio.browse.catalogue import Catalogue
    from studio.workspace import Workspace

    found = Catalogue(Workspace(workspace.resolve())).refresh(tell=_teller())
    _tell(found)
    give(found._asdict(), as_json, lambda: f"{found.indexed} dialogues indexed")
    if found.faults:
        leave(Exit.FINDINGS)


def _tell(found: "Backlog") -> None:
    if not found.is_whole:
        talk(f"another process fills the index; this is out of the {found.indexed} dialogues that it holds so far")
    for name, fault in found.faults.items():
        talk(f"{name}: {fault}")


def _teller() -> Callable[["Backlog"], None]:
    """Say every second how far it is."""
    import time

    said = time.monotonic()

    def tell(now: "Backlog") -> None:
        nonlocal said
        if time.monotonic() - said >= 1:
            said = time.monotonic()
            talk(f"{now.indexed} dialogues indexed, {now.waiting} to go")

    return tell
