"""Whole files: every row is kept or named, nothing planted survives, and the same input gives the same bytes."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from graphs.records import BadFile, read_header, read_rows
from graphs.schema import Persona, Situation
from personas.anonymise import KEY_VARIABLE
from personas.imports import ImportReport, import_personas, import_situations

KEY = "a key for the tests alone"
ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
HOSTILE = runpy.run_path(str(ROOT / "benchmarks" / "import_rows.py"))

FORUM = SHARED / "personality_forum_posts.jsonl.gz"
DIALOGUES = SHARED / "empathetic_dialogues.jsonl.gz"
needs_forum = pytest.mark.skipif(not FORUM.exists(), reason="the real forum posts are not on this machine")
needs_dialogues = pytest.mark.skipif(not DIALOGUES.exists(), reason="EmpatheticDialogues is not on this machine")

ED_HEADER = "conv_id,utterance_idx,context,prompt,speaker_idx,utterance,selfeval,tags"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


def situation(text: str, split: str = "train", emotion: str = "proud") -> dict[str, str]:
    return {"situation": text, "split": split, "emotion": emotion}


def assert_accounted(report: ImportReport) -> None:
    named = [json.loads(line) for line in Path(report.rejected).read_text().splitlines()]
    assert report.read == report.kept + sum(report.dropped.values())
    assert len(named) == sum(report.dropped.values())
    assert all(row["file"] and row["line"] > 0 and row["reason"] for row in named)


def test_user_is_kept_once(tmp_path: Path) -> None:
    rows = [{"user": name, "about": "I bake bread"} for name in ("owl", "cat", "owl")]
    report = import_personas([write(tmp_path / "a.jsonl", *rows)], tmp_path / "out.jsonl")
    assert (report.read, report.kept, report.dropped) == (3, 2, {"user in an earlier row": 1})
    assert report.bad[0].line == 3
    assert len(list(read_rows(tmp_path / "out.jsonl", Persona))) == 2


def test_user_is_one_across_files_and_kinds(tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", {"user": "owl", "about": "I bake bread"})
    second = write(tmp_path / "b.csv", "username,about", "owl,I sing")
    report = import_personas([first, second], tmp_path / "out.jsonl")
    assert (report.kept, report.bad[0].file) == (1, str(second))


def test_situation_text_is_kept_once_and_test_wins(tmp_path: Path) -> None:
    rows = [
        situation("I won the race"),
        situation("i won  the Race"),
        situation("I lost the race"),
        situation("I lost the race", "test"),
    ]
    report = import_situations([write(tmp_path / "a.jsonl", *rows)], tmp_path / "out.jsonl")
    assert report.dropped == {"text in an earlier row": 1, "text stands in the test split": 1}
    assert [(row.text, row.split) for row in read_rows(tmp_path / "out.jsonl", Situation)] == [
        ("I won the race", "train"),
        ("I lost the race", "test"),
    ]


def test_label_unknown_to_the_pack_is_left_out(tmp_path: Path) -> None:
    rows = write(tmp_path / "a.jsonl", situation("I won the race"), situation("I lost the race", emotion="odd"))
    report = import_situations([rows], tmp_path / "out.jsonl", labels=["proud", "sad"])
    assert report.dropped == {"emotion unknown to the pack": 1}


def test_own_files_of_empathetic_dialogues_are_read(tmp_path: Path) -> None:
    train = write(
        tmp_path / "train.csv",
        ED_HEADER,
        'c1,1,proud,I said "go_comma_ run" and won,1,Hi,5|5|5_5|5|5,',
        'c1,2,proud,I said "go_comma_ run" and won,2,Oh" you,5|5|5_5|5|5,',
        'c2,1,sad,"Lost my way home,1,Hi,5|5|5_5|5|5,',
    )
    test = write(
        tmp_path / "test.csv", ED_HEADER, "c3,1,sad,Nobody came to see me,1,Hi,5|5|5_5|5|5,,a candidate|another"
    )
    report = import_situations([train, test], tmp_path / "out.jsonl")
    assert (report.read, report.dropped) == (3, {})
    assert [(row.emotion, row.text, row.split) for row in read_rows(tmp_path / "out.jsonl", Situation)] == [
        ("proud", 'I said "go, run" and won', "train"),
        ("sad", '"Lost my way home', "train"),
        ("sad", "Nobody came to see me", "test"),
    ]


def test_strict_import_leaves_the_old_file_and_names_what_is_wrong(tmp_path: Path) -> None:
    out = write(tmp_path / "out.jsonl", "old")
    report = import_situations([write(tmp_path / "a.jsonl", situation("I won the race"), "no json")], out, strict=True)
    assert (report.written, report.is_clean, out.read_text()) == (False, False, "old\n")
    assert_accounted(report)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "out.jsonl", "out.jsonl.rejected.jsonl"]


def test_strict_import_of_clean_rows_is_written(tmp_path: Path) -> None:
    report = import_situations(
        [write(tmp_path / "a.jsonl", situation("I won" + " it all"))], tmp_path / "o.jsonl", strict=True
    )
    assert report.written
    assert report.is_clean


def test_header_names_the_key_without_showing_it(tmp_path: Path) -> None:
    import_personas([write(tmp_path / "a.jsonl", {"user": "owl", "about": "I bake"})], tmp_path / "out.jsonl")
    assert read_header(tmp_path / "out.jsonl")["kind"] == "personas"
    assert KEY not in (tmp_path / "out.jsonl").read_text()
    assert "owl" not in (tmp_path / "out.jsonl").read_text()


@pytest.mark.parametrize("import_file", [import_personas, import_situations])
@pytest.mark.parametrize("name", ["a.jsonl", "out.jsonl.rejected.jsonl"])
def test_input_is_never_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, import_file: Any, name: str
) -> None:
    source = write(tmp_path / name, {"user": "owl", "about": "I bake"})
    before = source.read_bytes()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadFile, match="is read and would be written over; name another file"):
        import_file([source], Path(name.removesuffix(".rejected.jsonl")) if "rejected" in name else Path(name))
    assert source.read_bytes() == before


def test_names_of_other_users_are_masked_in_every_file(tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", {"user": "owl", "about": "Thanks brindle_7 and MARROWVANE, a bread fan"})
    second = write(tmp_path / "b.jsonl", {"user": "brindle_7", "about": "I sing"}, {"user": "bread", "about": "I am"})
    third = write(tmp_path / "c.jsonl", {"person": "Username: MarrowVane MBTI: INFP About: owl is kind"})
    import_personas([first, second, third], tmp_path / "out.jsonl")
    assert [row.about for row in read_rows(tmp_path / "out.jsonl", Persona)] == [
        "Thanks [name] and [name], a bread fan",
        "I sing",
        "I am",
        "owl is kind",
    ]


@pytest.mark.parametrize("kind", ["persona", "situation"])
def test_two_thousand_hostile_rows_are_all_accounted_for(tmp_path: Path, kind: str) -> None:
    rows = 2_000
    source = tmp_path / "raw.jsonl"
    expected = HOSTILE["write_lines"](source, HOSTILE[f"{kind}_lines"](rows, seed=7))
    import_file = import_personas if kind == "persona" else import_situations
    report = import_file([source], tmp_path / "out.jsonl")
    assert_accounted(report)
    assert HOSTILE["faults"](report, expected, rows) == []


@needs_forum
def test_real_forum_users_become_personas(tmp_path: Path) -> None:
    first = import_personas([FORUM], tmp_path / "one.jsonl")
    again = import_personas([FORUM], tmp_path / "two.jsonl")
    assert_accounted(first)
    assert (first.read, first.kept) == (466, 466)
    assert Path(first.out).read_bytes() == Path(again.out).read_bytes()
    personas = list(read_rows(tmp_path / "one.jsonl", Persona))
    assert all(not (row.about or row.gender or row.occupation) for row in personas)
    assert all(row.activities and row.mbti for row in personas)


@needs_dialogues
def test_real_situations_are_imported(tmp_path: Path) -> None:
    report = import_situations([DIALOGUES], tmp_path / "out.jsonl")
    assert_accounted(report)
    assert report.read == 24_850
    assert set(report.dropped) == {"under three words", "text in an earlier row", "text stands in the test split"}
    kept = list(read_rows(tmp_path / "out.jsonl", Situation))
    assert len({row.id for row in kept}) == len(kept) == report.kept
    assert len({row.emotion for row in kept}) == 32
