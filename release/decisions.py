"""The private side file: what the evaluator decided, kept apart from the rows that are loaded or published (§4).

Decisions allocate data (Eq. 4) and are never labels or rewards, so they do not stand in the six fields. The digest
of the row ties the two together.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated

from pydantic import StringConstraints

from graphs.corrections import Verdict
from graphs.records import read_rows, row_bytes
from graphs.schema import Decision, Id, Record, Split, digest
from release.corrected import Gold
from release.layout import DECISIONS, Row

PRIVATE_FILE_MODE = 0o600
PRIVATE_FOLDER_MODE = 0o700


class DecisionRow(Record):
    """The decisions of one released dialogue."""

    row_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """Of the canonical JSON of the six-field row (graphs.schema.digest)."""
    trajectory_id: Id
    split: Split
    decisions: tuple[Decision, ...]
    """D = (d_1, …, d_T), one per closed turn (§3.2)."""
    attempts: tuple[tuple[Decision, ...], ...]
    """One per attempt of every turn: the paper does not say which of the two its rates count."""
    gold_emotions: tuple[str, ...]
    """The label to match per turn (Eq. 11): the dialogue's, until an annotator's correction says otherwise."""
    verdicts: tuple[Verdict | None, ...] = ()
    """What annotators said of each turn, None where nobody looked; empty where nobody looked at the dialogue."""
    after_correction: tuple[bool, ...] = ()
    """Whether a turn's utterance answers a reply that was replaced; scores are reported with and without such turns."""


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


def read_decisions(out: Path) -> Iterator[DecisionRow]:
    """Stream a release's decisions, in the order of its rows.

    Raises:
        BadFile: with file, line and reason.
    """
    return read_rows(out / DECISIONS, DecisionRow)


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
