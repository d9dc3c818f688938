"""Inserts are complete, exactly once, and never fail silently."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_platform.kernel.errors import Unavailable
from health_platform.kernel.warehouse import inserts
from health_platform.kernel.warehouse.api import (
    Column,
    Engine,
    TableSpec,
    Warehouse,
    WarehouseFailed,
    WarehouseSettings,
    event_table,
)
from health_platform.kernel.warehouse.endpoint import ingest
from health_platform.kernel.warehouse.endpoint.spool import Spool, SpoolBudget, SpoolFull

pytestmark = pytest.mark.system("A17", "B01")

NUMBERS = TableSpec("numbers", (Column("n", "UInt64"),), order_by=("n",), engine=Engine.PLAIN)
EVENT = event_table("event", (Column("value", "Nullable(Float64)"),))


def test_the_same_token_adds_nothing(fresh: Warehouse) -> None:
    fresh.ensure_table(NUMBERS)
    rows = [(i,) for i in range(1000)]
    for _ in range(3):
        assert fresh.insert("numbers", ("n",), rows, token="batch 1") == 1000
    assert fresh.execute("SELECT count() FROM numbers") == [(1000,)]
    fresh.insert("numbers", ("n",), rows, token="batch 2")
    assert fresh.execute("SELECT count() FROM numbers") == [(2000,)]


def test_a_batch_of_many_blocks_is_exactly_once(fresh: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inserts, "ROWS_PER_BLOCK", 300)
    fresh.ensure_table(NUMBERS)
    columns = [list(range(1000))]
    for _ in range(2):
        assert fresh.insert("numbers", ("n",), columns, token="t", columnar=True) == 1000
    assert fresh.execute("SELECT count(), sum(n) FROM numbers") == [(1000, 499500)]


def test_a_repeat_adds_nothing_to_views_either(fresh: Warehouse) -> None:
    fresh.ensure_table(NUMBERS)
    fresh.ensure_table(TableSpec("seen", (Column("n", "UInt64"),), order_by=("n",), engine=Engine.PLAIN))
    fresh.command("CREATE MATERIALIZED VIEW into_seen TO seen AS SELECT n FROM numbers")
    for _ in range(2):
        fresh.insert("numbers", ("n",), [(1,), (2,)], token="t")
    assert fresh.execute("SELECT count() FROM seen") == [(2,)]


def test_nothing_to_insert(fresh: Warehouse) -> None:
    fresh.ensure_table(NUMBERS)
    assert fresh.insert("numbers", ("n",), []) == 0
    assert fresh.insert("numbers", ("n",), [], columnar=True) == 0


def test_a_newer_version_replaces_and_a_deleted_one_hides(fresh: Warehouse) -> None:
    fresh.ensure_table(EVENT)
    moment = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    rows = [(7, 8, "lab", moment, 1, 1.5, 1, 0), (7, 8, "lab", moment, 1, 2.5, 2, 0), (7, 8, "lab", moment, 2, None, 1, 0)]
    fresh.insert("event", EVENT.column_names, rows)
    fresh.insert("event", EVENT.column_names, [(7, 8, "lab", moment, 2, None, 2, 1)])
    assert fresh.execute("SELECT id, value, time FROM event FINAL") == [(1, 2.5, moment)]


@pytest.mark.parametrize(
    ("preparation", "code"),
    [
        ("CREATE TABLE broken (n UInt64, CONSTRAINT small CHECK n < 10) ENGINE = MergeTree ORDER BY n", 469),
        ("CREATE TABLE broken (n UInt64) ENGINE = MergeTree ORDER BY n PARTITION BY n", 252),
        ("CREATE TABLE broken (n UInt64) ENGINE = MergeTree ORDER BY n", 395),
    ],
)
def test_a_write_that_fails_is_reported(fresh: Warehouse, preparation: str, code: int) -> None:
    fresh.command(preparation)
    fresh.ensure_table(NUMBERS)
    if code == 395:
        fresh.command("CREATE MATERIALIZED VIEW fails TO numbers AS SELECT throwIf(n = 299) AS n FROM broken")
    with pytest.raises((WarehouseFailed, Unavailable)) as failed:
        fresh.insert("broken", ("n",), [(i,) for i in range(300)])
    assert str(code) in str(failed.value)
    if code == 469:
        assert fresh.execute("SELECT count() FROM broken") == [(0,)]


def test_a_large_insert_is_written_in_parts_exactly_once(fresh: Warehouse) -> None:
    """The parts of one statement have tokens of their own, or the second would be dropped as a repeat of the first."""
    fresh.ensure_table(TableSpec("texts", (Column("t", "String"),), order_by=("t",), engine=Engine.PLAIN))
    count = ingest.PART_SIZE // 1_000_000 + 20
    columns = [[f"{i:06}" + "x" * 1_000_000 for i in range(count)]]
    statement = f"INSERT INTO {fresh.settings.database}.texts (t) VALUES"
    client = fresh._client(fresh.settings.database)
    for _ in range(2):
        options: dict[str, Any] = {"insert_deduplication_token": "big", "insert_block_size": 10}
        client.execute(statement, columns, columnar=True, settings=options)
    client.disconnect()
    assert fresh.execute("SELECT count(), uniqExact(t) FROM texts") == [(count, count)]


def test_spools_share_a_budget() -> None:
    budget = SpoolBudget(100)
    first, second = Spool(budget), Spool(budget)
    first.write(b"x" * 60)
    with pytest.raises(SpoolFull):
        second.write(b"x" * 60)
    first.close()
    second.write(b"x" * 60)
    second.close()


texts = st.text(st.characters(codec="utf-8"), max_size=30)
EARLIEST, LATEST = dt.datetime(1970, 1, 2), dt.datetime(2100, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone itself

rows_of_all_kinds = st.lists(
    st.tuples(
        st.integers(0, 2**64 - 1),
        texts,
        st.none() | texts,
        st.none() | texts,
        st.lists(st.lists(texts, max_size=3), max_size=3),
        st.dictionaries(texts, st.lists(st.integers(-(2**31), 2**31 - 1), max_size=3), max_size=3),
        st.datetimes(EARLIEST, LATEST, timezones=st.just(dt.UTC)).map(
            lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        ),
        st.none() | st.dates(dt.date(1900, 1, 1), dt.date(2299, 12, 31)),
    ),
    min_size=1,
    max_size=20,
)


@pytest.fixture(scope="module")
def kinds(endpoint: WarehouseSettings) -> Warehouse:
    warehouse = Warehouse(endpoint)
    warehouse.ensure_table(
        TableSpec(
            "kinds",
            (
                Column("a", "UInt64"),
                Column("b", "String"),
                Column("c", "Nullable(String)"),
                Column("d", "LowCardinality(Nullable(String))"),
                Column("e", "Array(Array(String))"),
                Column("f", "Map(LowCardinality(String), Array(Int32))"),
                Column("g", "DateTime64(3, 'UTC')"),
                Column("h", "Nullable(Date32)"),
                Column("run", "UUID"),
                Column("i", "UInt32"),
            ),
            order_by=("run", "i"),
            engine=Engine.PLAIN,
        )
    )
    return warehouse


@given(rows=rows_of_all_kinds)
def test_what_is_inserted_is_read_back(kinds: Warehouse, rows: list[tuple[Any, ...]]) -> None:
    run = uuid.uuid4()
    numbered = [(*row, run, number) for number, row in enumerate(rows)]
    kinds.insert("kinds", ("a", "b", "c", "d", "e", "f", "g", "h", "run", "i"), numbered)
    assert kinds.execute("SELECT * FROM kinds WHERE run = %(run)s ORDER BY i", {"run": run}) == numbered


def test_columns_that_change_between_inserts_are_seen_at_once(fresh: Warehouse) -> None:
    """The endpoint remembers what columns a table has; whoever changes it, on whichever connection, is noticed."""
    fresh.ensure_table(NUMBERS)
    fresh.insert("numbers", ("n",), [(1,)])
    other = Warehouse(fresh.settings)
    other.command("ALTER TABLE numbers ADD COLUMN word String")
    fresh.insert("numbers", ("n", "word"), [(2, "22")])
    other.command("ALTER TABLE numbers MODIFY COLUMN word UInt64")
    fresh.insert("numbers", ("n", "word"), [(3, 33)])
    other.command("ALTER TABLE numbers DROP COLUMN word")
    with pytest.raises(WarehouseFailed) as refused:
        fresh.insert("numbers", ("n", "word"), [(4, 44)])
    assert refused.value.server_code == ingest.NO_SUCH_COLUMN
    other.command("DROP TABLE numbers")
    with pytest.raises(WarehouseFailed) as refused:
        fresh.insert("numbers", ("n",), [(5,)])
    assert refused.value.server_code == 60  # UNKNOWN_TABLE
    other.close()


def test_an_insert_runs_under_its_own_settings_only(fresh: Warehouse) -> None:
    """Neither those of the query before it on the connection, nor do its own outlive it."""
    spread = TableSpec("spread", (Column("n", "UInt64"),), order_by=("n",), partition_by="n", engine=Engine.PLAIN)
    fresh.ensure_table(spread)
    ask, narrow = "SELECT getSetting('max_partitions_per_insert_block')", {"max_partitions_per_insert_block": 1}
    client = fresh._client(fresh.settings.database)
    try:
        assert client.execute(ask, settings=narrow) == [(1,)]
        client.execute("INSERT INTO spread (n) VALUES", [(1,), (2,)])
        with pytest.raises(Exception, match="TOO_MANY_PARTS"):
            client.execute("INSERT INTO spread (n) VALUES", [(3,), (4,)], settings=narrow)
        assert client.execute(ask)[0][0] > 1
    finally:
        client.disconnect()
    assert fresh.execute("SELECT sum(n) FROM spread") == [(3,)]
