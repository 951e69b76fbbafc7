"""Files of answers: what is whole is kept whatever ends the file, and what a crash tore is moved aside and told."""

import logging
from pathlib import Path

import pytest

from annotation.answer_lines import append_answers, kept_answers
from graphs.records import BadFile, row_bytes
from tests.annotation.material import answer
from tests.annotation.test_answers import TASK

ONE, TWO, THREE = (answer(TASK, f"ann-{n}") for n in (1, 2, 3))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    append_answers(tmp_path / "answers.jsonl", [ONE, TWO])
    return tmp_path / "answers.jsonl"


def test_what_is_appended_is_read_in_its_order(path):
    append_answers(path, [THREE])
    append_answers(path, [])
    assert kept_answers(path) == [ONE, TWO, THREE]
    assert kept_answers(path.with_name("none.jsonl")) == []


def test_a_whole_last_answer_without_a_line_break_is_kept(path, caplog):
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    assert kept_answers(path) == [ONE, TWO]
    append_answers(path, [THREE])
    assert kept_answers(path) == [ONE, TWO, THREE]
    assert len(path.read_bytes().splitlines()) == 3
    assert caplog.records == []


@pytest.mark.parametrize("kept", [1, 40, -1], ids=["first letter", "middle", "all but the last letter"])
def test_a_torn_last_line_is_passed_over_then_moved_aside_and_told(path, caplog, kept):
    torn = row_bytes(THREE)[:kept]
    with path.open("ab") as file:
        file.write(torn)
    assert kept_answers(path) == [ONE, TWO]
    assert caplog.records == []
    with caplog.at_level(logging.WARNING):
        append_answers(path, [THREE])
    assert kept_answers(path) == [ONE, TWO, THREE]
    aside = path.with_name("answers.jsonl.torn")
    assert aside.read_bytes() == torn + b"\n"
    assert str(aside) in caplog.text


def test_a_second_torn_line_leaves_the_first_where_it_was_moved(path):
    for torn in (b'{"task": "t-half', b'{"tas'):
        with path.open("ab") as file:
            file.write(torn)
        append_answers(path, [THREE])
    assert path.with_name("answers.jsonl.torn").read_bytes() == b'{"task": "t-half\n{"tas\n'


def test_a_damaged_line_in_the_middle_is_named_by_its_number(path):
    path.write_bytes(b'\n{"odd": 1}\n' + path.read_bytes())
    with pytest.raises(BadFile, match=r"answers\.jsonl:2"):
        kept_answers(path)
