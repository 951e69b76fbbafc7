"""Eq. 4 allocates dialogues by their decision paths, and decisions go no further than that."""

import json
from itertools import product
from pathlib import Path

import pytest
from typer.testing import CliRunner

from graphs.records import read_rows
from graphs.released import DECISIONS, ReleaseError, read_decisions, read_split
from graphs.schema import Decision, Trajectory, digest
from studio.cli import app
from tests.release.invented import build, mixed, trajectory, turn, write_run
from train.examples.partition import is_easy, partition_release
from train.examples.partition_report import MinHard, PartitionError, PartitionReport, read_partition
from train.rows import Allocated, ChatMessage, TrainingExample

FAIL, PASS, SOLVED = Decision.FAIL, Decision.PASS, Decision.SOLVED
NONE_NEEDED = MinHard(examples=0, share=0)


def test_eq4_is_p_fail_below_one_half_on_every_decision_path():
    for length in range(1, 11):
        for path in product(Decision, repeat=length):
            assert is_easy(path) == (2 * path.count(FAIL) < length), path


def test_eq4_is_p_fail_below_one_half_for_every_count_of_attempts_of_a_dialogue():
    for fails, passes in product(range(51), repeat=2):
        for solved in range(51 - fails - passes if fails + passes < 51 else 0):
            path = [FAIL] * fails + [PASS] * passes + [SOLVED] * solved
            assert is_easy(path) == (2 * fails < len(path))


@pytest.mark.parametrize(
    ("path", "easy"),
    [
        ([SOLVED], True),
        ([PASS], True),
        ([FAIL], False),
        ([FAIL, PASS], False),  # a tie is hard: Eq. 4's comparisons are strict
        ([FAIL, PASS, SOLVED], True),
        ([FAIL, FAIL, PASS, SOLVED], False),
        ([FAIL] * 3 + [PASS] * 2 + [SOLVED] * 2, True),
        ([], False),  # no rates, no reason to trust it
    ],
)
def test_eq4_by_example(path: list[Decision], easy: bool):
    assert is_easy(path) == easy


def dialogues() -> list[Trajectory]:
    """Eight attempted into shape (easy by turns, hard by attempts), two that failed to the end, ten easy ones."""
    labour = [turn(f"The {n}th kite tore.", decisions="FAIL FAIL PASS") for n in range(3)]
    lost = [turn("It tore.", decisions="FAIL FAIL FAIL FAIL FAIL"), turn("Still.", decisions="SOLVED")]
    return [
        *(trajectory(n, turns=labour) for n in range(8)),
        *(trajectory(20 + n, turns=lost) for n in range(2)),
        *(trajectory(40 + n, turns=[turn(decisions="PASS"), turn("Blue.", decisions="SOLVED")]) for n in range(10)),
        trajectory(90, split="test"),
    ]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    build(tmp_path / "release", write_run(tmp_path / "run", dialogues()))
    return tmp_path / "release"


def ids(path: Path) -> set[str]:
    return {row.anon_username for row in read_rows(path, Allocated)}


@pytest.mark.parametrize(("by", "hard"), [("turns", 2), ("attempts", 10)])
def test_subsets_follow_the_convention_and_both_are_counted(release: Path, tmp_path: Path, by, hard: int):
    report = partition_release(release, tmp_path / "p", by=by, min_hard=NONE_NEEDED)
    assert {name: sizes.hard.dialogues for name, sizes in report.sizes.items()} == {"turns": 2, "attempts": 10}
    assert {name: sizes.hard.examples for name, sizes in report.sizes.items()} == {"turns": 4, "attempts": 28}
    assert len(ids(tmp_path / "p/hard.jsonl")) == hard
    assert len(ids(tmp_path / "p/easy.jsonl")) == 20 - hard
    assert not ids(tmp_path / "p/hard.jsonl") & ids(tmp_path / "p/easy.jsonl")
    assert read_partition(tmp_path / "p") == report


def test_only_train_dialogues_are_allocated(release: Path, tmp_path: Path):
    partition_release(release, tmp_path / "p")
    allocated = ids(tmp_path / "p/easy.jsonl") | ids(tmp_path / "p/hard.jsonl")
    assert allocated == {row["anon_username"] for row in read_split(release, "train")}
    assert not allocated & {row["anon_username"] for row in read_split(release, "test")}


def test_a_row_is_kept_whole_and_named_by_its_digest(release: Path, tmp_path: Path):
    partition_release(release, tmp_path / "p")
    found = {row.id: row for name in ("easy", "hard") for row in read_rows(tmp_path / f"p/{name}.jsonl", Allocated)}
    for row in read_split(release, "train"):
        kept = found[digest(row)[:16]].model_dump(mode="json")
        assert {name: kept[name] for name in row} == row


@pytest.mark.parametrize(
    ("limits", "by", "finding"),
    [
        (MinHard(examples=5, share=0.05), "turns", "--by attempts"),
        (MinHard(examples=1, share=0.3), "turns", "--by attempts"),
        (MinHard(examples=256, share=0.05), "turns", "too few as well"),
        (MinHard(examples=1, share=0.9), "attempts", "By closed turns it would be 2 dialogues (10.0%), 4 examples"),
        (MinHard(examples=4, share=0.1), "turns", ""),
    ],
)
def test_a_small_hard_set_is_a_finding_that_names_the_other_convention(
    release: Path, tmp_path: Path, limits: MinHard, by, finding: str
):
    findings = partition_release(release, tmp_path / "p", by=by, min_hard=limits).findings
    assert bool(findings) == bool(finding)
    assert finding in "".join(findings)


