"""Native blocks as bytes: headers, types put right, and the frames they travel in."""

from __future__ import annotations

import io
from collections.abc import Iterator

from clickhouse_cityhash.cityhash import CityHash128
from clickhouse_driver.compression import get_compressor_cls
from clickhouse_driver.varint import read_varint
from clickhouse_driver.writer import write_binary_uint128

from health_platform.kernel.warehouse.endpoint.columns import skip_block, skip_column
from health_platform.kernel.warehouse.endpoint.wire import ServerPacket, memory_reader, string, varint

EMPTY = b"\x00\x00"
_BLOCK_INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"  # no overflow, bucket -1, end
_DATA_PREFIX = varint(ServerPacket.DATA) + string("")
_FRAME_SIZE = 1 << 20
_LZ4 = bytes([0x82])

Columns = list[tuple[bytes, bytes]]  # (name, type)


def data_packet(body: bytes, compressed: bool) -> bytes:
    """A data packet of one block body."""
    block = _BLOCK_INFO + body
    return _DATA_PREFIX + (b"".join(_frames(block)) if compressed else block)


def _frames(block: bytes) -> Iterator[bytes]:
    for start in range(0, len(block), _FRAME_SIZE):
        compressor = get_compressor_cls("lz4")()
        compressor.write(block[start : start + _FRAME_SIZE])
        data = _LZ4 + compressor.get_compressed_data(1)
        checksum = io.BytesIO()
        write_binary_uint128(CityHash128(data), checksum)
        yield checksum.getvalue() + data


def header(columns: Columns) -> bytes:
    """A block body without rows, which announces the columns."""
    return b"".join((varint(len(columns)), b"\x00", *(string(name) + string(kind) for name, kind in columns)))


def columns_of(body: bytes) -> Columns:
    """Names and types of a block body."""
    reader = memory_reader(body)
    count, rows = read_varint(reader), read_varint(reader)
    columns = []
    for _ in range(count):
        name = reader.read(read_varint(reader))
        kind = reader.read(read_varint(reader))
        columns.append((name, kind))
        if rows:
            skip_column(reader, kind.decode(), rows)
    return columns


def retyped(body: bytes, columns: Columns) -> bytes:
    """The block body with the types of ``columns``, whose data layout must be the same."""
    reader = memory_reader(body)
    count, rows = read_varint(reader), read_varint(reader)
    out = [varint(count), varint(rows)]
    for name, kind in columns:
        reader.read(read_varint(reader))
        reader.read(read_varint(reader))
        start = reader.position
        if rows:
            skip_column(reader, kind.decode(), rows)
        out += [string(name), string(kind), body[start : reader.position]]
    return b"".join(out)


def split(data: bytes) -> Iterator[tuple[bytes, int]]:
    """The blocks of a FORMAT Native result and their row counts."""
    reader, start = memory_reader(data), 0
    while start < len(data):
        _, rows = skip_block(reader)
        yield data[start : reader.position], rows
        start = reader.position
