"""The log of verdicts: nothing that was said is lost, by a crash, by a second reviewer or by an undo."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from graphs.records import BadFile, read_header
from graphs.schema import Persona
from personas.decisions import BadDecision, Verdict, decide, last_of, read_decisions, row_digest, standings
from tests.graphs.runs import ROOT
from tests.personas.people import someone, write_people

ANN, BOB = "Ann", "Bob"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "p.jsonl.decisions.jsonl"


def stands(log: Path, *people: Persona) -> list[str]:
    return [standing.stands for standing in standings(people, read_decisions(log))]


def lines(log: Path) -> int:
    return len(log.read_text().splitlines())


def test_a_verdict_says_who_what_when_and_why(log: Path) -> None:
    verdict = decide(log, someone(1), "reject", f"  {ANN} ", "a name\nstands")
    assert verdict is not None
    assert (verdict.reviewer, verdict.reason, verdict.persona) == (ANN.strip(), "a name stands", "user_0001")
    assert verdict.at.endswith("+00:00")
    assert read_decisions(log).verdicts == (verdict,)
    assert read_header(log)["kind"] == "persona decisions"


@pytest.mark.parametrize(
    ("said", "stand"),
    [
        ([], "undecided"),
        ([(ANN, "accept")], "accepted"),
        ([(ANN, "reject")], "rejected"),
        ([(ANN, "reject"), (ANN, "accept")], "accepted"),
        ([(ANN, "accept"), (ANN, "undo")], "undecided"),
        ([(ANN, "accept"), (BOB, "accept")], "accepted"),
        ([(ANN, "accept"), (BOB, "reject")], "disputed"),
        ([(ANN, "accept"), (BOB, "reject"), (ANN, "undo")], "rejected"),
        ([(ANN, "accept"), (BOB, "undo")], "accepted"),
        ([(ANN, "accept"), (ANN, "undo"), (ANN, "reject")], "rejected"),
    ],
)
def test_the_last_word_of_each_reviewer_stands(log: Path, said: list[tuple[str, str]], stand: str) -> None:
    for reviewer, word in said:
        decide(log, someone(1), word, reviewer, "why")
    assert stands(log, someone(1), someone(2)) == [stand, "undecided"]


def test_the_same_word_twice_is_written_once(log: Path) -> None:
    assert decide(log, someone(1), "accept", ANN)
    before = log.read_bytes()
    assert decide(log, someone(1), "accept", ANN) is None
    assert decide(log, someone(2), "undo", ANN) is None
    assert log.read_bytes() == before
    assert decide(log, someone(1), "accept", ANN, "now with a reason")


def test_an_undo_is_a_line_and_takes_nothing_away(log: Path) -> None:
    decide(log, someone(1), "accept", ANN)
    decide(log, someone(1), "undo", ANN)
    assert [verdict.verdict for verdict in read_decisions(log).verdicts] == ["accept", "undo"]


def test_undo_means_the_reviewers_own_last_verdict(log: Path) -> None:
    for number, reviewer in ((1, ANN), (2, ANN), (3, BOB)):
        decide(log, someone(number), "accept", reviewer)
    last = last_of(read_decisions(log), ANN)
    assert last is not None
    assert last.persona == "user_0002"
    decide(log, someone(2), "undo", ANN)
    again = last_of(read_decisions(log), ANN)
    assert again is not None
    assert again.persona == "user_0001"
    assert last_of(read_decisions(log), "Cat") is None


def test_a_verdict_holds_for_the_words_it_was_given_on(log: Path) -> None:
    decide(log, someone(1), "accept", ANN)
    (standing,) = standings([someone(1, occupation="Baker")], read_decisions(log))
    assert (standing.stands, standing.changed) == ("undecided", True)
    assert row_digest(someone(1)) != row_digest(someone(1, occupation="Baker"))


@pytest.mark.parametrize("keep", range(0, 40, 3))
def test_a_torn_last_line_loses_itself_alone(log: Path, keep: int) -> None:
    decide(log, someone(1), "accept", ANN)
    whole = log.read_bytes()
    decide(log, someone(2), "accept", ANN)
    torn = log.read_bytes()[: len(whole) + keep]
    log.write_bytes(torn)
    assert stands(log, someone(1), someone(2)) == ["accepted", "undecided"]
    assert read_decisions(log).damaged == bool(keep)
    decide(log, someone(2), "reject", BOB, "why")
    decide(log, someone(3), "accept", BOB)
    assert stands(log, someone(1), someone(2), someone(3)) == ["accepted", "rejected", "accepted"]
    assert log.read_bytes().startswith(torn)


@pytest.mark.parametrize("keep", [0, 1, 8, 15, 30])
def test_a_log_whose_first_line_was_torn_goes_on(log: Path, keep: int) -> None:
    decide(log, someone(1), "accept", ANN)
    log.write_bytes(log.read_bytes()[:keep])
    decide(log, someone(2), "accept", ANN)
    assert stands(log, someone(1), someone(2)) == ["undecided", "accepted"]


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe broken",
        b"[1]",
        b"{}",
        b'{"persona": 1}',
        b"[" * 100_000,
        b"null",
        b'{"persona":"p","row":"x","verdict":"burn"}',
    ],
    ids=range(7),
)
def test_rubbish_between_verdicts_is_counted_and_read_past(log: Path, line: bytes) -> None:
    decide(log, someone(1), "accept", ANN)
    log.write_bytes(log.read_bytes() + line + b"\n")
    decide(log, someone(2), "accept", ANN)
    assert stands(log, someone(1), someone(2)) == ["accepted", "accepted"]
    assert read_decisions(log).damaged == 1


WRITER = """
import sys
from pathlib import Path
from graphs.records import read_rows
from graphs.schema import Persona
from personas.decisions import decide
for persona in read_rows(Path(sys.argv[1]), Persona):
    decide(Path(sys.argv[2]), persona, sys.argv[4], sys.argv[3], "why")
