"""The review queue and what comes of it: the most pressing first; only what was accepted goes on."""

from pathlib import Path
from typing import Any

import pytest

from graphs.records import BadFile, read_header, read_rows
from graphs.schema import Persona
from personas.decisions import decide, read_decisions
from personas.review import Undecided, apply, cases, chosen, counts, decisions_file, examine, file_digest, looked_at
from tests.personas.people import someone, write_people

PEOPLE = (
    someone(1),
    someone(2, signature="I was diagnosed with bipolar disorder"),
    someone(3, signature="I'm 15 and my therapist knows"),
    someone(4, signature="I'm 16. Mail zebra@example.org"),
    someone(1, id="copy"),
    someone(5),
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_people(tmp_path / "p.jsonl", *PEOPLE)


def queue(source: Path) -> list[Any]:
    return cases(list(PEOPLE), examine(source), read_decisions(decisions_file(source)))


def ids(path: Path) -> list[str]:
    return [persona.id for persona in read_rows(path, Persona)]


def say(source: Path, persona: Persona, word: Any, reviewer: str = "Ann") -> None:
    decide(decisions_file(source), persona, word, reviewer, "why")


def test_the_most_pressing_come_first_and_of_equals_those_with_more_to_look_at(source: Path) -> None:
    assert [case.row for case in queue(source)] == [2, 3, 1, 0, 4, 5]
    assert [case.row for case in queue(source) if not case.flags] == [5]


def test_the_queue_is_chosen_by_reason_and_by_standing(source: Path) -> None:
    say(source, PEOPLE[2], "accept")
    rows = queue(source)
    assert [case.row for case in chosen(rows, ["sensitive"])] == [2, 1]
    assert [case.row for case in chosen(rows, ["sensitive"], ["undecided"])] == [1]
    assert [case.row for case in chosen(rows, unflagged=True)] == [5]
    assert [case.row for case in chosen(rows, ["minor"], unflagged=True)] == [2, 3, 5]
    assert chosen(rows) == rows
    assert counts(rows) == {"minor": 2, "identifier": 1, "sensitive": 2, "duplicate": 2}
    assert looked_at(rows) == 1


def test_findings_hold_no_word_of_the_persons(source: Path) -> None:
    written = examine(source).model_dump_json()
    assert "zebra" not in written
    assert not any(word in written for word in PEOPLE[5].about.split() if len(word) > 5)


def test_findings_are_of_the_files_bytes(source: Path) -> None:
    before = file_digest(source)
    assert examine(source).file == before
    write_people(source, *PEOPLE[:3])
    assert file_digest(source) != before


@pytest.mark.parametrize(
    ("undecided", "kept"),
    [
        ("out", ["user_0001"]),
        ("unflagged", ["user_0001", "user_0005"]),
        ("in", ["user_0001", "user_0002", "user_0005"]),
    ],
)
def test_what_was_accepted_goes_on_and_the_undecided_as_told(
    source: Path, tmp_path: Path, undecided: Undecided, kept: list[str]
) -> None:
    say(source, PEOPLE[0], "accept")
    say(source, PEOPLE[2], "reject")
    say(source, PEOPLE[4], "reject")
    say(source, PEOPLE[3], "accept")
    say(source, PEOPLE[3], "reject", "Bob")
    report = apply(source, tmp_path / "out.jsonl", undecided=undecided)
    assert ids(tmp_path / "out.jsonl") == kept
    assert (report.read, report.kept) == (6, len(kept))
    assert (report.accepted, report.rejected, report.disputed, report.undecided) == (1, 2, 1, 2)
    header = read_header(tmp_path / "out.jsonl")
    assert header["review"]["undecided_rows"] == undecided
    assert (header["kind"], header["from"], header["pseudonym_key"]) == ("personas", ["p.jsonl"], "0a0b0c0d")


def test_a_row_that_changed_since_it_was_accepted_is_undecided_again(source: Path, tmp_path: Path) -> None:
    say(source, PEOPLE[0], "accept")
    say(source, PEOPLE[5], "accept")
    write_people(source, someone(1, occupation="Baker"), *PEOPLE[1:])
    report = apply(source, tmp_path / "out.jsonl")
    assert (report.accepted, report.changed, report.undecided) == (1, 1, 5)
    assert ids(tmp_path / "out.jsonl") == ["user_0005"]


def test_nothing_decided_writes_an_empty_file_with_its_header(source: Path, tmp_path: Path) -> None:
    assert apply(source, tmp_path / "out.jsonl").kept == 0
    assert ids(tmp_path / "out.jsonl") == []


def test_torn_decisions_are_counted_in_the_report(source: Path, tmp_path: Path) -> None:
    say(source, PEOPLE[0], "accept")
    log = decisions_file(source)
    log.write_bytes(log.read_bytes() + b'{"persona": "user_0')
    assert apply(source, tmp_path / "out.jsonl").damaged == 1


def test_neither_the_personas_nor_the_decisions_are_written_over(source: Path) -> None:
    say(source, PEOPLE[0], "accept")
    for path in (source, decisions_file(source)):
        before = path.read_bytes()
        with pytest.raises(BadFile, match="is read and would be written over"):
            apply(source, path)
        assert path.read_bytes() == before


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="name an existing file"):
        examine(tmp_path / "none.jsonl")
