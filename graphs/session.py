"""Play a run from start to a clean stop: lock, journal, models, workers, derived files. What `synth run` calls."""

import asyncio
import importlib.metadata
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from graphs.derived import Exported, export
from graphs.journal import Journal
from graphs.llm.build import Reach, build_llm, check_reach
from graphs.llm.errors import RunStopped
from graphs.llm.limits import Budget
from graphs.records import NoSpace
from graphs.runs import Run, WrongUse
from graphs.synthesize import Progress, Session
from graphs.workers import play_in_workers


class Interrupted(RunStopped):
    """A person stopped the run."""


class Means(NamedTuple):
    """What a session may use; free to change at every start of a run."""

    reach: Reach
    budget_usd: float | None = None
    workers: int = 1
    retry_failed: bool = False


class Outcome(NamedTuple):
    """How a session ended: where the run stands, what was written, and why it stopped early, if it did."""

    progress: Progress
    exported: Exported
    stopped: Exception | None


def play_run(run: Run, means: Means, tell: Callable[[Progress], None] = lambda _: None) -> Outcome:
    """Play what is not finished, then write the derived files, also when it stops early.

    Raises:
        RunInUse: another process plays it.
        RunRefused: a key, model or address is wrong (after the derived files are written).
        UnknownPrice: a budget is set and a model's price is not known.
    """
    if run.config.accepted is not None and means.workers > 1:
        raise WrongUse("--accepted needs the order of one process; leave --workers away")
    check_reach(run.config.models, means.reach, means.budget_usd)
    with run.lock():
        journal = run.journal()
        try:
            run.merge_shards(journal)
            run.note_session(_free(means))
            return _played(run, journal, means, tell)
        finally:
            journal.close()


def _played(run: Run, journal: Journal, means: Means, tell: Callable[[Progress], None]) -> Outcome:
    budget = Budget(means.budget_usd, journal.totals()["cost_usd"])
    stopped: Exception | None = None
    progress = Progress(run.config.pairings)

    def follow(now: Progress) -> None:
        nonlocal progress
        progress = now
        tell(now)

    try:
        if means.workers > 1:
            progress = _play_workers(run, journal, means, budget, follow)
        else:
            progress = asyncio.run(_play_here(run, journal, means, budget, follow))
    except RunStopped as error:
        stopped = error
    except Exception:
        with suppress(OSError):
            export(run, journal)
        raise
    return Outcome(progress, _exported(run, journal, stopped), stopped)


def _exported(run: Run, journal: Journal, stopped: Exception | None) -> Exported:
    """Write the derived files; on a full disk the reason why the run stopped says it better."""
    try:
        return export(run, journal)
    except NoSpace as error:
        raise stopped or error from error


async def _play_here(
    run: Run, journal: Journal, means: Means, budget: Budget, tell: Callable[[Progress], None]
) -> Progress:
    llm = build_llm(run.config.models, means.reach, budget)
    session = Session(run, [journal], llm, retry_failed=means.retry_failed)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop_or_die, session)
    tell(session.progress)
    try:
        return await session.play(means.reach.concurrency, tell)
    finally:
        await llm.close()


def _stop_or_die(session: Session) -> None:
    """The first signal lets calls under way come home; the second ends the process."""
    if isinstance(session.stopped, Interrupted):
        raise KeyboardInterrupt
    session.stop(Interrupted("stopped by you; the same command resumes the run"))


def _play_workers(
    run: Run, journal: Journal, means: Means, budget: Budget, tell: Callable[[Progress], None]
) -> Progress:
    asked: list[int] = []

    def stop_or_die(number: int, frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    handlers = {number: signal.signal(number, stop_or_die) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        return play_in_workers(
            run,
            journal,
            means.workers,
            means.reach,
            budget,
            tell,
            retry_failed=means.retry_failed,
            stopping=lambda: bool(asked),
        )
    except RunStopped as error:
        raise (Interrupted("stopped by you; the same command resumes the run") if asked else error) from error
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _free(means: Means) -> dict[str, object]:
    """What run.yaml keeps of a session: everything that may differ from start to start."""
    reach = means.reach.model_dump(mode="json", exclude_none=True)
    packages = ("langgraph", "langchain-openai", "openai", "pydantic")
    versions = {name: importlib.metadata.version(name) for name in packages}
    return {
        **reach,
        "budget_usd": means.budget_usd,
        "workers": means.workers,
        "commit": _commit(),
        "versions": versions,
    }


def _commit() -> str:
    """The commit of this program, or nothing where it is not a checkout."""
    here = Path(__file__).resolve().parent
    found = subprocess.run(["git", "-C", str(here), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip()
