"""The figures of runs that are not released yet, out of the catalogue: what a release of them would count, or all of it."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from graphs.schema import Split
from graphs.spans import SPAN_NAMES
from release.firewall import REPEATED, SHARED_SITUATION
from release.statistics import Table3, Tally, tabulate
from studio.browse.catalogue import Catalogue
from studio.browse.dialogue_rows import PASSED
from studio.browse.finding import Search, where

_COLUMNS = (
    "n, name, runs.run as run, id, mark, position, split, persona, mbti, emotion, turns, ended, fails, left_out, situation, "
    "query, understanding, reasoning, emotion_words as emotion_span, response, replies"
)
_SPANS = ("understanding", "reasoning", "emotion_span", "response")


class Counted(NamedTuple):
    """What was counted."""

    table: Table3
    solved: float | None
    """Share of dialogues that ended solved."""
    fails: float | None
    """Failed attempts a dialogue."""
    left_out: dict[str, int]
    """Why finished dialogues were not counted, and how many for each reason."""


def count_up(catalogue: Catalogue, runs: Sequence[str] = (), *, released: bool = True) -> Counted:
    """Count the dialogues of some runs, or of all.

    Args:
        released: only what one release of these runs would hold: no dialogue that screening removed, none off format or
            with a label outside the pack, none twice, none of train whose situation stands in test. Else everything.
    """
    return _count_up(catalogue, catalogue.state(), tuple(sorted(runs)), released)


@lru_cache(maxsize=64)
def _count_up(catalogue: Catalogue, _state: int, runs: tuple[str, ...], released: bool) -> Counted:
    return catalogue.ask(lambda db: _counted(db, runs, released=released))


def _counted(db: sqlite3.Connection, runs: tuple[str, ...], *, released: bool) -> Counted:
    scope = where(Search(runs=runs))
    db.execute("pragma temp_store = memory")
    db.execute(
        f"create temp table counted as select {_COLUMNS} from dialogues join runs using (run) where {scope.text}",
        scope.values,
    )
    left_out = _leave_out(db) if released else {}
    solved, fails = db.execute("select avg(ended = 'solved'), avg(fails) from counted").fetchone()
    return Counted(tabulate(_tally(db, "train"), _tally(db, "test")), solved, fails, left_out)


def _leave_out(db: sqlite3.Connection) -> dict[str, int]:
    """Take out what a release would leave out, in its order; returns the reasons."""
    reasons: Counter[str] = Counter()
    reasons["beyond what the run was to hold"] = _beyond(db)
    reasons[REPEATED] = _delete(db, "n not in (select min(n) from counted group by id, mark)")
    reasons.update(dict(db.execute("select left_out, count(*) from counted where left_out is not null group by 1")))
    _delete(db, "left_out is not null")
    shared = "split = 'train' and situation in (select situation from counted where split = 'test')"
    reasons[SHARED_SITUATION] = _delete(db, shared)
    return {reason: count for reason, count in reasons.most_common() if count}


def _beyond(db: sqlite3.Connection) -> int:
    """A run that was to stop at so many accepted dialogues hands on no more, though more were under way."""
    gone = 0
    for run, wanted in db.execute("select run, wanted from runs where wanted is not null").fetchall():
        gone += _delete(
            db,
            "run = ? and position > (select d.position from dialogues d where d.run = ? and d.screened = ? "
            "order by d.position limit 1 offset ?)",
            (run, run, f" {PASSED} ", wanted - 1),
        )
    return gone


def _delete(db: sqlite3.Connection, condition: str, values: Sequence[object] = ()) -> int:
    return db.execute(f"delete from counted where {condition}", tuple(values)).rowcount


def _tally(db: sqlite3.Connection, split: Split) -> Tally:
    sums = ", ".join(f"total({column})" for column in ("query", *_SPANS, "replies"))
    query, *spans, replies = db.execute(f"select {sums} from counted where split = ?", (split,)).fetchone()
    by_turns = db.execute("select turns, count(*) from counted where split = ? group by 1", (split,))
    by_pair = db.execute("select mbti, emotion, count(*) from counted where split = ? group by 1, 2", (split,))
    personas = db.execute("select distinct persona from counted where split = ?", (split,))
    return Tally(
        words=Counter({"query": int(query)} | {n: int(total) for n, total in zip(SPAN_NAMES, spans, strict=True)}),
        replies=int(replies),
        turns=Counter(dict(by_turns)),
        pairs=Counter({(mbti, emotion): count for mbti, emotion, count in by_pair}),
        personas={persona for (persona,) in personas},
    )
