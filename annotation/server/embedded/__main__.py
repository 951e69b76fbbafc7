"""Start the server: `python -P -m embedded HOME SOCKET json|text`, with its settings in the environment."""

import json
import os
import socket
import sys
from pathlib import Path

from .credentials import Credentials, note_told, read_credentials
from .refusals import Refused


def main() -> None:
    """Serve on the socket that was handed over until a signal comes; exit 2 with a message if it cannot."""
    home, listening, as_json = Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])), sys.argv[3] == "json"
    kept = home / "credentials.json"
    owner = read_credentials(kept)
    os.environ["ARGILLA_AUTH_SECRET_KEY"] = owner.secret

    from .database import migrate, settle
    from .serving import serve

    try:
        if backup := migrate(home / "argilla.db"):
            print(f"the database was brought up to date; as it was before: {backup}", file=sys.stderr)
        settle(home / "argilla.db", owner)
    except Refused as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)

    def ready() -> None:
        _tell(home, owner, listening.getsockname()[1], as_json)
        note_told(kept, owner)

    try:
        serve(listening, ready)
    except KeyboardInterrupt:
        sys.exit(130)


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
