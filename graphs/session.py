"""Play a run from start to a clean stop: lock, journal, models, workers, derived files. What `synth run` calls."""

import asyncio
import importlib.metadata
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from graphs.asking import SlotMismatch
from graphs.derived import Exported, export
from graphs.journal import Journal
from graphs.llm.build import Reach, build_llm, check_reach
from graphs.llm.errors import BudgetReached, CallError, DiskFull, EndpointGone, RunStopped
from graphs.llm.limits import Budget
from graphs.person import Person, Silence
from graphs.records import NoSpace
from graphs.runs import Run, WrongUse
from graphs.synthesize import Session
from graphs.watching.notes import EVERY_S, Ended, Notes, read_note
from graphs.watching.progress import Figures, Progress, figures, tally
from graphs.workers import play_in_workers


class Interrupted(RunStopped):
    """A person stopped the run."""


_ENDS: dict[type[BaseException], Ended] = {
    BudgetReached: "budget",
    DiskFull: "disk",
    NoSpace: "disk",
    EndpointGone: "endpoint",
    CallError: "refused",
    SlotMismatch: "refused",
    Interrupted: "you",
    Silence: "you",
    KeyboardInterrupt: "you",
}
_AT_ONCE = "stopped at once by you; calls that were under way are bought again at the next start"


class Means(NamedTuple):
    """What a session may use; free to change at every start of a run."""

    reach: Reach
    budget_usd: float | None = None
    workers: int = 1
    retry_failed: bool = False
    person: Person | None = None
    """Speaks as the user."""


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
    _check_person(run, means)
    check_reach(run.config.models, means.reach, means.budget_usd)
    with run.lock():
        earlier = read_note(run.path)
        notes = Notes(run.path, earlier.figures if earlier else Figures(total=run.config.pairings))
        try:
            outcome = _play_locked(run, means, notes, tell)
        except BaseException as error:
            notes.end(why(error), str(error) or _AT_ONCE)
            raise
        notes.end(why(outcome.stopped), str(outcome.stopped or ""))
        return outcome


def why(stopped: BaseException | None) -> Ended:
    """The class of what ended a session, for its last note."""
    if stopped is None:
        return "done"
    known: list[Ended] = [ended for kind, ended in _ENDS.items() if isinstance(stopped, kind)]
    return known[0] if known else "broken"


def _play_locked(run: Run, means: Means, notes: Notes, tell: Callable[[Progress], None]) -> Outcome:
    journal = run.journal()
    try:
        run.merge_shards(journal)
        run.note_session(_free(means))
        before = tally(journal, notes.figures)
        earlier, priced = notes.figures.per_minute, means.reach.prices_all(run.config.models)

        def follow(now: Progress) -> None:
            now.priced = priced
            seen = figures(now, before, means.budget_usd)
            rate = seen.per_minute if now.calls else earlier  # a session that has nothing to do has no rate of its own
            notes.see(seen.model_copy(update={"per_minute": rate}), stopping=now.stopping)
            tell(now)

        return _played(run, journal, means, Budget(means.budget_usd, before.cost_usd), follow)
    finally:
        journal.close()


def _check_person(run: Run, means: Means) -> None:
    """A person speaks in one dialogue, in one process, and no model takes over what they began; a fork may go on without."""
    if run.config.person_spoke and not run.config.lineage and means.person is None:
        raise WrongUse(f"{run.path}: a person speaks as the user; go on with --user-words FILE, or fork the dialogue")
    if means.person and (run.config.pairings != 1 or means.workers != 1):
        raise WrongUse("--user-words: a person speaks in one dialogue; give one pairing and leave --workers away")


def _played(run: Run, journal: Journal, means: Means, budget: Budget, tell: Callable[[Progress], None]) -> Outcome:
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
    session = Session(run, [journal], llm, retry_failed=means.retry_failed, person=means.person)
    loop = asyncio.get_running_loop()
    asked: list[bool] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop_or_die, session, asked, tell)
    tell(session.look())
    beat = asyncio.create_task(_beat(session, tell))
    try:
        return await session.play(means.reach.concurrency, tell)
    finally:
        beat.cancel()
        await llm.close()


async def _beat(session: Session, tell: Callable[[Progress], None]) -> None:
    """Tell how it goes also where no dialogue is finished for long."""
    while True:
        await asyncio.sleep(EVERY_S)
        tell(session.look())


def _stop_or_die(session: Session, asked: list[bool], tell: Callable[[Progress], None]) -> None:
    """The first signal lets calls under way come home; the second ends the process."""
    if asked:
        raise KeyboardInterrupt
    asked.append(True)
    session.stop(Interrupted("stopped by you; the same command resumes the run"))
    tell(session.look())


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
