"""Screening of finished dialogues: identity drift, implausible emotional jumps, broken structure (§3.2).

The paper names the three kinds and no test for any of them. All here is rules over the text alone, so that the same
dialogue gets the same answer anywhere, at no model call. What rules cannot see (a contradiction in other words, a jump
without feeling words) is left to a model check, which belongs to whoever has a model at hand: it takes the trajectories
that passed here and adds `Removal`s of its own. `benchmarks/screening.py` measures what is found and what is lost.
"""

from graphs.schema import Removal, Trajectory
from graphs.screening.drift import drift_removals
from graphs.screening.jumps import jump_removals
from graphs.screening.rules import ScreeningRules
from graphs.screening.structure import structure_removals

__all__ = ["ScreeningRules", "screen"]


def screen(trajectory: Trajectory, rules: ScreeningRules) -> tuple[Removal, ...]:
    """Name every reason to take a dialogue out, the broken structure first, then in order of turns; () lets it pass."""
    longest = rules.structure.max_chars
    utterances = [turn.utterance[:longest] for turn in trajectory.turns]
    situation = trajectory.situation.model_copy(update={"text": trajectory.situation.text[:longest]})
    found = (
        *structure_removals(trajectory, rules.structure),
        *jump_removals(situation, utterances, rules.jump),
        *drift_removals(trajectory.persona, situation, utterances, rules.drift),
    )
    return tuple(removal for removal in found if removal.rule not in rules.without)
