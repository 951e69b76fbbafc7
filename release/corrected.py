"""People's corrections in a release: the gold turns of every dialogue, and the dialogues that they drop (§3.2)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from graphs.corrections import By, CorrectedTurn, GoldTurn, by_trajectory, dropped_because, gold_turns
from graphs.records import read_header, read_rows
from graphs.released import ReleaseError
from graphs.schema import Trajectory


class Gold(NamedTuple):
    """A dialogue as it is released: what was played, and each turn as it stands after people looked at it."""

    trajectory: Trajectory
    turns: tuple[GoldTurn, ...]

    @property
    def dropped(self) -> str:
        """Why annotators take it out as a whole; empty where they do not."""
        return dropped_because(self.turns)


class Corrections:
    """All corrections of a release, by dialogue and turn."""

    def __init__(self, by_dialogue: Mapping[str, Mapping[int, CorrectedTurn]] | None = None):
        self._by_dialogue = by_dialogue or {}

    def gold(self, trajectory: Trajectory) -> Gold:
        """A dialogue with its corrections in place.

        Raises:
            WrongCorrection: a correction does not fit it.
        """
        return Gold(trajectory, gold_turns(trajectory, dict(self._by_dialogue.get(trajectory.id, {}))))

    def read(self, path: Path) -> Iterator[Gold]:
        """The dialogues of a run's file with their corrections."""
        for trajectory in read_rows(path, Trajectory):
            yield self.gold(trajectory)

    def counts(self) -> dict[str, int]:
        """Turns by what annotators said of them."""
        return dict(Counter(turn.verdict for turns in self._by_dialogue.values() for turn in turns.values()))

    def settled_by(self) -> dict[By, int]:
        """The same turns by how they were settled."""
        return dict(Counter(turn.by for turns in self._by_dialogue.values() for turn in turns.values()))

    def refuse_strangers(self, known: set[str]) -> None:
        """Raise ReleaseError where a correction is of a dialogue that no run holds: the wrong runs were named."""
        if strangers := sorted(set(self._by_dialogue) - known):
            raise ReleaseError(
                f"{strangers[0]}: corrected, but in none of these runs ({len(strangers)} such dialogues); "
                "name the runs that were pushed to the annotators"
            )


def read_corrections(files: Sequence[Path], pack_hash: str, *, open_stand: bool = False) -> Corrections:
    """Read corrected_turns.jsonl of annotation projects.

    Args:
        open_stand: let turns that are not settled stand as they were played, instead of refusing.

    Raises:
        ReleaseError: a file is none of corrections, is of another pack, is behind what people said, or has open turns.
        WrongCorrection: a turn stands there twice.
    """
    rows: list[CorrectedTurn] = []
    for path in files:
        header = read_header(path)
        if header.get("kind") != "corrected_turns":
            raise ReleaseError(
                f"{path}: no corrections; name a corrected_turns.jsonl that `kardia annotate pull` wrote"
            )
        if header.get("pack_hash") != pack_hash:
            raise ReleaseError(f"{path}: of another pack than the runs; name the corrections of these runs")
        if behind := _behind(path, header.get("sizes") or {}):
            raise ReleaseError(
                f"{path}: written before the last of {behind}; `kardia annotate status {path.parent}` writes it anew"
            )
        if header.get("open") and not open_stand:
            raise ReleaseError(
                f"{path}: {header['open']} turns are not settled; see `kardia annotate status`, or let them stand with --open-stand"
            )
        rows += read_rows(path, CorrectedTurn)
    return Corrections(by_trajectory(rows))


def _behind(path: Path, sizes: Mapping[str, int]) -> str:
    """The file beside it that has grown since corrections were written; empty where none has, or none lies there."""
    beside = {name: path.with_name(name) for name in sizes}
    return next((name for name, file in beside.items() if file.is_file() and file.stat().st_size != sizes[name]), "")
