"""Dialogues by words and filters, page by page, out of the catalogue. The page Data and `kardia synth find` use the same."""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from graphs.schema import printable
from release.statistics import UNKNOWN_MBTI
from studio.browse.catalogue import Catalogue
from studio.browse.dialogue_rows import PASSED
from studio.workspace import Workspace

PAGE = 50
ORDERS: Mapping[str, str] = MappingProxyType(
    {
        "run": "name, position",
        "turns": "turns desc, name, position",
        "fails": "fails desc, name, position",
        "cost": "cost desc nulls last, name, position",
        "tokens": "tokens desc, name, position",
    }
)
DIFFICULTIES: Mapping[str, str] = MappingProxyType(
    {"smooth": "fails = 0", "some": "fails between 1 and 2", "many": "fails >= 3", "hard": "hard"}
)
"""By failed attempts: none, one or two, three or more; `hard` is the paper's Eq. 4."""
MBTI = tuple(world + sense + judge + life for world in "IE" for sense in "SN" for judge in "TF" for life in "JP")
"""The order of Fig. 4a."""

CHOICES: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "ended": ("solved", "cap"),
        "split": ("train", "test"),
        "screened": ("passed", "structure", "jump", "drift"),
        "difficulty": tuple(DIFFICULTIES),
        "mbti": (*MBTI, UNKNOWN_MBTI),
        "order": tuple(ORDERS),
    }
)
"""What can be chosen; emotion labels belong to the packs."""
_GLYPHS = str.maketrans({"P": "○", "F": "✕", "S": "●"})
_TERM = re.compile(r'"([^"]*)"|(\S+)')
_MOST_SIGNS, _MOST_TERMS = 1000, 32
_MARK = "\x02"
"""Stands before a word that was found."""
_BEFORE = 3
_COLUMNS = (
    "name as run, id, opening, persona, mbti, emotion, split, turns, path, fails, hard, ended, trim(screened) as screened, "
    "reasons, left_out, cost, tokens"
)


class Search(NamedTuple):
    """What is looked for. Within one field any value will do, the fields must all hold; empty is everything."""

    runs: tuple[str, ...] = ()
    words: str = ""
    """Beginnings of words that must all occur in utterances or responses, "phrases" as they stand, or an id."""
    emotion: tuple[str, ...] = ()
    mbti: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    screened: tuple[str, ...] = ()
    difficulty: tuple[str, ...] = ()
    order: str = "run"


class Found(NamedTuple):
    """A dialogue in a list."""

    run: str
    id: str
    opening: str
    persona: str
    mbti: str
    emotion: str
    split: str
    turns: int
    path: str
    fails: int
    hard: bool
    ended: str
    screened: str
    reasons: str
    left_out: str | None
    cost: float | None
    tokens: int
    passage: str = ""
    """Where the words were found."""


class _Sql(NamedTuple):
    text: str
    values: tuple[Any, ...] = ()


def search_for(
    runs: Sequence[str] = (),
    words: str = "",
    filters: Mapping[str, Sequence[str] | None] = MappingProxyType({}),
    order: str = "run",
) -> Search:
    """A search out of what a person, a link or a command line gave.

    Raises:
        ValueError: a filter or an order has a value that there is none of.
    """
    for field, known in CHOICES.items():
        given = (order,) if field == "order" else filters.get(field) or ()
        if wrong := [value for value in given if value not in known]:
            raise ValueError(f"{field} {wrong[0]!r}: there is no such choice; take one of {', '.join(known)}")
    given = {field: tuple(values) for field, values in filters.items() if values}
    return Search(runs=tuple(runs), words=words, order=order, **given)


def count(catalogue: Catalogue, search: Search) -> int:
    """How many dialogues there are; counted once for each state of the catalogue."""
    return _count(catalogue, catalogue.state(), search._replace(order="run"))


def find(catalogue: Catalogue, search: Search, *, limit: int = PAGE, offset: int = 0) -> list[Found]:
    """Dialogues in order, from one on, each with the passage in which the words stand."""
    return catalogue.ask(lambda db: list(_select(db, search, limit, offset)))


def find_all(catalogue: Catalogue, search: Search, step: int = 2000) -> Iterator[Found]:
    """All dialogues of a search, read piece by piece."""
    offset = 0
    while found := find(catalogue, search, limit=step, offset=offset):
        yield from found
        offset += step


def names_of(workspace: Workspace, runs: Iterable[str]) -> tuple[str, ...]:
    """Runs by name, given by name or by directory.

    Raises:
        BadFile: a run is not in the workspace.
    """
    top = (workspace.root / "runs").resolve()
    given = (Path(run).resolve() for run in runs)
    names = (path.relative_to(top).as_posix() if path.is_relative_to(top) else path.name for path in given)
    return tuple(workspace.name(workspace.run(name)) for name in names)


