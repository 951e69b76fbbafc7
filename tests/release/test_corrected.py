"""A release with people's corrections (paper §3.2)."""

from pathlib import Path

import pytest

from graphs.corrections import CorrectedTurn, Judgement, WrongCorrection, reply_sha256
from graphs.records import write_rows
from graphs.released import ReleaseError, read_decisions, read_report, read_split
from graphs.schema import Trajectory
from release.check import check_release
from release.corrected import read_corrections
from tests.release.invented import HEADER, build, files_of, mixed, reply, trajectory, turn, write_run


def correction(
    dialogue: Trajectory, number: int, verdict: str, text: str = "", emotion: str = "afraid"
) -> CorrectedTurn:
    played = dialogue.turns[number - 1].reply
    written = reply(response=text, emotion=emotion) if verdict == "corrected" else played
    history = (Judgement(who="ann-1", round=1, verdict=verdict, reply=written),)
    return CorrectedTurn(
        trajectory=dialogue.id, turn=number, original_sha256=reply_sha256(played), verdict=verdict, reply=written,
        by="one", history=history,
    )  # fmt: skip


def corrected(path: Path, *rows: CorrectedTurn, **header: object) -> Path:
    whole = {"kind": "corrected_turns", "pack_hash": HEADER["pack_hash"], "open": 0, **header}
    write_rows(path, whole, rows)
    return path


def built(tmp_path: Path, rows: list[Trajectory], *corrections: CorrectedTurn) -> Path:
    file = corrected(tmp_path / "corrected_turns.jsonl", *corrections)
    said = read_corrections([file], HEADER["pack_hash"])
    build(tmp_path / "out", write_run(tmp_path / "run", rows), corrections=said)
    return tmp_path / "out"


def test_a_corrected_reply_is_released_and_its_label_is_that_turns_gold_alone(tmp_path):
    rows = mixed(test=1)
    out = built(tmp_path, rows, correction(rows[-1], 1, "corrected", "Which kite was it?"))
    (row,) = read_split(out, "test")
    assert "Which kite was it?" in row["messages"][2]["content"]
    assert row["messages"][3]["content"] == rows[-1].turns[1].utterance
    assert row["emotion"] == "sad"
    side = next(one for one in read_decisions(out) if one.split == "test")
    assert side.gold_emotions == ("afraid", "sad")
    assert side.verdicts == ("corrected", None)
    assert side.after_correction == (False, True)
    assert check_release(out) == []
    assert read_report(out).corrections == {"corrected": 1}
    said = "Annotators looked at 1 turns of the test split: 1 corrected. Settled: 1 by one annotator alone."
    assert said in (out / "README.md").read_text()


def test_a_card_says_how_many_turns_a_model_settled_and_nothing_where_nobody_looked(tmp_path):
    rows = mixed(test=1)
    by_model = correction(rows[-1], 1, "correct").model_copy(update={"by": "model"})
    out = built(tmp_path / "a", rows, by_model, correction(rows[-1], 2, "drop"))
    assert "Settled: 1 by a supervising model, 1 by one annotator alone." in (out / "README.md").read_text()
    assert "Annotators looked" not in (built(tmp_path / "b", rows) / "README.md").read_text()


def test_a_dropped_turn_stays_as_history_and_a_dropped_first_turn_takes_the_dialogue_along(tmp_path):
    rows = mixed(test=2)
    out = built(tmp_path, rows, correction(rows[-1], 2, "drop"), correction(rows[-2], 1, "drop"))
    (row,) = read_split(out, "test")
    assert len(row["messages"]) == 5
    assert next(one for one in read_decisions(out) if one.split == "test").verdicts == (None, "drop")
    assert read_report(out).left_out == {"annotators: its first turn is dropped": 1}


def test_a_malformed_reply_that_was_corrected_is_released(tmp_path):
    broken = trajectory(7, split="test", turns=[turn("x", "no spans at all", decisions="FAIL")])
    rows = [*mixed(test=0), broken]
    out = built(tmp_path, rows, correction(broken, 1, "corrected", "Mended."))
    assert [row["anon_username"] for row in read_split(out, "test")] == [broken.persona.id]


def test_without_corrections_nothing_of_them_stands_in_a_release(tmp_path):
    rows = mixed()
    build(tmp_path / "plain", write_run(tmp_path / "run", rows))
    assert all(not one.verdicts and not one.after_correction for one in read_decisions(tmp_path / "plain"))
    assert not any(b"after_correction" in data for data in files_of(tmp_path / "plain").values())


def test_corrections_of_dialogues_that_no_run_holds_are_refused(tmp_path):
    rows = mixed()
    with pytest.raises(ReleaseError, match="in none of these runs"):
        built(tmp_path, rows, correction(trajectory(999, split="test"), 1, "drop"))


def test_a_correction_of_another_reply_is_refused_and_nothing_is_built(tmp_path):
    rows = mixed(test=1)
    other = correction(rows[-1], 1, "drop").model_copy(update={"original_sha256": "0" * 64})
    with pytest.raises(WrongCorrection, match="another reply"):
        built(tmp_path, rows, other)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"open": 3}, "3 turns are not settled"),
        ({"pack_hash": "cd" * 32}, "another pack"),
        ({"kind": "x"}, "no corrections"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path, header, message):
    file = corrected(tmp_path / "corrected_turns.jsonl", **header)
    with pytest.raises(ReleaseError, match=message):
        read_corrections([file], HEADER["pack_hash"])


def test_open_turns_may_be_let_stand(tmp_path):
    file = corrected(tmp_path / "corrected_turns.jsonl", open=3)
    assert read_corrections([file], HEADER["pack_hash"], open_stand=True).counts() == {}
