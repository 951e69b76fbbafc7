"""The graph from Python in three lines, and for `langgraph dev`.

from graphs.simple import play_dialogue
trajectory = play_dialogue("I am a nurse. I knit.", "My best friend moved away.", "lonely")
print(trajectory.turns[0].response)
"""
# pyright: reportMissingTypeStubs=false

import asyncio
from collections.abc import Mapping
from typing import Any

from langgraph.graph.state import CompiledStateGraph

from graphs.asking import JournaledAsker
from graphs.dialogue import build_graph, play
from graphs.journal import PLAYING
from graphs.llm.build import Reach, build_llm
from graphs.llm.classify import read_answer
from graphs.llm.door import LLM, Endpoint, Voice
from graphs.llm.errors import Answer
from graphs.llm.limits import Budget, Gate
from graphs.llm.prices import FREE
from graphs.offline import MODEL_NAME
from graphs.offline.model import answer
from graphs.packs import Pack, load_pack
from graphs.prompts import Prompt, PromptWriter
from graphs.schema import Pairing, Persona, Situation, Trajectory, canonical
from graphs.state import Dialogue, DialogueSettings, Segment


class EmbeddedEndpoint:
    """The embedded demonstration model in this process, without its server."""

    model = MODEL_NAME

    async def ask(self, prompt: Prompt, seed: int, tries: int) -> Answer:
        said = [("system", prompt.system), *prompt.earlier, ("user", prompt.user)]
        messages = [{"role": role, "content": text} for role, text in said]
        body = {"model": self.model, "messages": messages, "temperature": prompt.temperature, "seed": seed}
        return read_answer(200, {}, canonical(answer(body, 0)))

    async def close(self) -> None:
        """Nothing to give back."""


def open_dialogue(
    pack: Pack, endpoints: Mapping[str, Endpoint], settings: DialogueSettings | None = None, seed: int = 0
) -> Dialogue:
    """A context that keeps no journal: every answer is bought when it is asked for."""
    settings = settings or _limits_of(pack)
    voices = {role: Voice(endpoint, Gate(64), FREE) for role, endpoint in endpoints.items()}
    return _context(pack, LLM(voices, Budget()), {role: e.model for role, e in endpoints.items()}, settings, seed)


def play_dialogue(
    persona: Persona | str,
    situation: Situation | str,
    emotion: str | None = None,
    *,
    model: str | None = None,
    base_url: str | None = None,
    pack: str = "kardia",
    seed: int = 0,
    **settings: Any,
) -> Trajectory:
    """Play one dialogue and return it, with all attempts and decisions.

    Args:
        persona: a record, or what the person says about themselves.
        situation: a record, or its text; then `emotion` is needed.
        model: any OpenAI-compatible model; the embedded one if not given.
        settings: fields of `DialogueSettings`, for example length="natural".

    Raises:
        DialogueFailed: a call could not be answered. RunRefused: key, model or address is wrong.
    """
    loaded = load_pack(pack)
    chosen = _limits_of(loaded).model_copy(
        update=DialogueSettings.model_validate(settings).model_dump(include=set(settings))
    )
    return asyncio.run(_play(_pairing(persona, situation, emotion), loaded, chosen, model, base_url, seed))


def make_graph() -> CompiledStateGraph[Any, Any, Any, Any]:
    """The graph for `langgraph dev`: input {"pairing": {…}}, played by the embedded model."""
    return build_graph(context=open_dialogue(load_pack("kardia"), dict.fromkeys(PLAYING, EmbeddedEndpoint())))


async def _play(
    pairing: Pairing, pack: Pack, settings: DialogueSettings, model: str | None, base_url: str | None, seed: int
) -> Trajectory:
    if model is None:
        endpoints = dict.fromkeys(PLAYING, EmbeddedEndpoint())
        return await play(pairing, open_dialogue(pack, endpoints, settings, seed))
    models = dict.fromkeys(PLAYING, model)
    llm = build_llm(models, Reach(base_url=base_url, concurrency=1), Budget())
    try:
        return await play(pairing, _context(pack, llm, models, settings, seed))
    finally:
        await llm.close()


def _context(pack: Pack, llm: LLM, models: dict[str, str], settings: DialogueSettings, seed: int) -> Dialogue:
    asker = JournaledAsker([], llm, settings.draws, {})
    return Dialogue(pack, settings, asker, seed, (Segment(None, PromptWriter(pack), models),))


def _limits_of(pack: Pack) -> DialogueSettings:
    return DialogueSettings(turns=pack.settings.limits.turns, attempts=pack.settings.limits.attempts)


def _pairing(persona: Persona | str, situation: Situation | str, emotion: str | None) -> Pairing:
    if isinstance(persona, str):
        persona = Persona(id="user_written", about=persona, sources={"about": "stated"})
    if isinstance(situation, str):
        if emotion is None:
            raise ValueError("a situation given as text needs its emotion, a label of the pack")
        situation = Situation(id="s-written", emotion=emotion, text=situation)
    return Pairing(id="d00001", persona=persona, situation=situation, split="train")
