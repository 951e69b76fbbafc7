"""Every refusal: what, where, what to do; and the old release still stands."""

from pathlib import Path

import pytest

from graphs.records import BadFile
from graphs.released import ReleaseError
from graphs.runs import Run, RunConfig
from graphs.schema import Removal, canonical
from graphs.state import DialogueSettings
from release.firewall import situation_key
from tests.release.invented import build, files_of, mixed, persona, trajectory, turn, write_run


def refused(tmp_path: Path, *runs: Path, words: str, error: type[Exception] = ReleaseError) -> str:
    """Build over an existing release, which must be refused with these words and change nothing."""
    build(tmp_path / "out", write_run(tmp_path / "earlier", mixed()))
    before = files_of(tmp_path / "out")
    with pytest.raises(error, match=words) as caught:
        build(tmp_path / "out", *runs)
    assert files_of(tmp_path / "out") == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    return str(caught.value)


def test_no_runs(tmp_path: Path):
    refused(tmp_path, words="no runs given; name at least one")


def test_a_run_that_is_not_there(tmp_path: Path):
    refused(tmp_path, tmp_path / "nowhere", words="nowhere: no such run directory")


def test_a_run_that_wrote_no_trajectories_yet(tmp_path: Path):
    (tmp_path / "young").mkdir()
    refused(tmp_path, tmp_path / "young", words="young: no trajectories.jsonl; finish the run")


def test_a_run_without_a_finished_dialogue(tmp_path: Path):
    refused(tmp_path, write_run(tmp_path / "empty", []), words="no trajectories; play the run first")


def test_a_run_of_which_screening_left_nothing(tmp_path: Path):
    removal = Removal(kind="jump", rule="valence", turn=2, finding="from low to high")
    run = write_run(tmp_path / "bad", [trajectory(1, removals=(removal,))])
    refused(tmp_path, run, words=r"all 1 trajectories were left out \(screening: jump 1\)")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"id": "d1", "spl', r"trajectories.jsonl:3: not JSON"),
        (b'{"id": "d1", "colour": "red"}', r"trajectories.jsonl:3: \w+"),
        (b'["d1"]', r"trajectories.jsonl:3: list instead of an object"),
    ],
    ids=["cut off", "another kind of row", "no object"],
)
def test_a_broken_row_is_named_with_file_and_line(tmp_path: Path, line: bytes, words: str):
    run = write_run(tmp_path / "broken", [trajectory(1)])
    with (run / "trajectories.jsonl").open("ab") as file:
        file.write(line + b"\n")
    refused(tmp_path, run, words=words, error=BadFile)


@pytest.mark.parametrize("header", [{"kind": "failures"}, {"pack_hash": None}], ids=["kind", "no pack"])
def test_a_foreign_file(tmp_path: Path, header: dict[str, object]):
    run = write_run(tmp_path / "foreign", [trajectory(1)], **header)
    refused(tmp_path, run, words=r"trajectories.jsonl:1: no header of played trajectories")


def test_a_file_without_a_header(tmp_path: Path):
    run = write_run(tmp_path / "bare", [])
    (run / "trajectories.jsonl").write_bytes(canonical(trajectory(1).model_dump(mode="json")) + b"\n")
    refused(tmp_path, run, words=r"trajectories.jsonl:1: no header")


def test_a_run_of_a_newer_version(tmp_path: Path):
    run = write_run(tmp_path / "newer", [trajectory(1)], schema_version=99)
    refused(tmp_path, run, words="newer Kardia.*update", error=BadFile)


def test_runs_of_two_packs(tmp_path: Path):
    runs = write_run(tmp_path / "a", [trajectory(1)]), write_run(tmp_path / "b", [trajectory(2)], pack_hash="cd" * 32)
    refused(tmp_path, *runs, words=r"another pack \(cdcdcdcdcdcd\).*one release per pack")


def test_one_id_with_two_contents(tmp_path: Path):
    other = trajectory(1, turns=[turn("Another story.")])
    runs = write_run(tmp_path / "a", [trajectory(1)]), write_run(tmp_path / "b", [other])
    refused(tmp_path, *runs, words=r"trajectory d00001 differs.*name only one of the runs")


def test_a_persona_on_both_sides_by_name(tmp_path: Path):
    leak = [trajectory(1, who=persona(1)), trajectory(2, split="test", who=persona(1, about="I fly no kites."))]
    said = refused(tmp_path, write_run(tmp_path / "run", leak), words="persona user_00000001 is in test with d00002")
    assert "one split per persona" in said


def test_a_persona_on_both_sides_under_two_names(tmp_path: Path):
    told = "I am {} and I fold kites of rice paper by the sea."
    train = write_run(tmp_path / "a", [trajectory(1, who=persona(1, about=told.format("user_00000001")))])
    test = write_run(tmp_path / "b", [trajectory(2, split="test", who=persona(2, about=told.format("user_00000002")))])
    refused(tmp_path, train, test, words="persona user_00000002 is in test with d00002 and in train with d00001")


def test_personas_of_whom_nothing_is_told_may_look_alike(tmp_path: Path):
    rows = [trajectory(1, who=persona(1, about="")), trajectory(2, split="test", who=persona(2, about=""))]
    assert build(tmp_path / "out", write_run(tmp_path / "run", rows)).dialogues == {"train": 1, "test": 1}


def test_a_removed_dialogue_does_not_count_for_the_firewall(tmp_path: Path):
    removal = Removal(kind="drift", rule="stated_fact", turn=1, finding="x")
    rows = [trajectory(1, who=persona(1)), trajectory(2, split="test", who=persona(1), removals=(removal,))]
    assert build(tmp_path / "out", write_run(tmp_path / "run", rows)).dialogues["train"] == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("I lost my kite.", "i lost  my KITE", True),
        ("I lost my kite", "I lost my bike", False),
        ("!!!", "???", False),
        ("Ça va", "ça va", True),
    ],
)
def test_case_and_punctuation_do_not_make_another_situation(one: str, other: str, same: bool):
    assert (situation_key(one) == situation_key(other)) is same


def test_the_header_that_a_run_writes_is_accepted(tmp_path: Path):
    config = RunConfig(
        pack="kardia",
        pack_hash="ab" * 32,
        pairings_hash="cd" * 32,
        pairings=1,
        seed=7,
        models={"responder": "m-2"},
        dialogue=DialogueSettings(),
        demonstration=True,
    )
    run = write_run(tmp_path / "run", [trajectory(1)], **Run(tmp_path, config).header("trajectories"))
    assert build(tmp_path / "out", run).demonstration
