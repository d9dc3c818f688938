"""Column types that mean the same on SQLite, PostgreSQL and Oracle 12c.

Oracle stores "" as NULL, has no JSON or boolean type we can rely on, and its DATE forgets fractions of seconds. The types
here choose Oracle's meaning everywhere, so that a test on SQLite says something about production.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Boolean, DateTime, Dialect, String, Text
from sqlalchemy.dialects import oracle
from sqlalchemy.sql.schema import Constraint, Index, Table
from sqlalchemy.types import TypeDecorator, TypeEngine

KEY_ORDERED = {"sqlite_with_rowid": False}
"""``__table_args__`` of a table of small rows that are found by their primary key alone: SQLite keeps them in the order of the
key, and no second time in the order of arrival. Other databases do as they do."""


class Text_(TypeDecorator[str]):  # noqa: N801 - reads as a type in column lists, and ``Text`` is SQLAlchemy's
    """A string of at most ``length`` characters; "" is NULL."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value or None

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "oracle":
            return dialect.type_descriptor(oracle.VARCHAR2(self.impl_instance.length))  # type: ignore[attr-defined]
        return dialect.type_descriptor(String(self.impl_instance.length))  # type: ignore[attr-defined]


class LongText(TypeDecorator[str]):
    """A string of any length; "" is NULL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value or None


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as UTC with microseconds."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "oracle":
            return dialect.type_descriptor(oracle.TIMESTAMP())
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an Instant needs an aware datetime")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Json(TypeDecorator[Any]):
    """A JSON value in a character large object. Replace the value to change it: inner changes are not tracked."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        try:
            return msgspec.json.decode(value)
        except msgspec.MsgspecError:
            return json.loads(value)  # three times slower, and reads what Python writes beyond the standard (NaN)


Flag = Boolean(create_constraint=False)

_NAME_LIMIT = 30


def short_name(*parts: str) -> str:
    """Join name parts within Oracle 12.1's 30 bytes; what does not fit is replaced by a hash of the whole."""
    name = "_".join(parts)
    if len(name) <= _NAME_LIMIT:
        return name
    return f"{name[: _NAME_LIMIT - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _columns(item: Constraint | Index) -> tuple[str, ...]:
    return tuple(column.name for column in item.columns)  # type: ignore[union-attr]


def _namer(prefix: str) -> Any:
    def name(item: Constraint | Index, table: Table) -> str:
        return short_name(prefix, table.name, *_columns(item))

    return name


NAMING: dict[str, Any] = {
    "ix_short": _namer("ix"),
    "uq_short": _namer("uq"),
    "fk_short": _namer("fk"),
    "pk_short": lambda item, table: short_name("pk", table.name),
    "ix": "%(ix_short)s",
    "uq": "%(uq_short)s",
    "fk": "%(fk_short)s",
    "pk": "%(pk_short)s",
    "ck": "%(constraint_name)s",
}
