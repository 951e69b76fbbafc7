"""The dialogue state machine: U, A and R in the K loop inside the T loop (paper §3.2, Algorithm 1, Fig. 2)."""
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false, reportMissingTypeStubs=false

from functools import cache, wraps
from typing import Any, Literal, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langsmith import tracing_context

from graphs.model_check import check_with_model
from graphs.nodes.responder import respond
from graphs.nodes.rubric_evaluator import evaluate
from graphs.nodes.user_simulator import simulate_user
from graphs.rubric import Rubric
from graphs.schema import Attempt, Decision, End, Pairing, Trajectory, Turn
from graphs.screening import screen
from graphs.state import Dialogue, DialogueSettings, DialogueState, Update


class Node(Protocol):
    """A step of the graph."""

    async def __call__(self, state: DialogueState, runtime: Runtime[Dialogue]) -> Update: ...


class Router(Protocol):
    """A question whose answer is the next step."""

    def __call__(self, state: DialogueState, runtime: Runtime[Dialogue]) -> str: ...


async def close_turn(state: DialogueState, runtime: Runtime[Dialogue]) -> Update:
    """Put the turn on record, with the attempt that stands as y_t, and say whether the dialogue ends here."""
    settings, attempts = runtime.context.settings, state["attempts"]
    turn = Turn(
        utterance=state["utterance"],
        feelings=state["feelings"],
        attempts=tuple(attempts),
        chosen=standing(attempts, settings.exhausted, runtime.context.pack.rubric),
    )
    return {"turns": [turn], "attempts": [], "end": _end(turn, len(state["turns"]) + 1, settings)}


def after_evaluation(state: DialogueState, runtime: Runtime[Dialogue]) -> Literal["respond", "close_turn"]:
    """Refine the reply until it passes or K attempts are spent (Algorithm 1, lines 5-11)."""
    attempts = state["attempts"]
    failed = attempts[-1].decision is Decision.FAIL
    return "respond" if failed and len(attempts) < runtime.context.settings.attempts else "close_turn"


def after_turn(state: DialogueState) -> Literal["simulate_user", "__end__"]:
    """Go on until the need is met or T turns are played (lines 4 and 12-15)."""
    return "__end__" if state["end"] else "simulate_user"


def build_graph(
    checkpointer: BaseCheckpointSaver[Any] | None = None, context: Dialogue | None = None
) -> CompiledStateGraph[Any, Any, Any, Any]:
    """All nodes and every edge of the dialogue.

    Args:
        context: used where the caller gives none, as `langgraph dev` does.
    """
    graph = StateGraph(DialogueState, context_schema=None if context else Dialogue)
    graph.add_node("simulate_user", _node(context, simulate_user))
    graph.add_node("respond", _node(context, respond))
    graph.add_node("evaluate", _node(context, evaluate))
    graph.add_node("close_turn", _node(context, close_turn))
    graph.add_edge(START, "simulate_user")
    graph.add_edge("simulate_user", "respond")
    graph.add_edge("respond", "evaluate")
    graph.add_conditional_edges("evaluate", _route(context, after_evaluation))
    graph.add_conditional_edges("close_turn", after_turn)
    return graph.compile(checkpointer=checkpointer)


def recursion_limit(settings: DialogueSettings) -> int:
    """Super-steps that the longest dialogue needs: U, K times A and R, and the close, T times; and some room."""
    return (2 * settings.attempts + 2) * settings.turns + 10


async def play(pairing: Pairing, context: Dialogue) -> Trajectory:
    """Play one dialogue to its end and screen it."""
    config: Any = {"recursion_limit": recursion_limit(context.settings)}
    with tracing_context(enabled=False):  # what a person says goes to the endpoint that was named and nowhere else
        state: Any = await _plain_graph().ainvoke({"pairing": pairing, "turns": []}, config, context=context)
        return await screened(state, context)


async def screened(state: DialogueState, context: Dialogue) -> Trajectory:
    """The trajectory of a state whose dialogue has ended, with every reason to take it out (§3.2)."""
    trajectory = trajectory_of(state)
    removals = screen(trajectory, context.pack.settings.screening)
    if not removals and context.settings.model_check:
        removals = await check_with_model(state, context)
    return trajectory.model_copy(update={"removals": removals})


def trajectory_of(state: DialogueState) -> Trajectory:
    """The trajectory of a state whose dialogue has ended, before screening."""
    pairing, end = state["pairing"], state["end"]
    assert end is not None
    return Trajectory(
        id=pairing.id,
        split=pairing.split,
        persona=pairing.persona,
        situation=pairing.situation,
        turns=tuple(state["turns"]),
        end=end,
    )


def standing(attempts: list[Attempt], exhausted: Literal["last", "best"], rubric: Rubric) -> int:
    """Index of the attempt that stands as y_t: the one that passed; of all failed ones the last, or the best-scored."""
    last = len(attempts) - 1
    if attempts[last].decision is not Decision.FAIL or exhausted == "last":
        return last
    return max(range(len(attempts)), key=lambda index: (_worth(attempts[index], rubric), index))


def _worth(attempt: Attempt, rubric: Rubric) -> float:
    return rubric.norm({name: mark.score for name, mark in attempt.marks.items()}) if attempt.marks else -1.0


def _end(turn: Turn, number: int, settings: DialogueSettings) -> End | None:
    if turn.decision is Decision.SOLVED:
        return End.SOLVED
    return End.CAP if number >= settings.turns else None


def _node(context: Dialogue | None, node: Node) -> Node:
    """A node with a context of its own, if there is one."""
    if context is None:
        return node

    @wraps(node)
    async def bound(state: DialogueState, runtime: Runtime[Dialogue]) -> Update:
        return await node(state, runtime.override(context=context))

    return bound


def _route(context: Dialogue | None, router: Router) -> Router:
    """A router with a context of its own, if there is one."""
    if context is None:
        return router

    @wraps(router)
    def bound(state: DialogueState, runtime: Runtime[Dialogue]) -> str:
        return router(state, runtime.override(context=context))

    return bound


@cache
def _plain_graph() -> CompiledStateGraph[Any, Any, Any, Any]:
    return build_graph()
