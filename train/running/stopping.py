"""Stopping by a signal: with the step under way, or, where a judge keeps it waiting, without it (our choice, §5.1)."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

from graphs.llm.errors import RunStopped

R = TypeVar("R")

MOMENT_S = 10.0
"""How long calls under way may still come home once somebody asked to stop: what they cost is known only then."""
_LOOK_S = 0.1
_STOPPING = (
    b"stopping when this step is done, with a checkpoint, or without this step if a judge keeps it waiting; "
    b"once more stops at once, without a checkpoint\n"
)


class StepDropped(RunStopped):
    """Somebody asked to stop while judges kept a step waiting: nothing of it has moved the policy, and it is made again."""

    def __init__(self) -> None:
        super().__init__("stopped by hand; the step that waited for a judge was dropped, and the same command goes on")


class Stop:
    """Whether somebody asked to stop: training ends with the step under way, with a checkpoint."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Take a signal; a second one stops at once, without a checkpoint."""
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number
        os.write(sys.stderr.fileno(), _STOPPING)

    async def wait_for(self, work: Coroutine[Any, Any, R]) -> R | None:
        """What `work` comes to; None where somebody asked to stop and a moment later it had not, and was cancelled."""
        task, left_s = asyncio.ensure_future(work), MOMENT_S
        while left_s > 0:
            if (await asyncio.wait([task], timeout=_LOOK_S))[0]:
                return task.result()
            left_s -= _LOOK_S if self.signal is not None else 0
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return None


@contextmanager
def stop_on_signals() -> Generator[Stop]:
    """Turn SIGINT and SIGTERM into a wish to stop, as long as the context lasts."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop.ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
