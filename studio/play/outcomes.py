"""A play as it stands: what is on record of it, whether it listens, how it ended or what it waits for, in words."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from graphs.course import Course, follow
from graphs.journal import Slot
from graphs.packs import Pack, load_pack
from graphs.runs import JOURNAL, Run, open_run
from graphs.schema import End, Pairing
from graphs.watching.standing import Standing
from studio.play.playing import choice_of, listens
from studio.runs import jobs
from studio.workspace import Workspace


class Look(NamedTuple):
    """A play as it stands."""

    standing: Standing
    run: Run | None
    """None until its process has made it."""
    course: Course | None
    """None where nothing is known of it, not even who was to play."""
    pack: Pack | None
    speaks: bool
    """A person speaks as the user."""

    @property
    def attempts(self) -> int:
        """K, the most attempts at a reply."""
        if self.run:
            return self.run.config.dialogue.attempts
        return self.pack.settings.limits.attempts if self.pack else 1

    @property
    def listens_at(self) -> int:
        """The turn at which the run waits for a person's words; 0 where it does not."""
        slot = self.course.waiting_for if self.course else None
        if self.standing.state != "running" or not self.speaks or slot is None:
            return 0
        return slot.turn if slot.role == "user_simulator" else 0


def look(workspace: Workspace, path: Path, known: Course | None = None) -> Look:
    """How a play stands.

    Args:
        known: its course, where the journal has not changed since that was read.
    """
    standing = jobs.standing(path, workspace)
    if not (path / "run.yaml").exists():
        return _before(workspace, path, standing)
    run = open_run(path)
    return Look(standing, run, known or _course(run), run.pack, listens(run))


def stamp(path: Path) -> tuple[tuple[int, int], ...]:
    """What changes whenever a run's journal does."""
    found: list[tuple[int, int]] = []
    for suffix in ("", "-wal"):
        with suppress(FileNotFoundError):  # SQLite takes the second away when the run ends
            known = (path / f"{JOURNAL}{suffix}").stat()
            found.append((known.st_mtime_ns, known.st_size))
    return tuple(found)


def outcome(found: Look) -> str:
    """How a play ended or where it stands, in a sentence."""
    course, state = found.course, found.standing.state
    turns = len(course.turns) if course else 0
    if course and (done := course.trajectory):
        tries = sum(len(turn.attempts) for turn in done.turns)
        how = (
            f"Solved at turn {turns}" if done.end is End.SOLVED else f"Not solved in {turns} turns, the most there are"
        )
        out = f"screening would take it out, for {_count(len(done.removals), 'reason')}"
        return f"{how}, with {_count(tries, 'attempt')}; {out if done.removals else 'it passes screening'}."
    if state == "running":
        return "Playing."
    if state == "starting":
        return "Starting."
    at = f"in turn {turns + 1}" if course and course.waiting_for else f"after turn {turns}" if turns else "at the start"
    words = {"lost": "Its process is gone", "finished": "It could not go on"}.get(state, "Stopped")
    return f"{words} {at}; what came until then is kept."


def trouble(found: Look) -> str:
    """Why a play cannot go on by itself, in words; empty where it can, or where a person stopped it."""
    if found.standing.is_live:
        return ""
    if found.course and found.course.failure:
        return f"{_place_of(found.course.waiting_for)}: {found.course.failure}"
    if found.standing.ended in ("done", "you"):
        return ""
    return found.standing.reason.removeprefix("error: ")


def _place_of(slot: Slot | None) -> str:
    if slot is None:
        return "At its end"
    role = slot.role.replace("_", " ").capitalize()
    return f"{role}, turn {slot.turn}" + (f", attempt {slot.attempt}" if slot.attempt else "")


def why_stopped(found: Look) -> str:
    """Why a play stopped where nothing went wrong, unless somebody pressed Stop and knows it."""
    reason = found.standing.reason.partition("; the same command")[0]
    known = found.standing.state not in ("lost", "stopped") or reason.startswith("stopped")
    return "" if known else f"{reason[:1].upper()}{reason[1:]}."


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _before(workspace: Workspace, path: Path, standing: Standing) -> Look:
    """A play whose process has not made its run yet: what was chosen, and nobody has spoken."""
    choice = choice_of(workspace, path)
    if choice is None or choice.pack not in workspace.packs():
        return Look(standing, None, None, None, speaks=False)
    pack = load_pack(str(workspace.packs()[choice.pack]))
    return Look(standing, None, _unspoken(choice.pairing), pack, choice.speaks)


def _unspoken(pairing: Pairing) -> Course:
    return Course(pairing, (), (), waiting_for=Slot(1, 0, "user_simulator"))


def _course(run: Run) -> Course:
    pairing = next(run.pairings())
    if not (run.path / JOURNAL).exists():
        return _unspoken(pairing)
    journal = run.journal(readonly=True)
    try:
        return asyncio.run(follow(run, journal, pairing))
    finally:
        journal.close()
