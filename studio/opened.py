"""What was opened last in a workspace, for the start page."""

import json
from contextlib import suppress
from typing import NamedTuple

from graphs.records import replacing
from studio.workspace import Workspace

MOST = 8


class Opened(NamedTuple):
    """A page with what stood in its address."""

    page: str
    title: str
    query: dict[str, str]


def last_opened(workspace: Workspace) -> list[Opened]:
    """The last things opened, the newest first; a damaged list is begun anew."""
    try:
        rows = json.loads((workspace.state / "opened.json").read_text(encoding="utf-8"))
        return [Opened(str(row["page"]), str(row["title"]), dict(row["query"])) for row in rows]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def remember(workspace: Workspace, page: str, title: str, query: dict[str, str]) -> None:
    """Put something first; a full disk loses nothing but this list."""
    now, earlier = Opened(page, title, query), last_opened(workspace)
    if earlier[:1] == [now]:
        return
    rows = [now, *(one for one in earlier if (one.page, one.title) != (page, title))][:MOST]
    with suppress(OSError), replacing(workspace.state / "opened.json") as file:
        file.write(json.dumps([row._asdict() for row in rows], ensure_ascii=False).encode())
