"""Many calls at once that can be stopped: by a signal, or by the first reason to send nothing more."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from graphs.llm.errors import RunStopped
from graphs.session import Interrupted

Item = TypeVar("Item")


async def each(
    items: Sequence[Item], do: Callable[[Item], Awaitable[None]], at_once: int, stop: Callable[[Exception], None]
) -> RunStopped | None:
    """Do all items, some at once; what is under way comes home before anything is raised.

    Args:
        stop: told the first reason to stop, so that nothing new is sent.

    Returns:
        Why it stopped early, if it did.

    Raises:
        Exception: the first that was no RunStopped.
    """
    todo, reasons = iter(items), list[Exception]()

    def end(reason: Exception) -> None:
        reasons.append(reason)
        stop(reason)

    async def work(todo: Iterator[Item]) -> None:
        for item in todo:
            if reasons:
                return
            try:
                await do(item)
            except Exception as error:
                end(error)

    with _signals(end):
        await asyncio.gather(*(work(todo) for _ in range(min(at_once, len(items)))))
    if reasons and not isinstance(reasons[0], RunStopped):
        raise reasons[0]
    return reasons[0] if reasons and isinstance(reasons[0], RunStopped) else None


@contextmanager
def _signals(end: Callable[[Exception], None]) -> Generator[None]:
    """While it lasts, the first signal lets calls under way come home; the second ends the process."""
    asked: list[bool] = []

    def stop_or_die() -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(True)
        end(Interrupted("stopped by you; the same command goes on"))

    numbers, loop = (signal.SIGINT, signal.SIGTERM), asyncio.get_running_loop()
    for number in numbers:
        loop.add_signal_handler(number, stop_or_die)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
