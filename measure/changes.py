"""Which states changed most between two versions, and how much of that chance does by itself."""

from collections.abc import Sequence
from statistics import fmean

from graphs.schema import Decision, Line, Record
from graphs.trials.frozen import FrozenState
from graphs.trials.results import Played
from graphs.trials.trials import Arm
from measure.contrast import Value, acceptable, pairs_of, rows_of, score_of, words_changed


class Change(Record):
    """One state under both, and how much it changed."""

    state: str
    dialogue: str
    run: str
    turn: int
    utterance: Line
    a: tuple[Decision, ...]
    b: tuple[Decision, ...]
    score: float | None = None
    """Mean score of B minus that of A; None where a side has none."""
    again: float | None = None
    """The same of A's second round: what chance alone does here."""
    words: float = 0.0


def most_changed(
    states: Sequence[FrozenState], played: Sequence[Played], criteria: Sequence[str], width: int
) -> list[Change]:
    """States by how much they changed: by score, then by words; where a side has no score, by acceptance."""
    by_state: dict[str, list[Played]] = {state.id: [] for state in states}
    for one in played:
        if one.attempt:
            by_state[one.trial.state.id].append(one)
    both = [(state, own) for state, own in zip(states, by_state.values(), strict=True) if _has_both(own)]
    found = [(_weight(own, criteria, width), _change(state, own, criteria)) for state, own in both]
    return [change for _, change in sorted(found, key=lambda each: (-each[0], -each[1].words, each[1].state))]


def _has_both(own: Sequence[Played]) -> bool:
    return {"a", "b"} <= {one.arm for one in own}


def _weight(own: Sequence[Played], criteria: Sequence[str], width: int) -> float:
    score = _moved(own, "b", score_of(criteria))
    return abs(score) if score is not None else width * abs(_moved(own, "b", acceptable) or 0.0)


def _change(state: FrozenState, own: Sequence[Played], criteria: Sequence[str]) -> Change:
    pairs = [(one.attempt, other.attempt) for one, other in pairs_of([o for o in own if o.arm != "a2"], "b")]
    return Change(
        state=state.id,
        dialogue=state.pairing.id,
        run=state.run,
        turn=state.turn,
        utterance=state.utterance,
        a=tuple(one.attempt.decision for one in own if one.attempt and one.arm == "a"),
        b=tuple(one.attempt.decision for one in own if one.attempt and one.arm == "b"),
        score=_moved(own, "b", score_of(criteria)),
        again=_moved(own, "a2", score_of(criteria)),
        words=fmean([words_changed(one, other) for one, other in pairs if one and other] or [0.0]),
    )


def _moved(own: Sequence[Played], arm: Arm, value: Value) -> float | None:
    """How far an arm's mean lies from A's in one state."""
    rows = rows_of([one for one in own if one.arm in ("a", arm)], arm, value)
    return rows[0].b - rows[0].a if rows else None
