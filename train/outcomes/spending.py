"""What a run's judges have cost: one file for both, for every session and every process (our addition to §5.1).

Each call is written where it is paid, so that no kill, no resume and no mean over processes or steps loses any.
"""

import os
from pathlib import Path
from threading import Lock

from graphs.llm.limits import Budget
from graphs.records import BadFile
from graphs.schema import compact
from train.running.run_lines import object_of


class RunBudget(Budget):
    """The money of a run against its ceiling: spending.jsonl, a line for every paid call."""

    def __init__(self, path: Path, ceiling_usd: float | None = None):
        """
        Args:
            path: of the file; what stands there was spent before, or is being spent by another process.
        """
        super().__init__(ceiling_usd)
        self._path = path
        self._unknown = 0
        self._read_to = 0
        self._reading = Lock()

    @property
    def spent_usd(self) -> float:
        """What all calls with a known price have cost.

        Raises:
            BadFile: a line of the file is no cost.
        """
        with self._reading:
            self._read()
            return self._spent

    def total_usd(self) -> float | None:
        """What all calls have cost; None where one's price was not known."""
        spent = self.spent_usd
        return None if self._unknown else spent

    def add(self, cost_usd: float | None) -> None:
        if cost_usd == 0:
            return
        with self._path.open("ab") as file:
            file.write(compact({"cost_usd": cost_usd}) + b"\n")

    def _read(self) -> None:
        """Take what was appended since the last look; a line without its end is still being written."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._read_to, os.SEEK_SET)
            whole = file.read().rpartition(b"\n")[0]
        for line in whole.splitlines():
            cost = self._cost(line)
            self._spent += cost or 0.0
            self._unknown += cost is None
        self._read_to += len(whole) + 1 if whole else 0

    def _cost(self, line: bytes) -> float | None:
        try:
            cost = (object_of(line) or {})["cost_usd"]
            return None if cost is None else float(cost)
        except (ValueError, KeyError, TypeError) as error:
            raise BadFile(f"{self._path}: {line[:80]!r} is no cost; mend this line or take it out") from error
