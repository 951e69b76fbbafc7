"""Prompts as sent: every value of a dialogue put into its block, for every role.

Who sees what is decided here and nowhere else (table in docs/architecture.md, checked by a test on prompts as sent).
"""

import hashlib
import hmac
import json
from functools import cached_property
from typing import Any, Literal, NamedTuple

from graphs.feelings import NOTHING_NEW, Plan, mood_band
from graphs.packs import Pack
from graphs.rubric import screener_schema, supervisor_schema, user_schema
from graphs.schema import Feelings, Pairing, Persona, Situation, digest
from graphs.templates import Template, block

NOT_TOLD = "(not told)"
NONE = "(none)"
_CARD = (
    ("Username", "id"), ("MBTI", "mbti"), ("Gender", "gender"), ("Relationship", "relationship"),
    ("Occupation", "occupation"), ("About", "about"), ("Signature", "signature"),
)  # fmt: skip


class Prompt(NamedTuple):
    """What one call asks: its messages, how it is sampled, and the JSON schema of the answer, as JSON, if it has one."""

    system: str
    user: str
    temperature: float
    max_tokens: int
    schema: str | None = None
    earlier: tuple[tuple[Literal["user", "assistant"], str], ...] = ()
    """What was said between the system message and the last: a chat, where the roles of a pack have none."""


def nonce(seed: int, pairing: Pairing) -> str:
    """The delimiter of a dialogue's data: HMAC of run seed, thread and the hash of persona and situation.

    Data cannot contain it: to know it, a persona would have to hold a hash of itself.
    """
    who = digest([pairing.persona.model_dump(mode="json"), pairing.situation.model_dump(mode="json")])
    return hmac.new(str(seed).encode(), f"{pairing.id}\0{who}".encode(), hashlib.sha256).hexdigest()[:16]


def draw_number(key: str, *parts: object) -> int:
    """A number that is a pure function of a dialogue's nonce and a place in it (31 bits)."""
    message = "\0".join(map(str, parts)).encode()
    return int.from_bytes(hmac.new(key.encode(), message, hashlib.sha256).digest()[:4], "big") >> 1


def persona_card(persona: Persona) -> str:
    """A persona as lines for a prompt; what is unknown is left out."""
    lines = [f"{title}: {value}" for title, field in _CARD if (value := getattr(persona, field))]
    if persona.style:
        lines.append(f"Style: {persona.style}")
    return "\n".join([*lines, *_activities(persona)])


def person_string(persona: Persona) -> str:
    """KardiaBench's `person` field: the card on one line, without what was only inferred about style."""
    lines = [f"{title}: {value}" for title, field in _CARD if (value := getattr(persona, field))]
    return " ".join([*lines, *_activities(persona)])


def _activities(persona: Persona) -> list[str]:
    return ["Recent Activities:", *(f"- {post}" for post in persona.activities)] if persona.activities else []


