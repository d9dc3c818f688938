"""Bytes of the native protocol: reading packets from a socket, and writing the server's packets.

Reading uses the driver's own buffered reader (compiled, fast). Client data blocks carry no length, so a reader
remembers the raw bytes it has pulled; they can be taken out once the block's end has been found.
"""

from __future__ import annotations

import enum
import socket
import struct
from collections.abc import Iterable

from clickhouse_driver.bufferedreader import BufferedSocketReader
from clickhouse_driver.varint import read_varint

REVISION = 54450
BUFFER_SIZE = 1 << 18


class ClientPacket(enum.IntEnum):
    """What a client sends."""

    HELLO = 0
    QUERY = 1
    DATA = 2
    CANCEL = 3
    PING = 4
    TABLES_STATUS = 5


class ServerPacket(enum.IntEnum):
    """What the server sends."""

    HELLO = 0
    DATA = 1
    EXCEPTION = 2
    PROGRESS = 3
    PONG = 4
    END_OF_STREAM = 5
    PROFILE_INFO = 6
    TABLES_STATUS = 9


def varint(number: int) -> bytes:
    """LEB128 of a non-negative number."""
    if number < 128:
        return bytes((number,))
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def string(value: str | bytes) -> bytes:
    """A length-prefixed string."""
    data = value.encode() if isinstance(value, str) else value
    return varint(len(data)) + data


class _Tee:
    """A socket facade for the buffered reader that keeps what was pulled."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.log = bytearray()
        self.base = 0

    def recv_into(self, buffer: bytearray) -> int:
        count = self._sock.recv_into(buffer)
        self.log += memoryview(buffer)[:count]
        return count


class WireReader:
    """Reads protocol values from a socket; ``position`` counts all bytes consumed."""

    def __init__(self, sock: socket.socket) -> None:
        self._tee = _Tee(sock)
        self.buffer = BufferedSocketReader(self._tee, BUFFER_SIZE)

    @property
    def position(self) -> int:
        unread = self.buffer.current_buffer_size - self.buffer.position
        return self._tee.base + len(self._tee.log) - int(unread)

    def forget(self) -> None:
        """Drop the remembered bytes up to the current position."""
        position = self.position
        del self._tee.log[: position - self._tee.base]
        self._tee.base = position

    def take(self, start: int) -> bytes:
        """The raw bytes from ``start`` to the current position, which are then forgotten."""
        data = bytes(memoryview(self._tee.log)[start - self._tee.base : self.position - self._tee.base])
        self.forget()
        return data

    def varint(self) -> int:
        return int(read_varint(self.buffer))

    def bytes(self, count: int) -> bytes:
        return bytes(self.buffer.read(count))

    def string(self) -> str:
        return self.bytes(self.varint()).decode("utf-8", "replace")


class MemoryBlock:
    """A bytes object in the shape of a socket, for the driver's readers."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def recv_into(self, buffer: bytearray) -> int:
        count = min(len(buffer), len(self._data) - self._position)
        memoryview(buffer)[:count] = self._data[self._position : self._position + count]
        self._position += count
        return count


def memory_reader(data: bytes) -> BufferedSocketReader:
    """A buffered reader over bytes; its ``position`` is the offset in ``data``."""
    return BufferedSocketReader(MemoryBlock(data), max(len(data), 1))


def hello(version: tuple[int, int, int], timezone: str, name: str) -> bytes:
    """The server's greeting."""
    major, minor, patch = version
    return b"".join(
        (
            varint(ServerPacket.HELLO),
            string("ClickHouse"),
            varint(major),
            varint(minor),
            varint(REVISION),
            string(timezone),
            string(name),
            varint(patch),
        )
    )


def tables_status(known: Iterable[tuple[str, str]]) -> bytes:
    """The tables (database, name) that are here, none of them replicated: what another server asks before it sends a query."""
    tables = [string(database) + string(name) + b"\x00" for database, name in known]
    return b"".join((varint(ServerPacket.TABLES_STATUS), varint(len(tables)), *tables))


def exception(code: int, message: str) -> bytes:
    """An exception packet without stack trace and without nested exceptions."""
    return b"".join(
        (
            varint(ServerPacket.EXCEPTION),
            struct.pack("<i", code),
            string("DB::Exception"),
            string(message),
            string(""),
            b"\x00",
        )
    )


def progress(rows: int = 0, size: int = 0, written_rows: int = 0) -> bytes:
    """Rows and bytes read since the last progress packet, and rows written."""
    return b"".join((varint(ServerPacket.PROGRESS), varint(rows), varint(size), varint(rows), varint(written_rows), varint(0)))


def profile_info(rows: int, blocks: int, size: int) -> bytes:
    """Totals of a result."""
    return b"".join(
        (varint(ServerPacket.PROFILE_INFO), varint(rows), varint(blocks), varint(size), b"\x00", varint(rows), b"\x00")
    )
