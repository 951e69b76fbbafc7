"""`kardia studio`: the pages, on this machine only."""

import importlib.util
import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

APP = Path(__file__).resolve().parents[1] / "app.py"
ALWAYS = {
    "server.address": "127.0.0.1",
    "browser.gatherUsageStats": "false",
    "client.showErrorDetails": "none",
}
"""Given on the command line too, so that neither the environment nor a file of the workspace can open the server."""


def studio(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 8501,
    workspace: Annotated[Path, typer.Option(help="The directory you work in: its runs, packs and files.")] = Path(),
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(help="A further name that browsers may ask for, where a proxy stands before it. Repeatable."),
    ] = None,
) -> None:
    """Open the studio: edit prompts, play, replay and fork dialogues, watch runs, look at the data."""
    from studio.console import talk
    from studio.workspace import VARIABLE

    if importlib.util.find_spec("streamlit") is None:
        raise ValueError("the studio needs Streamlit: pip install -e '.[studio]', or `make studio`")
    if not workspace.is_dir():
        raise ValueError(f"--workspace {workspace}: no such directory; name the one that holds runs/ and prompts/")
    _refuse_taken(port)
    talk(f"Kardia Studio for {workspace.resolve()}: http://127.0.0.1:{port}  (Ctrl+C ends it; jobs go on)")
    os.environ[VARIABLE] = str(workspace.resolve())
    os.chdir(workspace)
    options = {**ALWAYS, "server.port": str(port)}
    given = [part for name, value in options.items() for part in (f"--{name}", value)]
    hosts = [
        part for host in ("localhost", "127.0.0.1", *(allowed_host or ())) for part in ("--server.allowedHosts", host)
    ]
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", str(APP), *given, *hosts])


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ValueError(f"--port {port}: taken by another program; end it, or name another port") from error
