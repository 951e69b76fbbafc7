"""Where a prompt can be seen filled in: dialogues of runs, and personas and situations that nobody has played yet."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from graphs.editing.preview import Scene, scene_of_pairing, scene_of_run, slots_of
from graphs.journal import Slot
from graphs.packs import Pack
from graphs.records import BadFile, read_rows
from graphs.runs import Run, open_run
from graphs.schema import Pairing, Persona, Situation
from studio.workspace import Workspace

R = TypeVar("R", Persona, Situation)

MOST = 200
"""Rows that a list offers; any other dialogue of a run can be named by its id."""
WHOLE = Slot(10**6, 0, "screener")
"""A place that no dialogue reaches: all of it is played."""


class Cast(NamedTuple):
    """Personas and situations of the workspace's files that fit a pack."""

    personas: list[Persona]
    situations: list[Situation]


def run_of_pack(workspace: Workspace, pack: str) -> str | None:
    """The newest run that was played with a pack of this name, among the newest ones."""
    for path in workspace.runs()[:20]:
        try:
            if open_run(path).config.pack == pack:
                return workspace.name(path)
        except BadFile:
            continue
    return None


def dialogues(run: Run) -> list[Pairing]:
    """The first dialogues of a run."""
    return list(islice(run.pairings(), MOST))


def cast(workspace: Workspace, labels: frozenset[str]) -> Cast:
    """Who and what can be paired under these labels: first from files made for them, and people who lie beside those."""
    found = {path: _rows(path, Situation) for path in workspace.files("situations")}
    fitting = {path: [row for row in rows if row.emotion in labels] for path, rows in found.items()}
    paths = sorted(fitting, key=lambda path: len(fitting[path]) < len(found[path]))
    near = [path.parent for path in paths]
    people = sorted(
        workspace.files("personas"), key=lambda path: near.index(path.parent) if path.parent in near else 99
    )
    situations = [row for path in paths for row in fitting[path]]
    return Cast([row for path in people for row in _rows(path, Persona)][:MOST], situations[:MOST])


def places(run: Run, thread: str, role: str) -> list[Slot]:
    """Where a role was asked in a dialogue; the screener reads it whole."""
    if role == "screener":
        return [WHOLE]
    journal = run.journal(readonly=True)
    try:
        return slots_of(journal, thread, role)
    finally:
        journal.close()


def place_name(slot: Slot) -> str:
    """A place as a person says it."""
    if slot == WHOLE:
        return "Whole dialogue"
    return f"Turn {slot.turn}, attempt {slot.attempt}" if slot.attempt > 1 else f"Turn {slot.turn}"


def nearest(slots: Sequence[Slot], turn: int, attempt: int) -> int:
    """Which of these places is the one that was looked at, or the nearest to it."""
    return min(range(len(slots)), key=lambda n: (abs(slots[n].turn - turn), abs(slots[n].attempt - attempt)), default=0)


async def scene_in_run(run: Run, thread: str, slot: Slot) -> Scene:
    """A dialogue of a run as it stood at a place."""
    journal = run.journal(readonly=True)
    try:
        return await scene_of_run(run, journal, run.pairing(thread), slot)
    finally:
        journal.close()


async def scene_of_two(persona: Persona, situation: Situation, pack: Pack, role: str) -> Scene:
    """A persona who has just met a situation."""
    pairing = Pairing(id="d00001", persona=persona, situation=situation, split="train")
    return await scene_of_pairing(pairing, pack, role)


def about(persona: Persona, emotion: str) -> str:
    """A dialogue in a few words, for a list."""
    return ", ".join(word for word in (emotion, persona.mbti, persona.occupation) if word)


def _rows(path: Path, kind: type[R]) -> list[R]:
    try:
        return list(islice(read_rows(path, kind), MOST))
    except BadFile:
        return []
