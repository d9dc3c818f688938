"""What a client sends with a query: the query packet and data blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from clickhouse_driver.bufferedreader import CompressedBufferedReader
from clickhouse_driver.streams.compressed import CompressedBlockInputStream

from health_platform.kernel.warehouse.endpoint.columns import driver_context, skip_block, skip_block_info
from health_platform.kernel.warehouse.endpoint.wire import BUFFER_SIZE, WireReader

_INITIAL_QUERY_START = 8
_TRACE_IDS = 24
_OF_THE_ASKING_SERVER = frozenset({"run_query_in_background"})
"""What an embedded engine that passes a query on says of itself."""
_TCP, _HTTP = b"\x01", b"\x02"
"""How the query reached the server it was first sent to; another server may pass it on."""


@dataclass(frozen=True)
class QueryPacket:
    """A query as it arrived. ``compressed`` holds for data blocks of both directions; ``stage`` is how far it is to be run."""

    sql: str
    settings: dict[str, str]
    compressed: bool
    stage: int


@dataclass(frozen=True)
class Block:
    """A data block: the external table it belongs to (or ``""``), its rows, its bytes without block info."""

    table: str
    rows: int
    body: bytes


def read_query(reader: WireReader) -> QueryPacket:
    """Read a query packet after its packet number."""
    reader.string()  # query id: sessions are tagged instead
    _skip_client_info(reader)
    settings = _read_settings(reader)
    reader.string()  # inter-server secret
    stage = reader.varint()
    compressed = bool(reader.varint())
    return QueryPacket(reader.string(), settings, compressed, stage)


def read_block(reader: WireReader, compressed: bool) -> Block:
    """Read a data packet after its packet number."""
    table = reader.string()
    if compressed:
        rows, body = _read_compressed(reader)
    else:
        skip_block_info(reader.buffer)
        start = reader.position
        reader.forget()
        _, rows = skip_block(reader.buffer)
        body = reader.take(start)
    return Block(table, rows, body if rows else b"")


def _read_compressed(reader: WireReader) -> tuple[int, bytes]:
    frames: list[bytes] = []
    stream = CompressedBlockInputStream(reader.buffer, driver_context())
    buffer = CompressedBufferedReader(_recording(stream.read_block, frames), BUFFER_SIZE)
    skip_block_info(buffer)
    info_size = buffer.position
    _, rows = skip_block(buffer)
    reader.forget()
    return rows, b"".join(frames)[info_size:]


def _recording(read: Callable[[], bytes], frames: list[bytes]) -> Callable[[], bytes]:
    def read_and_record() -> bytes:
        frame = read()
        frames.append(bytes(frame))
        return frame

    return read_and_record


def _skip_client_info(reader: WireReader) -> None:
    if reader.bytes(1) == b"\x00":  # no initial query
        return
    for _ in ("initial user", "initial query id", "initial address"):
        reader.string()
    reader.bytes(_INITIAL_QUERY_START)
    interface = reader.bytes(1)
    if interface == _TCP:
        for _ in ("os user", "host name", "client name"):
            reader.string()
        for _ in ("major", "minor", "revision"):
            reader.varint()
    elif interface == _HTTP:
        reader.bytes(1)  # method
        for _ in ("agent", "forwarded for", "referrer"):
            reader.string()
    reader.string()  # quota key
    reader.varint()  # distributed depth
    if interface == _TCP:
        reader.varint()  # patch
    if reader.bytes(1) == b"\x01":
        reader.bytes(_TRACE_IDS)
        reader.string()
        reader.bytes(1)


def _read_settings(reader: WireReader) -> dict[str, str]:
    settings = {}
    while name := reader.string():
        reader.varint()  # flags
        settings[name] = reader.string()
    return {name: value for name, value in settings.items() if name not in _OF_THE_ASKING_SERVER}