"""


def test_two_reviewers_at_once_lose_nothing_of_each_other(tmp_path: Path, log: Path) -> None:
    people = [someone(number) for number in range(60)]
    source = write_people(tmp_path / "p.jsonl", *people)
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(source), str(log), name, word], cwd=ROOT)
        for name, word in ((ANN, "accept"), (BOB, "accept"), ("Cat", "reject"))
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    said = read_decisions(log)
    assert (len(said.verdicts), said.damaged, lines(log)) == (180, 0, 181)
    assert set(stands(log, *people)) == {"disputed"}


@pytest.mark.parametrize(
    ("word", "reviewer", "reason", "match"),
    [
        ("accept", "  ", "", "name of who gives it"),
        ("reject", ANN, " ", "a rejection needs its reason"),
        ("accept", "A" * 65, "", "reviewer"),
        ("accept", ANN, "x" * 501, "reason"),
    ],
)
def test_a_verdict_that_lacks_something_is_refused_and_not_kept(
    log: Path, word: str, reviewer: str, reason: str, match: str
) -> None:
    with pytest.raises(BadDecision, match=match):
        decide(log, someone(1), word, reviewer, reason)
    assert not log.exists()


def test_hostile_words_are_kept_as_one_line_of_text(log: Path) -> None:
    reason = '=cmd|"x"\n{"header": {}}\u2028<script>alert(1)</script>'
    decide(log, someone(1), "reject", '{"header"', reason)
    (verdict,) = read_decisions(log).verdicts
    assert verdict.reason == '=cmd|"x" {"header": {}} <script>alert(1)</script>'
    assert lines(log) == 2
    assert Verdict.model_validate(json.loads(log.read_text().splitlines()[1])) == verdict


def test_a_log_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="the verdict was not kept"):
        decide(tmp_path, someone(1), "accept", ANN)
    with pytest.raises(BadFile, match="name a file that can be read"):
        read_decisions(tmp_path)
