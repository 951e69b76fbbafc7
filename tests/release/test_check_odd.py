"""The check ends with findings, never with a crash, whatever stands in rows, card and folders that other tools wrote."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphs.released import data_file
from release.check import check_release
from release.layout import CARD, ROW_SCHEMA
from tests.release.invented import build, mixed, write_run


@pytest.fixture
def release(tmp_path: Path) -> Path:
    build(tmp_path / "out", write_run(tmp_path / "run", mixed()))
    return tmp_path / "out"


def rewrite(out: Path, table: pa.Table) -> None:
    """Write the train rows anew, as another tool would: under the old name."""
    pq.write_table(table, data_file(out, "train"))


def change_row(out: Path, change: Callable[[dict[str, Any]], object]) -> None:
    rows = pq.read_table(data_file(out, "train")).to_pylist()
    change(rows[0])
    rewrite(out, pa.Table.from_pylist(rows, schema=ROW_SCHEMA))


def said(out: Path, rule: str) -> list[str]:
    return [f"{finding.where}: {finding.what}" for finding in check_release(out) if finding.rule == rule]


@pytest.mark.parametrize("field", ROW_SCHEMA.names)
def test_a_row_that_lacks_a_field_is_named(release: Path, field: str):
    change_row(release, lambda row: row.update({field: None}))
    assert said(release, "schema") == [f"train row 1: empty: {field}"]


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row["messages"].__setitem__(2, None),
        lambda row: row["messages"][2].update(role=None),
        lambda row: row["messages"][2].update(content=None),
    ],
    ids=["message", "role", "content"],
)
def test_a_row_that_lacks_part_of_a_message_is_named(release: Path, change: Callable[[dict[str, Any]], object]):
    change_row(release, change)
    assert said(release, "schema") == ["train row 1: empty: messages[2]"]


def test_a_row_that_lacks_something_still_counts_beside_its_decisions(release: Path):
    change_row(release, lambda row: row.update(person=None))
    assert [what.partition(":")[0] for what in said(release, "decisions")] == ["train row 1"]
    assert said(release, "report") == []


def test_text_that_is_no_text_is_a_finding(release: Path):
    table = pq.read_table(data_file(release, "train"))
    broken = pa.array([b"\xff"] * table.num_rows, pa.binary())
    text = pa.Array.from_buffers(pa.string(), table.num_rows, broken.buffers())
    rewrite(release, table.set_column(0, ROW_SCHEMA.field(0), text))
    (what,) = said(release, "schema")
    assert "cannot be read" in what


def test_a_damaged_page_is_a_finding(release: Path):
    path = data_file(release, "train")
    whole = path.read_bytes()
    path.write_bytes(whole[:20] + bytes(200) + whole[220:])
    (what,) = said(release, "schema")
    assert "cannot be read" in what


def test_content_other_than_the_name_says_is_found(release: Path):
    path = data_file(release, "train")
    assert said(release, "name") == []
    pq.write_table(pq.read_table(path), path, compression="none")
    (finding,) = check_release(release)
    assert (finding.rule, finding.where) == ("name", f"data/{path.name}")


@pytest.mark.parametrize("place", ["extra", "data/extra", "private/extra"])
def test_a_linked_folder_is_no_part_of_a_release(release: Path, tmp_path: Path, place: str):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.txt").write_text("x")
    (release / place).symlink_to(tmp_path / "secret")
    (finding,) = check_release(release)
    assert (finding.rule, finding.where) == ("files", place)


def test_linked_data_are_no_part_of_a_release(release: Path, tmp_path: Path):
    (release / "data").rename(tmp_path / "elsewhere")
    (release / "data").symlink_to(tmp_path / "elsewhere")
    assert "data" in {finding.where for finding in check_release(release)}


def test_a_card_may_list_the_files_of_a_split_as_a_list(release: Path):
    train, test = (data_file(release, split).relative_to(release) for split in ("train", "test"))
    files = f"[{{split: train, path: [{train}]}}, {{split: test, path: {test}}}]"
    (release / CARD).write_text(f"---\nconfigs:\n- data_files: {files}\n---\n")
    assert check_release(release) == []


@pytest.mark.parametrize(
    ("front", "what"),
    [
        ("configs:\n- data_files: [{path: [a.parquet, b.parquet]}]", "lists 'a.parquet' as data"),
        ("configs:\n- data_files: [{path: [[a]]}]", """lists "['a']" as data"""),
        ("configs:\n- data_files: [{path: 3}]", "cannot be read"),
        ("configs:\n- data_files: [{path: null}]", "cannot be read"),
        ("configs:\n- data_files: [null]", "cannot be read"),
        ("configs:\n- data_files: null", "cannot be read"),
        ("configs:\n- null", "cannot be read"),
        ("configs: null", "cannot be read"),
        ("- configs", "cannot be read"),
        ("date: 2026-13-45", "cannot be read"),
        ("? [a]\n: b", "cannot be read"),
        ("[" * 5000, "cannot be read"),
    ],
)
def test_an_odd_card_is_a_finding(release: Path, front: str, what: str):
    (release / CARD).write_text(f"---\n{front}\n---\n")
    found = check_release(release)
    assert {finding.rule for finding in found} == {"card"}
    assert what in found[0].what
