"""How annotators score, over all turns that count and without those that follow a correction (paper §3.2, §5.1).

A turn after a correction answers a message that was said to another reply, so its scores are shown apart. What counts is
settled: an open turn may still be dropped. Of each annotator the last word counts, of models none.
"""

from collections.abc import Iterable
from statistics import fmean
from typing import Any, NamedTuple

from annotation.project import Project
from graphs.corrections import CorrectedTurn, GoldTurn, by_trajectory, dropped_because
from measure.intervals import clustered_mean


class TurnScores(NamedTuple):
    """A turn that counts, with its annotators' mean by criterion."""

    dialogue: str
    after_correction: bool
    means: dict[str, float]


class ScoreReport(NamedTuple):
    """Mean scores by criterion, and over which turns."""

    rows: list[dict[str, Any]]
    """`criterion`, and under `all` and under `without` after_correction: mean, interval over dialogues, counts."""
    turns: int
    """Settled turns that count."""
    after_correction: int
    """Of these."""
    dropped: int
    """Turns that do not count: dropped, or in a dialogue that is dropped whole."""
    open: int
    """Turns that are not settled yet, and not in here."""


def score_report(project: Project) -> ScoreReport:
    """Mean scores with and without the turns after a correction."""
    results = project.results()
    counted = list(scored_turns(project, results.settled))
    apart = [turn for turn in counted if not turn.after_correction]
    rows = [
        {"criterion": name, "all": _mean(name, counted), "without": _mean(name, apart)}
        for name in project.pack.rubric.criteria
    ]
    return ScoreReport(
        rows=[row for row in rows if row["all"]["turns"]],
        turns=len(counted),
        after_correction=len(counted) - len(apart),
        dropped=len(results.settled) - len(counted),
        open=len(results.open),
    )


def scored_turns(project: Project, settled: Iterable[CorrectedTurn]) -> Iterable[TurnScores]:
    """The settled turns that count, marked as `graphs.corrections` marks them."""
    found, dialogues = by_trajectory(settled), dict[str, list[GoldTurn]]()
    for origin in sorted(project.origins.values(), key=lambda origin: (origin.trajectory, origin.turn)):
        one, before = found.get(origin.trajectory, {}).get(origin.turn), dialogues.setdefault(origin.trajectory, [])
        follows = any(turn.after_correction or turn.verdict == "corrected" for turn in before)
        before.append(GoldTurn("", origin.reply, "", one.verdict if one else None, follows))
    for dialogue, turns in dialogues.items():
        if dropped_because(turns):
            continue
        for number, turn in enumerate(turns, start=1):
            if turn.is_scored and (one := found.get(dialogue, {}).get(number)):
                yield TurnScores(dialogue, turn.after_correction, _means(one))


def score_lines(report: ScoreReport) -> list[dict[str, str]]:
    """The rows as people read them: criterion, mean with interval and turns, twice."""
    return [
        {"criterion": row["criterion"].replace("_", " "), "all": _text(row["all"]), "without": _text(row["without"])}
        for row in report.rows
    ]


def counts_text(report: ScoreReport) -> str:
    """Over which turns the means are."""
    return (
        f"{report.turns:,} settled turns count, {report.after_correction:,} of them after a correction; "
        f"{report.dropped:,} dropped, {report.open:,} open"
    )


def score_text(report: ScoreReport) -> str:
    """The same for a terminal."""
    if not report.rows:
        return f"no scores yet: {counts_text(report)}"
    lines = [f"{'mean score':<22}{'all turns':>30}{'without after_correction':>32}"]
    lines += [f"{row['criterion']:<22}{row['all']:>30}{row['without']:>32}" for row in score_lines(report)]
    return "\n".join([*lines, counts_text(report)])


def _means(turn: CorrectedTurn) -> dict[str, float]:
    """By criterion, the mean over the last word of everybody who gave scores."""
    said = sorted((one for one in turn.history if one.scores and not one.by_model), key=lambda one: one.round)
    last = {one.who: one.scores for one in said}
    names = {name for scores in last.values() for name in scores}
    return {name: fmean(scores[name] for scores in last.values() if name in scores) for name in names}


def _mean(criterion: str, turns: list[TurnScores]) -> dict[str, Any]:
    given = [(turn.dialogue, turn.means[criterion]) for turn in turns if criterion in turn.means]
    found = clustered_mean(given)
    dialogues = len({dialogue for dialogue, _ in given})
    return {"mean": found.value, "low": found.low, "high": found.high, "turns": len(given), "dialogues": dialogues}


def _text(mean: dict[str, Any]) -> str:
    if mean["mean"] is None:
        return ""
    interval = "" if mean["low"] is None else f" [{mean['low']:.2f}, {mean['high']:.2f}]"
    return f"{mean['mean']:.2f}{interval}, {mean['turns']:,} turns"
