"""One definition of a ClickHouse table, from which every form of it is made.

``TableSpec`` says what the table is; :mod:`.ddl` renders it for a single node and for a cluster; :mod:`.evolve`
brings an existing table up to it.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
# At the endpoint's protocol revision FORMAT Native drops the zone of a bare DateTime, which then costs every read an
# extra DESCRIBE; DateTime64 keeps its zone and compresses to nearly the same size.
_BARE_DATETIME = re.compile(r"\bDateTime\b")

EVENT_KEY = ("shelf", "patient_key", "domain", "time", "id")
EVENT_SHARD = "cityHash64(shelf)"


class Engine(enum.StrEnum):
    """Table engines in use; the cluster form prefixes ``Replicated``."""

    REPLACING = "ReplacingMergeTree"
    PLAIN = "MergeTree"
    SUMMING = "SummingMergeTree"
    AGGREGATING = "AggregatingMergeTree"


@dataclass(frozen=True)
class Column:
    """A column: ``type`` is a ClickHouse type, ``default`` an expression, ``codec`` for example ``ZSTD(3)``."""

    name: str
    type: str
    default: str = ""
    codec: str = ""
    comment: str = ""


@dataclass(frozen=True)
class TableSpec:
    """What a table is, independent of where it lives.

    A ``REPLACING`` table must have the columns ``version`` UInt64 and ``is_deleted`` UInt8: of rows with one
    ``order_by`` key the one with the highest version counts, and it hides itself when ``is_deleted`` is 1. Read it
    with ``FINAL``.

    ``shard_by`` decides the shard of a row in the cluster; rows that are read or replaced together must share it.
    ``granularity`` is rows per mark: 1024 for tables read by patient, 8192 for tables that are scanned.
    """

    name: str
    columns: tuple[Column, ...]
    order_by: tuple[str, ...]
    engine: Engine = Engine.REPLACING
    partition_by: str = ""
    shard_by: str = "rand()"
    ttl: str = ""
    granularity: int = 8192
    settings: tuple[tuple[str, str | int], ...] = ()
    comment: str = ""

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        _require(bool(IDENTIFIER.match(self.name)), f"table name {self.name!r}")
        for column in self.columns:
            _require(bool(IDENTIFIER.match(column.name)), f"{self.name}: column name {column.name!r}")
            _require(not _BARE_DATETIME.search(column.type), f"{self.name}.{column.name}: use DateTime64, not DateTime")
        _require(len(set(names)) == len(names), f"{self.name}: a column is named twice")
        _require(bool(self.order_by), f"{self.name}: no order_by")
        if self.engine is Engine.REPLACING:
            types = {column.name: column.type for column in self.columns}
            _require(types.get("version") == "UInt64", f"{self.name}: needs version UInt64")
            _require(types.get("is_deleted") == "UInt8", f"{self.name}: needs is_deleted UInt8")

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def event_table(name: str, columns: tuple[Column, ...], comment: str = "") -> TableSpec:
    """A table of things that happened to patients, laid out so that one person's rows lie side by side.

    ``columns`` are added between the key columns (``EVENT_KEY``) and ``version``, ``is_deleted``. ``shelf`` is the
    person id an identity had when first linked and never changes; ``patient_key`` says whose row it is. A correction
    that changes ``domain`` or ``time`` makes another key, so its writer also inserts the old key with ``is_deleted`` 1.
    """
    return TableSpec(
        name=name,
        columns=(*_EVENT_COLUMNS, *columns, Column("version", "UInt64"), Column("is_deleted", "UInt8")),
        order_by=EVENT_KEY,
        shard_by=EVENT_SHARD,
        granularity=1024,
        comment=comment,
    )


_EVENT_COLUMNS = (
    Column("shelf", "UInt64"),
    Column("patient_key", "UInt64"),
    Column("domain", "LowCardinality(String)"),
    Column("time", "DateTime64(3, 'UTC')"),
    Column("id", "UInt64"),
)


def _require(fact: bool, message: str) -> None:
    if not fact:
        raise ValueError(message)
