"""Files of records: whole or not at all, and every bad line named."""

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.records import BadFile, read_header, read_rows, replacing, row_bytes, write_rows
from graphs.schema import SCHEMA_VERSION, Attempt, Decision, Mark, Pairing, Persona, Situation

GOOD = b'{"emotion":"sad","id":"s1","text":"x"}'
HEADER = b'{"header":{"kind":"situations","schema_version":1}}'

ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,20}", fullmatch=True)
personas = st.builds(
    Persona, id=ids, mbti=st.sampled_from(["", "INFP"]), about=st.text(), style=st.text(),
    gender=st.text(max_size=5), activities=st.lists(st.text(max_size=20), max_size=3).map(tuple),
    sources=st.dictionaries(st.sampled_from(["about", "style"]), st.sampled_from(["stated", "inferred"])),
)  # fmt: skip
situations = st.builds(Situation, id=ids, emotion=st.just("sad"), text=st.text().map(lambda text: f"a{text}"))
pairings = st.builds(Pairing, id=ids, persona=personas, situation=situations, split=st.sampled_from(["train", "test"]))


def situation(number: int) -> Situation:
    return Situation(id=f"s{number}", emotion="sad", text="x")


def left_behind(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@given(st.lists(pairings, max_size=4))
def test_rows_read_back_as_they_were_written(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "round.jsonl"
    assert write_rows(path, {"kind": "pairings", "seed": 7}, rows) == len(rows)
    assert list(read_rows(path, Pairing)) == rows
    assert read_header(path) == {"kind": "pairings", "seed": 7, "schema_version": SCHEMA_VERSION}
    assert path.read_bytes().count(b"\n") == len(rows) + 1


@given(st.text(), st.text())
def test_attempt_reads_back_with_its_marks(reply, reason):
    attempt = Attempt(reply=reply, decision=Decision.FAIL, marks={"a": Mark(evidence=reason, reason=reason, score=3)})
    assert Attempt.model_validate_json(row_bytes(attempt)) == attempt


def test_row_is_one_line_without_defaults():
    row = row_bytes(Situation(id="s1", emotion="sad", text="é\n"))
    assert json.loads(row) == {"id": "s1", "emotion": "sad", "text": "é"}
    assert len(row) == len('{"id":"s1","emotion":"sad","text":"é"}'.encode())


def test_same_rows_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_rows(tmp_path / name, {"kind": "x"}, map(situation, range(5)))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_rows_are_streamed_in(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_bytes(HEADER + b"\n" + GOOD + b"\n" + b"garbage\n")
    rows = read_rows(path, Situation)
    assert next(rows) == situation(1)
    with pytest.raises(BadFile):
        next(rows)


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "f.jsonl"
    write_rows(path, {"kind": "x"}, [situation(1)])
    before = path.read_bytes()

    def rows():
        yield situation(2)
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_rows(path, {"kind": "x"}, rows())
    assert path.read_bytes() == before
    assert left_behind(tmp_path) == ["f.jsonl"]


def test_failed_first_write_leaves_no_file(tmp_path):
    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "deep" / "f.jsonl") as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert left_behind(tmp_path / "deep") == []


def test_readers_see_the_old_file_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"old")
    with replacing(path, mode=0o600) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("why", "content", "rows"),
    [
        ("no header", GOOD + b"\n", 1),
        ("header and rows", HEADER + b"\n" + GOOD + b"\n" + GOOD + b"\n", 2),
        ("no newline at the end", HEADER + b"\n" + GOOD, 1),
        ("blank lines between", HEADER + b"\n\n" + GOOD + b"\n  \n" + GOOD + b"\n\n", 2),
        ("line ends of windows", HEADER + b"\r\n" + GOOD + b"\r\n", 1),
        ("byte order mark", b"\xef\xbb\xbf" + GOOD + b"\n", 1),
        ("header alone", HEADER + b"\n", 0),
        ("header without a version", b'{"header":{"kind":"x"}}\n' + GOOD, 1),
        ("header that is none", b'{"header":null}\n' + GOOD, 1),
        ("nothing", b"", 0),
        ("escapes", b'{"emotion":"sad","id":"s1","text":"\\u0078"}', 1),
    ],
)
def test_file_is_read(tmp_path, why, content, rows):
    path = tmp_path / "f.jsonl"
    path.write_bytes(content)
    assert list(read_rows(path, Situation)) == [situation(1)] * rows, why


@pytest.mark.parametrize(
    ("why", "line", "said"),
    [
        ("not JSON", b"{id: s1}", "not JSON"),
        ("cut", GOOD[:-4], "not JSON"),
        ("two objects on a line", GOOD + GOOD, "not JSON"),
        ("a list", b"[" + GOOD + b"]", "list instead of an object"),
        ("a number", b"7", "int instead of an object"),
        ("nothing in it", b"null", "NoneType instead of an object"),
        ("not UTF-8", b'{"id": "\xff"}', "not JSON"),
        ("binary", bytes(range(14, 64)), "not JSON"),
        ("brackets without end", b"[" * 100_000, "not JSON"),
        ("a number without end", b'{"id": ' + b"9" * 5000 + b"}", "not JSON"),
        ("unknown field", GOOD[:-1] + b',"mood":1}', "mood"),
        ("missing field", b'{"id":"s1","emotion":"sad"}', "text"),
        ("wrong type", b'{"id":1,"emotion":"sad","text":"x"}', "id"),
        ("a second header, as of two files joined", HEADER, "id"),
    ],
)
def test_bad_line_is_named_with_file_and_line(tmp_path, why, line, said):
    path = tmp_path / "f.jsonl"
    path.write_bytes(HEADER + b"\n\n" + GOOD + b"\n" + line + b"\n" + GOOD + b"\n")
    with pytest.raises(BadFile) as raised:
        list(read_rows(path, Situation))
    assert str(raised.value).startswith(f"{path}:4: "), why
    assert said in str(raised.value)


@pytest.mark.parametrize("content", [b"\x00\x01\n", b"[1]\n", b"SQLite format 3\0"])
def test_first_line_that_is_no_object_is_named(tmp_path, content):
    path = tmp_path / "f.jsonl"
    path.write_bytes(content)
    for read in (read_header, lambda p: list(read_rows(p, Situation))):
        with pytest.raises(BadFile, match=r"f\.jsonl:1: "):
            read(path)


def test_file_of_a_newer_version_is_refused(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_bytes(json.dumps({"header": {"schema_version": SCHEMA_VERSION + 1}}).encode() + b"\n" + GOOD)
    with pytest.raises(BadFile, match="newer"):
        read_header(path)
    with pytest.raises(BadFile, match="newer"):
        list(read_rows(path, Situation))


@pytest.mark.parametrize("version", ['"9"', "null", "[1]", "{}"])
def test_version_that_is_no_number_is_refused(tmp_path, version):
    path = tmp_path / "f.jsonl"
    path.write_text(f'{{"header": {{"schema_version": {version}}}}}\n')
    with pytest.raises(BadFile):
        read_header(path)


def test_missing_file_and_folder_are_named(tmp_path):
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(BadFile, match=path.name):
            list(read_rows(path, Situation))