def test_the_command_prints_both_conventions_and_leaves_with_findings(release: Path, tmp_path: Path):
    done = CliRunner().invoke(app, ["train", "partition", str(release), "--out", str(tmp_path / "p")])
    assert done.exit_code == 1
    assert "by closed turns: easy 18 dialogues (90.0%)" in done.stdout
    assert "by all attempts: easy 10 dialogues (50.0%)" in done.stdout
    assert (tmp_path / "p/hard.jsonl").is_file()
    fine = ["train", "partition", str(release), "--out", str(tmp_path / "p"), "--by", "attempts", "--min-hard", "20"]
    done = CliRunner().invoke(app, [*fine, "--json"])
    assert done.exit_code == 0
    assert PartitionReport.model_validate(json.loads(done.stdout)).by == "attempts"


def test_rows_know_no_decision():
    for row in (Allocated, TrainingExample, ChatMessage):
        assert not [
            name for name in row.model_fields if {"decision", "attempt", "fail", "verdict"} & {*name.split("_")}
        ]
        assert "Decision" not in json.dumps(row.model_json_schema())
    assert set(Allocated.model_fields) == {
        "id", "person", "mbti", "emotion", "situation", "anon_username", "messages", "gold_emotions",
    }  # fmt: skip


def test_no_decision_stands_in_what_is_written(release: Path, tmp_path: Path):
    partition_release(release, tmp_path / "p", by="attempts")
    for name in ("easy.jsonl", "hard.jsonl", "partition.json"):
        text = (tmp_path / "p" / name).read_text()
        assert not [decision for decision in Decision if f'"{decision}"' in text], name


def test_the_same_dialogues_with_other_decisions_give_the_same_rows(tmp_path: Path):
    """What was decided moves a dialogue from one file to the other, and changes nothing in it."""
    rows: list[set[bytes]] = []
    for name, decisions in (("a", "PASS"), ("b", "FAIL PASS"), ("c", "SOLVED")):
        played = [trajectory(n, turns=[turn(decisions=decisions), turn("Yes.", decisions="PASS")]) for n in range(4)]
        build(tmp_path / name / "release", write_run(tmp_path / name / "run", played))
        partition_release(tmp_path / name / "release", tmp_path / name / "p", by="attempts")
        files = [(tmp_path / name / "p" / f"{subset}.jsonl").read_bytes() for subset in ("easy", "hard")]
        rows.append({line for file in files for line in file.splitlines()[1:]})
    assert len(rows[0]) == 4
    assert rows[0] == rows[1] == rows[2]


def rewrite_decisions(release: Path, change) -> None:
    rows = [row.model_dump(mode="json") for row in read_decisions(release)]
    text = "\n".join(json.dumps(row) for row in change(rows))
    (release / DECISIONS).write_text('{"header": {"kind": "decisions"}}\n' + text + "\n")


def test_gold_labels_come_from_the_private_file(release: Path, tmp_path: Path):
    def correct(rows):
        rows[0]["gold_emotions"][1] = "proud"
        return rows

    rewrite_decisions(release, correct)
    partition_release(release, tmp_path / "p")
    first = next(read_rows(tmp_path / "p/easy.jsonl", Allocated))
    assert first.gold_emotions == ("sad", "proud", "sad")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[1:], "row 1: decisions and row do not match"),
        (lambda rows: rows[:-2], "row 20: decisions and row do not match"),
        (lambda rows: [rows[1], rows[0], *rows[2:]], "row 1: decisions and row do not match"),
        (lambda rows: [{**rows[0], "gold_emotions": ["sad"]}, *rows[1:]], "not one label per turn"),
    ],
)
def test_decisions_of_another_build_are_refused(release: Path, tmp_path: Path, change, message: str):
    rewrite_decisions(release, change)
    with pytest.raises(ReleaseError, match=message):
        partition_release(release, tmp_path / "p")


def test_a_release_without_its_private_file_is_refused_with_what_to_do(release: Path, tmp_path: Path):
    (release / DECISIONS).unlink()
    with pytest.raises(PartitionError, match="kardia train examples"):
        partition_release(release, tmp_path / "p")


def test_a_release_without_train_dialogues_is_refused(tmp_path: Path):
    build(tmp_path / "release", write_run(tmp_path / "run", mixed(train=0)))
    with pytest.raises(PartitionError, match="no train dialogues"):
        partition_release(tmp_path / "release", tmp_path / "p")


@pytest.mark.parametrize("inside", [".", "data", "private/p"])
def test_a_partition_is_not_written_into_a_release(release: Path, inside: str):
    with pytest.raises(ReleaseError, match="published with it"):
        partition_release(release, release / inside)


def test_a_partition_is_not_written_over_a_file(release: Path, tmp_path: Path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(PartitionError, match="is a file; name a directory"):
        partition_release(release, tmp_path / "file")
