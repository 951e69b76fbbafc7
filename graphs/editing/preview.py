"""A role's prompt as it would be sent at a real place of a real dialogue, from texts that nobody has saved yet.

A scene is a dialogue as it stood when a role was asked. The role's own node then writes the prompt, with another pack,
into an asker that catches it: no model is called, and what is shown is what playing would send.
"""
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false, reportMissingTypeStubs=false

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, NoReturn, TypeVar
from uuid import uuid4

from langgraph.runtime import Runtime
from langsmith import tracing_context

from graphs.asking import JournaledAsker
from graphs.dialogue import build_graph, recursion_limit
from graphs.journal import PLAYING, Journal, Slot
from graphs.model_check import check_with_model
from graphs.nodes.responder import respond
from graphs.nodes.rubric_evaluator import evaluate
from graphs.nodes.user_simulator import simulate_user
from graphs.offline.model import CHARS_PER_TOKEN
from graphs.packs import Pack
from graphs.prompts import Prompt, PromptWriter, persona_card
from graphs.runs import Run
from graphs.schema import Pairing
from graphs.simple import EmbeddedEndpoint, open_dialogue
from graphs.spans import response_of
from graphs.state import Asker, Dialogue, DialogueSettings, DialogueState, Segment, dialogue_text
from graphs.templates import ROLES, Text

P = TypeVar("P")
_NODES = {"user_simulator": simulate_user, "responder": respond, "rubric_evaluator": evaluate}
ASKED_AS = {"judge": "rubric_evaluator", "supervisor": "rubric_evaluator", "policy": "responder"}
"""Roles that no dialogue asks, and the one whose place they are shown at."""
ANSWERS = "(what annotators answered to this reply)"
"""Stands for what only an annotation project holds."""


class NoPrompt(ValueError):
    """A role would not be asked at this place with this pack; says why."""


class Scene(NamedTuple):
    """A dialogue as it stood when a role was asked, how it is played, and the limits that its pack gave."""

    state: DialogueState
    settings: DialogueSettings
    pack_settings: DialogueSettings
    seed: int


class Shown(NamedTuple):
    """A prompt as it would be sent; its two texts in pieces, each with the name of the value that it is, or ""."""

    prompt: Prompt
    system: tuple[tuple[str, str], ...]
    user: tuple[tuple[str, str], ...]

    @property
    def tokens(self) -> int:
        """About how many tokens are read, at four characters each."""
        return (len(self.prompt.system) + len(self.prompt.user)) // CHARS_PER_TOKEN

    @property
    def values(self) -> dict[str, str]:
        """What stands in each placeholder."""
        return {name: text for name, text in (*self.system, *self.user) if name}


class _Reached(Exception):
    """The role that was sought is about to be asked."""


class _Caught(Exception):
    """A prompt, on its way to nobody."""

    def __init__(self, prompt: Prompt):
        super().__init__()
        self.prompt = prompt


@dataclass(frozen=True)
class _UpTo:
    """An asker that passes on what comes before a place, and stops there."""

    asker: Asker
    is_there: Callable[[Slot], bool]

    async def ask(self, thread: str, key: str, slot: Slot, model: str, prompt: Prompt, read: Callable[[str], P]) -> P:
        if self.is_there(slot):
            raise _Reached
        return await self.asker.ask(thread, key, slot, model, prompt, read)


class _Catcher:
    """An asker that answers nothing."""

    async def ask(
        self, thread: str, key: str, slot: Slot, model: str, prompt: Prompt, read: Callable[[str], P]
    ) -> NoReturn:
        raise _Caught(prompt)


async def scene_of_run(run: Run, journal: Journal, pairing: Pairing, slot: Slot) -> Scene:
    """A dialogue of a run as it stood when a slot was asked, played from the journal and proven by hash.

    Raises:
        ReplayMiss: the dialogue did not get there.
    """
    asker = JournaledAsker([journal], None, run.config.dialogue.draws, run.departures)
    context = Dialogue(run.pack, run.config.dialogue, asker, run.config.seed, run.segments)
    state = await _state(pairing, context, lambda asked: asked == slot)
    return Scene(state, run.config.dialogue, _limits(run.pack), run.config.seed)


async def scene_of_pairing(pairing: Pairing, pack: Pack, role: str) -> Scene:
    """A dialogue that nobody has played, as it stands when a role is asked first; the embedded model says the rest.

    Raises:
        NoPrompt: the situation's emotion is no label of the pack.
    """
    _need_label(pairing, pack)
    context = open_dialogue(pack, dict.fromkeys(PLAYING, EmbeddedEndpoint()), _limits(pack))
    state = await _state(pairing, context, lambda asked: asked.role == ASKED_AS.get(role, role))
    return Scene(state, context.settings, context.settings, context.seed)


