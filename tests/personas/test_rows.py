"""Every kind of file gives the same rows; a row that cannot be read is named and the next one is read."""

import gzip
import json
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from graphs.records import BadFile
from personas import rows
from personas.rows import BadRow, RawRow, read_raw_rows, split_in_name

KEYS = frozenset(("name", "words"))
GOOD = {"name": "owl", "words": "some words"}


def read(path: Path, content: bytes) -> list[RawRow | BadRow]:
    path.write_bytes(content)
    return list(read_raw_rows(path, KEYS))


@pytest.mark.parametrize(
    "name", ["a.jsonl", "a.ndjson", "a.json", "a.csv", "a.jsonl.gz", "a.json.gz", "a.csv.gz", "A.JSONL"]
)
def test_every_kind_of_file_gives_the_row(tmp_path: Path, name: str) -> None:
    text = "name,words,more\nowl,some words,1\n" if "csv" in name else json.dumps({**GOOD, "more": 1}) + "\n"
    content = gzip.compress(text.encode()) if name.endswith(".gz") else text.encode()
    [row] = read(tmp_path / name, content)
    assert isinstance(row, RawRow)
    assert row.fields == GOOD


def test_parquet_gives_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pyarrow.table({"name": ["owl", None], "words": ["some words", "x"], "more": [1, 2]})
    parquet.write_table(table, path)
    assert [row.fields for row in read_raw_rows(path, KEYS) if isinstance(row, RawRow)] == [GOOD, {"words": "x"}]


def test_parquet_text_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    offsets, text = pyarrow.py_buffer(b"\0\0\0\0\3\0\0\0\5\0\0\0"), pyarrow.py_buffer(b"owl\xff\xfe")
    names = pyarrow.StringArray.from_buffers(2, offsets, text)
    parquet.write_table(pyarrow.table({"name": names}), path)
    good, bad = read_raw_rows(path, KEYS)
    assert isinstance(good, RawRow)
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.reason) == (2, "not Unicode")


@pytest.mark.parametrize(
    "content",
    [
        b'[{"name": "owl", "words": "some words"}]',
        b'{\n  "name": "owl",\n  "words": "some words"\n}',
        b'\xef\xbb\xbf{"name": "owl", "words": "some words"}\n',
    ],
    ids=["array", "one document", "byte order mark"],
)
def test_json_document_gives_its_rows(tmp_path: Path, content: bytes) -> None:
    [row] = read(tmp_path / "a.json", content)
    assert isinstance(row, RawRow)
    assert row.fields == GOOD


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"name": "\xff\xfe"}', "not Unicode"),
        (b'{"name": "\\ud83d"}', "not Unicode"),
        (b'{"words": ["a", "\\udc00"]}', "not Unicode"),
        (b'{"name": ', "not JSON"),
        (b'{"name": "a\x00b"}', "not JSON"),
        (b'{"name": "a\\u0000b"}', "NUL character"),
        (b"[" * 100_000, "not JSON"),
        (b'{"name": ' + b"9" * 9_999 + b"}", "not JSON"),
        (b'{"name": NaN}', "not a number"),
        (b'{"name": 1e999}', "not a number"),
        (b'["owl"]', "not an object"),
        (b"null", "not an object"),
        (b'{"name": "' + b"a" * 1_000_000 + b'"}', "field too long"),
        (b'{"words": ["' + b"a" * 1_000_000 + b'"]}', "field too long"),
    ],
)
def test_bad_line_is_named_and_the_next_is_read(tmp_path: Path, line: bytes, reason: str) -> None:
    path = tmp_path / "a.jsonl"
    found = read(path, b"\n" + line + b"\n" + json.dumps(GOOD).encode() + b"\n")
    bad, good = found
    assert isinstance(bad, BadRow)
    assert (bad.file, bad.line, bad.reason) == (str(path), 2, reason)
    assert good == RawRow(str(path), 3, GOOD)


