"""Deduplication: the most complete row of each person is kept, and every other one is named with the reason."""

import json
from pathlib import Path

import pytest

from graphs.records import BadFile, read_header, read_rows
from graphs.schema import Persona
from personas.dedupe import MIN_WORDS, RULE, completeness, dedupe_file, doubles
from tests.personas.people import someone, write_people


def ids(path: Path) -> list[str]:
    return [persona.id for persona in read_rows(path, Persona)]


def test_the_most_complete_row_is_kept_wherever_it_stands() -> None:
    people = [someone(1, id="bare"), someone(2), someone(1, id="full", occupation="Baker", gender="Female")]
    (double,) = doubles(people)
    assert (double.id, double.row, double.kept, double.kept_row) == ("bare", 1, "full", 3)
    assert (double.reason, double.similarity) == ("near-identical text", 1.0)


def test_of_equals_the_first_is_kept() -> None:
    assert [double.id for double in doubles([someone(1), someone(1, id="copy"), someone(1, id="copy2")])] == [
        "copy",
        "copy2",
    ]


def test_a_template_filled_in_twice_is_one_person() -> None:
    about = "I am {} and " + someone(3).about
    people = [someone(3, id=name, about=about.format(name)) for name in ("ann", "bob")]
    assert [double.id for double in doubles(people)] == ["bob"]


@pytest.mark.parametrize(
    "others",
    [
        pytest.param({"style": "Writes short sentences. Asks many questions.", "about": ""}, id="style and type alone"),
        pytest.param({"about": "I bake bread."}, id="too few words to tell"),
        pytest.param({"about": "", "occupation": "Nurse " * MIN_WORDS}, id="short fields"),
    ],
)
def test_what_many_people_share_makes_no_duplicate(others: dict[str, str]) -> None:
    assert doubles([someone(1, **others), someone(2, **others)]) == []


def test_a_chain_of_small_differences_takes_out_nobody_who_is_unlike_what_is_kept() -> None:
    words = someone(4).about.split() * 2
    steps = [" ".join([f"x{n}" for n in range(3 * step)] + words[3 * step :]) for step in range(8)]
    people = [someone(4, id=f"step{number}", about=text) for number, text in enumerate(steps)]
    left_out = doubles(people, threshold=0.8)
    assert left_out
    assert all(double.similarity >= 0.8 for double in left_out)
    kept = {double.kept_row for double in left_out}
    assert not kept & {double.row for double in left_out}


def test_a_doubled_id_keeps_its_most_complete_row_and_says_how_alike_they_are() -> None:
    (double,) = doubles([someone(1, id="one"), someone(2, id="one", occupation="Baker")])
    assert (double.row, double.reason) == (1, "same id")
    assert double.similarity < 0.2


def test_posts_count_as_much_as_about() -> None:
    posts = {"about": "", "activities": (someone(5).about, someone(6).about)}
    assert len(doubles([someone(1, **posts), someone(2, **posts)])) == 1


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ({}, {"occupation": "Baker"}),
        ({"activities": ("one",)}, {"activities": ("one", "two")}),
        ({"about": "few words"}, {"about": "a few words more"}),
    ],
)
def test_more_is_more_complete(less: dict[str, str], more: dict[str, str]) -> None:
    assert completeness(someone(1, **less)) < completeness(someone(1, **more))


def test_files_keep_their_order_and_name_every_row_left_out(tmp_path: Path) -> None:
    people = [someone(1), someone(2), someone(1, id="copy"), someone(3)]
    source = write_people(tmp_path / "p.jsonl", *people, review={"accepted": 4})
    report = dedupe_file(source, tmp_path / "out.jsonl", threshold=0.7)
    assert (report.read, report.kept, report.dropped, report.groups) == (4, 3, {"near-identical text": 1}, 1)
    assert ids(tmp_path / "out.jsonl") == ["user_0001", "user_0002", "user_0003"]
    header, named = map(json.loads, Path(report.duplicates).read_text().splitlines())
    assert header["header"]["kind"] == "duplicates"
    assert (named["id"], named["kept"], named["reason"]) == ("copy", "user_0001", "near-identical text")
    assert people[0].about not in Path(report.duplicates).read_text()


def test_the_header_records_the_settings_and_what_came_before(tmp_path: Path) -> None:
    source = write_people(tmp_path / "p.jsonl", someone(1), someone(1, id="copy"), review={"accepted": 2})
    dedupe_file(source, tmp_path / "out.jsonl", threshold=0.7)
    header = read_header(tmp_path / "out.jsonl")
    assert header["dedupe"] == {"threshold": 0.7, "rule": RULE, "read": 2, "dropped": 1}
    assert (header["kind"], header["from"], header["pseudonym_key"]) == ("personas", ["p.jsonl"], "0a0b0c0d")
    assert header["review"] == {"accepted": 2}


def test_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    source = write_people(tmp_path / "p.jsonl", *(someone(n // 2, id=f"u{n}") for n in range(30)))
    for name in ("one", "two"):
        dedupe_file(source, tmp_path / f"{name}.jsonl")
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    source = write_people(tmp_path / "p.jsonl", someone(1), someone(1, id="copy"))
    report = dedupe_file(source, tmp_path / "out.jsonl", dry_run=True)
    assert (report.written, report.kept) == (False, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["p.jsonl"]


def test_what_is_read_is_never_written_over(tmp_path: Path) -> None:
    source = write_people(tmp_path / "p.jsonl", someone(1))
    before = source.read_bytes()
    with pytest.raises(BadFile, match="is read and would be written over"):
        dedupe_file(source, source)
    assert source.read_bytes() == before


def test_a_file_of_other_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text('{"header": {"kind": "situations"}}\n')
    with pytest.raises(BadFile, match="holds situations, not personas"):
        dedupe_file(tmp_path / "s.jsonl", tmp_path / "out.jsonl")
