"""What a training run wrote while it ran: its metrics by split and step, and its alarms. Half a line at the end is left for later."""

import math
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from train.running.run_folder import ALARMS, METRICS
from train.running.run_lines import read_lines

TRAIN, HELD_OUT = "train", "held_out"
MOST_POINTS = 300
"""Points of a curve that a page draws; a longer one is drawn by means of equal stretches."""
_RATE_OVER = 20


class Point(NamedTuple):
    """A metric at a step; `steps` of them where several were taken together."""

    step: float
    value: float
    steps: int = 1


class Measured(NamedTuple):
    """All metrics of a run: points by name, for each split."""

    train: dict[str, list[Point]]
    held_out: dict[str, list[Point]]
    seconds_a_step: float | None
    """Over the last steps; None before there are two."""

    def last(self, name: str, split: str = TRAIN) -> Point | None:
        """The newest value of a metric."""
        found = self.of(split).get(name)
        return found[-1] if found else None

    def of(self, split: str) -> dict[str, list[Point]]:
        return self.held_out if split == HELD_OUT else self.train


class Alarm(NamedTuple):
    """What the sentinel saw."""

    step: int
    rule: str
    finding: str
    value: float | None
    limit: float | None


def read_measured(run: Path) -> Measured:
    """The metrics of a run so far; empty where none were written."""
    return _measured(run / METRICS, _stamp(run / METRICS))


def read_alarms(run: Path) -> list[Alarm]:
    """The alarms of a run, the newest first."""
    return _alarms(run / ALARMS, _stamp(run / ALARMS))


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """At most so many points, each the mean of an equal stretch of steps."""
    if len(points) <= most:
        return list(points)
    edges = [len(points) * n // most for n in range(most + 1)]
    stretches = [points[start:end] for start, end in pairwise(edges)]
    return [
        Point(sum(p.step for p in part) / len(part), sum(p.value for p in part) / len(part), len(part))
        for part in stretches
    ]


@lru_cache(maxsize=16)
def _measured(path: Path, stamp: tuple[int, int]) -> Measured:
    train: dict[str, list[Point]] = {}
    held_out: dict[str, list[Point]] = {}
    times: list[tuple[int, str]] = []
    for row in read_lines(path) if stamp[1] else ():
        step, values = row.get("step"), row.get("metrics")
        if not isinstance(step, int) or not isinstance(values, dict):
            continue
        into = held_out if row.get("split") == HELD_OUT else train
        if into is train:
            times.append((step, str(row.get("at", ""))))
        for name, value in values.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
                into.setdefault(str(name), []).append(Point(step, float(value)))
    return Measured(train, held_out, _seconds_a_step(times[-_RATE_OVER:]))


def _seconds_a_step(times: list[tuple[int, str]]) -> float | None:
    try:
        (first, begun), (last, ended) = (times[0], times[-1]) if times else ((0, ""), (0, ""))
        passed = (datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds()
    except ValueError:
        return None
    return passed / (last - first) if last > first and passed >= 0 else None


@lru_cache(maxsize=16)
def _alarms(path: Path, stamp: tuple[int, int]) -> list[Alarm]:
    rows = list(read_lines(path)) if stamp[1] else []
    return [
        Alarm(_step(row), str(row.get("rule", "")), str(row.get("finding", "")), _value(row, "value"), _value(row, "limit"))
        for row in reversed(rows) if row.get("rule")
    ]  # fmt: skip


def _step(row: dict[str, Any]) -> int:
    return row["step"] if isinstance(row.get("step"), int) else 0


def _value(row: dict[str, Any], name: str) -> float | None:
    value = row.get(name)
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
