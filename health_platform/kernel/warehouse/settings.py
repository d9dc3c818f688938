"""What the warehouse needs to know, built by the composition root from the platform settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DEFAULT_PORT = 9000


@dataclass(frozen=True)
class Server:
    """One ClickHouse server."""

    host: str
    port: int = DEFAULT_PORT


@dataclass(frozen=True)
class WarehouseSettings:
    """Where ClickHouse is and how patiently to talk to it.

    ``servers`` empty means the local endpoint, whose data, state file and log live in ``home``. Times are seconds.
    The local endpoint stops after ``idle_exit`` seconds without clients (it is started again on demand) and takes at
    most ``memory_limit`` bytes (0: the engine's default).
    ``cluster`` names a cluster of the servers' configuration; empty means single-node tables.
    """

    home: Path
    servers: tuple[Server, ...] = ()
    database: str = "health"
    user: str = "default"
    password: str = ""
    cluster: str = ""
    secure: bool = False
    pool_size: int = 16
    connect_timeout: float = 2.0
    query_timeout: float = 120.0
    start_timeout: float = 60.0
    attempts: int = 4
    backoff: float = 0.2
    idle_exit: float = 900.0
    memory_limit: int = 0

    @property
    def local(self) -> bool:
        return not self.servers


def parse_servers(text: str) -> tuple[Server, ...]:
    """Read ``"local"`` (no servers) or ``"host:port,host:port"``.

    Raises:
        ValueError: a port is not a number.
    """
    if text.strip() in ("", "local"):
        return ()
    return tuple(_parse_server(part) for part in text.split(",") if part.strip())


def _parse_server(text: str) -> Server:
    host, _, port = text.strip().partition(":")
    return Server(host, int(port) if port else DEFAULT_PORT)
