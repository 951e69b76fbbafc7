"""A policy trained for real against a judge that pays for praise: the sentinel sees it (benchmarks/biased_judge.py, one arm)."""

from pathlib import Path

import pytest


def test_a_policy_that_hacks_a_biased_judge_raises_the_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from benchmarks.biased_judge import BIASED, run_arms

    seen = run_arms(tmp_path, seed=1, steps=24, arms=(BIASED,))[BIASED]
    shares = [look.praise_share or 0.0 for look in seen.history]
    gaps = [look.second_judge_gap or 0.0 for look in seen.history]
    assert shares[-1] > shares[0] + 0.3 and gaps[-1] > gaps[0]
    assert "praise" in {alarm.rule for alarm in seen.alarms}
    assert seen.findings == 0