def as_text(found: Sequence[Found], total: int) -> str:
    """A list of dialogues for a terminal, one a line."""
    lines = [
        f"{one.run}  {one.id}  {one.emotion}  {one.mbti}  {one.split}  {glyphs(one.path)}  {one.fails} failed  {one.ended}  "
        f"{one.reasons or PASSED}  {(one.passage or one.opening)[:80]}"
        for one in found
    ]
    return "\n".join([*lines, f"{len(found)} of {total} dialogues"])


def glyphs(path: str) -> str:
    """A decision path as signs: a ring for PASS, a cross for FAIL, a dot for SOLVED."""
    return path.translate(_GLYPHS)


def match_text(words: str) -> str | None:
    """Words as a query of SQLite's FTS5 in which nothing that a person types is syntax; None where there are none."""
    terms = _TERM.findall(printable(words[:_MOST_SIGNS]).replace("\0", " "))[:_MOST_TERMS]
    quoted = [_quoted(phrase) if phrase else _quoted(word) + "*" for phrase, word in terms if phrase or word]
    return " ".join(quoted) or None


def where(search: Search) -> _Sql:
    """The condition of a search."""
    parts = [_Sql("name is not null")]
    for column, values in (("name", search.runs), ("emotion", search.emotion), ("mbti", search.mbti), ("ended", search.ended), ("split", search.split)):  # fmt: skip
        if values:
            parts.append(_Sql(f"{column} in ({_marks(values)})", values))
    if search.screened:
        found = tuple(f" {kind} " for kind in search.screened)
        parts.append(_Sql("(" + " or ".join(["instr(screened, ?)"] * len(found)) + ")", found))
    if search.difficulty:
        parts.append(_Sql("(" + " or ".join(DIFFICULTIES[grade] for grade in search.difficulty) + ")"))
    if search.words.strip():
        parts.append(_said(search.words))
    return _Sql(" and ".join(part.text for part in parts), tuple(value for part in parts for value in part.values))


_LAST = "\U0010ffff"
"""Comes after every sign that an id may have."""


def _said(words: str) -> _Sql:
    """Dialogues in which the words occur, and those whose id, or whose persona's, begins with them.

    Without a number it must be the whole id: what people search for begins with `d` or `user` too.
    """
    id_ = printable(words).strip()
    last = id_ + _LAST if any(map(str.isdigit, id_)) else id_
    ids = (id_, last, id_, last)
    by_id = (
        "select n from dialogues where id between ? and ? union select n from dialogues where persona between ? and ?"
    )
    if (match := match_text(words)) is None:
        return _Sql(f"n in ({by_id})", ids)
    return _Sql(f"n in (select rowid from words where words match ? union {by_id})", (match, *ids))


def _select(db: sqlite3.Connection, search: Search, limit: int, offset: int) -> Iterator[Found]:
    condition = where(search)
    rows = db.execute(
        f"select n, {_COLUMNS} from dialogues join runs using (run) where {condition.text} "
        f"order by {ORDERS[search.order]} limit ? offset ?",
        (*condition.values, limit, offset),
    ).fetchall()
    passages = _passages(db, search.words, [row[0] for row in rows])
    for n, *values in rows:
        yield Found(*values, passage=passages.get(n, ""))._replace(hard=bool(values[10]))


def _passages(db: sqlite3.Connection, words: str, numbers: Sequence[int]) -> dict[int, str]:
    match = match_text(words)
    if match is None or not numbers:
        return {}
    found = db.execute(
        f"select rowid, snippet(words, 0, '{_MARK}', '', '…', 24) from words "
        f"where words match ? and +rowid in ({_marks(numbers)})",
        (match, *numbers),
    )
    return {n: _from_the_hit_on(passage) for n, passage in found}


def _from_the_hit_on(passage: str) -> str:
    """A passage that begins shortly before what was found, for a narrow column."""
    before, _, after = passage.partition(_MARK)
    words = before.split()
    dots = "…" if len(words) > _BEFORE and not words[-_BEFORE].startswith("…") else ""
    space = " " if before[-1:].isspace() else ""
    return dots + " ".join(words[-_BEFORE:]) + space + " ".join(after.replace(_MARK, "").split())


def labels_in(catalogue: Catalogue, runs: Sequence[str] = ()) -> list[str]:
    """The emotion labels of the runs' packs, in pack order, then those that occur all the same."""
    return catalogue.ask(lambda db: _labels(db, runs))


def _labels(db: sqlite3.Connection, runs: Sequence[str]) -> list[str]:
    scope = where(Search(runs=tuple(runs)))
    packs = db.execute(f"select labels from runs where {scope.text} and labels is not null order by name", scope.values)
    known = dict.fromkeys(label for (labels,) in packs for label in json.loads(labels))
    occurring = db.execute(
        f"select distinct emotion from dialogues join runs using (run) where {scope.text} order by 1", scope.values
    )
    return list(known | dict.fromkeys(label for (label,) in occurring))


@lru_cache(maxsize=1024)
def _count(catalogue: Catalogue, _state: int, search: Search) -> int:
    condition = where(search)
    statement = f"select count(*) from dialogues join runs using (run) where {condition.text}"
    return catalogue.ask(lambda db: db.execute(statement, condition.values).fetchone()[0])


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
