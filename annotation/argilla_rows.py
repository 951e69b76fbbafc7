"""Between our forms and records and the JSON of Argilla's API."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from annotation.forms import Field, Form, Property, PulledRecord, PushedRecord, Question, RawAnswer, as_pushed, shown


def settings_of(form: Form) -> dict[str, Any]:
    """What a data set's own row in Argilla says of a form."""
    return {
        "guidelines": form.guidelines,
        "allow_extra_metadata": False,
        "distribution": {"strategy": "overlap", "min_submitted": form.overlap},
    }


def parts_of(form: Form) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """A form's parts: what each is called, where it is listed, and the bodies to make it with."""
    yield "fields", "datasets/{}/fields", [_field(field) for field in form.fields]
    yield "questions", "datasets/{}/questions", [_question(question) for question in form.questions]
    yield "metadata-properties", "me/datasets/{}/metadata-properties", [_property(one) for one in form.properties]


def _field(field: Field) -> dict[str, Any]:
    settings = {"type": field.kind, "use_markdown": False}
    return {"name": field.name, "title": field.title, "required": True, "settings": settings}


def _question(question: Question) -> dict[str, Any]:
    settings: dict[str, Any] = {"type": question.kind}
    if question.kind == "text":
        settings["use_markdown"] = False
    elif question.kind == "rating":
        settings["options"] = [{"value": value} for value in question.options]
    else:
        settings["options"] = [{"value": label, "text": label} for label in question.options]
        settings["visible_options"] = max(3, len(question.options)) if len(question.options) > 2 else None
    named = {"name": question.name, "title": question.title, "description": question.description or None}
    return {**named, "required": question.required, "settings": settings}


def _property(wanted: Property) -> dict[str, Any]:
    settings = {"type": wanted.kind}
    return {"name": wanted.name, "title": wanted.title, "visible_for_annotators": wanted.visible, "settings": settings}


def fits(there: Any, wanted: Any) -> bool:
    """Whether what Argilla has is what we want; what it adds by itself does not count."""
    if isinstance(wanted, dict):
        return isinstance(there, dict) and all(fits(there.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(there, list) and len(there) == len(wanted) and all(map(fits, there, wanted))
    return there == wanted


def outgoing(record: PushedRecord, questions: Mapping[str, str]) -> dict[str, Any]:
    """A record as a bulk request carries it: without answers, always."""
    return {
        "external_id": record.external_id,
        "fields": {name: shown(value) for name, value in record.fields.items()},
        "metadata": dict(record.metadata),
        "suggestions": [{"question_id": questions[name], "value": value} for name, value in record.prefilled.items()],
    }


def incoming(raw: dict[str, Any], users: Mapping[str, str]) -> PulledRecord:
    """A record as Argilla lists it; users are names by ids."""
    return PulledRecord(
        id=raw["id"],
        external_id=raw.get("external_id") or "",
        fields={name: as_pushed(value) for name, value in raw["fields"].items()},
        answers=tuple(_answer(response, users) for response in raw.get("responses") or []),
    )


def _answer(raw: dict[str, Any], users: Mapping[str, str]) -> RawAnswer:
    user = raw.get("user_id")
    return RawAnswer(
        user_id=user,
        user=users.get(user) if user else None,
        status=raw["status"],
        values={name: held["value"] for name, held in (raw.get("values") or {}).items()},
        at=_moment(raw["updated_at"]),
    )


def _moment(text: str) -> datetime:
    """Argilla tells times in UTC without saying so."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
