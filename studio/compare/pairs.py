"""One state of a comparison as people look at it: what A and B answered, word by word, and how they were judged."""

from typing import Any, NamedTuple

from graphs.records import BadFile
from graphs.runs import WrongUse
from graphs.schema import Attempt
from graphs.spans import MalformedReply, parse_spans
from graphs.trials.frozen import FrozenState
from graphs.trials.results import Played, read_trials
from graphs.trials.trials import Arm, Comparison
from graphs.word_diff import word_ops
from measure.changes import Change
from studio.compare.text import amount
from studio.workspace import Workspace


class Answered(NamedTuple):
    """One draw of a state: what each arm gave, or why it gave nothing."""

    draw: int
    arms: dict[Arm, Played]

    def attempt(self, arm: Arm) -> Attempt | None:
        return self.arms[arm].attempt if arm in self.arms else None

    def fault(self, arm: Arm) -> str:
        return self.arms[arm].fault if arm in self.arms else "not played yet"


def answers(comparison: Comparison, state: str) -> list[Answered]:
    """What was answered to a state, draw by draw."""
    draws: dict[int, dict[Arm, Played]] = {}
    for played in read_trials(comparison, state):
        draws.setdefault(played.trial.draw, {})[played.arm] = played
    return [Answered(draw, arms) for draw, arms in sorted(draws.items())]


def frozen_state(comparison: Comparison, state: str) -> FrozenState:
    """A state by its id.

    Raises:
        WrongUse: there is none.
    """
    found = next((each for each in comparison.states if each.id == state), None)
    if found is None:
        raise WrongUse(f"{comparison.path}: no state {state}; it has {len(comparison.states)}, from s0001")
    return found


def diff_data(one: Attempt, other: Attempt, heads: tuple[str, str]) -> dict[str, Any]:
    """Two replies by span and two critiques, as the diff component wants them."""
    before, after = _texts(one.reply, other.reply)
    reply = [{"name": name, "ops": word_ops(before.get(name, ""), after.get(name, ""))} for name in before | after]
    items = [{"name": "Reply", "mark": "edited", "why": "", "parts": reply}]
    if one.critique or other.critique:
        critique = [{"name": "", "ops": word_ops(one.critique, other.critique)}]
        items.append({"name": "Critique", "mark": "edited", "why": "", "parts": critique})
    return {"heads": [[heads[0], _judged(one)], [heads[1], _judged(other)]], "items": items}


def _texts(one: str, other: str) -> tuple[dict[str, str], dict[str, str]]:
    """Both replies by span; both as written where one of them has not all four."""
    try:
        return parse_spans(one)._asdict(), parse_spans(other)._asdict()
    except MalformedReply:
        return {"as written": one}, {"as written": other}


def _judged(attempt: Attempt) -> str:
    """Decision and mean score in words."""
    scores = [mark.score for mark in attempt.marks.values()]
    mean = f"mean score {sum(scores) / len(scores):.1f}" if scores else "; ".join(attempt.violations)
    return f"{attempt.decision.value.capitalize()}  ·  {mean}"


def change_rows(changes: tuple[Change, ...], most: int) -> list[dict[str, Any]]:
    """The most changed states as the list component wants them."""
    return [
        {
            "state": change.state,
            "dialogue": change.dialogue,
            "turn": change.turn,
            "utterance": change.utterance,
            "a": [decision.value for decision in change.a],
            "b": [decision.value for decision in change.b],
            "score": amount(change.score, 1, signed=True),
            "again": _beside(change),
            "words": f"{change.words:.0%}",
        }
        for change in changes[:most]
    ]


def _beside(change: Change) -> str:
    """What stands under a score: what chance alone does, or why there is no score."""
    if change.score is None:
        return "hard rule"
    return "" if change.again is None else f"chance {amount(change.again, 1, signed=True)}"


def replay_query(workspace: Workspace, comparison: Comparison, state: FrozenState) -> dict[str, str] | None:
    """Where the page Replay shows the dialogue that a state was taken from; None if the run is not there any more."""
    try:
        name = workspace.name(comparison.path / state.run)
        workspace.run(name)
    except (ValueError, BadFile):
        return None
    return {"run": name, "d": state.pairing.id, "t": str(state.turn), "k": "1"}
