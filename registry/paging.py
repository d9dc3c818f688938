"""One page of a long list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func
from sqlalchemy.orm import Session

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Paged(Generic[T]):
    """Some rows of a list, and how many there are in all."""

    rows: list[T]
    total: int
    page: int = 1
    size: int = 50


def ordering(sort: str, columns: Mapping[str, Any], default: Sequence[Any]) -> list[Any]:
    """The order of a list: by the column that ``sort`` names (``-`` before it turns it round), then as by default."""
    column = columns.get(sort.removeprefix("-"))
    if column is None:
        return list(default)
    return [column.desc() if sort.startswith("-") else column.asc(), *default]


def paged(session: Session, query: Select[T], page: int, size: int) -> Paged[T]:
    """Page ``page`` (from 1) of an ordered query over one model, narrowed by the session's scope like any other."""
    model: Any = query.column_descriptions[0]["entity"]
    total = session.scalar(query.with_only_columns(func.count(model.id)).order_by(None)) or 0
    rows = list(session.scalars(query.limit(size).offset((page - 1) * size)))
    return Paged(rows, total, page, size)
