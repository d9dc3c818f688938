"""The answer to one query: packets are gathered and sent together, so a small quick result is one send.

A result that comes slowly is sent block by block, as by a server.
"""

from __future__ import annotations

import time

from health_platform.kernel.warehouse.endpoint import blocks, wire
from health_platform.kernel.warehouse.endpoint.watcher import Running

_SEND_SIZE = 1 << 16
_SEND_SECONDS = 0.02


class Response:
    """Collects the packets of one answer; counts rows, blocks and bytes for its summary."""

    def __init__(self, running: Running, compressed: bool) -> None:
        self._running = running
        self._compressed = compressed
        self._parts: list[bytes] = []
        self._pending = 0
        self._sent = time.monotonic()
        self.rows = self.blocks = self.size = 0

    def add(self, packet: bytes) -> None:
        """Queue a packet; sends once enough has gathered or enough time has passed."""
        self._parts.append(packet)
        self._pending += len(packet)
        if self._pending >= _SEND_SIZE or time.monotonic() - self._sent > _SEND_SECONDS:
            self.flush()

    def header(self, columns: blocks.Columns) -> None:
        """Announce the columns."""
        self.add(blocks.data_packet(blocks.header(columns), self._compressed))

    def block(self, body: bytes, rows: int) -> None:
        """A block of rows."""
        self.rows, self.blocks, self.size = self.rows + rows, self.blocks + 1, self.size + len(body)
        self.add(blocks.data_packet(body, self._compressed))

    def summary(self) -> None:
        """What follows the last row of a read."""
        self.add(wire.progress(self.rows, self.size))
        self.add(wire.profile_info(self.rows, self.blocks, self.size))
        self.add(blocks.data_packet(blocks.EMPTY, self._compressed))

    def flush(self) -> None:
        """Send what has gathered."""
        data, self._parts, self._pending = b"".join(self._parts), [], 0
        with self._running.sending:
            self._running.sock.sendall(data)
        self._sent = time.monotonic()
