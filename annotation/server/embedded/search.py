"""Argilla's search engine without an index: every question is answered from Argilla's own tables.

Nothing is indexed, so nothing goes stale, and what Elasticsearch would be told of needs no telling. It reads through
connections of its own: a request that already holds one of the server's never waits for a second of the same pool.
"""
# pyright: reportMissingImports=false

from typing import Any

from argilla_server.enums import MetadataPropertyType
from argilla_server.errors.future import UnprocessableEntityError
from argilla_server.models import Dataset, MetadataProperty, Record, Response, User, UserRole, WorkspaceUser
from argilla_server.search_engine.base import (
    FloatMetadataMetrics,
    IntegerMetadataMetrics,
    SearchEngine,
    SearchResponseItem,
    SearchResponses,
    TermsMetrics,
    TextQuery,
)
from argilla_server.settings import settings
from sqlalchemy import Text, cast, func, select
from sqlalchemy.ext.asyncio import create_async_engine

from .filters import condition, orders
from .words import scorer, text_of

NAME = "tables"
_reading = create_async_engine(str(settings.database_url), **settings.database_engine_args)


async def _rows(statement: Any) -> list[Any]:
    async with _reading.connect() as connection:
        return list((await connection.execute(statement)).all())


@SearchEngine.register(NAME)
class TableSearch(SearchEngine):
    """Argilla makes one for each request."""

    @classmethod
    async def new_instance(cls) -> "TableSearch":
        return cls()

    async def close(self) -> None: ...
    async def create_index(self, dataset: Dataset) -> None: ...
    async def delete_index(self, dataset: Dataset) -> None: ...
    async def configure_metadata_property(self, dataset: Dataset, metadata_property: MetadataProperty) -> None: ...
    async def index_records(self, dataset: Dataset, records: Any) -> None: ...
    async def partial_record_update(self, record: Record, **update: Any) -> None: ...
    async def delete_records(self, dataset: Dataset, records: Any) -> None: ...
    async def update_record_response(self, response: Response) -> None: ...
    async def delete_record_response(self, response: Response) -> None: ...
    async def update_record_suggestion(self, suggestion: Any) -> None: ...
    async def delete_record_suggestion(self, suggestion: Any) -> None: ...

    async def ping(self) -> bool:
        return True

    async def info(self) -> dict[str, Any]:
        return {"name": NAME, "version": {"number": "1"}}

    async def get_dataset_progress(self, dataset: Dataset) -> dict[str, int]:
        """How many records are pending and completed."""
        counted = select(Record.status, func.count()).where(Record.dataset_id == dataset.id).group_by(Record.status)
        return _counts(await _rows(counted))

    async def get_dataset_user_progress(self, dataset: Dataset, user: User) -> dict[str, int]:
        """How many answers of a user are drafts, submitted, discarded."""
        theirs = select(Response.status, func.count()).join(Record).where(Record.dataset_id == dataset.id)
        return _counts(await _rows(theirs.where(Response.user_id == user.id).group_by(Response.status)))

    async def search(
        self,
        dataset: Dataset,
        query: TextQuery | str | None = None,
        filter: Any = None,
        sort: Any = None,
        offset: int = 0,
        limit: int = 100,
        user_id: Any = None,
    ) -> SearchResponses:
        """A page of the records that hold the words and pass the filters, and how many there are in all."""
        found = select(Record.id).where(Record.dataset_id == dataset.id, condition(filter))
        ordered = found.order_by(*orders(sort, None if sort else await _start(dataset, user_id)))
        if query is not None:
            scored = await _scored(ordered.add_columns(Record.fields), query, by_score=not sort)
            page, total = scored[offset : offset + limit], len(scored)
        else:
            page = [(row.id, 1.0) for row in await _rows(ordered.offset(offset).limit(limit))]
            total = (await _rows(select(func.count()).select_from(found.subquery())))[0][0]
        items = [SearchResponseItem(record_id=record, score=score) for record, score in page]
        return SearchResponses(items=items, total=total)

    async def compute_metrics_for(self, metadata_property: MetadataProperty) -> Any:
        """What the page's filters offer: terms with their counts, or the least and the greatest number."""
        held = func.json_each(Record.metadata_, f'$."{metadata_property.name}"').table_valued(
            "value", joins_implicitly=True
        )
        mine = Record.dataset_id == metadata_property.dataset_id
        if metadata_property.type == MetadataPropertyType.terms:
            term = cast(held.c.value, Text)
            counted = select(term, func.count()).select_from(Record, held).where(mine, held.c.value.is_not(None))
            rows = await _rows(counted.group_by(term).order_by(func.count().desc(), term))
            counts = [TermsMetrics.TermCount(term=term, count=count) for term, count in rows]
            return TermsMetrics(total=sum(count.count for count in counts), values=counts)
        edges = select(func.min(held.c.value), func.max(held.c.value)).select_from(Record, held).where(mine)
        (low, high), *_ = await _rows(edges)
        whole = metadata_property.type == MetadataPropertyType.integer
        return (IntegerMetadataMetrics if whole else FloatMetadataMetrics)(min=low, max=high)

    async def configure_index_vectors(self, vector_settings: Any) -> None:
        """Refuse vectors when they are asked for, not when they are searched."""
        raise _no_vectors()

    async def similarity_search(self, *_: Any, **__: Any) -> SearchResponses:
        """Refuse: nothing of ours has vectors."""
        raise _no_vectors()


async def _start(dataset: Dataset, user_id: Any) -> Any:
    """When the record came with which an annotator begins, and its id; None for the first.

    All would answer the first records at once, more of them than asked for. So they begin as far apart as they can, and
    each goes round. Elasticsearch gives every annotator another random order instead.
    """
    inside = select(User.id).join(WorkspaceUser, WorkspaceUser.user_id == User.id).order_by(User.inserted_at, User.id)
    theirs = inside.where(WorkspaceUser.workspace_id == dataset.workspace_id, User.role == UserRole.annotator)
    people = [row.id for row in await _rows(theirs)]
    if user_id not in people[1:]:
        return None
    total = (await _rows(select(func.count()).where(Record.dataset_id == dataset.id)))[0][0]
    records = select(Record.inserted_at, Record.id).where(Record.dataset_id == dataset.id).order_by(*orders(None))
    begin = await _rows(records.offset(people.index(user_id) * total // len(people)).limit(1))
    return begin[0] if begin else None


async def _scored(statement: Any, query: TextQuery | str, by_score: bool) -> list[tuple[Any, float]]:
    asked = TextQuery(q=query) if isinstance(query, str) else query
    score = scorer(asked.q)
    rows = [(row.id, score(_text(row.fields, asked.field))) for row in await _rows(statement)]
    found = [row for row in rows if row[1] > 0]
    return sorted(found, key=lambda row: -row[1]) if by_score else found


def _text(fields: dict[str, Any], name: str | None) -> str:
    return text_of(fields if name is None else fields.get(name))


def _counts(rows: list[Any]) -> dict[str, int]:
    counts = {str(status): count for status, count in rows}
    return {"total": sum(counts.values()), **counts}


def _no_vectors() -> UnprocessableEntityError:
    return UnprocessableEntityError("this server keeps no vectors; push the records without them")
