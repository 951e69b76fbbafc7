"""A workspace with a run of many dialogues: the demonstration's, multiplied under new ids straight into a journal.

The last dialogues are the demonstration's own, so that they can be replayed, from the far end of the files; the copies carry
hashes of prompts that name another id, and cannot. Nothing is asked of a model but for the demonstration itself.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from graphs.journal import Journal
from graphs.records import read_rows, write_rows
from graphs.runs import JOURNAL, PAIRINGS, open_run, pairings_digest, start_run
from graphs.schema import Pairing
from studio.showing import play_demo

DEMO = 64


def multiplied(workspace: Path, dialogues: int) -> Path:
    """A run directory of so many finished dialogues, in a workspace of its own."""
    play_demo(workspace / "runs", DEMO, 0, lambda _: None)
    demo = next((workspace / "runs").glob("demo-*/run.yaml")).parent
    played = open_run(demo)
    pairings = workspace / "many.jsonl"
    finished = set(played.journal(readonly=True).finished())
    sources = [pairing for pairing in played.pairings() if pairing.id in finished]
    write_rows(pairings, {"kind": "pairings"}, _copies(sources, dialogues))
    hashed, count = pairings_digest(pairings)
    config = played.config.model_copy(update={"pairings": count, "pairings_hash": hashed})
    run = start_run(workspace / "runs" / f"many-{dialogues}", config, demo / "packs" / config.pack_hash, pairings)
    Journal(run.path / JOURNAL).close()
    _fill(run.path / JOURNAL, demo / JOURNAL, [pairing.id for pairing in read_rows(run.path / PAIRINGS, Pairing)])
    return run.path


def _copies(sources: list[Pairing], count: int) -> Iterator[Pairing]:
    copies = count - len(sources)
    for position in range(copies):
        source = sources[position % len(sources)]
        yield source.model_copy(update={"id": _new_id(source.id, position)})
    yield from sources[:count]


def _new_id(source: str, position: int) -> str:
    return f"c{position + 1:05d}-{source.rpartition('-')[2]}"


def _fill(target: Path, demo: Path, ids: list[str]) -> None:
    """Copy rows inside SQLite: calls and outcome of each copy's source."""
    with sqlite3.connect(target) as db:
        db.execute("attach ? as demo", (str(demo),))
        by_hash = {id_.rpartition("-")[2]: id_ for (id_,) in db.execute("select thread from demo.dialogues")}
        for position, new in enumerate(ids):
            old = by_hash[new.rpartition("-")[2]]
            db.execute(
                "insert into calls select ?, turn, attempt, role, draw, request, status, answer, reason, tokens_in,"
                " tokens_out, cost_usd, latency_s from demo.calls where thread = ?",
                (new, old),
            )
            db.execute(
                "insert into dialogues select ?, ?, accepted, turns from demo.dialogues where thread = ?",
                (new, position, old),
            )
    db.close()
