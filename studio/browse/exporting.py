"""The dialogues of a search as files: CSV that no spreadsheet runs, and JSONL."""

import json

from graphs.csv_text import csv_text
from studio.browse.catalogue import Catalogue
from studio.browse.finding import Found, Search, find_all

_COLUMNS = tuple(name for name in Found._fields if name != "passage")


def as_csv(catalogue: Catalogue, search: Search) -> str:
    """All rows of a search; a byte order mark tells spreadsheets that it is UTF-8."""
    rows = ([getattr(found, name) for name in _COLUMNS] for found in find_all(catalogue, search))
    return "\ufeff" + csv_text(_COLUMNS, rows)


def as_jsonl(catalogue: Catalogue, search: Search) -> str:
    """All rows of a search, one object a line."""
    rows = ({name: getattr(found, name) for name in _COLUMNS} for found in find_all(catalogue, search))
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