async def prompt_at(scene: Scene, pack: Pack, role: str) -> Shown:
    """What a role would be asked in a scene with a pack.

    Raises:
        NoPrompt: it would not be asked.
    """
    if role not in pack.templates:
        raise NoPrompt(f"the pack has no {role}.md")
    _need_label(scene.state["pairing"], pack)
    mark = uuid4().hex
    sent = await _prompt(scene, pack, role)
    marked = await _prompt(scene, _marked(pack, role, mark), role)
    return Shown(sent, _pieces(marked.system, mark), _pieces(marked.user, mark))


def slots_of(journal: Journal, thread: str, role: str) -> list[Slot]:
    """Places of a dialogue at which a role was asked."""
    asked = {call.slot for call in journal.calls(thread) if call.slot.role == ASKED_AS.get(role, role)}
    return sorted(asked, key=lambda slot: slot.order)


async def _state(pairing: Pairing, context: Dialogue, is_there: Callable[[Slot], bool]) -> DialogueState:
    """The state in which a place is reached, or the last one if none is: the whole dialogue, as a screener reads it."""
    context = replace(context, asker=_UpTo(context.asker, is_there))
    config: Any = {"recursion_limit": recursion_limit(context.settings)}
    state: Any = {}
    with tracing_context(enabled=False):
        try:
            start: Any = {"pairing": pairing, "turns": []}
            async for values in build_graph().astream(start, config, context=context, stream_mode="values"):
                state = values
        except _Reached:
            pass
    return state


async def _prompt(scene: Scene, pack: Pack, role: str) -> Prompt:
    state, writer = scene.state, PromptWriter(pack)
    if role == "policy":
        template = pack.templates[role]
        system = writer.policy(state["pairing"].persona, state["pairing"].situation)
        return Prompt(system, "", template.temperature, template.max_tokens)
    if role == "judge":
        dialogue = dialogue_text(state, latest=True)
        return writer.judge(state["key"], state["pairing"], dialogue, response_of(state["reply"]))
    if role == "supervisor":
        return writer.supervisor(state["key"], _shown_to_annotators(state))
    return await _caught(state, _context(scene, pack, writer), role)


async def _caught(state: DialogueState, context: Dialogue, role: str) -> Prompt:
    try:
        if role == "screener":
            await check_with_model(state, context)
        elif role not in _NODES:
            raise NoPrompt(f"{role}: no dialogue asks this role")
        else:
            update = await _NODES[role](state, Runtime(context=context))
            broken = "; ".join(update["attempts"][-1].violations)
            raise NoPrompt(f"with this pack code refuses the reply by itself and asks nobody: {broken}")
    except _Caught as caught:
        return caught.prompt
    raise AssertionError(role)


def _shown_to_annotators(state: DialogueState) -> dict[str, str]:
    pairing = state["pairing"]
    shown = {"persona": persona_card(pairing.persona), "situation": pairing.situation.text}
    return shown | {"dialogue": dialogue_text(state, latest=True), "reply": state["reply"], "answers": ANSWERS}


def _context(scene: Scene, pack: Pack, writer: PromptWriter) -> Dialogue:
    """How the scene would be played with a pack: what its run did not choose otherwise follows that pack's limits."""
    kept, given, limits = scene.settings, scene.pack_settings, _limits(pack)
    followed = [name for name in ("turns", "attempts") if getattr(kept, name) == getattr(given, name)]
    settings = kept.model_copy(update={name: getattr(limits, name) for name in followed})
    return Dialogue(pack, settings, _Catcher(), scene.seed, (Segment(None, writer, dict.fromkeys(ROLES, "")),))


def _limits(pack: Pack) -> DialogueSettings:
    return DialogueSettings(turns=pack.settings.limits.turns, attempts=pack.settings.limits.attempts)


def _need_label(pairing: Pairing, pack: Pack) -> None:
    if (emotion := pairing.situation.emotion) not in pack.labels:
        raise NoPrompt(
            f"{emotion!r}, the emotion of this situation, is not a label of the pack; choose another dialogue"
        )


def _marked(pack: Pack, role: str, mark: str) -> Pack:
    """The pack with a template whose values stand between marks that no text can contain."""
    template = pack.templates[role]
    templates = {
        **pack.templates,
        role: template._replace(system=_fenced(template.system, mark), user=_fenced(template.user, mark)),
    }
    return Pack(pack.settings, pack.safety, templates, pack.digest)


def _fenced(text: Text, mark: str) -> Text:
    last = len(text.names)
    pieces = (
        (f"{mark}{mark}" if number else "") + piece + (f"{mark}{text.names[number]}{mark}" if number < last else "")
        for number, piece in enumerate(text.pieces)
    )
    return Text(tuple(pieces), text.names)


def _pieces(text: str, mark: str) -> tuple[tuple[str, str], ...]:
    """A marked text as (name, piece): plain, name, value, nothing, plain, …"""
    parts = text.split(mark)
    found: list[tuple[str, str]] = [("", parts[0])]
    for name, value, plain in zip(parts[1::4], parts[2::4], parts[4::4], strict=True):
        found += ((name, value), ("", plain))
    return tuple(piece for piece in found if piece[1])
