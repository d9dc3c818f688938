"""The platform's connections: no needless round trip, no lost connection taken for a live one, times equal to the driver's."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from clickhouse_driver.connection import Connection
from hypothesis import given, settings
from hypothesis import strategies as st

from health_platform.kernel.warehouse import clients
from health_platform.kernel.warehouse.api import Warehouse, WarehouseSettings, start_endpoint, stop_endpoint
from tests.warehouse.conftest import Connect

pytestmark = pytest.mark.system("A01", "B01")

MILLISECONDS = st.integers(0, 4_102_444_800_000)  # until the year 2100


@pytest.fixture
def pings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every ping that really goes to a server."""
    asked: list[str] = []
    send = Connection.ping

    def counted(connection: Connection) -> object:
        asked.append(connection.get_description())
        return send(connection)

    monkeypatch.setattr(Connection, "ping", counted)
    return asked


def test_a_busy_connection_is_not_pinged(fresh: Warehouse, pings: list[str]) -> None:
    fresh.execute("SELECT 1")
    pings.clear()
    assert [fresh.execute("SELECT 2") for _ in range(5)] == [[(2,)]] * 5
    assert len(pings) <= 1  # the second statement of a new connection is its first chance to look


def test_a_connection_that_was_silent_for_long_is_pinged(
    fresh: Warehouse, pings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh.execute("SELECT 1")
    monkeypatch.setattr(clients, "SILENT_SECONDS", -1.0)
    pings.clear()
    assert fresh.execute("SELECT 2") == [(2,)]
    assert len(pings) == 1


@pytest.fixture
def own(tmp_path: object, endpoint: WarehouseSettings) -> Iterator[Warehouse]:
    """A warehouse with an endpoint of its own, which may be killed."""
    made = Warehouse(replace(endpoint, home=tmp_path))  # type: ignore[arg-type]
    yield made
    made.close()
    stop_endpoint(made.settings)


def test_a_statement_that_is_sent_once_does_not_go_to_a_server_that_died(own: Warehouse) -> None:
    own.command("CREATE TABLE numbers (n UInt64) ENGINE = MergeTree ORDER BY n")
    own.execute("SELECT 1")
    os.kill(start_endpoint(own.settings).pid, signal.SIGKILL)
    own.command("INSERT INTO numbers SELECT 5")
    assert own.execute("SELECT n FROM numbers") == [(5,)]


@settings(max_examples=60, deadline=None)
@given(moments=st.lists(MILLISECONDS, min_size=1, max_size=20))
def test_times_are_those_of_the_definition(endpoint: WarehouseSettings, moments: list[int]) -> None:
    warehouse = Warehouse(endpoint)
    sql = "SELECT fromUnixTimestamp64Milli(arrayJoin(%(moments)s), 'UTC') AS at, toDateTime(at, 'UTC'), toNullable(at)"
    rows = warehouse.execute(sql, {"moments": moments})
    warehouse.close()
    exact = [datetime.fromtimestamp(moment / 1000, UTC) for moment in moments]
    assert rows == [(at, at.replace(microsecond=0), at) for at in exact]
    assert {time.tzinfo for row in rows for time in row} == {UTC}


def test_other_zones_stay_with_the_driver(connect: Connect) -> None:
    local = connect().execute("SELECT toDateTime(0, 'Asia/Shanghai'), toDateTime64(0, 3, 'Asia/Shanghai')")
    assert [time.isoformat() for time in local[0]] == ["1970-01-01T08:00:00+08:00"] * 2
