"""Playing a comparison: every trial goes through the very nodes of a dialogue, first attempt only, and onto a journal.

A trial is kept as a dialogue of one turn with one attempt. The same command again goes on where it stopped.
"""
# pyright: reportUnknownVariableType=false

import asyncio
import signal
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from langgraph.runtime import Runtime
from langsmith import tracing_context

from graphs.asking import DialogueFailed, JournaledAsker
from graphs.journal import Failure, Journal
from graphs.llm.build import build_llm, check_reach
from graphs.llm.door import LLM
from graphs.llm.errors import RunStopped
from graphs.llm.limits import Budget
from graphs.nodes.responder import respond
from graphs.nodes.rubric_evaluator import evaluate
from graphs.runs import JOURNAL
from graphs.schema import Attempt, End, Trajectory, Turn
from graphs.session import Interrupted, Means, why
from graphs.state import Asker
from graphs.trials.trials import Comparison, Trial
from graphs.watching.notes import Notes, read_note
from graphs.watching.progress import Figures, Progress, figures, tally


async def play_trial(comparison: Comparison, trial: Trial, asker: Asker) -> Attempt:
    """Answer a state once and decide on it.

    Raises:
        DialogueFailed: an answer could not be had, or could not stand.
    """
    state = trial.state.as_state(trial.thread)
    with tracing_context(enabled=False):
        answered = await respond(state, Runtime(context=comparison.responder_context(trial, asker)))
        state["reply"] = answered["reply"]
        judged = await evaluate(state, Runtime(context=comparison.evaluator_context(trial, asker)))
    return judged["attempts"][0]


class TrialSession:
    """One start of a comparison in one process: plays what is not done yet."""

    def __init__(self, comparison: Comparison, journal: Journal, llm: LLM, *, retry_failed: bool = False):
        self.comparison = comparison
        self.journal = journal
        self.llm = llm
        self.retry_failed = retry_failed
        self._done = set(journal.finished())
        self._settled = {each.thread for each in journal.failures() if not (each.retriable or retry_failed)}
        done, failed = len(self._done), len(self._settled)
        self.progress = Progress(comparison.total, finished=done, finished_before=done, failed=failed)
        self.stopped: Exception | None = None

    async def play(self, concurrency: int, tell: Callable[[Progress], None]) -> Progress:
        """Play with `concurrency` trials live until all are done.

        Raises:
            RunStopped, RunRefused, SlotMismatch: the first reason to stop; every answer that came is on record.
        """
        todo = self._todo()
        await asyncio.gather(*(self._play_from(todo, tell) for _ in range(min(concurrency, self.progress.total))))
        await self.journal.settle()
        if self.stopped:
            raise self.stopped
        return self.progress

    def _todo(self) -> Iterator[tuple[int, Trial]]:
        for position, trial in enumerate(self.comparison.trials()):
            if trial.thread not in self._done and trial.thread not in self._settled:
                yield position, trial

    async def _play_from(self, todo: Iterator[tuple[int, Trial]], tell: Callable[[Progress], None]) -> None:
        for position, trial in todo:
            if self.stopped:
                return
            self.progress.live += 1
            try:
                await self._play_one(position, trial)
            except Exception as error:
                self.stop(error)
            finally:
                self.progress.live -= 1
                self.progress.cost_usd = self.llm.budget.spent_usd
                tell(self.progress)

    async def _play_one(self, position: int, trial: Trial) -> None:
        asker = JournaledAsker(
            [self.journal],
            self.llm,
            trial.state.settings.draws,
            trial.departures(self.comparison.config.seed),
            retry_failed=self.retry_failed,
        )
        try:
            attempt = await play_trial(self.comparison, trial, asker)
        except DialogueFailed as error:
            failure = Failure(trial.thread, position, error.kind, error.reason, str(error.slot), error.retriable)
            await self.journal.fail(failure)
            self.progress.failed += 1
        else:
            await self.journal.finish(_as_dialogue(trial, attempt), position)
            self.progress.finished += 1
            self.progress.decisions[attempt.decision.value] += 1
        finally:
            self.progress.calls += asker.calls_made
            for kind, count in asker.errors.items():
                self.progress.errors[kind] = self.progress.errors.get(kind, 0) + count

    def stop(self, error: Exception) -> None:
        """Remember the first reason; trials under way end at their next call."""
        if self.stopped is None:
            self.stopped = error
            self.progress.stopping = True
            self.llm.stop(error)


