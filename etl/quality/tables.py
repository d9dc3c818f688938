"""The warehouse tables of quality results.

One row holds what the rules of one *part* (the scan of the rows, the join with one partner, the quarantine, the counts) found
for an institution, dataset and local day, as parallel arrays. Results of a new run replace those of the old one in
``quality_day``; ``quality_history`` keeps what every run found, without samples.
"""

from __future__ import annotations

from weakref import WeakSet

from etl.tables import ensure_tables as ensure_dataset_tables
from health_platform.kernel.warehouse.api import Column, Engine, TableSpec, Warehouse

_KEY = (
    Column("dataset", "LowCardinality(String)"),
    Column("day", "Date32", comment="local day of the event; of acceptance for registers and refused rows"),
    Column("institution", "UInt64"),
    Column("part", "LowCardinality(String)", comment="rows, refused, counts, or the partner of the join"),
    Column("division_code", "LowCardinality(String)"),
    Column("rows", "UInt64", comment="rows of the day, in the part 'rows'"),
)
_FOUND = (
    Column("rules", "Array(LowCardinality(String))", comment="rules that judged at least one row"),
    Column("versions", "Array(UInt32)"),
    Column("applicable", "Array(UInt64)"),
    Column("failed", "Array(UInt64)"),
)
_ORDER = ("dataset", "day", "institution", "part")

QUALITY_DAY = TableSpec(
    "quality_day",
    (
        *_KEY,
        *_FOUND,
        Column("samples", "Array(Array(String))", comment="keys of up to three failing rows per rule", codec="ZSTD(3)"),
        Column("version", "UInt64", comment="the run"),
        Column("is_deleted", "UInt8"),
    ),
    _ORDER,
    shard_by="cityHash64(institution)",
    granularity=1024,
    comment="results of the quality rules that are in force",
)
QUALITY_HISTORY = TableSpec(
    "quality_history",
    (*_KEY, *_FOUND, Column("version", "UInt64", comment="the run"), Column("checked_at", "DateTime64(3, 'UTC')")),
    (*_ORDER, "version"),
    engine=Engine.PLAIN,
    ttl="toDateTime(checked_at) + INTERVAL 400 DAY",
    shard_by="cityHash64(institution)",
    comment="what every quality run found",
)


def ensure_tables(warehouse: Warehouse) -> None:
    """Create the tables or bring them up to their definitions."""
    for spec in (QUALITY_DAY, QUALITY_HISTORY):
        warehouse.ensure_table(spec)


_READY: WeakSet[Warehouse] = WeakSet()


def ready(warehouse: Warehouse) -> Warehouse:
    """The warehouse with every table that readers name: on a new platform nothing has been loaded or checked yet."""
    if warehouse not in _READY:
        ensure_dataset_tables(warehouse)
        ensure_tables(warehouse)
        _READY.add(warehouse)
    return warehouse
