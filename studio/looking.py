"""Runs and dialogues as text for people."""

from collections import Counter
from typing import Any

from graphs.derived import trajectory
from graphs.journal import Journal, Slot
from graphs.runs import Run
from graphs.schema import Attempt, Trajectory
from graphs.session import Outcome
from graphs.spans import MalformedReply, parse_spans
from graphs.watching.standing import standing


def run_summary(run: Run, journal: Journal) -> dict[str, Any]:
    """Where a run stands: dialogues, decisions, screening, calls, tokens, cost."""
    turns: Counter[int] = Counter()
    ends: Counter[str] = Counter()
    decisions: Counter[str] = Counter()
    removals: Counter[str] = Counter()
    for thread in journal.finished():
        outcome = journal.outcome(thread) or {}
        turns[len(outcome["turns"])] += 1
        ends[outcome["end"]] += 1
        decisions.update(attempt["decision"] for turn in outcome["turns"] for attempt in turn["attempts"])
        removals.update({f"{removal['kind']}: {removal['rule']}" for removal in outcome.get("removals", ())})
    finished = journal.finished()
    now = standing(run.path)
    return {
        "run": str(run.path),
        "state": now.state,
        "reason": now.reason,
        "pid": now.pid if now.is_live else None,
        "since": now.since,
        "settings": run.config.model_dump(mode="json", exclude_none=True),
        "dialogues": {"planned": run.config.pairings, "finished": len(finished), "accepted": sum(finished.values())},
        "failures": dict(Counter(failure.kind for failure in journal.failures())),
        "turns": dict(sorted(turns.items())),
        "ends": dict(ends),
        "decisions_per_attempt": dict(decisions),
        "removed_for": dict(removals.most_common()),
        "calls": journal.totals(),
        "ids": sorted(finished)[:20],
    }


def summary_text(summary: dict[str, Any]) -> str:
    """A run's summary for a terminal."""
    dialogues, calls = summary["dialogues"], summary["calls"]
    total = sum(summary["turns"].values()) or 1
    mean = sum(int(turns) * count for turns, count in summary["turns"].items()) / total
    lines = [
        f"{summary['run']}: {dialogues['finished']} of {dialogues['planned']} dialogues finished, {dialogues['accepted']} pass screening",
        f"state: {summary['state']}{_standing(summary)}",
        f"turns: mean {mean:.2f}; {_counts(summary['turns'])}",
        f"ends: {_counts(summary['ends'])}",
        f"decisions per attempt: {_counts(summary['decisions_per_attempt'])}",
        f"removed for: {_counts(summary['removed_for']) or 'nothing'}",
        f"failures: {_counts(summary['failures']) or 'none'}",
        f"calls: {calls['calls']} ({_counts(calls['by_status'])}), {calls['tokens_in']} tokens read, {calls['tokens_out']} written, "
        f"${calls['cost_usd']:.4f}"
        + (f", {calls['calls_of_unknown_cost']} of unknown cost" if calls["calls_of_unknown_cost"] else ""),
        f"dialogues: {', '.join(summary['ids'])}{' …' if dialogues['finished'] > len(summary['ids']) else ''}",
    ]
    return "\n".join(lines)


def _standing(summary: dict[str, Any]) -> str:
    played = f", process {summary['pid']} since {summary['since']}" if summary["pid"] else ""
    return played + (f": {summary['reason']}" if summary["reason"] else "")


def dialogue_text(found: Trajectory) -> str:
    """A dialogue with every attempt and decision."""
    lines = [
        f"{found.id} ({found.split})  {found.persona.id} {found.persona.mbti}  {found.situation.emotion}",
        f"situation: {found.situation.text}",
    ]
    for number, turn in enumerate(found.turns, start=1):
        lines += ["", f"[{number}] user (mood {turn.feelings.mood}): {turn.utterance}"]
        for k, attempt in enumerate(turn.attempts, start=1):
            lines += _attempt_lines(number, k, attempt, stands=k - 1 == turn.chosen)
    lines += ["", f"end: {found.end.value}"]
    lines += [f"removed: {r.kind} ({r.rule}), turn {r.turn}: {r.finding}" for r in found.removals]
    return "\n".join(lines)


def compare_text(parent: Run, forked: Run, thread: str, slot: Slot, outcome: Outcome) -> tuple[dict[str, Any], str]:
    """What a fork changed: the proven prefix, and the turns side by side where they differ."""
    before, after = _read(parent, thread), _read(forked, thread)
    journal = forked.journal(readonly=True)
    proven = sum(call.slot.order < slot.order for call in journal.calls(thread))
    journal.close()
    data = {
        "fork": str(forked.path),
        "changes": forked.config.lineage[-1].changes,
        "calls_proven_equal": proven,
        "calls_made": outcome.progress.calls,
        "stopped": str(outcome.stopped) if outcome.stopped else None,
        "parent_turns": len(before.turns) if before else None,
        "fork_turns": len(after.turns) if after else None,
    }
    lines = [
        f"{forked.path}: left at {slot}; {proven} calls before it proven equal by hash, {outcome.progress.calls} new calls",
        f"changes: {', '.join(f'{name} {value}' for name, value in data['changes'].items())}",
    ]
    return data, "\n".join([*lines, *_differences(before, after)])


def _read(run: Run, thread: str) -> Trajectory | None:
    journal = run.journal(readonly=True)
    try:
        return trajectory(journal, run.pairing(thread))
    finally:
        journal.close()


def _differences(before: Trajectory | None, after: Trajectory | None) -> list[str]:
    if before is None or after is None:
        return ["the parent's dialogue or the fork is not finished; nothing to compare"]
    lines: list[str] = []
    for number in range(max(len(before.turns), len(after.turns))):
        old, new = before.turns[number : number + 1], after.turns[number : number + 1]
        if old != new:
            lines += ["", f"turn {number + 1}"]
            for mark, turns in (("-", old), ("+", new)):
                lines += [
                    f"{mark} user: {t.utterance}\n{mark} helper: {t.response}  [{t.decision.value}]" for t in turns
                ]
    return lines or ["no turn differs"]


def _attempt_lines(number: int, k: int, attempt: Attempt, *, stands: bool) -> list[str]:
    scores = " ".join(f"{name} {mark.score}" for name, mark in attempt.marks.items())
    overruled = f" ({attempt.called.value if attempt.called else 'code'}: {attempt.because})" if attempt.because else ""
    lines = [f"    [{number}.{k}] {attempt.decision.value}{overruled}  {scores}{'  <- stands' if stands else ''}"]
    try:
        lines += [f"        {name}: {text}" for name, text in parse_spans(attempt.reply)._asdict().items()]
    except MalformedReply:
        lines += [f"        malformed: {attempt.reply}", f"        violations: {'; '.join(attempt.violations)}"]
    if attempt.critique:
        lines.append(f"        critique: {attempt.critique}")
    return lines


def _counts(counts: dict[Any, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
