"""What flows through the graph, and what the nodes are given: the state of a dialogue and how it is played."""

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple, Protocol, TypedDict, TypeVar

from pydantic import Field

from graphs.feelings import Length
from graphs.journal import Slot
from graphs.packs import Pack
from graphs.prompts import Prompt, PromptWriter
from graphs.schema import Attempt, End, Feelings, Pairing, Record, Turn

P = TypeVar("P")


class DialogueSettings(Record):
    """What the paper leaves open or a designer may choose; frozen for a run."""

    turns: int = Field(default=10, ge=1, le=100)
    """T_max of Algorithm 1."""
    attempts: int = Field(default=5, ge=1, le=20)
    """K_max of Algorithm 1."""
    length: Length = "paper"
    """`paper` lets SOLVED stand only from the pack's floor on, which gives the lengths of Fig. 4b; `natural` at once."""
    exhausted: Literal["last", "best"] = "last"
    """Which attempt stands as y_t when all K failed: Algorithm 1 leaves the last; `best` takes the best-scored."""
    critique_to_responder: bool = True
    """Algorithm 1 hands A no critique; the abstract speaks of iterative critique, and without it A can only guess."""
    history_spans: Literal["response", "all"] = "response"
    """What A sees of its own earlier replies; `all` would carry earlier emotion labels from turn to turn."""
    situation_to_responder: bool = False
    """Eq. 1 gives A the dialogue and the persona only."""
    evaluator_sees: Literal["response", "reply"] = "response"
    """§4 scores the response span; `reply` shows R all four."""
    model_check: bool = False
    """Ask a screener about identity drift and emotional jumps, of dialogues that passed the rules (§3.2 names no test)."""
    draws: int = Field(default=3, ge=1, le=20)
    """How many answers are bought for one slot before its dialogue is given up."""


Update = dict[str, Any]
"""What a node returns: the keys of the state that it changes."""


class DialogueState(TypedDict):
    """The state of one dialogue. Only `turns` is appended to; everything else is replaced."""

    pairing: Pairing
    key: str
    """The nonce that delimits this dialogue's data."""
    turns: Annotated[list[Turn], operator.add]
    feelings: Feelings
    utterance: str
    reply: str
    attempts: list[Attempt]
    """Attempts at the open turn."""
    end: End | None


class Segment(NamedTuple):
    """Which prompts and models hold for slots before `until` (None: to the end). A plain run has one segment."""

    until: tuple[int, int, int] | None
    writer: PromptWriter
    models: dict[str, str]


class Asker(Protocol):
    """Gets a slot's answer: from the journal if it was bought before, else from the model."""

    async def ask(
        self, thread: str, key: str, slot: Slot, model: str, prompt: Prompt, read: Callable[[str], P]
    ) -> P: ...


@dataclass(frozen=True)
class Dialogue:
    """How dialogues are played: the graph's context. It is the same for all dialogues of a run."""

    pack: Pack
    settings: DialogueSettings
    asker: Asker
    seed: int = 0
    segments: tuple[Segment, ...] = field(default=())

    @property
    def floor(self) -> int:
        """The first turn at which SOLVED may stand."""
        return getattr(self.pack.settings.length, self.settings.length)

    async def ask(
        self, thread: str, key: str, slot: Slot, write: Callable[[PromptWriter], Prompt], read: Callable[[str], P]
    ) -> P:
        """Ask the model of a slot's role with the prompts that hold there."""
        segment = next(s for s in self.segments if s.until is None or slot.order < s.until)
        return await self.asker.ask(thread, key, slot, segment.models[slot.role], write(segment.writer), read)


def turn_number(state: DialogueState) -> int:
    """The open turn, from 1."""
    return len(state["turns"]) + 1


def dialogue_text(state: DialogueState, *, latest: bool, spans: Literal["response", "all"] = "response") -> str:
    """The dialogue as lines, each message on one; with the open turn's utterance if `latest`."""
    lines: list[str] = []
    for number, turn in enumerate(state["turns"], start=1):
        said = turn.response if spans == "response" else " ".join(turn.reply.split())
        lines += (f"[{number}] user: {turn.utterance}", f"[{number}] helper: {said}")
    if latest:
        lines.append(f"[{turn_number(state)}] user: {state['utterance']}")
    return "\n".join(lines) or "(nothing said yet)"
