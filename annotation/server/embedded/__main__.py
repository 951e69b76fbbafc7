"""Start the server: `python -P -m embedded HOME SOCKET json|text`, with its settings in the environment."""

import json
import os
import socket
import sys
from pathlib import Path

from .credentials import Credentials, note_told, read_credentials
from .refusals import Refused


def main() -> None:
    """Serve on the socket that was handed over until a signal comes; leave with a message if it cannot be."""
    try:
        _serve(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])), as_json=sys.argv[3] == "json")
    except KeyboardInterrupt:
        sys.exit(130)
    except Refused as error:
        _leave(str(error))
    except Exception as error:
        if os.environ.get("KARDIA_DEBUG"):
            raise
        _leave(f"{type(error).__name__}: {error} (unexpected; KARDIA_DEBUG=1 shows more)")


def _serve(home: Path, listening: socket.socket, *, as_json: bool) -> None:
    kept, database = home / "credentials.json", home / "argilla.db"
    owner = read_credentials(kept)
    os.environ["ARGILLA_AUTH_SECRET_KEY"] = owner.secret

    from .migration import migrate

    if backup := migrate(database):
        print(f"the database was brought up to date; as it was before: {backup}", file=sys.stderr)

    from .database import settle
    from .serving import serve

    settle(database, owner)

    def ready() -> None:
        _tell(home, owner, listening.getsockname()[1], as_json)
        note_told(kept, owner)

    serve(listening, ready)


def _leave(message: str) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)


def _tell(home: Path, owner: Credentials, port: int, as_json: bool) -> None:
    """Say where it is served; password and key only once."""
    facts = {"url": f"http://127.0.0.1:{port}", "home": str(home), "username": owner.username}
    if not owner.told:
        facts |= {"password": owner.password, "api_key": owner.api_key}
    if as_json:
        print(json.dumps(facts), flush=True)
        return
    lines = [f"Argilla: {facts['url']}", f"  user      {owner.username}"]
    if not owner.told:
        lines += [f"  password  {owner.password}", f"  API key   {owner.api_key}", "  these two are printed only now;"]
    print("\n".join([*lines, f"  kept in   {home / 'credentials.json'}", "Ctrl+C ends it"]), flush=True)


if __name__ == "__main__":
    main()
