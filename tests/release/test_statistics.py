"""Table 3, counted by hand on small releases and set beside the paper's."""

from pathlib import Path

import pytest

from graphs.released import ReleaseError, data_file
from graphs.spans import Spans, render_spans
from release.statistics import COLUMN_TITLES, PAPER, printed_rows, table3
from tests.release.invented import build, persona, trajectory, turn, write_run

FOUR = render_spans(Spans("one", "one two", "sad", "one two three"))
SIX = render_spans(Spans("one two three", "one two three four", "sad", "one"))


@pytest.fixture
def release(tmp_path: Path) -> Path:
    rows = [
        trajectory(1, who=persona(1), turns=[turn("one two", FOUR)] * 8),
        trajectory(2, who=persona(1), turns=[turn("one two three four", SIX)] * 2, emotion="proud"),
        trajectory(3, split="test", who=persona(9, mbti=""), turns=[turn("one", FOUR)] * 10),
    ]
    build(tmp_path / "out", write_run(tmp_path / "run", rows))
    return tmp_path / "out"


def test_table_3_counts_dialogues_turns_words_labels_and_personas(release: Path):
    table = table3(release)
    assert (table.train.dialogues, table.test.dialogues, table.all.dialogues) == (2, 1, 3)
    assert (table.train.utterances, table.test.utterances, table.all.utterances) == (10, 10, 20)
    assert table.train.turns == 5
    assert table.train.query_words == pytest.approx((8 * 2 + 2 * 4) / 10)
    assert table.train.understanding_words == pytest.approx((8 * 1 + 2 * 3) / 10)
    assert table.train.reasoning_words == pytest.approx((8 * 2 + 2 * 4) / 10)
    assert table.train.response_words == pytest.approx((8 * 3 + 2 * 1) / 10)
    assert table.all.query_words == pytest.approx((8 * 2 + 2 * 4 + 10) / 20)
    assert (table.train.emotion_labels, table.all.emotion_labels) == (2, 2)
    assert (table.train.user_profiles, table.test.user_profiles, table.all.user_profiles) == (1, 1, 2)


def test_figure_4_counts_turns_emotions_and_types(release: Path):
    table = table3(release).all
    assert table.turn_counts == {2: 1, 8: 1, 10: 1}
    assert table.share_8_to_10_turns == pytest.approx(2 / 3)
    assert table.emotions == {"sad": 2, "proud": 1}
    assert table.mbti == {"INFP": 2, "unknown": 1}
    assert table.mbti_emotions == {"INFP": {"proud": 1, "sad": 1}, "unknown": {"sad": 1}}


def test_the_papers_own_numbers_agree_with_each_other():
    for column in (PAPER.train, PAPER.test, PAPER.all):
        assert column.utterances / column.dialogues == pytest.approx(column.turns, abs=0.005)
    assert PAPER.train.dialogues + PAPER.test.dialogues == PAPER.all.dialogues
    assert PAPER.train.user_profiles + PAPER.test.user_profiles == PAPER.all.user_profiles


def test_printed_rows_stand_beside_the_papers(release: Path):
    rows = printed_rows(table3(release))
    assert {len(row) for row in rows} == {len(COLUMN_TITLES)}
    assert rows[0] == ("# Dialogues", "2", "1", "3", "19,533", "2,547", "22,080")
    assert rows[3][0] == "Avg. Query Length"
    assert rows[3][4] == "51.34"


def test_an_average_over_no_dialogue_is_no_number(tmp_path: Path):
    build(tmp_path / "out", write_run(tmp_path / "run", [trajectory(1)]))
    table = table3(tmp_path / "out")
    assert table.test.turns is None
    assert table.test.share_8_to_10_turns is None
    assert printed_rows(table)[2][2] == "-"


def test_a_missing_file_is_named(release: Path):
    data_file(release, "test").unlink()
    with pytest.raises(ReleaseError, match=r"test-\*\.parquet.*build the release again"):
        table3(release)
