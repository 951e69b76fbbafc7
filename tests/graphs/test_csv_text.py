import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.csv_text import csv_text, read_cell, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "=cmd|' /C calc'!A1", "'=1", "''=1"])
def test_what_would_start_a_formula_becomes_text(text):
    assert safe_cell(text) == "'" + text


@given(st.text())
def test_a_cell_reads_back_as_it_was(text):
    assert read_cell(safe_cell(text)) == text
    assert not safe_cell(text).startswith(("=", "+", "-", "@"))


def test_a_table_reads_back_as_it_was():
    rows = [["=1", 'a "quoted", cell', "two\nlines"], ["plain", "", "é"]]
    page = list(csv.reader(io.StringIO(csv_text(["a", "b", "c"], rows), newline="")))
    assert page[0] == ["a", "b", "c"]
    assert [[read_cell(cell) for cell in row] for row in page[1:]] == rows
