"""Start the server on a home: take the lock and the port, then become it."""

import os
import shutil
import socket
import sys
from pathlib import Path
from typing import NoReturn

from annotation.server.home import Home, hold, note_address

_KEPT = ("HOME", "KARDIA_DEBUG", "LANG", "LC_ALL", "LC_CTYPE", "PATH", "TZ")
"""What the server gets of this process' environment: no keys, and no setting of another Argilla."""


class PortTaken(ValueError):
    """Something else listens on the port."""


def serve(home: Home, port: int, python: Path, *, as_json: bool) -> NoReturn:
    """Become the server of a home on a port of 127.0.0.1 (0: any that is free).

    The lock and the listening socket are handed over open: no other process can come between.

    Raises:
        HomeInUse: another server runs on the home.
        PortTaken: something else listens there.
    """
    os.umask(0o077)
    lock = hold(home)
    listening = listen(port)
    note_address(lock, listening.getsockname()[1])
    for handed in (lock, listening):
        os.set_inheritable(handed.fileno(), True)
    sys.stdout.flush()
    sys.stderr.flush()
    os.chdir(home.root)
    form = "json" if as_json else "text"
    arguments = [str(python), "-P", "-W", "ignore", "-m", "embedded", str(home.root), str(listening.fileno()), form]
    os.execve(python, arguments, settings(home, listening.getsockname()[1]))


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        listening.close()
        raise PortTaken(f"--port {port}: {error.strerror} on 127.0.0.1; name another, or 0 for any") from error
    listening.listen(128)
    return listening


def settings(home: Home, port: int) -> dict[str, str]:
    """The environment of the server's process: Argilla's defaults that would talk to others are off."""
    scratch = home.root / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)  # Argilla copies its pages there at every start
    scratch.mkdir()
    inside = Path(__file__).resolve().parent
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(inside), os.environ.get("PYTHONPATH")])),
        "TMPDIR": str(scratch),
        "HF_HOME": str(scratch / "huggingface"),
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "ARGILLA_HOME_PATH": str(home.root),
        "ARGILLA_DATABASE_URL": "sqlite+aiosqlite:///argilla.db?check_same_thread=False",
        "ARGILLA_DATABASE_SQLITE_TIMEOUT": "60",
        "ARGILLA_SEARCH_ENGINE": "tables",
        "ARGILLA_CORS_ORIGINS": f'["http://127.0.0.1:{port}"]',
        "ARGILLA_DOCS_ENABLED": "false",
        "ARGILLA_AUTH_OAUTH_CFG": str(home.root / "no-oauth.yaml"),
        "ARGILLA_SHOW_HUGGINGFACE_SPACE_PERSISTENT_STORAGE_WARNING": "false",
    }
