"""Comparisons of a workspace: which there are, where each stands, and new ones as jobs of their own."""

import re
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from graphs.records import BadFile
from graphs.runs import WrongUse, refuse_if_in_use
from graphs.trials.results import comparison_standing
from graphs.trials.trials import CONFIG, RESULT, ComparisonConfig, open_comparison
from graphs.watching.notes import read_note
from graphs.watching.progress import Figures
from graphs.watching.standing import Standing
from measure.prompt_report import Report, report
from studio.compare.comparing import PLACE
from studio.runs import jobs
from studio.workspace import Workspace

_MEANS = ("--base-url", "--price", "--concurrency", "--budget-usd", "--pace-ms")
"""Options that say how models are reached: they hold again when a comparison goes on."""
_MOMENT_S = 5.0
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


class Listed(NamedTuple):
    """A comparison in the list of earlier ones; its settings are None while its process makes them."""

    name: str
    path: Path
    config: ComparisonConfig | None
    standing: Standing


def comparison_path(workspace: Workspace, name: str) -> Path:
    """Where a comparison of this name lies, or would.

    Raises:
        WrongUse: it cannot be a name.
    """
    if not _NAME.fullmatch(name):
        raise WrongUse(
            f"{name!r}: a comparison's name has lower-case letters, digits, - _ and ., and begins with no sign"
        )
    return workspace.root / PLACE / name


def _job_of(workspace: Workspace, path: Path) -> Path:
    """What its job is known by: jobs keep records of what lies in runs/ or .kardia/, and a comparison lies in neither."""
    return workspace.state / PLACE / path.name


def standing(workspace: Workspace, path: Path) -> Standing:
    """Where a comparison stands; also one whose process has not come to it yet, or never did.

    Raises:
        BadFile: there is no such comparison, and no job was started for it.
    """
    job = jobs.read_job(workspace, _job_of(workspace, path))
    lives = job is not None and job.process.is_ours  # asked first: what a process did before it ended is seen below
    found = comparison_standing(path) if job is None or (path / CONFIG).exists() else None
    if job is None or (found and (found.is_live or found.process == job.process or found.since > job.launched)):
        return found or comparison_standing(path)
    figures = found.progress if found else Figures(total=0)
    if lives:
        return Standing("starting", figures, job.process, job.launched)
    if said := jobs.last_words(workspace, _job_of(workspace, path)):
        return Standing("stopped", figures, None, job.launched, "refused", said)
    return found or Standing("lost", figures, None, job.launched, reason="it ended without a word")


def comparisons(workspace: Workspace) -> list[Listed]:
    """All of a workspace, the one that was begun last first; what is damaged is passed over."""
    found: list[Listed] = []
    paths = {path.parent for path in (workspace.root / PLACE).glob(f"*/{CONFIG}")}
    paths |= {workspace.root / PLACE / path.stem for path in (workspace.state / PLACE).glob("*.json")}
    for path in paths:
        try:
            config = open_comparison(path).config if (path / CONFIG).exists() else None
            found.append(Listed(path.name, path, config, standing(workspace, path)))
        except BadFile:
            continue
    return sorted(found, key=lambda each: each.standing.since, reverse=True)


def _see_out(workspace: Workspace, path: Path) -> None:
    """Wait a moment for a process that has ended its comparison and is on its way out."""
    job, note = jobs.read_job(workspace, _job_of(workspace, path)), read_note(path)
    if job and note and note.ended and note.process == job.process:
        until = time.monotonic() + _MOMENT_S
        while job.process.is_ours and time.monotonic() < until:
            time.sleep(0.02)


def free_name(workspace: Workspace, a: str, b: str) -> str:
    """A name that tells what is compared and is not taken."""
    base = re.sub(r"[^a-z0-9_.-]+", "-", f"{b}-against-{a}".lower().replace("@", "-")).strip("-._")[:56] or "comparison"
    taken = {each.name for each in (workspace.root / PLACE).glob("*")}
    taken |= {path.stem for path in (workspace.state / PLACE).glob("*.json")}
    return next(name for n in range(1, 10_000) if (name := base if n == 1 else f"{base}-{n}") not in taken)


def launch(workspace: Workspace, name: str, argv: Sequence[str]) -> None:
    """Start `kardia compare run` for a new comparison, detached.

    Raises:
        RunInUse: it is being played.
    """
    path = comparison_path(workspace, name)
    _launch(workspace, path, ["compare", "run", *argv, "--out", str(path)])


def _launch(workspace: Workspace, path: Path, argv: Sequence[str]) -> None:
    if path.is_dir():
        refuse_if_in_use(path)
        _see_out(workspace, path)
    jobs.launch(workspace, _job_of(workspace, path), argv)


def go_on(workspace: Workspace, path: Path, options: Sequence[str] = ()) -> None:
    """Go on with a comparison, reaching its models as it was started from here; one that never began is begun.

    Raises:
        RunInUse: it is being played.
    """
    job = jobs.read_job(workspace, _job_of(workspace, path))
    argv = list(job.argv) if job else []
    if (path / CONFIG).exists() or not job:
        means = [word for pair in pairwise(argv) if pair[0] in _MEANS for word in pair]
        argv = ["compare", "resume", str(path), *means]
    _launch(workspace, path, [*argv, *options])


def read_report(path: Path, now: Standing) -> Report:
    """The result as it was written when the last session ended; where none was, what can be said so far."""
    if now.state in ("finished", "stopped"):
        try:
            return Report.model_validate_json((path / RESULT).read_bytes())
        except (OSError, ValueError):
            pass
    return report(open_comparison(path))
