"""The private side file: what the evaluator decided, kept apart from the rows that are loaded or published (§4).

Decisions allocate data (Eq. 4) and are never labels or rewards, so they do not stand in the six fields. The digest
of the row ties the two together.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from graphs.records import row_bytes
from graphs.released import DECISIONS, DecisionRow, Row
from graphs.schema import digest
from release.corrected import Gold

PRIVATE_FILE_MODE = 0o600
PRIVATE_FOLDER_MODE = 0o700


def decision_row(gold: Gold, row: Row) -> DecisionRow:
    """Tie a dialogue's decisions, and what annotators said of its turns, to its released row."""
    trajectory, turns = gold
    looked_at = any(turn.verdict for turn in turns)
    return DecisionRow(
        row_sha256=digest(row),
        trajectory_id=trajectory.id,
        split=trajectory.split,
        decisions=trajectory.decisions,
        attempts=tuple(tuple(attempt.decision for attempt in turn.attempts) for turn in trajectory.turns),
        gold_emotions=tuple(turn.emotion for turn in turns),
        verdicts=tuple(turn.verdict for turn in turns) if looked_at else (),
        after_correction=tuple(turn.after_correction for turn in turns) if looked_at else (),
    )


@contextmanager
def writing_decisions(out: Path) -> Iterator[IO[bytes]]:
    """Open the side file of a release in the making, readable by its owner alone from the first byte."""
    path = out / DECISIONS
    path.parent.mkdir(mode=PRIVATE_FOLDER_MODE)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE_MODE), "wb") as file:
        yield file


def decision_line(row: DecisionRow) -> bytes:
    """One row of the side file."""
    return row_bytes(row) + b"\n"
