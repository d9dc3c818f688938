"""A local endpoint shared by these tests, spoken to by the unmodified driver and by ``Warehouse``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from clickhouse_driver import Client

from health_platform.kernel.warehouse.api import Warehouse, WarehouseSettings, start_endpoint, stop_endpoint

Connect = Callable[..., Client]


def driver(place: WarehouseSettings, **options: Any) -> Client:
    """A stock client logged into the endpoint at ``place``."""
    state = start_endpoint(place)
    access = {"user": state.user, "password": state.password, "database": "checks", **options}
    return Client("127.0.0.1", port=state.port, **access)


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarehouseSettings]:
    """Settings of a running endpoint with an empty database ``checks``."""
    settings = WarehouseSettings(home=tmp_path_factory.mktemp("endpoint"), backoff=0.02)
    driver(settings, database="").execute("CREATE DATABASE IF NOT EXISTS checks ENGINE = Atomic")
    yield settings
    stop_endpoint(settings)


@pytest.fixture
def connect(endpoint: WarehouseSettings) -> Iterator[Connect]:
    """``connect(**driver_options)``: stock clients, disconnected at the end."""
    made: list[Client] = []

    def make(**options: Any) -> Client:
        made.append(driver(endpoint, **options))
        return made[-1]

    yield make
    for client in made:
        client.disconnect()


@pytest.fixture
def client(connect: Connect) -> Client:
    return connect()


@pytest.fixture
def fresh(endpoint: WarehouseSettings) -> Iterator[Warehouse]:
    """A ``Warehouse`` on a database of its own in the shared endpoint."""
    made = Warehouse(replace(endpoint, database=f"w{uuid4().hex[:12]}"))
    yield made
    made.command(f"DROP DATABASE IF EXISTS {made.settings.database}")
    made.close()


@pytest.fixture
def own_endpoint(tmp_path: Path) -> Iterator[WarehouseSettings]:
    """Settings of an endpoint of one test's own, for tests that kill it."""
    settings = WarehouseSettings(home=tmp_path / "own", backoff=0.05)
    yield settings
    stop_endpoint(settings)
