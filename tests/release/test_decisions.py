"""The private side file: who may read it, and what it says."""

import json
import os
import stat
from pathlib import Path

from graphs.released import DECISIONS, SPLITS, read_decisions, read_split
from graphs.schema import digest
from tests.release.invented import build, mixed, reply, trajectory, turn, write_run


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_may_read_it(tmp_path: Path):
    run = write_run(tmp_path / "run", mixed())
    old = os.umask(0)
    try:
        build(tmp_path / "out", run)
    finally:
        os.umask(old)
    assert mode(tmp_path / "out" / DECISIONS) == 0o600
    assert mode(tmp_path / "out" / DECISIONS.parent) == 0o700


def test_every_row_has_its_decisions_by_the_digest_of_its_six_fields(tmp_path: Path):
    build(tmp_path / "out", write_run(tmp_path / "run", mixed()))
    kept = {row.row_sha256: row for row in read_decisions(tmp_path / "out")}
    rows = [(split, row) for split in SPLITS for row in read_split(tmp_path / "out", split)]
    assert len(kept) == len(rows) == 5
    assert [kept[digest(row)].split for _, row in rows] == [split for split, _ in rows]


def test_decisions_stand_per_closed_turn_and_per_attempt(tmp_path: Path):
    turns = [
        turn("One.", "no spans", reply(), decisions="FAIL PASS"),
        turn("Two.", decisions="FAIL FAIL FAIL"),
        turn("Three.", decisions="SOLVED"),
    ]
    build(tmp_path / "out", write_run(tmp_path / "run", [trajectory(1, turns=turns, emotion="afraid")]))
    (line,) = (tmp_path / "out" / DECISIONS).read_text().splitlines()
    row = json.loads(line)
    assert set(row) == {"row_sha256", "trajectory_id", "split", "decisions", "attempts", "gold_emotions"}
    assert row["trajectory_id"] == "d00001"
    assert row["decisions"] == ["PASS", "FAIL", "SOLVED"]
    assert row["attempts"] == [["FAIL", "PASS"], ["FAIL", "FAIL", "FAIL"], ["SOLVED"]]
    assert row["gold_emotions"] == ["afraid"] * 3
