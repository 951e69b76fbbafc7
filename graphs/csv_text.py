"""CSV that no spreadsheet runs: a cell that would start a formula gets a leading apostrophe."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as CSV: a line of names, then the rows; None is an empty cell, numbers stay numbers."""
    return "".join(csv_lines(columns, rows))


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The same, line by line, for tables too long to be held."""
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\r\n")
    for row in chain([columns], rows):
        writer.writerow([safe_cell(cell) for cell in row])
        yield page.getvalue()
        page.seek(0)
        page.truncate()


def safe_cell(cell: Any) -> Any:
    """A cell that stays text when a spreadsheet opens it; numbers, also negative ones, are left as they are."""
    if isinstance(cell, str) and cell.lstrip("'").startswith(_STARTS_A_FORMULA):
        return "'" + cell
    return cell


def read_cell(cell: str) -> str:
    """What `safe_cell` was given."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_STARTS_A_FORMULA) else cell
