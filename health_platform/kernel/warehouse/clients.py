"""The driver's client and columns, without two costs that every small read would pay.

The driver pings the server before every statement, which is a second round trip. A server that hung up can be seen at the socket
without asking it, so only a connection that has been silent for a while is still pinged.

It also makes every time aware by pytz's UTC, whose conversion is Python code that runs once per value; the standard library's
UTC gives an equal time at a third of the cost.
"""

from __future__ import annotations

import select
import socket
import time
from datetime import UTC
from typing import Any

import pytz
from clickhouse_driver import Client
from clickhouse_driver.columns import datetimecolumn
from clickhouse_driver.connection import Connection

SILENT_SECONDS = 5.0
"""After so long without traffic the network may have dropped a connection without telling either end."""


def client_of(**options: Any) -> Client:
    """A driver client; ``options`` are those of ``clickhouse_driver.Client``."""
    client = Client(**options)
    client.connection = WatchedConnection(**options)
    client.connection = client.get_connection()
    return client


class WatchedConnection(Connection):  # type: ignore[misc]
    """A connection that is pinged only when its socket shows something unasked for, or nothing was said for long."""

    _spoken = float("-inf")

    def ping(self) -> bool | None:
        """True when the connection can be used, False when it is lost, None when there is none."""
        silent = time.monotonic() - self._spoken > SILENT_SECONDS
        alive: bool | None = super().ping() if silent or not _quiet(self.socket) else True
        self._spoken = time.monotonic()
        return alive


def _quiet(sock: socket.socket | None) -> bool:
    """True when nothing waits to be read: between two statements only a hang-up or an error would."""
    if sock is None:
        return False
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return not poll.poll(0)


class _Times(datetimecolumn.DateTimeColumn):  # type: ignore[misc]
    def after_read_items(self, items: Any, nulls_map: Any = None) -> Any:
        self.timezone = UTC if self.timezone is pytz.utc else self.timezone
        return super().after_read_items(items, nulls_map)


class _FractionalTimes(datetimecolumn.DateTime64Column):  # type: ignore[misc]
    def after_read_items(self, items: Any, nulls_map: Any = None) -> Any:
        self.timezone = UTC if self.timezone is pytz.utc else self.timezone
        return super().after_read_items(items, nulls_map)


# The driver has no register of its column classes: it looks these two names up in its module.
datetimecolumn.DateTimeColumn, datetimecolumn.DateTime64Column = _Times, _FractionalTimes
