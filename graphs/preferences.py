"""Which of two responses at the same place of a dialogue somebody prefers: what a reward model learns from (§5.1).

The paper says "turn-level preference judgments" and no more. Ties are no rows here: they teach a reward model nothing.
"""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from graphs.schema import Id, Line, Record, Text
from graphs.spans import strip_tags

PreferredBy = Literal["person", "model"]


class Said(Record):
    """One message of the dialogue so far; of a reply its response span."""

    role: Literal["user", "assistant"]
    content: Text


class Preference(Record):
    """Two responses to the same x_t, and which one was preferred; one line of a preferences file."""

    id: Id
    persona: str
    """The persona's name: what held-out slices cluster by."""
    person: Text
    situation: Text
    dialogue: tuple[Said, ...] = Field(min_length=1)
    """Up to and with x_t."""
    chosen: Text
    """The response span that was preferred."""
    rejected: Text
    preferred_by: PreferredBy
    who: Line = ""
    """A pseudonym, or the name of the model that judged."""

    @field_validator("chosen", "rejected")
    @classmethod
    def _is_a_response(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("write the response span's text; an empty response cannot be compared")
        if strip_tags(text) != text.strip():
            raise ValueError("write the response span alone, without span tags")
        return text

    @model_validator(mode="after")
    def _compares_two_answers(self) -> "Preference":
        roles = [said.role for said in self.dialogue]
        if roles != ["user", "assistant"] * (len(roles) // 2) + ["user"]:
            raise ValueError("dialogue: write user and assistant in turn, from the user's first to the user's last")
        if self.chosen.strip() == self.rejected.strip():
            raise ValueError("rejected: the same words as chosen; a tie is no preference")
        return self
