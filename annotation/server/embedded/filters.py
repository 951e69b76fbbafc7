"""Argilla's filters and orders, as SQL over its own tables."""
# pyright: reportMissingImports=false

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from argilla_server.enums import RecordStatus, ResponseStatus, ResponseStatusFilter, SortOrder
from argilla_server.errors.future import UnprocessableEntityError
from argilla_server.models import Question, Record, Response, Suggestion
from argilla_server.search_engine.base import (
    AndFilter,
    MetadataFilterScope,
    RecordFilterScope,
    ResponseFilterScope,
    SuggestionFilterScope,
    TermsFilter,
)
from sqlalchemy import Text, and_, case, cast, exists, false, func, or_, select

_INDEXED = {"id": UUID, "status": RecordStatus, "external_id": str}


def condition(wanted: Any) -> Any:
    """The SQL that holds for records which a filter lets through; no filter lets all through."""
    if wanted is None:
        return and_(True)
    if isinstance(wanted, AndFilter):
        return and_(True, *map(condition, wanted.filters))
    if isinstance(wanted.scope, RecordFilterScope):
        return _of_record(wanted)
    if isinstance(wanted.scope, ResponseFilterScope) and not wanted.scope.question:
        return _of_status(wanted)
    values, rows = _values(wanted.scope)
    return exists(rows.where(_among(values.c.value, wanted)))


def orders(wanted: Any, start: Any = None) -> Iterator[Any]:
    """How to sort: as asked for, what lacks the value last; else as pushed, so that a dialogue's turns stay together.

    Args:
        start: when the record came with which somebody begins, and its id; those before it come last.
    """
    for order in wanted or []:
        value = _sorted_by(order.scope)
        yield (value.desc() if order.order == SortOrder.desc else value.asc()).nulls_last()
    if start:
        moment, record = start
        earlier = or_(Record.inserted_at < moment, and_(Record.inserted_at == moment, Record.id < record))
        yield case((earlier, 1), else_=0)
    yield from (Record.inserted_at, Record.id)


def _sorted_by(scope: Any) -> Any:
    if isinstance(scope, RecordFilterScope):
        return getattr(Record, str(scope.property))
    if isinstance(scope, ResponseFilterScope) and not scope.question:
        return _mine(select(func.min(Response.status)), scope).scalar_subquery()
    values, rows = _values(scope)
    return rows.with_only_columns(func.min(values.c.value)).scalar_subquery()


def _of_record(wanted: Any) -> Any:
    name = str(wanted.scope.property)
    column = getattr(Record, name)
    if isinstance(wanted, TermsFilter):
        read = _INDEXED.get(name, _moment)
        known = (_read(read, given) for given in wanted.values)
        return column.in_([value for value in known if value is not None])
    low, high = (None if edge is None else _moment(edge) for edge in (wanted.ge, wanted.le))
    return and_(True, *([column >= low] if low else []), *([column <= high] if high else []))


def _of_status(wanted: Any) -> Any:
    """Whether a record has an answer in one of these states, from the asking user or (for owners) from anyone."""
    asked = {str(value) for value in wanted.values}
    known = [ResponseStatus(value) for value in asked if value in set(ResponseStatus)]
    answered = _mine(select(1), wanted.scope)
    pending = ~exists(answered) if ResponseStatusFilter.pending in asked else false()
    return or_(pending, exists(answered.where(Response.status.in_(known))))


def _values(scope: Any) -> tuple[Any, Any]:
    """The values that a scope has for a record, as rows: one, or one for each item of a list."""
    if isinstance(scope, MetadataFilterScope):
        values = _items(Record.metadata_, scope.metadata_property)
        return values, select(1).select_from(values).correlate(Record)
    if isinstance(scope, SuggestionFilterScope):
        name = str(scope.property)
        column = getattr(Suggestion, name)
        held = column if name in {"value", "score"} else func.json_quote(column)
        values = _items(held)
        rows = select(1).select_from(Suggestion).join(Question).join(values, and_(True))
        return values, rows.where(Suggestion.record_id == Record.id, Question.name == scope.question).correlate(Record)
    values = _items(Response.values, scope.question, "value")
    return values, _mine(select(1).select_from(Response).join(values, and_(True)), scope)


def _items(column: Any, *path: str) -> Any:
    where = "".join(f'."{step}"' for step in path)
    return func.json_each(column, f"${where}").table_valued("value", joins_implicitly=True)


def _mine(rows: Any, scope: Any) -> Any:
    mine = [] if scope.user is None else [Response.user_id == scope.user.id]
    return rows.where(Response.record_id == Record.id, *mine).correlate(Record)


def _among(value: Any, wanted: Any) -> Any:
    if isinstance(wanted, TermsFilter):
        return cast(value, Text).in_([str(given) for given in wanted.values])
    low = [] if wanted.ge is None else [value >= wanted.ge]
    high = [] if wanted.le is None else [value <= wanted.le]
    return and_(func.typeof(value).in_(["integer", "real"]), *low, *high)


def _read(read: Any, given: Any) -> Any:
    try:
        return read(str(given))
    except ValueError:
        return None


def _moment(given: Any) -> datetime:
    """A date and time as Argilla keeps them: in UTC, without saying so."""
    try:
        moment = datetime.fromisoformat(str(given))
    except ValueError as error:
        raise UnprocessableEntityError(f"{given!r} is not a date; write it like 2026-11-30T12:00:00") from error
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
