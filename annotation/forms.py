"""What annotators are shown and asked: the form of a data set in Argilla, and what one record of it holds.

Argilla's page renders HTML in every field, even with Markdown off: what stands in a field is escaped here, once, on its
way in, and read back on its way out. Prefilled answers stand in input boxes, which show them as they are.
"""

import html
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from annotation.answers import Status
from graphs.schema import printable

GUIDELINES_LIMIT = 10_000
MESSAGE_LIMIT = 20_000
"""Argilla takes no longer message of a chat field, counted after escaping, and no empty one."""

FieldValue = str | list[dict[str, str]]
"""A text, or the messages of a chat: `role` and `content`."""


class NotShowable(ValueError):
    """Something that Argilla cannot show; says which record and what to do."""


class Field(NamedTuple):
    """What is shown: a text, or the messages of a chat."""

    name: str
    title: str
    kind: Literal["text", "chat"] = "text"


class Question(NamedTuple):
    """What is asked: free text, one of several labels, or a rating."""

    name: str
    title: str
    kind: Literal["text", "label_selection", "rating"]
    options: tuple[str | int, ...] = ()
    """Labels, or the values of a rating."""
    description: str = ""
    required: bool = True


class Property(NamedTuple):
    """What records can be filtered by."""

    name: str
    title: str
    kind: Literal["terms", "integer"] = "terms"
    visible: bool = True
    """Whether annotators see it; owners always do."""


class Form(NamedTuple):
    """A data set's whole form."""

    guidelines: str
    fields: tuple[Field, ...]
    questions: tuple[Question, ...]
    properties: tuple[Property, ...] = ()
    overlap: int = 1
    """By how many annotators each record is to be answered."""


class PushedRecord(NamedTuple):
    """A record to show: plain text, its prefilled answers by question, what to filter by."""

    external_id: str
    fields: Mapping[str, FieldValue]
    prefilled: Mapping[str, str | int] = {}
    metadata: Mapping[str, Any] = {}


class RawAnswer(NamedTuple):
    """What one annotator said to one record."""

    user_id: str | None
    user: str | None
    """The annotator's name; None if the account is gone."""
    status: Status
    values: Mapping[str, Any]
    """By question; empty where nothing was filled in, as with a bare discard."""
    at: datetime
    """When it was given, or changed last."""


class PulledRecord(NamedTuple):
    """A record as it stands in Argilla: what is shown, and everybody's answers."""

    id: str
    external_id: str
    fields: Mapping[str, FieldValue]
    answers: tuple[RawAnswer, ...]


def shown(value: FieldValue) -> FieldValue:
    """A field's value so that Argilla's page shows it exactly and runs nothing of it."""
    if isinstance(value, str):
        return html.escape(printable(value), quote=False)
    return [{"role": str(shown(message["role"])), "content": str(shown(message["content"]))} for message in value]


def as_pushed(value: Any) -> Any:
    """A field's value as it was before it was shown."""
    if isinstance(value, str):
        return html.unescape(value)
    if isinstance(value, list):
        return [{name: as_pushed(part) for name, part in message.items()} for message in value]
    return value


def check_form(form: Form) -> None:
    """Refuse what Argilla would refuse with less to go by.

    Raises:
        NotShowable: names what is too long or missing.
    """
    if not 0 < len(form.guidelines) <= GUIDELINES_LIMIT:
        raise NotShowable(
            f"guidelines: {len(form.guidelines):,} characters; Argilla takes 1 to {GUIDELINES_LIMIT:,}, shorten them"
        )
    if not form.fields or not any(question.required for question in form.questions):
        raise NotShowable("form: Argilla asks for a field and a required question at least")


def check_record(record: PushedRecord) -> None:
    """Refuse a record with an empty or too long message of a chat.

    Raises:
        NotShowable: names the record, the field and the message.
    """
    for name, value in record.fields.items():
        for number, message in enumerate(value if isinstance(value, list) else [], start=1):
            length = len(str(shown(message["content"])))
            if not 0 < length <= MESSAGE_LIMIT:
                raise NotShowable(
                    f"{record.external_id}: {name}, message {number}: {length:,} characters; "
                    f"Argilla takes 1 to {MESSAGE_LIMIT:,}"
                )
