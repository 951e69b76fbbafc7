"""pack.yaml as tables: rubric, anchors, labels and limits as rows of cells, and cells that were changed back into the text.

Every cell is one value of the text; nothing else of it moves, comments included (graphs/editing/yaml_edit.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from graphs.editing.yaml_edit import Path, drop, put, rename
from graphs.strict_yaml import load_yaml

Row = dict[str, Any]
LIMITS = (
    ("Turns, at most", "T", ("limits", "turns"), 10),
    ("Attempts at a reply, at most", "K", ("limits", "attempts"), 5),
    ("First turn that may be solved, as in the paper", "", ("length", "paper"), 8),
    ("First turn that may be solved, natural length", "", ("length", "natural"), 1),
    ("Lowest score", "", ("scale", "min"), 1),
    ("Highest score", "", ("scale", "max"), 5),
)
"""What each limit is, its sign in the paper, where it stands, and what holds where it is left out."""


class Table(NamedTuple):
    """Rows for an editor; `keys` says for each row where its cells stand in the text."""

    rows: list[Row]
    keys: list[Path]


def rubric(text: str) -> Table:
    """One row a criterion: its question and its gates."""
    found = [(name, body) for name, body in _mapping(text, "criteria") if isinstance(body, dict)]
    rows = [
        {"criterion": name} | {column: body.get(column) for column in ("question", "fail_below", "solved_from")}
        for name, body in found
    ]
    return Table(rows, [("criteria", name) for name, _ in found])


def anchors(text: str) -> Table:
    """One row an anchor: what a score of a criterion means."""
    rows: list[Row] = []
    keys: list[Path] = []
    for name, body in _mapping(text, "criteria"):
        texts = body.get("anchors") if isinstance(body, dict) else None
        for score, anchor in texts.items() if isinstance(texts, dict) else ():
            rows.append({"criterion": name, "score": score, "anchor": anchor})
            keys.append(("criteria", name, "anchors", score))
    return Table(rows, keys)


def labels(text: str) -> Table:
    """One row a label, with its place on the circumplex."""
    found = [(name, body) for name, body in _mapping(text, "labels") if isinstance(body, dict)]
    rows = [{"label": name, "valence": body.get("valence"), "arousal": body.get("arousal")} for name, body in found]
    return Table(rows, [("labels", name) for name, _ in found])


def limits(text: str) -> Table:
    """One row a number that bounds the dialogue."""
    whole = _whole(text)
    rows: list[Row] = []
    for what, sign, (section, key), default in LIMITS:
        inner = whole.get(section)
        value = inner.get(key, default) if isinstance(inner, dict) else default
        rows.append({"limit": what, "sign": sign, "value": value})
    return Table(rows, [path for _, _, path, _ in LIMITS])


def with_cells(text: str, table: Table, after: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """The text with the cells of these columns as they stand in `after`; an emptied cell takes its key out.

    Args:
        columns: those that stand under the row's key by their own name; `anchor` and `value` stand at the key itself.
    """
    for key, before, row in zip(table.keys, table.rows, after, strict=True):
        for column in columns:
            path = key if column in ("anchor", "value") else (*key, column)
            if row[column] == before[column]:
                continue
            text = drop(text, path) if row[column] is None else put(text, path, row[column])
    return text


def with_labels(text: str, table: Table, after: Sequence[Mapping[str, Any]]) -> str:
    """The text with these labels: `was` is a row's number in the table, None where it was added."""
    kept = {row["was"] for row in after}
    for number, key in enumerate(table.keys):
        if number not in kept:
            text = drop(text, key)
    for row in after:
        text = _labelled(text, table, row)
    return text


def _labelled(text: str, table: Table, row: Mapping[str, Any]) -> str:
    name, place = row["label"], {axis: row[axis] for axis in ("valence", "arousal")}
    if not name or None in place.values():
        return text
    if row["was"] is None:
        return put(text, ("labels", name), place)
    before = table.rows[row["was"]]
    if name != before["label"]:
        text = rename(text, ("labels", before["label"]), name)
    for axis, value in place.items():
        text = put(text, ("labels", name, axis), value) if value != before[axis] else text
    return text


def _whole(text: str) -> dict[str, Any]:
    data = load_yaml(text)
    return cast(dict[str, Any], data) if isinstance(data, dict) else {}


def _mapping(text: str, section: str) -> Iterator[tuple[str, Any]]:
    inner = _whole(text).get(section)
    return iter(cast(dict[str, Any], inner).items() if isinstance(inner, dict) else ())
