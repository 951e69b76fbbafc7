"""Branches of a dialogue: the forks that left it, what each of them changed, and which are kept."""

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

from graphs.derived import trajectory
from graphs.journal import Journal, Slot
from graphs.records import replacing
from graphs.runs import ForkRecord, Run, WrongUse, open_run
from graphs.schema import Turn
from graphs.spans import MalformedReply, parse_spans
from graphs.word_diff import word_ops

KEPT = "kept.json"
Mark = Literal["same", "edited", "both", "after", "equal", "alone"]
"""What a turn of a branch is beside the other's: see `_why`."""


class Branch(NamedTuple):
    """A way that a dialogue took: the run itself, or a fork of it."""

    run: Run
    thread: str
    kept: bool

    @property
    def fork(self) -> ForkRecord | None:
        """Where it left its parent; None for the run itself."""
        return self.run.config.lineage[-1] if self.run.config.lineage else None


class TurnDifference(NamedTuple):
    """One turn of two branches side by side."""

    turn: int
    mark: Mark
    why: str
    parts: list[tuple[str, list[tuple[int, str]]]]
    """Utterance, spans and outcome, each as word operations."""


def branches(run: Run, thread: str) -> list[Branch]:
    """The run itself and all forks of one of its dialogues, forks of forks too, parents before children."""
    return [Branch(run, thread, (run.path / KEPT).exists()), *_forks(run.path, thread)]


def _forks(path: Path, thread: str) -> Iterator[Branch]:
    found = [open_run(file.parent) for file in sorted((path / "forks").glob("[!.]*/run.yaml"))]
    for run in sorted(found, key=lambda run: (run.path / "run.yaml").stat().st_ctime):
        if run.config.lineage[-1].thread == thread:
            yield Branch(run, thread, (run.path / KEPT).exists())
            yield from _forks(run.path, thread)


def keep(fork: Run, note: str = "") -> None:
    """Mark a fork as one to keep; what is kept is not discarded."""
    _must_be_fork(fork)
    with replacing(fork.path / KEPT) as file:
        file.write(json.dumps({"note": note}, ensure_ascii=False).encode())


def release(fork: Run) -> None:
    """Take the mark of `keep` away."""
    _must_be_fork(fork)
    (fork.path / KEPT).unlink(missing_ok=True)


def discard(fork: Run) -> None:
    """Delete a fork with everything in it.

    Raises:
        WrongUse: it is no fork, is kept, or was forked itself and one of those forks is kept.
        RunInUse: it is being played.
    """
    _must_be_fork(fork)
    if kept := next((path for path in fork.path.rglob(KEPT)), None):
        raise WrongUse(f"{kept.parent}: kept; take that back first (`kardia synth keep --off`)")
    with fork.lock():
        gone = fork.path.with_name(f".{fork.path.name}.gone")
        shutil.rmtree(gone, ignore_errors=True)
        fork.path.rename(gone)
    shutil.rmtree(gone)
    with suppress(OSError):
        fork.path.parent.rmdir()


def _must_be_fork(run: Run) -> None:
    if not run.config.lineage:
        raise WrongUse(f"{run.path}: not a fork; only forks are kept or discarded here")


def differences(before: Branch, after: Branch) -> list[TurnDifference]:
    """Two branches of a dialogue turn by turn; a turn whose requests and answers are equal is the same by hash.

    Raises:
        WrongUse: one of them is not finished.
    """
    olds, news = _played(before), _played(after)
    changes = _changes(before, after)
    first: int | None = None
    found: list[TurnDifference] = []
    for number in range(1, max(len(olds.turns), len(news.turns)) + 1):
        old, new = _turn(olds.turns, number), _turn(news.turns, number)
        same = first is None and olds.calls.get(number) == news.calls.get(number)
        first = first if same or first else number
        mark = _mark(old, new, number, first, changes)
        found.append(TurnDifference(number, mark, _why(mark, changes, first), _parts(old, new)))
    return found


class _Played(NamedTuple):
    turns: tuple[Turn, ...]
    calls: dict[int, dict[Slot, tuple[bytes, str]]]
    """Turn -> slot -> the request's hash and the answer that stands."""


def _played(branch: Branch) -> _Played:
    journal = branch.run.journal(readonly=True)
    try:
        found = trajectory(journal, branch.run.pairing(branch.thread))
        calls = _calls(journal, branch.thread)
    finally:
        journal.close()
    if found is None:
        raise WrongUse(f"{branch.run.path}: {branch.thread} is not finished; resume it, then compare")
    return _Played(found.turns, calls)


def _calls(journal: Journal, thread: str) -> dict[int, dict[Slot, tuple[bytes, str]]]:
    calls: dict[int, dict[Slot, tuple[bytes, str]]] = {}
    for call in journal.calls(thread):
        if call.status in ("answered", "edited"):
            calls.setdefault(call.slot.turn, {})[call.slot] = (call.request, call.answer)
    return calls


def _changes(before: Branch, after: Branch) -> dict[str, str]:
    """What was changed on the ways from the last common run to the two branches."""
    ways = [branch.run.config.lineage for branch in (before, after)]
    common = sum(1 for left, right in zip(*ways, strict=False) if left == right)
    return {name: value for way in ways for record in way[common:] for name, value in record.changes.items()}


def _lasts(changes: dict[str, str]) -> bool:
    """Whether a change holds for every later turn too, as other prompts and models do."""
    return any(name.startswith(("template ", "model ")) for name in changes)


def _mark(old: Turn | None, new: Turn | None, number: int, first: int | None, changes: dict[str, str]) -> Mark:
    if first is None:
        return "same"
    if old is None or new is None:
        return "alone"
    if number == first:
        return "edited"
    if (old.utterance, old.reply) == (new.utterance, new.reply):
        return "equal"
    return "both" if _lasts(changes) else "after"


def _why(mark: Mark, changes: dict[str, str], first: int | None) -> str:
    names = " and ".join(sorted({_CHANGED.get(name.split(" ")[0], name) for name in changes})) or "another draw"
    return {
        "same": "Same by hash",
        "edited": f"Played again with {names}",
        "both": f"Played again with {names}, after turn {first} had changed",
        "after": f"Changed only because turn {first} did",
        "equal": "Asked again, answered in the same words",
        "alone": "Only one of the two went on so long",
    }[mark]


_CHANGED = {
    "template": "the edited prompt",
    "model": "another model",
    "utterance": "the edited words",
    "draw": "another draw",
}


def _turn(turns: tuple[Turn, ...], number: int) -> Turn | None:
    return turns[number - 1] if number <= len(turns) else None


def _parts(old: Turn | None, new: Turn | None) -> list[tuple[str, list[tuple[int, str]]]]:
    before, after = _texts(old), _texts(new)
    return [(name, word_ops(before.get(name, ""), after.get(name, ""))) for name in {**before, **after}]


def _texts(turn: Turn | None) -> dict[str, str]:
    if turn is None:
        return {}
    count = len(turn.attempts)
    decision = f"{turn.decision.value.capitalize()} after {count} attempt{'s' if count > 1 else ''}"
    try:
        spans = dict(parse_spans(turn.reply)._asdict())
    except MalformedReply:
        spans = {"response": turn.reply}
    return {"utterance": turn.utterance, **spans, "outcome": decision}