def test_bad_row_says_nothing_of_the_content(tmp_path: Path) -> None:
    [bad] = read(tmp_path / "a.jsonl", b'{"name": "secret owl" "words"}\n')
    assert "secret" not in bad.model_dump_json() if isinstance(bad, BadRow) else False


def test_fault_in_a_field_that_nobody_wants_costs_nothing(tmp_path: Path) -> None:
    [row] = read(tmp_path / "a.jsonl", b'{"name": "owl", "words": "some words", "other": "\\u0000"}')
    assert isinstance(row, RawRow)
    assert row.fields == GOOD


def test_line_that_is_too_long_is_skipped_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_LINE_BYTES", 100)
    for name in ("a.jsonl", "a.csv"):
        head = b"name,words\n" if name == "a.csv" else b"\n"
        good = b"owl,some words\n" if name == "a.csv" else json.dumps(GOOD).encode() + b"\n"
        bad, row = read(tmp_path / name, head + b"x" * 1_050 + b"\n" + good)
        assert isinstance(bad, BadRow)
        assert (bad.line, bad.reason) == (2, "line too long")
        assert isinstance(row, RawRow)
        assert row.line == 3


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.json.gz", "a.csv.gz"])
@pytest.mark.parametrize("fault", ["cut off", "no gzip"])
def test_damaged_gzip_is_an_error_that_names_it(tmp_path: Path, name: str, fault: str) -> None:
    lines = b"".join(json.dumps({"name": f"owl {number}"}).encode() + b"\n" for number in range(2_000))
    with pytest.raises(BadFile, match=rf"{name}: cannot be read beyond line.*download it again"):
        read(tmp_path / name, gzip.compress(lines)[:-200] if fault == "cut off" else lines)


def test_directory_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").mkdir()
    with pytest.raises(BadFile, match=r"a\.jsonl: is a directory; name the files in it"):
        list(read_raw_rows(tmp_path / "a.jsonl", KEYS))


def test_header_of_our_own_files_is_no_row(tmp_path: Path) -> None:
    header = b'{"header": {"kind": "personas"}}\n'
    first, second = read(tmp_path / "a.jsonl", header + json.dumps(GOOD).encode() + b"\n" + header)
    assert first == RawRow(str(tmp_path / "a.jsonl"), 2, GOOD)
    assert second.line == 3


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"owl", "not CSV"),
        (b"owl,some,words", "not CSV"),
        (b"owl," + b"w" * 200_000, "not CSV"),
        (b"owl,\xff\xfe", "not Unicode"),
        (b"owl,a\x00b", "NUL character"),
        (b"owl," + b"w" * 120_000, "field too long"),
    ],
)
def test_bad_csv_row_is_named_and_the_next_is_read(tmp_path: Path, line: bytes, reason: str) -> None:
    bad, good = read(tmp_path / "a.csv", b"name,words\n" + line + b"\nowl,some words\n")
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.reason) == (2, reason)
    assert isinstance(good, RawRow)
    assert (good.line, good.fields) == (3, GOOD)


def test_csv_cell_may_hold_lines_and_commas(tmp_path: Path) -> None:
    first, second = read(tmp_path / "a.csv", b'name,words\nowl,"some\nwords, ""more"""\nowl,x\n')
    assert isinstance(first, RawRow)
    assert isinstance(second, RawRow)
    assert first.fields["words"] == 'some\nwords, "more"'
    assert second.line == 4


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.csv", "train"),
        ("x_valid.jsonl.gz", "valid"),
        ("test-00000-of-00001.parquet", "test"),
        ("latest.csv", None),
    ],
)
def test_split_is_read_from_the_file_name(name: str, split: str | None) -> None:
    assert split_in_name(f"/some/train/{name}") == split


@pytest.mark.parametrize("name", ["absent.jsonl", "notes.txt", "broken.parquet"])
def test_file_that_cannot_be_imported_is_an_error(tmp_path: Path, name: str) -> None:
    if name != "absent.jsonl":
        (tmp_path / name).write_text("x")
    with pytest.raises(BadFile, match=name):
        list(read_raw_rows(tmp_path / name, KEYS))
