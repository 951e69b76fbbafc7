"""`kardia annotate`: people correct test-set turns in Argilla."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studio.console import Json, give, talk

if TYPE_CHECKING:
    from annotation.argilla_port import Argilla

app = typer.Typer(no_args_is_help=True)
annotators = typer.Typer(no_args_is_help=True)
app.add_typer(annotators, name="annotator", help="Accounts of annotators, under pseudonyms.")

HomePath = Annotated[
    Path | None,
    typer.Option("--home", help="The embedded server's data; .kardia/annotation of the workspace if not given."),
]
Url = Annotated[
    str | None,
    typer.Option("--url", envvar="ARGILLA_API_URL", help="Another Argilla; its key comes from ARGILLA_API_KEY."),
]
Python = Annotated[
    Path | None, typer.Option("--python", help="The Python to make the server's environment with; 3.11 to 3.13.")
]
Name = Annotated[str, typer.Argument(help="A pseudonym, like ann-1: nobody's name, no address.")]


@app.command("serve")
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 is any that is free.")] = 6900,
    home: HomePath = None,
    python: Python = None,
    as_json: Json = False,
) -> None:
    """Serve Argilla with its page, on this machine only, until Ctrl+C; the first start makes its environment."""
    from annotation.server import start
    from annotation.server.environment import environment, make
    from annotation.server.home import open_home

    wanted, where = environment(python), open_home(_home(home))
    make(wanted, talk)
    start.serve(where, port, wanted.python, as_json=as_json)


@app.command("prepare")
def prepare(python: Python = None, as_json: Json = False) -> None:
    """Make the server's environment and nothing else, as long as there is a network."""
    from annotation.server.environment import environment, make

    wanted = environment(python)
    make(wanted, talk)
    give({"environment": str(wanted.path)}, as_json, lambda: f"{wanted.path}: ready")


@annotators.command("add")
def add(name: Name, url: Url = None, home: HomePath = None, as_json: Json = False) -> None:
    """Let somebody in, and print their password, once."""
    from annotation.pseudonyms import check_pseudonym
    from annotation.server.home import WORKSPACE

    check_pseudonym(name)
    with reach(url, home) as argilla:
        _give_password(name, argilla.add_annotator(name, WORKSPACE), as_json)


@annotators.command("list")
def list_(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="A project's directory, made by `annotate push`.")],
    url: Url = None,
    home: HomePath = None,
    as_json: Json = False,
) -> None:
    """Show which account is which pseudonym in a project; for you alone: it is computed now, and no file says it."""
    from annotation.project import Project
    from studio.annotate.accounts import who_is_who
    from studio.workspace import open_workspace

    with reach(url, home) as argilla:
        found = who_is_who(argilla, Project(project), open_workspace())
    lines = [f"{one['account']}: {one['pseudonym']}, {one['submitted']} submitted" for one in found]
    give({"annotators": found}, as_json, lambda: "\n".join(lines) or "nobody is let in yet")


@annotators.command("password")
def password(name: Name, url: Url = None, home: HomePath = None, as_json: Json = False) -> None:
    """Give an annotator who lost theirs a new password, and print it, once."""
    with reach(url, home) as argilla:
        _give_password(name, argilla.renew_password(name), as_json)


@annotators.command("close")
def close(name: Name, url: Url = None, home: HomePath = None, as_json: Json = False) -> None:
    """Keep an annotator out from now on; all their answers stay."""
    with reach(url, home) as argilla:
        argilla.close_account(name)
    give({"closed": name}, as_json, lambda: f"{name}: closed; the answers stay")


def reach(url: str | None, home: Path | None) -> "Argilla":
    """The Argilla that is meant: the one named by --url or ARGILLA_API_URL, or the embedded one that runs on this home.

    Raises:
        NoServer: no address is given, and no embedded server runs.
    """
    from annotation.argilla_port import Argilla
    from annotation.server.home import Home, access

    if url := url or os.environ.get("ARGILLA_API_URL"):
        return Argilla(url, os.environ.get("ARGILLA_API_KEY", ""))
    return Argilla(*access(Home(_home(home).resolve())))


def _home(home: Path | None) -> Path:
    from studio.workspace import open_workspace

    return home or open_workspace().state / "annotation"


def _give_password(name: str, password: str, as_json: bool) -> None:
    give({"annotator": name, "password": password}, as_json, lambda: f"{name}: {password}  (printed once)")
