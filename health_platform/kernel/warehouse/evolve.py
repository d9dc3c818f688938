"""Bring a table up to its definition: create it, add columns, refuse everything that would lose or rewrite data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from health_platform.kernel.errors import Conflict
from health_platform.kernel.warehouse import ddl
from health_platform.kernel.warehouse.queries import load_query
from health_platform.kernel.warehouse.tables import TableSpec

_COLUMNS = load_query(__package__, "table_columns.sql")
_TABLE = load_query(__package__, "table_layout.sql")


class Runner(Protocol):
    """What evolution needs of the warehouse."""

    place: ddl.Place

    def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[tuple[Any, ...]]: ...

    def query(self, named: Any, parameters: Mapping[str, Any] | None = None) -> Sequence[tuple[Any, ...]]: ...


@dataclass(frozen=True)
class Existing:
    """A table as it stands in the server."""

    columns: Mapping[str, str]
    engine: str
    order_by: str
    partition_by: str


def ensure_table(warehouse: Runner, spec: TableSpec) -> tuple[str, ...]:
    """Create the table or add its missing columns; returns the statements that were run.

    Columns the definition no longer has stay: dropping data is never automatic.

    Raises:
        Conflict: engine, order, partition or a column's type differ.
    """
    existing = _read(warehouse, spec)
    statements = ddl.create_table(spec, warehouse.place) if existing is None else _additions(spec, existing, warehouse.place)
    for statement in statements:
        warehouse.command(statement)
    return statements


def _read(warehouse: Runner, spec: TableSpec) -> Existing | None:
    storage = f"{spec.name}_local" if warehouse.place.cluster else spec.name
    key = {"database": warehouse.place.database, "table": storage}
    layout = warehouse.query(_TABLE, key)
    if not layout:
        return None
    engine, order_by, partition_by = layout[0]
    columns = {str(name): str(kind) for name, kind in warehouse.query(_COLUMNS, key)}
    return Existing(columns, engine.removeprefix("Replicated"), order_by, partition_by)


def _additions(spec: TableSpec, existing: Existing, place: ddl.Place) -> tuple[str, ...]:
    differences = _differences(spec, existing)
    if differences:
        raise Conflict("warehouse.incompatible", table=spec.name, differences=differences)
    missing = [column for column in spec.columns if column.name not in existing.columns]
    return tuple(statement for column in missing for statement in ddl.add_column(spec, column, place))


def _differences(spec: TableSpec, existing: Existing) -> list[str]:
    layout = {
        "engine": (str(spec.engine), existing.engine),
        "order_by": (", ".join(spec.order_by), existing.order_by),
        "partition_by": (spec.partition_by, existing.partition_by),
    }
    types = {
        column.name: (column.type, existing.columns[column.name]) for column in spec.columns if column.name in existing.columns
    }
    both = layout | types
    return [f"{name}: defined {want}, is {have}" for name, (want, have) in both.items() if _plain(want) != _plain(have)]


def _plain(expression: str) -> str:
    """Types and expressions without spaces: the server prints ``Decimal(18, 4)`` and ``Enum8('a' = 1)``."""
    return expression.replace(" ", "")
