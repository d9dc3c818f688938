"""Finding where the data of a column end: Native blocks have no lengths, so types must be understood.

Fixed widths are skipped by arithmetic, strings by the driver's compiled reader, and composite types by the driver's own
column readers.
"""

from __future__ import annotations

import struct
from types import SimpleNamespace
from typing import Any

from clickhouse_driver.columns.service import get_column_by_spec
from clickhouse_driver.varint import read_varint

from health_platform.kernel.warehouse.endpoint.wire import REVISION

_WIDTHS = {
    "Bool": 1,
    "Int8": 1,
    "UInt8": 1,
    "Enum8": 1,
    "Int16": 2,
    "UInt16": 2,
    "Enum16": 2,
    "Date": 2,
    "Int32": 4,
    "UInt32": 4,
    "Float32": 4,
    "Date32": 4,
    "DateTime": 4,
    "IPv4": 4,
    "Int64": 8,
    "UInt64": 8,
    "Float64": 8,
    "DateTime64": 8,
    "Time64": 8,
    "UUID": 16,
    "IPv6": 16,
    "Int128": 16,
    "UInt128": 16,
    "Int256": 32,
    "UInt256": 32,
    "Decimal32": 4,
    "Decimal64": 8,
    "Decimal128": 16,
    "Decimal256": 32,
}
# Types whose data begin with a prefix that lies outside nested data, so an array of them cannot be skipped by element.
_PREFIXED = ("LowCardinality", "JSON", "Object", "Dynamic", "Variant")

_DRIVER_CONTEXT = SimpleNamespace(
    client_settings={
        "strings_as_bytes": True,
        "use_numpy": False,
        "strings_encoding": "utf-8",
        "namedtuple_as_json": False,
        "input_format_null_as_default": False,
        "opentelemetry_traceparent": None,
        "use_client_time_zone": False,
        "quota_key": "",
    },
    settings={},
    server_info=SimpleNamespace(used_revision=REVISION, get_timezone=lambda: "UTC", session_timezone="UTC", timezone="UTC"),
)


def driver_context() -> SimpleNamespace:
    """The context object the driver's readers expect."""
    return _DRIVER_CONTEXT


def skip_block(buffer: Any) -> tuple[int, int]:
    """Consume one block body (without block info); returns its numbers of columns and rows."""
    columns, rows = read_varint(buffer), read_varint(buffer)
    for _ in range(columns):
        buffer.read(read_varint(buffer))
        kind = buffer.read(read_varint(buffer)).decode()
        if rows:
            skip_column(buffer, kind, rows)
    return columns, rows


def skip_block_info(buffer: Any) -> None:
    """Consume the numbered fields before a block body: overflow flag (1 byte) and bucket number (4 bytes)."""
    while field := read_varint(buffer):
        buffer.read(1 if field == 1 else 4)


def skip_column(buffer: Any, kind: str, rows: int) -> None:
    """Consume the data of one column of ``rows`` values of ClickHouse type ``kind``."""
    width = _width(kind)
    if width:
        buffer.read(width * rows)
    elif kind == "String":
        buffer.read_strings(rows)
    elif kind.startswith("Nullable("):
        buffer.read(rows)
        skip_column(buffer, kind[9:-1], rows)
    elif kind.startswith("Array(") and not any(name in kind for name in _PREFIXED):
        total = struct.unpack_from("<Q", buffer.read(8 * rows), 8 * (rows - 1))[0]
        if total:
            skip_column(buffer, kind[6:-1], total)
    else:
        column = get_column_by_spec(kind, {"context": _DRIVER_CONTEXT})
        column.read_state_prefix(buffer)
        column.read_data(rows, buffer)


def _width(kind: str) -> int:
    """Bytes of one value, or 0 when values have no fixed width."""
    name, _, arguments = kind.partition("(")
    if name == "FixedString":
        return int(arguments[:-1])
    if name == "Decimal":
        return _decimal_width(int(arguments.split(",")[0].rstrip(")")))
    return _WIDTHS.get(name, 0)


def _decimal_width(precision: int) -> int:
    if precision <= 9:
        return 4
    if precision <= 18:
        return 8
    return 16 if precision <= 38 else 32
