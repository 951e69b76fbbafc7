"""Replay: the graph from START on a journal, with every LangGraph checkpoint and no model call."""
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from typing import Any, NamedTuple

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import StateSnapshot
from langsmith import tracing_context

from graphs.asking import JournaledAsker
from graphs.dialogue import build_graph, recursion_limit, screened
from graphs.journal import Journal
from graphs.runs import Run
from graphs.schema import Pairing, Trajectory
from graphs.state import Dialogue


class Replay(NamedTuple):
    """A dialogue as it was played: its trajectory, and all checkpoints from first to last."""

    trajectory: Trajectory
    checkpoints: list[StateSnapshot]


async def replay(run: Run, journal: Journal, pairing: Pairing) -> Replay:
    """Play a finished dialogue again from its journal.

    Raises:
        ReplayMiss: an answer is not on record (the dialogue was not finished).
        SlotMismatch: what would be asked now differs from what was asked.
    """
    asker = JournaledAsker([journal], None, run.config.dialogue.draws, run.departures)
    context = Dialogue(run.pack, run.config.dialogue, asker, run.config.seed, run.segments)
    graph = build_graph(InMemorySaver())
    config: Any = {"configurable": {"thread_id": pairing.id}, "recursion_limit": recursion_limit(context.settings)}
    with tracing_context(enabled=False):
        state: Any = await graph.ainvoke({"pairing": pairing, "turns": []}, config, context=context)
    checkpoints = [snapshot async for snapshot in graph.aget_state_history(config)]
    return Replay(await screened(state, context), checkpoints[::-1])