def _as_dialogue(trial: Trial, attempt: Attempt) -> Trajectory:
    state = trial.state
    turn = Turn(utterance=state.utterance, feelings=state.feelings, attempts=(attempt,), chosen=0)
    about: dict[str, Any] = {name: getattr(state.pairing, name) for name in ("split", "persona", "situation")}
    return Trajectory(id=trial.thread, turns=(turn,), end=End.CAP, **about)


class Ended(NamedTuple):
    """How a session ended: where the comparison stands, and why it stopped early, if it did."""

    progress: Progress
    stopped: Exception | None


def play_comparison(
    comparison: Comparison,
    means: Means,
    tell: Callable[[Progress], None] = lambda _: None,
    write: Callable[[], object] = lambda: None,
) -> Ended:
    """Play what is not done.

    Args:
        write: writes what was found; called before anyone can see that the session has ended, also early or by an error.

    Raises:
        RunInUse: another process plays it.
        RunRefused: a key, model or address is wrong.
        UnknownPrice: a budget is set and a model's price is not known.
    """
    check_reach(comparison.config.models, means.reach, means.budget_usd)
    with comparison.lock():
        earlier = read_note(comparison.path)
        notes = Notes(comparison.path, earlier.figures if earlier else Figures(total=comparison.total))
        try:
            ended = _play_and_write(comparison, means, notes, tell, write)
        except BaseException as error:
            notes.end(why(error), str(error) or type(error).__name__)
            raise
        notes.end(why(ended.stopped), str(ended.stopped or ""))
        return ended


def _play_and_write(
    comparison: Comparison,
    means: Means,
    notes: Notes,
    tell: Callable[[Progress], None],
    write: Callable[[], object],
) -> Ended:
    try:
        ended = _play_locked(comparison, means, notes, tell)
    except Exception:
        if (comparison.path / JOURNAL).exists():
            write()
        raise
    write()
    return ended


def _play_locked(comparison: Comparison, means: Means, notes: Notes, tell: Callable[[Progress], None]) -> Ended:
    journal = comparison.journal()
    try:
        comparison.note_session({"concurrency": means.reach.concurrency, "budget_usd": means.budget_usd})
        before, priced = tally(journal), means.reach.prices_all(comparison.config.models)

        def follow(now: Progress) -> None:
            now.priced = priced
            notes.see(figures(now, before, means.budget_usd), stopping=now.stopping)
            tell(now)

        budget = Budget(means.budget_usd, before.cost_usd)
        return asyncio.run(_play(comparison, journal, means, budget, follow))
    finally:
        journal.close()


async def _play(
    comparison: Comparison, journal: Journal, means: Means, budget: Budget, tell: Callable[[Progress], None]
) -> Ended:
    llm = build_llm(comparison.config.models, means.reach, budget)
    session = TrialSession(comparison, journal, llm, retry_failed=means.retry_failed)
    asked: list[bool] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, _stop_or_die, session, asked)
    tell(session.progress)
    try:
        return Ended(await session.play(means.reach.concurrency, tell), None)
    except RunStopped as error:
        return Ended(session.progress, error)
    finally:
        await llm.close()


def _stop_or_die(session: TrialSession, asked: list[bool]) -> None:
    """The first signal lets calls under way come home; the second ends the process."""
    if asked:
        raise KeyboardInterrupt
    asked.append(True)
    session.stop(Interrupted("stopped by you; the same command resumes the comparison"))