class PromptWriter:
    """Writes the prompts of a pack; the system message of a role is the same in every dialogue."""

    def __init__(self, pack: Pack):
        self.pack = pack
        self._marker = pack.digest[:16]

    def policy(self, persona: Persona, situation: Situation) -> str:
        """The trained model's system prompt: values stand in it plainly, without blocks."""
        return self.policy_text(persona_card(persona), situation.text)

    def policy_text(self, persona: str, situation: str) -> str:
        """The same from texts, as a release holds them."""
        values = {"persona": persona, "situation": situation, "labels": self._labels}
        return self.pack.templates["policy"].system.fill(values)

    def user_simulator(
        self, key: str, pairing: Pairing, dialogue: str, turn: str, feelings: Feelings, plan: Plan
    ) -> Prompt:
        rules = self.pack.settings.user
        may_tell = f"{plan.stage.name} - {plan.stage.says}" if plan.stage else f"{NOTHING_NEW} new"
        lines = (
            turn,
            f"mood: {mood_band(feelings.mood)} ({feelings.mood} of 100)",
            f"openness: {feelings.openness} of 3",
            f"action: {plan.action} - {rules.actions[plan.action]}",
            f"may tell: {may_tell}",
            f"told so far: {', '.join(feelings.told) or 'nothing'}",
            f"words: about {plan.words}",
        )
        values = _about(pairing) | {
            "emotion": pairing.situation.emotion,
            "dialogue": dialogue,
            "plan": "\n".join(lines),
        }
        return self._prompt("user_simulator", key, values, self._user_schema)

    def responder(
        self, key: str, pairing: Pairing, dialogue: str, draft: str, critique: str, *, situation: bool
    ) -> Prompt:
        values = {
            "persona": persona_card(pairing.persona),
            "situation": pairing.situation.text if situation else NOT_TOLD,
            "dialogue": dialogue,
            "draft": draft or NONE,
            "critique": critique or NONE,
        }
        return self._prompt("responder", key, values, None)

    def rubric_evaluator(self, key: str, pairing: Pairing, dialogue: str, reply: str, turn: str) -> Prompt:
        values = _about(pairing) | {"emotion": pairing.situation.emotion, "dialogue": dialogue, "reply": reply}
        return self._prompt("rubric_evaluator", key, values | {"turn": turn}, self._decision_schema)

    def screener(self, key: str, pairing: Pairing, dialogue: str) -> Prompt:
        return self._prompt("screener", key, _about(pairing) | {"dialogue": dialogue}, _SCREENER_SCHEMA)

    def judge(self, key: str, pairing: Pairing, dialogue: str, reply: str) -> Prompt:
        return self.judge_text(key, persona_card(pairing.persona), pairing.situation.text, dialogue, reply)

    def judge_text(self, key: str, persona: str, situation: str, dialogue: str, reply: str) -> Prompt:
        """The same from texts, as a release holds them; `key` delimits them and must not stand in them."""
        values = {"persona": persona, "situation": situation, "dialogue": dialogue, "reply": reply}
        return self._prompt("judge", key, values, _text(self.pack.rubric.scores_schema))

    def supervisor(self, key: str, shown: dict[str, str]) -> Prompt:
        """The prompt of a supervisor; `shown` has persona, situation, dialogue, reply and answers as annotators saw them."""
        return self._prompt("supervisor", key, shown, _SUPERVISOR_SCHEMA)

    def _prompt(self, role: str, key: str, values: dict[str, str], schema: str | None) -> Prompt:
        template: Template = self.pack.templates[role]
        blocks = {name: block(name, key, values[name]) for name in template.user.names}
        return Prompt(
            self._systems[role], template.user.fill(blocks), template.temperature, template.max_tokens, schema
        )

    @cached_property
    def _systems(self) -> dict[str, str]:
        """The system message of every role that plays: the role's name, then its text with the pack's own values."""
        values = self._pack_values
        systems: dict[str, str] = {}
        for role, template in self.pack.templates.items():
            if role != "policy":
                blocks = {name: block(name, self._marker, values[name]) for name in template.system.names}
                systems[role] = block("role", self._marker, role) + "\n" + template.system.fill(blocks)
        return systems

    @cached_property
    def _pack_values(self) -> dict[str, str]:
        user = self.pack.settings.user
        return {
            "labels": self._labels,
            "scale": str(self.pack.rubric.scale),
            "criteria": "\n".join(_criterion(name, self.pack) for name in self.pack.rubric.criteria),
            "events": "\n".join(f"{name}: {event.means}" for name, event in user.events.items()),
            "disclosure": "\n".join(f"{stage.name}: {stage.says}" for stage in user.disclosure),
            "actions": "\n".join(f"{name}: {means}" for name, means in user.actions.items()),
        }

    @property
    def _labels(self) -> str:
        return "\n".join(self.pack.settings.labels)

    @cached_property
    def _user_schema(self) -> str:
        user = self.pack.settings.user
        return _text(user_schema(list(user.events), [stage.name for stage in user.disclosure]))

    @cached_property
    def _decision_schema(self) -> str:
        return _text(self.pack.rubric.decision_schema)


def _text(schema: dict[str, Any]) -> str:
    """A schema as JSON, its fields in the order in which they are to be answered."""
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))


_SCREENER_SCHEMA = _text(screener_schema())
_SUPERVISOR_SCHEMA = _text(supervisor_schema())


def _about(pairing: Pairing) -> dict[str, str]:
    return {"persona": persona_card(pairing.persona), "situation": pairing.situation.text}


def _criterion(name: str, pack: Pack) -> str:
    criterion = pack.rubric.criteria[name]
    anchors = (f"  {score}: {text}" for score, text in sorted(criterion.anchors.items()))
    return "\n".join([f"{name}: {criterion.question}", *anchors])
