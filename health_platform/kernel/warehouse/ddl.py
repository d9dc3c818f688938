"""Render a :class:`TableSpec` as ClickHouse DDL: for one node, and for a cluster.

Cluster form: a ``Replicated…`` table ``<name>_local`` on every node, and a ``Distributed`` table ``<name>`` over it,
which is what everybody reads and writes. The macros ``{shard}`` and ``{replica}`` come from the servers'
configuration, so three nodes and six nodes use the same statements.
"""

from __future__ import annotations

from dataclasses import dataclass

from health_platform.kernel.warehouse.tables import Column, Engine, TableSpec

# A batch may be retried for days; a window of this many insert blocks outlives that at county volumes.
DEDUPLICATION_WINDOW = 10_000


@dataclass(frozen=True)
class Place:
    """Where DDL is to run: a database, and a cluster name or ``""`` for a single node."""

    database: str
    cluster: str = ""

    @property
    def on_cluster(self) -> str:
        return f" ON CLUSTER {quote(self.cluster)}" if self.cluster else ""

    def table(self, name: str) -> str:
        """The table everybody reads and writes."""
        return f"{quote(self.database)}.{quote(name)}"

    def storage(self, name: str) -> str:
        """The table that holds the rows: the same on a single node, the local one in a cluster."""
        return self.table(f"{name}_local" if self.cluster else name)


def quote(identifier: str) -> str:
    """A back-quoted ClickHouse identifier."""
    return "`" + identifier.replace("\\", "\\\\").replace("`", "\\`") + "`"


def text(value: str) -> str:
    """A ClickHouse string literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def create_database(place: Place) -> str:
    """The platform's own Atomic database; the engine's ``default`` lacks features (refreshable views)."""
    return f"CREATE DATABASE IF NOT EXISTS {quote(place.database)}{place.on_cluster} ENGINE = Atomic"


def create_table(spec: TableSpec, place: Place) -> tuple[str, ...]:
    """The statements that create a table, in order."""
    storage = _create_storage(spec, place)
    return (storage, _create_distributed(spec, place)) if place.cluster else (storage,)


def add_column(spec: TableSpec, column: Column, place: Place) -> tuple[str, ...]:
    """The statements that add one column at its place in the definition."""
    names = spec.column_names
    index = names.index(column.name)
    position = f" AFTER {quote(names[index - 1])}" if index else " FIRST"
    targets = [place.storage(spec.name)] + ([place.table(spec.name)] if place.cluster else [])
    return tuple(
        f"ALTER TABLE {target}{place.on_cluster} ADD COLUMN IF NOT EXISTS {_column(column)}{position}" for target in targets
    )


def render(specs: tuple[TableSpec, ...], place: Place) -> str:
    """A whole schema as a script, as shown to an operator and kept under ``deploy/``."""
    statements = [create_database(place)]
    for spec in specs:
        statements.extend(create_table(spec, place))
    return "".join(f"{statement};\n\n" for statement in statements)


def _create_storage(spec: TableSpec, place: Place) -> str:
    columns = ",\n    ".join(_column(column) for column in spec.columns)
    clauses = [
        f"CREATE TABLE IF NOT EXISTS {place.storage(spec.name)}{place.on_cluster}\n(\n    {columns}\n)",
        f"ENGINE = {_engine(spec, bool(place.cluster))}",
        f"PARTITION BY {spec.partition_by}" if spec.partition_by else "",
        f"ORDER BY {_order(spec)}",
        f"TTL {spec.ttl}" if spec.ttl else "",
        "SETTINGS " + ", ".join(f"{name} = {_value(value)}" for name, value in _settings(spec, bool(place.cluster))),
        f"COMMENT {text(spec.comment)}" if spec.comment else "",
    ]
    return "\n".join(clause for clause in clauses if clause)


def _create_distributed(spec: TableSpec, place: Place) -> str:
    target = f"{text(place.cluster)}, {text(place.database)}, {text(spec.name + '_local')}, {spec.shard_by}"
    return (
        f"CREATE TABLE IF NOT EXISTS {place.table(spec.name)}{place.on_cluster}\n"
        f"AS {place.storage(spec.name)}\nENGINE = Distributed({target})"
    )


def _engine(spec: TableSpec, clustered: bool) -> str:
    arguments = ["version", "is_deleted"] if spec.engine is Engine.REPLACING else []
    if not clustered:
        return f"{spec.engine}({', '.join(arguments)})"
    keeper = ["'/clickhouse/tables/{shard}/{database}/{table}'", "'{replica}'"]
    return f"Replicated{spec.engine}({', '.join(keeper + arguments)})"


def _order(spec: TableSpec) -> str:
    """One expression stands without parentheses, as the server would print ``(a)`` back as another key than ``a``."""
    return spec.order_by[0] if len(spec.order_by) == 1 else f"({', '.join(spec.order_by)})"


def _settings(spec: TableSpec, clustered: bool) -> list[tuple[str, str | int]]:
    # fsync: an acknowledged row survives a power cut, not only a killed process.
    window = "replicated_deduplication_window" if clustered else "non_replicated_deduplication_window"
    settings: dict[str, str | int] = {
        "index_granularity": spec.granularity,
        window: DEDUPLICATION_WINDOW,
        "fsync_after_insert": 1,
        "fsync_part_directory": 1,
        **dict(spec.settings),
    }
    return list(settings.items())


def _column(column: Column) -> str:
    parts = [
        f"{quote(column.name)} {column.type}",
        f"DEFAULT {column.default}" if column.default else "",
        f"COMMENT {text(column.comment)}" if column.comment else "",
        f"CODEC({column.codec})" if column.codec else "",
    ]
    return " ".join(part for part in parts if part)


def _value(value: str | int) -> str:
    return str(value) if isinstance(value, int) else text(value)
