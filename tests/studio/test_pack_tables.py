"""pack.yaml as tables: a cell that is changed is one value of the text, and the comments stay."""

import difflib
from copy import deepcopy
from typing import Any

import pytest

from graphs.editing.pack_texts import check_texts, read_texts
from graphs.packs import PACKS
from studio.prompts import tables as pack_tables
from studio.prompts.tables import Table


@pytest.fixture(scope="module")
def text() -> str:
    return (PACKS / "kardia" / "pack.yaml").read_text(encoding="utf-8")


def changed_lines(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


def edited(table: Table, number: int, column: str, value: Any) -> list[dict[str, Any]]:
    rows = deepcopy(table.rows)
    rows[number][column] = value
    return rows


@pytest.mark.parametrize(
    ("table_of", "column", "value", "line"),
    [
        (pack_tables.rubric, "question", "Is it felt?", "+    question: Is it felt?"),
        (pack_tables.rubric, "fail_below", 2, "+    fail_below: 2"),
        (pack_tables.anchors, "anchor", "Answers nothing: nothing.", "+      1: 'Answers nothing: nothing.'"),
        (pack_tables.limits, "value", 12, "+limits: {turns: 12, attempts: 5}     # T_max and K_max, paper §3.2"),
    ],
)
def test_a_changed_cell_is_one_changed_line(text: str, table_of: Any, column: str, value: Any, line: str):
    table = table_of(text)
    new = pack_tables.with_cells(text, table, edited(table, 0, column, value), [column])
    assert changed_lines(text, new)[-1] == line
    assert len(changed_lines(text, new)) == 2
    assert table_of(new).rows[0][column] == value


def test_an_emptied_gate_is_taken_out_and_an_empty_one_filled(text: str):
    table = pack_tables.rubric(text)
    gates = ["fail_below", "solved_from"]
    assert changed_lines(text, pack_tables.with_cells(text, table, edited(table, 0, "fail_below", None), gates)) == [
        "-    fail_below: 3"
    ]
    assert changed_lines(text, pack_tables.with_cells(text, table, edited(table, 1, "solved_from", 4), gates)) == [
        "+    solved_from: 4"
    ]


def test_labels_are_renamed_moved_added_and_taken_out_in_one_go(text: str):
    table = pack_tables.labels(text)
    rows = [{"was": number, **row} for number, row in enumerate(table.rows)]
    rows[0]["valence"] = -0.71
    rows[1]["label"] = "cross"
    del rows[2]
    rows.append({"was": None, "label": "wistful", "valence": 0.1, "arousal": -0.3})
    rows.append({"was": None, "label": "half", "valence": None, "arousal": -0.3})
    new = pack_tables.with_labels(text, table, rows)
    assert changed_lines(text, new) == [
        "-  afraid: {valence: -0.70, arousal: 0.6}",
        "-  angry: {valence: -0.65, arousal: 0.7}",
        "-  annoyed: {valence: -0.59, arousal: 0.3}",
        "+  afraid: {valence: -0.71, arousal: 0.6}",
        "+  cross: {valence: -0.65, arousal: 0.7}",
        "+  wistful: {valence: 0.1, arousal: -0.3}",
    ]
    assert check_texts(read_texts(PACKS / "kardia") | {"pack.yaml": new}) == []


def test_an_untouched_table_leaves_every_byte(text: str):
    for table_of in (pack_tables.rubric, pack_tables.anchors, pack_tables.limits):
        table = table_of(text)
        columns = [name for name in table.rows[0] if name not in ("criterion", "score", "limit", "sign")]
        assert pack_tables.with_cells(text, table, table.rows, columns) == text
    rows = [{"was": number, **row} for number, row in enumerate(pack_tables.labels(text).rows)]
    assert pack_tables.with_labels(text, pack_tables.labels(text), rows) == text


@pytest.mark.parametrize("broken", ["", "criteria: 3\nlabels: [a]\n", "criteria:\n  x: y\nlabels:\n  sad: 1\n"])
def test_a_text_that_has_no_tables_shows_none(broken: str):
    assert pack_tables.rubric(broken).rows == []
    assert pack_tables.anchors(broken).rows == []
    assert pack_tables.labels(broken).rows == []
    assert [row["value"] for row in pack_tables.limits(broken).rows] == [10, 5, 8, 1, 1, 5]
