"""Forks: a run of its own that leaves its parent at one slot, with other prompts, models, words or only a new draw.

Slots before the fork are copied from the parent's journal and proven by hash when the fork plays them; the parent is
opened read-only and may be running. A fork can be replayed and forked like any run.
"""

import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from graphs.journal import Call, Slot
from graphs.offline import MODEL_NAME
from graphs.packs import BadPack, check_pack, pack_digest
from graphs.person import Unsayable, as_answer, cleaned
from graphs.records import write_rows
from graphs.rubric import UserAnswer, read_json
from graphs.runs import ForkRecord, Run, SegmentRecord, WrongUse, copy_pack, open_run, pairings_digest, start_run
from graphs.schema import digest, one_line
from graphs.templates import ROLES


class Change(NamedTuple):
    """What a fork does differently. All empty: a new draw at the slot and nothing else."""

    templates: Mapping[str, Path] = MappingProxyType({})
    utterance: str | None = None
    models: Mapping[str, str] = MappingProxyType({})


def fork(parent: Run, thread: str, slot: Slot, change: Change) -> Run:
    """Make a fork's run directory under the parent's forks/, with the common prefix in its journal.

    Raises:
        WrongUse: the slot was never reached, or the change does not fit it.
        BadPack: an edited template is wrong.
    """
    journal = parent.journal(readonly=True)
    try:
        calls = journal.calls(thread)
    finally:
        journal.close()
    at_slot = [call for call in calls if call.slot == slot]
    if not at_slot:
        turns = sorted({call.slot.turn for call in calls})
        attempts = sorted({call.slot.attempt for call in calls if call.slot.turn == slot.turn and call.slot.attempt})
        there = f"turn {slot.turn} has attempts {attempts}" if attempts else f"it has turns {turns}"
        raise WrongUse(f"{parent.path}: {thread} has no {slot}; {there}")
    record = _record(parent, thread, slot, change, at_slot)
    path = parent.path / "forks" / _name(parent, record)
    if not path.exists():
        _make(parent, path, record, change, [call for call in calls if call.slot.order < slot.order])
    return open_run(path)


def _record(parent: Run, thread: str, slot: Slot, change: Change, at_slot: list[Call]) -> ForkRecord:
    for role, file in change.templates.items():
        if not file.is_file():
            raise WrongUse(f"--template {role}={file}: no such file")
    changes = {
        f"template {role}": digest(file.read_text(encoding="utf-8"))[:12] for role, file in change.templates.items()
    }
    changes |= {f"model {role}": model for role, model in change.models.items()}
    if change.utterance is not None:
        changes["utterance"] = one_line(change.utterance)
    if unknown := [role for role in change.templates if role not in ROLES] + [
        r for r in change.models if r not in parent.config.models
    ]:
        raise WrongUse(f"unknown role {unknown[0]!r}; roles: {', '.join(parent.config.models)}")
    return ForkRecord(
        parent="../..",
        thread=thread,
        turn=slot.turn,
        attempt=slot.attempt,
        role=slot.role,
        first_draw=max(call.draw for call in at_slot) + 1,
        edited=_edited(slot, change.utterance, at_slot) if change.utterance is not None else None,
        changes=changes or {"draw": str(max(call.draw for call in at_slot) + 1)},
    )


def _edited(slot: Slot, utterance: str, at_slot: list[Call]) -> str:
    """The user simulator's recorded answer with other words: what it felt about the last response stays."""
    if slot.role != "user_simulator":
        raise WrongUse(f"an edited utterance replaces a user's turn; fork at --role user_simulator, not at {slot}")
    recorded = next((call.answer for call in reversed(at_slot) if call.status in ("answered", "edited")), None)
    try:
        return as_answer(cleaned(utterance), read_json(recorded, UserAnswer) if recorded else None)
    except Unsayable as error:
        raise WrongUse(f"the edited utterance {error}") from error


def _name(parent: Run, record: ForkRecord) -> str:
    """A name that tells where the fork is, and a hash of all that makes it; an unchanged draw counts up."""
    base = f"{record.thread}-t{record.turn}k{record.attempt}-{digest(record.model_dump(mode='json'))[:8]}"
    if "draw" not in record.changes:
        return base
    taken = {path.name for path in (parent.path / "forks").glob(f"{base}*")}
    return next(name for number in range(1, 10_000) if (name := f"{base}-{number}") not in taken)


def _make(parent: Run, path: Path, record: ForkRecord, change: Change, prefix: list[Call]) -> None:
    record, models = _with_draw(record, path), {**parent.config.models, **change.models}
    with tempfile.TemporaryDirectory() as scratch:
        pack = Path(scratch) / "pack"
        shutil.copytree(parent.path / "packs" / parent.config.pack_hash, pack)
        for role, file in change.templates.items():
            shutil.copyfile(file, pack / f"{role}.md")
        if findings := check_pack(pack):
            raise BadPack(findings)
        pairings = Path(scratch) / "pairings.jsonl"
        write_rows(pairings, {"kind": "pairings"}, [parent.pairing(record.thread)])
        config = parent.config.model_copy(
            update={
                "pack_hash": pack_digest(pack),
                "pairings_hash": pairings_digest(pairings)[0],
                "pairings": 1,
                "accepted": None,
                "models": models,
                "demonstration": parent.config.demonstration or MODEL_NAME in models.values(),
                "lineage": (*(old for old in parent.config.lineage if old.slot.order < record.slot.order), record),
                "segments": _segments(parent, record.slot),
            }
        )
        fresh = path.with_name(f".{path.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        run = start_run(fresh, config, pack, pairings)
    for pack_hash in {segment.pack_hash for segment in config.segments}:
        copy_pack(parent.path / "packs" / pack_hash, fresh)
    journal = run.journal()
    journal.put_now(prefix)
    journal.close()
    fresh.rename(path)


def _with_draw(record: ForkRecord, path: Path) -> ForkRecord:
    """A second new draw at the same slot must not be the first one again: its number rises with the fork's."""
    number = re.search(r"-(\d+)$", path.name) if "draw" in record.changes else None
    if not number:
        return record
    draw = record.first_draw + int(number[1]) - 1
    return record.model_copy(update={"first_draw": draw, "changes": {"draw": str(draw)}})


def _segments(parent: Run, slot: Slot) -> tuple[SegmentRecord, ...]:
    """The parent's own segments as far as they reach, the last of them up to the fork."""
    earlier = tuple(s for s in parent.config.segments if s.until is not None and s.until < slot.order)
    own = next(
        (s for s in parent.config.segments if s.until is not None and s.until >= slot.order),
        SegmentRecord(pack_hash=parent.config.pack_hash, models=parent.config.models),
    )
    return (*earlier, own.model_copy(update={"until": slot.order}))
