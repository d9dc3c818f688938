"""Public door of the warehouse. Start here.

Reading::

    TIMELINE = load_query(__package__, "timeline.sql")
    rows = warehouse.query(TIMELINE, {"pairs": [(shelf, patient_key)], "limit": 50})   # tuples
    rows = warehouse.records(TIMELINE, {...})                                         # dictionaries

Writing, exactly once (the same data in the same order under the same token adds nothing the second time)::

    warehouse.insert("lab_report", ("shelf", "patient_key", ...), rows, token=f"batch-{batch_id}")

Tables::

    LAB = event_table("lab_report", (Column("report_no", "String"), Column("value", "Nullable(Float64)")))
    warehouse.ensure_table(LAB)          # creates, adds columns, refuses incompatible changes (Conflict)

``version`` of a replacing table is a number that grows with every correction (use a time in milliseconds or a batch
id); an ``is_deleted`` row of a higher version hides the row. Read replacing tables with ``FINAL``.
"""

from health_platform.kernel.warehouse.ddl import Place, quote, render, text
from health_platform.kernel.warehouse.endpoint.layout import EndpointState
from health_platform.kernel.warehouse.endpoint.supervise import (
    endpoint_status,
    start_endpoint,
    stop_endpoint,
)
from health_platform.kernel.warehouse.failures import WarehouseFailed
from health_platform.kernel.warehouse.migrations import HISTORY, Migration, migrate, pending_migrations
from health_platform.kernel.warehouse.queries import Query, load_query, parse_query
from health_platform.kernel.warehouse.settings import Server, WarehouseSettings, parse_servers
from health_platform.kernel.warehouse.tables import EVENT_KEY, Column, Engine, TableSpec, event_table
from health_platform.kernel.warehouse.warehouse import Numbers, Observation, Warehouse

__all__ = [
    "EVENT_KEY",
    "HISTORY",
    "Column",
    "EndpointState",
    "Engine",
    "Migration",
    "Numbers",
    "Observation",
    "Place",
    "Query",
    "Server",
    "TableSpec",
    "Warehouse",
    "WarehouseFailed",
    "WarehouseSettings",
    "endpoint_status",
    "event_table",
    "load_query",
    "migrate",
    "parse_query",
    "parse_servers",
    "pending_migrations",
    "quote",
    "render",
    "start_endpoint",
    "stop_endpoint",
    "text",
]
