"""Many dialogues at once: pairings in, a run directory out, resumable at any moment (paper §3.2)."""

import asyncio
import gc
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from graphs.asking import DialogueFailed, JournaledAsker
from graphs.dialogue import play
from graphs.journal import Failure, Journal
from graphs.llm.door import LLM
from graphs.person import Person
from graphs.runs import Run
from graphs.schema import Pairing
from graphs.state import Dialogue
from graphs.watching.progress import Progress


class Share(NamedTuple):
    """Which pairings a worker plays: every `of`-th, from `first`."""

    first: int = 0
    of: int = 1


ALL = Share()


class Session:
    """One start of a run in one process: plays what is not finished yet."""

    def __init__(
        self,
        run: Run,
        journals: Sequence[Journal],
        llm: LLM,
        *,
        share: Share = ALL,
        retry_failed: bool = False,
        person: Person | None = None,
    ):
        """
        Args:
            journals: what is on record, in order; the last one is written to.
            person: speaks as the user.
        """
        config = run.config
        self.run = run
        self.journal = journals[-1]
        self.llm = llm
        self.share = share
        self.person = person
        self.asker = JournaledAsker(
            journals,
            llm,
            config.dialogue.draws,
            run.departures,
            retry_failed=retry_failed,
            proven_before=run.proven_before,
            speaker=person,
        )
        self.context = Dialogue(run.pack, config.dialogue, self.asker, config.seed, run.segments)
        self._done = {thread: passed for journal in journals for thread, passed in journal.finished().items()}
        failures = [failure for journal in journals for failure in journal.failures()]
        self._settled = {failure.thread for failure in failures if not (failure.retriable or retry_failed)}
        self.progress = Progress(config.pairings, finished=len(self._done), finished_before=len(self._done))
        self.progress.accepted = self.progress.accepted_before = sum(self._done.values())
        self.progress.failed = self.progress.failed_before = len(self._settled)
        self.stopped: Exception | None = None

    async def play(self, concurrency: int, tell: Callable[[Progress], None] = lambda _: None) -> Progress:
        """Play with `concurrency` dialogues live until all are done.

        Raises:
            RunStopped, RunRefused, SlotMismatch: the first reason to stop; every answer that came is on record.
        """
        todo = self._todo()
        _spare_the_collector()
        await asyncio.gather(*(self._play_from(todo, tell) for _ in range(concurrency)))
        await self.journal.settle()
        if self.stopped:
            raise self.stopped
        return self.progress

    def _todo(self) -> Iterator[tuple[int, Pairing]]:
        for position, pairing in enumerate(self.run.pairings()):
            if position % self.share.of != self.share.first or pairing.id in self._done or pairing.id in self._settled:
                continue
            yield position, pairing

    async def _play_from(self, todo: Iterator[tuple[int, Pairing]], tell: Callable[[Progress], None]) -> None:
        for position, pairing in todo:
            if self.stopped or self._enough():
                return
            self.progress.live += 1
            try:
                await self._play_one(position, pairing)
            except Exception as error:
                self.stop(error)
            finally:
                self.progress.live -= 1
                tell(self.look())

    async def _play_one(self, position: int, pairing: Pairing) -> None:
        try:
            trajectory = await play(pairing, self.context)
        except DialogueFailed as error:
            await self.journal.fail(
                Failure(pairing.id, position, error.kind, error.reason, str(error.slot), error.retriable)
            )
            self.progress.failed += 1
            return
        await self.journal.finish(trajectory, position)
        self.progress.count(trajectory)

    def look(self) -> Progress:
        """Where the session stands now, also in the middle of dialogues."""
        self.progress.calls = self.asker.calls_made
        self.progress.cost_usd = self.llm.budget.spent_usd
        self.progress.errors = dict(self.asker.errors)
        return self.progress

    def _enough(self) -> bool:
        wanted = self.run.config.accepted
        return wanted is not None and self.progress.accepted >= wanted

    def stop(self, error: Exception) -> None:
        """Remember the first reason; dialogues under way end at their next call."""
        if self.stopped is None:
            self.stopped = error
            self.progress.stopping = True
            self.llm.stop(error)
            if self.person:
                self.person.stop(error)


def _spare_the_collector() -> None:
    """Thousands of live dialogues are long-lived objects: collecting them often costs 40 % of the time."""
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
