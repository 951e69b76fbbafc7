"""A run in several processes: one parent with the lock, one journal shard a worker, merged in the end.

Which worker plays a pairing changes nothing about it, so the derived files hold the same bytes as with one process.
"""

import asyncio
import multiprocessing as mp
import os
import queue
from collections.abc import Callable
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, Literal, NamedTuple

from graphs.asking import SlotMismatch
from graphs.journal import Journal
from graphs.llm.build import Reach, build_llm
from graphs.llm.errors import BudgetReached, CallError, DiskFull, EndpointGone, RunRefused, RunStopped
from graphs.llm.limits import Budget
from graphs.runs import Run, open_run
from graphs.synthesize import Session, Share
from graphs.watching.progress import Progress

_TELL_EVERY_S = 0.25


class SharedBudget(Budget):
    """One budget for all workers, in shared memory."""

    def __init__(self, ceiling_usd: float | None, spent: "Synchronized[float]"):
        super().__init__(ceiling_usd)
        self._shared = spent

    @property
    def spent_usd(self) -> float:
        return self._shared.value

    def add(self, cost_usd: float | None) -> None:
        with self._shared.get_lock():
            self._shared.value += cost_usd or 0.0


Kind = Literal["", "stopped", "budget", "endpoint", "disk", "refused", "broken"]
_STOPS: dict[Kind, type[RunStopped]] = {
    "budget": BudgetReached,
    "endpoint": EndpointGone,
    "disk": DiskFull,
    "stopped": RunStopped,
}
"""Clean stops, the first that fits is taken."""


class Job(NamedTuple):
    """What a worker is told when it starts."""

    path: Path
    share: Share
    reach: Reach
    budget_usd: float | None
    retry_failed: bool


class Report(NamedTuple):
    """What a worker says: where it stands, and at its end why it stopped, if it was not done."""

    worker: int
    progress: Progress
    ended: bool = False
    kind: Kind = ""
    reason: str = ""


def play_in_workers(
    run: Run,
    journal: Journal,
    workers: int,
    reach: Reach,
    budget: Budget,
    tell: Callable[[Progress], None],
    *,
    retry_failed: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> Progress:
    """Play a run in `workers` processes and merge what they wrote; the caller holds the lock.

    Raises:
        RunStopped, RunRefused: the first worker's reason.
    """
    accepted_before = sum(journal.finished().values())

    def follow(parts: list[Progress]) -> None:
        tell(_sum(parts, accepted_before))

    workers = min(workers, run.config.pairings, reach.concurrency)
    context = mp.get_context("spawn")
    spent: Any = context.Value("d", budget.spent_usd)
    reports: Any = context.Queue()
    stop = context.Event()
    share_of = reach.model_copy(update={"concurrency": max(1, reach.concurrency // workers)})
    jobs = [Job(run.path, Share(i, workers), share_of, budget.ceiling_usd, retry_failed) for i in range(workers)]
    children = [context.Process(target=_work, args=(job, spent, stop, reports), daemon=True) for job in jobs]
    for child in children:
        child.start()
    try:
        last = _listen(children, reports, stop, stopping, follow)
    except KeyboardInterrupt:
        for child in children:
            child.kill()
        raise
    finally:
        stop.set()
        for child in children:
            child.join()
        run.merge_shards(journal)
    budget.add(spent.value - budget.spent_usd)
    _raise_first(list(last.values()))
    return _sum([report.progress for report in last.values()], accepted_before)


def _listen(
    children: list[Any],
    reports: Any,
    stop: Event,
    stopping: Callable[[], bool],
    tell: Callable[[list[Progress]], None],
) -> dict[int, Report]:
    last: dict[int, Report] = {}
    while sum(report.ended for report in last.values()) < len(children):
        if stopping():
            stop.set()
        try:
            report: Report = reports.get(timeout=_TELL_EVERY_S)
        except queue.Empty:
            if not any(child.is_alive() for child in children) and reports.empty():
                break
            continue
        last[report.worker] = report
        if report.kind:
            stop.set()
        tell([report.progress for report in last.values()])
    lost = [i for i in range(len(children)) if i not in last or not last[i].ended]
    for index in lost:
        last[index] = Report(index, Progress(0), True, "stopped", f"worker {index} died; run the same command again")
    return last


def _sum(parts: list[Progress], accepted_before: int) -> Progress:
    """Progress of the run from that of its workers; each starts from what was done before."""
    whole = Progress(parts[0].total, parts[0].finished_before)
    whole.started = min(part.started for part in parts)
    whole.finished_before = parts[0].finished_before
    whole.accepted = whole.accepted_before = accepted_before
    whole.failed = whole.failed_before = parts[0].failed_before
    for part in parts:
        whole.finished += part.finished - part.finished_before
        whole.accepted += part.accepted - part.accepted_before
        whole.failed += part.failed - part.failed_before
        whole.live += part.live
        whole.calls += part.calls
        whole.turns += part.turns
        whole.solved += part.solved
        whole.stopping |= part.stopping
        whole.cost_usd = max(whole.cost_usd, part.cost_usd)
        for name, count in part.decisions.items():
            whole.decisions[name] += count
        for name, count in part.errors.items():
            whole.errors[name] = whole.errors.get(name, 0) + count
    return whole


def _raise_first(reports: list[Report]) -> None:
    for kind in ("refused", "broken", *_STOPS):
        for report in reports:
            if report.kind == kind:
                raise _error(report)


def _error(report: Report) -> Exception:
    """What ended a worker, as the error that would have ended a run in one process."""
    if report.kind == "refused":
        return RunRefused("refused", report.reason)
    return _STOPS[report.kind](report.reason) if report.kind in _STOPS else RuntimeError(report.reason)


def _work(job: Job, spent: "Synchronized[float]", stop: Event, reports: Any) -> None:
    """A worker process."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    reports.put(asyncio.run(_play_share(job, spent, stop, reports)))


async def _play_share(job: Job, spent: "Synchronized[float]", stop: Event, reports: Any) -> Report:
    run = open_run(job.path)
    earlier = run.journal(readonly=True)
    llm = build_llm(run.config.models, job.reach, SharedBudget(job.budget_usd, spent))
    with run.shard(job.share.first) as shard:
        session = Session(run, [earlier, shard], llm, share=job.share, retry_failed=job.retry_failed)
        watch = asyncio.create_task(_watch(session, stop, reports, os.getppid()))
        kind, reason = await _why_it_ended(session, job.reach.concurrency)
        watch.cancel()
        await llm.close()
    earlier.close()
    return Report(job.share.first, session.look(), True, kind, reason)


async def _why_it_ended(session: Session, concurrency: int) -> tuple[Kind, str]:
    try:
        await session.play(concurrency)
    except RunStopped as error:
        return next(kind for kind, stop in _STOPS.items() if isinstance(error, stop)), str(error)
    except CallError as error:
        return "refused", error.reason
    except SlotMismatch as error:
        return "refused", str(error)
    except Exception as error:
        return "broken", f"{type(error).__name__}: {error}"
    return "", ""


async def _watch(session: Session, stop: Event, reports: Any, parent: int) -> None:
    """Tell the parent how it goes; stop when it says so, or is gone."""
    while True:
        await asyncio.sleep(_TELL_EVERY_S)
        reports.put(Report(session.share.first, session.look()))
        if stop.is_set() or os.getppid() != parent:
            session.stop(RunStopped("stopped; the same command resumes it"))
