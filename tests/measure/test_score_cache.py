"""The judge's cache: what stands in the way of it is told apart."""

import sqlite3

import pytest

from graphs.llm.errors import FileBusy
from measure import score_cache
from measure.score_cache import ScoreCache


def test_a_cache_that_another_process_keeps_is_busy_and_not_damaged(tmp_path, monkeypatch):
    path = tmp_path / "judge.sqlite"
    monkeypatch.setattr(score_cache, "LONGEST_WAIT_S", 0.05)
    cache = ScoreCache(path)
    cache.put(b"a", "m", "kept")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(FileBusy, match="run the same command again, nothing is lost"):
        cache.put(b"b", "m", "later")
    other.execute("rollback")
    cache.put(b"b", "m", "later")
    assert (cache.get(b"a"), cache.get(b"b")) == ("kept", "later")
