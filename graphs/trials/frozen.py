"""Frozen states: recorded dialogues up to and with an utterance x_t, to be answered again by other prompts."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from graphs.journal import Journal
from graphs.prompts import nonce
from graphs.runs import Run, WrongUse
from graphs.schema import Feelings, Id, Line, Pairing, Record, Turn, digest
from graphs.state import DialogueSettings, DialogueState


class FrozenState(Record):
    """One state: everything that the responder and the evaluator are shown at a turn, as the run had it."""

    id: Id
    run: str
    """The run's directory, relative to the comparison's."""
    turn: int
    key: str
    """The dialogue's nonce: the same words stand between the same delimiters as in the run."""
    pairing: Pairing
    earlier: tuple[Turn, ...] = ()
    utterance: Line
    feelings: Feelings
    settings: DialogueSettings

    @property
    def cluster(self) -> str:
        """Who speaks: states of one person are not independent."""
        return self.pairing.persona.id

    def as_state(self, thread: str) -> DialogueState:
        """The graph's state before the first attempt of the turn, under a thread of its own."""
        return DialogueState(
            pairing=self.pairing.model_copy(update={"id": thread}),
            key=self.key,
            turns=list(self.earlier),
            feelings=self.feelings,
            utterance=self.utterance,
            reply="",
            attempts=[],
            end=None,
        )


class _Place(NamedTuple):
    """A state by where it lies: which run, which dialogue, which turn."""

    run: int
    thread: str
    turn: int


class _Dialogues:
    """Finished dialogues of some runs, read when they are asked for."""

    def __init__(self, runs: Sequence[Run], journals: Sequence[Journal]):
        self.runs = runs
        self._journals = journals
        self._turns: dict[tuple[int, str], tuple[Turn, ...]] = {}

    def shuffled(self, seed: int) -> list[tuple[int, str]]:
        """All of them in an order that depends on the seed and their names alone."""
        found = [(index, thread) for index, journal in enumerate(self._journals) for thread in journal.finished()]
        return sorted(found, key=lambda place: digest([seed, *place]))

    def turns(self, run: int, thread: str) -> tuple[Turn, ...]:
        if (run, thread) not in self._turns:
            outcome: dict[str, Any] = self._journals[run].outcome(thread) or {"turns": []}
            self._turns[run, thread] = tuple(Turn.model_validate(turn) for turn in outcome["turns"])
        return self._turns[run, thread]


def freeze(runs: Sequence[Run], count: int, seed: int, home: Path) -> list[FrozenState]:
    """Choose states of finished dialogues; fewer than `count` only where there are no more.

    One state a dialogue before a second of the same; turns are used as evenly as the dialogues' lengths allow.

    Args:
        home: where the states will be kept; runs are named from there.

    Raises:
        WrongUse: no dialogue is finished.
    """
    journals = [run.journal(readonly=True) for run in runs]
    try:
        dialogues = _Dialogues(runs, journals)
        places = list(_places(dialogues, count, seed))
        if not places:
            raise WrongUse(f"{', '.join(str(run.path) for run in runs)}: no dialogue is finished yet; resume the run")
        return _frozen(dialogues, places, home)
    finally:
        for journal in journals:
            journal.close()


def _places(dialogues: _Dialogues, count: int, seed: int) -> Iterator[_Place]:
    """States round by round: in each, every dialogue gives the turn that was used least so far."""
    order, used, left = dialogues.shuffled(seed), Counter[int](), count
    given: dict[tuple[int, str], set[int]] = {place: set() for place in order}
    while order and left:
        again: list[tuple[int, str]] = []
        for place in order:
            if not left:
                break
            free = set(range(1, len(dialogues.turns(*place)) + 1)) - given[place]
            if not free:
                continue
            turn = min(free, key=lambda number: (used[number], digest([seed, *place, number])))
            used[turn] += 1
            given[place].add(turn)
            again.append(place)
            left -= 1
            yield _Place(*place, turn)
        order = again


def _frozen(dialogues: _Dialogues, places: list[_Place], home: Path) -> list[FrozenState]:
    pairings = [_pairings(run, {p.thread for p in places if p.run == i}) for i, run in enumerate(dialogues.runs)]
    names = [os.path.relpath(run.path.resolve(), home.resolve()) for run in dialogues.runs]
    states: list[FrozenState] = []
    for number, (index, thread, at) in enumerate(places, start=1):
        config, turns = dialogues.runs[index].config, dialogues.turns(index, thread)
        pairing = pairings[index][thread]
        states.append(
            FrozenState(
                id=f"s{number:04d}",
                run=names[index],
                turn=at,
                key=nonce(config.seed, pairing),
                pairing=pairing,
                earlier=turns[: at - 1],
                utterance=turns[at - 1].utterance,
                feelings=turns[at - 1].feelings,
                settings=config.dialogue,
            )
        )
    return states


def _pairings(run: Run, threads: set[str]) -> dict[str, Pairing]:
    return {pairing.id: pairing for pairing in run.pairings() if pairing.id in threads}
