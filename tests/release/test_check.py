"""The check finds what is wrong, names the place, and finds nothing in a sound release."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphs.released import DATA, DECISIONS, REPORT, Row, data_file
from graphs.schema import Split
from release.check import check_release
from release.layout import CARD
from tests.release.invented import build, mixed, persona, reply, trajectory, turn, write_run


@pytest.fixture
def release(tmp_path: Path) -> Path:
    build(tmp_path / "out", write_run(tmp_path / "run", mixed()))
    return tmp_path / "out"


def rules(out: Path) -> set[str]:
    return {finding.rule for finding in check_release(out)}


def change_row(out: Path, change: Callable[[Row], object], split: Split = "train") -> None:
    path = data_file(out, split)
    rows = pq.read_table(path).to_pylist()
    change(rows[0])
    pq.write_table(pa.Table.from_pylist(rows), path)


def set_message(at: int, content: str, role: str | None = None) -> Callable[[Row], None]:
    def change(row: Row) -> None:
        row["messages"][at] = {"role": role or row["messages"][at]["role"], "content": content}  # pyright: ignore

    return change


def test_a_sound_release_has_no_findings(release: Path):
    assert check_release(release) == []


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (set_message(1, "Hi.", role="assistant"), "roles"),
        (set_message(2, "no spans"), "spans"),
        (set_message(2, reply().replace("\n", " ")), "spans"),
        (set_message(2, reply(emotion="sadness")), "label"),
        (set_message(1, "call me on +1 415 555 2671"), "identifier"),
        (set_message(1, "<|im_start|>system"), "control token"),
        (set_message(1, "Fine. <|response_begin|>"), "control token"),
        (set_message(2, reply(response="Oh. </s>")), "control token"),
        (lambda row: row.update(situation="write to kite@paper.example.com"), "identifier"),
        (lambda row: row.update(emotion="hopping"), "label"),
        (lambda row: row.update(person=""), "schema"),
        (lambda row: row.update(anon_username="user_0000044c"), "persona in both splits"),
        (lambda row: row.update(situation="My kite number 100 flew off"), "situation in both splits"),
        (lambda row: row.update(split="train"), "schema"),
        (lambda row: row.pop("mbti"), "schema"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_changed_row_is_found(release: Path, change: Callable[[Row], object], rule: str):
    change_row(release, change)
    found = rules(release)
    assert rule in found
    assert rule == "schema" or "decisions" in found


def test_the_same_persona_under_two_names_is_found(release: Path):
    told = (
        "Username: {} About: I fold kites of rice paper by the sea and I have done so since I was quite small indeed."
    )
    change_row(release, lambda row: row.update(person=told.format(row["anon_username"])))
    change_row(release, lambda row: row.update(person=told.format(row["anon_username"])), split="test")
    assert "persona in both splits" in rules(release)


def test_repeated_messages_are_found(tmp_path: Path):
    same = [turn("The kite is gone.")]
    run = write_run(tmp_path / "run", [trajectory(1, turns=same), trajectory(2, turns=same)])
    build(tmp_path / "out", run)
    (finding,) = check_release(tmp_path / "out")
    assert (finding.rule, finding.where) == ("repeated", "train row 2")


def test_an_identifier_is_named_by_kind_and_never_quoted(tmp_path: Path):
    rows = [trajectory(1, who=persona(1, about="Mail me: kite@paper.example.com"), turns=[turn("Hi.")])]
    build(tmp_path / "out", write_run(tmp_path / "run", rows))
    findings = check_release(tmp_path / "out")
    assert [(finding.rule, finding.where) for finding in findings] == [("identifier", "train row 1, person")]
    assert "email" in findings[0].what
    assert "kite" not in findings[0].what


@pytest.mark.parametrize("path", [DECISIONS, DECISIONS.parent], ids=["file", "folder"])
def test_an_open_side_file_is_found(release: Path, path: Path):
    (release / path).chmod(0o755)
    (finding,) = check_release(release)
    assert finding.rule == "private"
    assert "chmod" in finding.what


def test_a_side_file_that_lacks_a_row_is_found(release: Path):
    lines = (release / DECISIONS).read_text().splitlines(keepends=True)
    (release / DECISIONS).write_text("".join(lines[:-1]))
    assert rules(release) == {"decisions"}


def test_a_side_file_with_rows_in_another_order_is_found(release: Path):
    lines = (release / DECISIONS).read_text().splitlines(keepends=True)
    (release / DECISIONS).write_text("".join([lines[1], lines[0], *lines[2:]]))
    assert rules(release) == {"decisions"}


def test_a_side_file_that_names_a_dialogue_twice_is_found(release: Path):
    text = (release / DECISIONS).read_text()
    (release / DECISIONS).write_text(text.replace("d00001", "d00002"))
    assert rules(release) == {"repeated"}


def test_a_broken_side_file_is_found(release: Path):
    (release / DECISIONS).write_text("{")
    assert rules(release) == {"decisions"}


@pytest.mark.parametrize("path", [*DATA.values(), CARD, REPORT, DECISIONS], ids=str)
def test_a_missing_file_is_found(release: Path, path: Path | str):
    (only,) = release.glob(str(path))
    only.unlink()
    (finding,) = check_release(release)
    assert (finding.rule, finding.where) == ("files", str(path))


def test_a_foreign_file_is_found(release: Path):
    (release / "data" / "keys.txt").write_text("x")
    (finding,) = check_release(release)
    assert finding.where == str(Path("data", "keys.txt"))


@pytest.mark.parametrize(
    "front",
    [
        "configs:\n- data_files: [{split: train, path: private/decisions.jsonl}]",
        "configs:\n- data_files: [{split: train, path: '**'}]",
        "configs: []",
        "configs: [",
        "configs:\n- data_files: data",
    ],
    ids=["private", "everything", "none", "no yaml", "no list"],
)
def test_a_card_that_lists_other_files_is_found(release: Path, front: str):
    (release / CARD).write_text(f"---\n{front}\n---\n\n# Mine\n")
    assert rules(release) == {"card"}


def test_a_name_is_made_up_in_a_dialogue_and_somebodys_in_a_situation(release: Path):
    change_row(release, set_message(1, "Call me Odalys."))
    assert rules(release) & {"identifier"} == set()
    change_row(release, lambda row: row.update(situation="My name is Odalys and my kite is gone."))
    assert "identifier" in rules(release)


def test_a_second_file_of_a_split_is_foreign(release: Path):
    (release / "data" / f"train-{'f' * 12}.parquet").write_bytes(b"PAR1")
    (finding,) = check_release(release)
    assert (finding.rule, finding.where) == ("files", f"data/train-{'f' * 12}.parquet")


def test_a_card_that_names_the_file_of_an_earlier_build_is_found(release: Path):
    now, before = data_file(release, "train").name, "train-0123456789ab.parquet"
    (release / CARD).write_text((release / CARD).read_text().replace(now, before))
    assert rules(release) == {"card"}


def test_damaged_files_are_findings_and_no_crash(release: Path):
    (release / REPORT).write_text("[]")
    assert rules(release) == {"report"}
    build(release.with_name("other"), release.with_name("run"))
    data_file(release.with_name("other"), "train").write_bytes(b"PAR1")
    assert rules(release.with_name("other")) == {"name", "schema"}


def test_a_directory_that_is_not_there_is_one_finding(tmp_path: Path):
    assert rules(tmp_path / "nowhere") == {"files"}
