"""The platform under test: all its real processes, on ports of its own, with the demonstration's institutions."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, text

from demonstration.command import addresses
from demonstration.generating import City
from demonstration.loading import Addresses
from demonstration.running import Running
from demonstration.setup import Placed, prepare
from etl.api import ensure_tables, pending
from health_platform.app import create_platform
from health_platform.kernel import schema
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.settings import Settings
from tests.support import postgres

LAST = date(2026, 11, 20)
RESIDENTS = 300
PATIENCE = 120.0


@dataclass
class Ground:
    """A running platform and what the harness knows of it; ``server`` is its PostgreSQL, ``None`` when it keeps a SQLite file."""

    platform: Platform
    running: Running
    placed: dict[str, Placed]
    city: City
    server: postgres.Server | None = None

    @property
    def addresses(self) -> Addresses:
        return addresses(self.platform)

    @property
    def home(self) -> Path:
        return self.platform.settings.home

    def pids(self, *names: str) -> list[int]:
        """Process ids of the named processes; the names are prefixes ("worker" means all workers)."""
        found = self.running.processes()
        return [pid for name, pid in found.items() if not names or name.startswith(names)]

    def by_way(self, way: str) -> Placed:
        """The first institution that sends in a way."""
        return next(one for one in self.placed.values() if one.unit.way == way and one.unit.kind in ("hospital", "township"))

    def database(self, statement: str) -> list[tuple[Any, ...]]:
        """Read the relational database behind the platform's back."""
        engine = create_engine(self.platform.database.url, poolclass=NullPool)
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def settle(self) -> None:
        """Return when nothing waits any more and every way in answers.

        Raises:
            AssertionError: it does not come to rest.
        """
        deadline = time.monotonic() + PATIENCE
        self.running.await_ports()
        while time.monotonic() < deadline:
            with suppress(Exception), self.platform.database.unit_of_work(system_scope("faults")) as session:
                if pending(session)[0] == 0:
                    return
            time.sleep(0.2)
        raise AssertionError("the backlog does not drain")


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@contextmanager
def ground(home: Path, server: postgres.Server | None = None) -> Iterator[Ground]:
    """A platform in ``home`` for the time of the block. Its processes read the environment, so this one is changed meanwhile."""
    url = server.url if server else ""
    web, data_api, mllp = _free_ports(3)
    values = {
        "HP_HOME": str(home),
        "HP_DATABASE_URL": url,
        "HP_PORT": str(web),
        "HP_DATA_API_PORT": str(data_api),
        "HP_MLLP_PORT": str(mllp),
        "HP_WORKERS": "1",
        "HP_DEMONSTRATION": "1",
        "HP_LOG_LEVEL": "CRITICAL",
    }
    before = dict(os.environ)
    os.environ.update(values)
    platform = create_platform(
        Settings(home=home, database_url=url, port=web, data_api_port=data_api, mllp_port=mllp, workers=1, demonstration=True)
    )
    try:
        schema.upgrade(platform)
        with platform.database.unit_of_work(system_scope("faults")) as session:
            placed, _, towns = prepare(session, platform, LAST)
        city = City(1, RESIDENTS, LAST, tuple(towns), tuple(one.unit for one in placed))
        with Running(platform) as running:
            running.await_ports()
            ensure_tables(platform.warehouse)
            yield Ground(platform, running, {one.unit.key: one for one in placed}, city, server)
    finally:
        os.environ.clear()
        os.environ.update(before)
        platform.warehouse.close()
        stop_endpoint(platform.warehouse.settings)
        platform.database.close()
