"""How far the demonstration is: a line at each part, and time to go while a stage trains."""

import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from studio.training.runs import read_progress
from studio.wording import duration

EVERY_S = 15.0


class Way:
    """The parts of a way in order, each with its share of the whole."""

    def __init__(self, shares: Mapping[str, float], talk: Callable[[str], None]):
        self._shares = dict(shares)
        self._talk = talk
        self._begun = time.monotonic()
        self._done = 0.0
        self._took: dict[str, float] = {}

    @contextmanager
    def part(self, name: str, what: str, run: Path | None = None) -> Generator[None]:
        """Say what begins; while a training run is under way, say from time to time how far it is."""
        number = list(self._shares).index(name) + 1
        self._talk(f"{number}/{len(self._shares)} {what}{self._to_go()}")
        began, over = time.monotonic(), threading.Event()
        teller = threading.Thread(target=self._tell, args=(name, run, over), daemon=True)
        if run:
            teller.start()
        try:
            yield
        finally:
            over.set()
        self._took[name] = time.monotonic() - began
        self._done += self._shares[name]

    def told(self) -> str:
        """What each part took."""
        parts = ", ".join(f"{name} {duration(seconds)}" for name, seconds in self._took.items())
        return f"It took {duration(sum(self._took.values()))}: {parts}."

    def _tell(self, name: str, run: Path, over: threading.Event) -> None:
        while not over.wait(EVERY_S):
            progress = read_progress(run)
            if progress and progress.state == "training" and progress.eta_s is not None:
                rest = sum(self._shares.values()) - self._done - self._shares[name]
                pace = self._pace()
                whole = progress.eta_s + (pace * rest if pace else 0)
                self._talk(
                    f"   {_step(progress.step, progress.of)}, this stage {duration(progress.eta_s)} to go, all about {duration(whole)}"
                )

    def _pace(self) -> float | None:
        """Seconds for each hundredth of the way, as far as it was gone."""
        return sum(self._took.values()) / self._done if self._done else None

    def _to_go(self) -> str:
        pace = self._pace()
        rest = sum(self._shares.values()) - self._done
        return f"; about {duration(pace * rest)} to go" if pace else ""


def _step(step: int, of: int | None) -> str:
    """How far a stage is."""
    return f"step {step:,} of {of:,}" if of else f"step {step:,}"
