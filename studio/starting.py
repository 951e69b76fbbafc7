"""What the start page says: what is here, and the one thing to do next."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from graphs.packs import pack_digest
from studio.runs import jobs
from studio.runs.jobs import Standing
from studio.workspace import Workspace

MOST = 8
"""Rows of a list on the start page; the other pages have the rest."""


class Fact(NamedTuple):
    """One line of what is here: what, how much, since when, and the page that shows it."""

    title: str
    detail: str
    page: str
    query: dict[str, str]


class Here(NamedTuple):
    """What lies in a workspace."""

    runs: list[Fact]
    packs: list[Fact]
    files: list[Fact]


class Next(NamedTuple):
    """The next step: one sentence and one button."""

    sentence: str
    action: str
    page: str
    """The page that the button opens; empty where it plays the demonstration."""
    query: dict[str, str]


def here(workspace: Workspace) -> Here:
    """Runs, packs and files of the workspace, the newest first."""
    runs = [_run_fact(workspace, run, jobs.standing(run, workspace)) for run in workspace.runs()[:MOST]]
    packs = [_pack_fact(name, folder) for name, folder in workspace.packs().items()]
    files = [_file_fact(workspace, path, kind) for kind in ("personas", "situations") for path in workspace.files(kind)]
    return Here(runs, packs, files[:MOST])


def next_step(workspace: Workspace) -> Next:
    """What to do: begin, look on, go on, or look at what is done."""
    runs = workspace.runs()
    if not runs:
        return Next(
            "Play 64 dialogues on the built-in model: no key, no network, some ten seconds.", "Play the demo", "", {}
        )
    newest = [(run, jobs.standing(run, workspace)) for run in runs[:12]]
    for states, sentence, action, page in _STEPS:
        for run, standing in newest:
            if standing.state in states:
                name = workspace.name(run)
                return Next(sentence.format(name=name, count=_count(standing)), action, page, {"run": name})
    return Next("Edit the prompts, and play them against a persona.", "Open the prompts", "prompts", {})


_STEPS = (
    (("running", "starting"), "{name} is playing: {count}.", "Watch it", "runs"),
    (("lost", "stopped"), "{name} stands at {count} and can go on.", "See why it stopped", "runs"),
    (("finished",), "{name} is finished: {count}. Look at its dialogues, and fork one where a reply could be better.", "Open the data", "data"),
)  # fmt: skip


def _count(standing: Standing) -> str:
    return f"{standing.progress.finished:,} of {standing.progress.total:,} dialogues"


def _run_fact(workspace: Workspace, run: Path, standing: Standing) -> Fact:
    name = workspace.name(run)
    return Fact(name, f"{standing.state}, {_count(standing)}, {_day(run / 'run.yaml')}", "data", {"run": name})


def _pack_fact(name: str, folder: Path) -> Fact:
    return Fact(name, f"{pack_digest(folder)[:8]}, {_day(folder / 'pack.yaml')}", "prompts", {"pack": name})


def _file_fact(workspace: Workspace, path: Path, kind: str) -> Fact:
    own = path.is_relative_to(workspace.root)
    shown = path.relative_to(workspace.root) if own else Path(path.parent.name) / path.name
    with path.open("rb") as file:
        count = sum(1 for line in file if not line.startswith(b'{"header"'))
    page = "personas" if kind == "personas" else "play"
    return Fact(str(shown), f"{count:,} {kind}, {_day(path)}", page, {"file": str(shown)} if page == "personas" else {})


def _day(path: Path) -> str:
    return f"{datetime.fromtimestamp(path.stat().st_mtime, UTC).astimezone():%d %b %H:%M}"
