"""One definition of a table yields every form of it; existing tables only ever grow; migrations run once and in order."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from health_platform.kernel.errors import Conflict
from health_platform.kernel.giving_way import unawaited
from health_platform.kernel.warehouse import migrations as migrating
from health_platform.kernel.warehouse.api import (
    Column,
    Engine,
    Migration,
    Place,
    TableSpec,
    Warehouse,
    WarehouseFailed,
    WarehouseSettings,
    event_table,
    load_query,
    migrate,
    parse_query,
    parse_servers,
    pending_migrations,
    render,
)
from health_platform.kernel.warehouse.settings import Server

pytestmark = pytest.mark.system("A01", "A18", "B01")

LAB = event_table(
    "lab",
    (
        Column("code", "LowCardinality(String)"),
        Column("amount", "Decimal(18,4)", comment="量'"),
    ),
    comment="检验",
)
RICH = TableSpec(
    "rich",
    (Column("day", "Date32"), Column("kind", "Enum8('a' = 1, 'b' = 2)"), Column("n", "UInt64", default="1", codec="ZSTD(3)")),
    order_by=("toYear(day)", "kind"),
    engine=Engine.SUMMING,
    partition_by="toYear(day)",
    ttl="toDateTime(day) + INTERVAL 30 YEAR",
)


def test_ensuring_twice_changes_nothing(fresh: Warehouse) -> None:
    for spec in (LAB, RICH):
        assert len(fresh.ensure_table(spec)) == 1
        assert fresh.ensure_table(spec) == ()


def test_missing_columns_are_added_in_their_place(fresh: Warehouse) -> None:
    fresh.ensure_table(LAB)
    fresh.insert("lab", ("shelf",), [(1,)])
    columns = list(LAB.columns)
    columns.insert(6, Column("unit", "String", default="'mg'"))
    wider = replace(LAB, columns=tuple(columns))
    assert len(fresh.ensure_table(wider)) == 1
    assert fresh.execute("SELECT shelf, unit FROM lab") == [(1, "mg")]
    assert [row[0] for row in fresh.execute("DESCRIBE TABLE lab")] == list(wider.column_names)


@pytest.mark.parametrize(
    "changed",
    [
        replace(LAB, columns=(*LAB.columns[:5], Column("code", "UInt32"), *LAB.columns[6:])),
        replace(LAB, order_by=("shelf", "time")),
        replace(LAB, partition_by="toYear(time)"),
        replace(LAB, engine=Engine.PLAIN),
    ],
)
def test_changes_that_would_lose_data_are_refused(fresh: Warehouse, changed: TableSpec) -> None:
    fresh.ensure_table(LAB)
    with pytest.raises(Conflict) as refused:
        fresh.ensure_table(changed)
    assert len(refused.value.facts["differences"]) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Bad-name"},
        {"columns": (Column("a", "UInt8"), Column("a", "UInt8"))},
        {"columns": (Column("a; DROP", "UInt8"),)},
        {"columns": (Column("a", "DateTime('UTC')"),)},
        {"order_by": ()},
        {"engine": Engine.REPLACING},
    ],
)
def test_definitions_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    good = TableSpec("t", (Column("a", "UInt8"),), order_by=("a",), engine=Engine.PLAIN)
    with pytest.raises(ValueError, match=r"\w"):
        replace(good, **wrong)  # type: ignore[arg-type]


def test_the_cluster_form_is_ddl_the_server_parses(fresh: Warehouse) -> None:
    place = Place("health", "region")
    script = render((LAB, RICH), place)
    statements = [part for part in script.split(";\n\n") if part.strip()]
    assert len(statements) == 5
    for statement in statements:
        fresh.execute("EXPLAIN AST " + statement)
    assert (
        "ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)"
        in script
    )
    assert "ENGINE = Distributed('region', 'health', 'lab_local', cityHash64(shelf))" in script
    assert script.count("ON CLUSTER `region`") == 5


def test_migrations_run_once_in_order_and_may_not_change(fresh: Warehouse) -> None:
    first = Migration(1, "lab", (LAB,))
    second = Migration(2, "fill", ("INSERT INTO {database}.lab (shelf) VALUES (1), (2)",))
    assert migrate(fresh, [second, first]) == (first, second)
    assert migrate(fresh, [first, second]) == ()
    assert fresh.execute("SELECT count() FROM lab") == [(2,)]
    with pytest.raises(Conflict, match="migration_changed"):
        pending_migrations(fresh, [first, replace(second, steps=("SELECT 1",))])
    with pytest.raises(ValueError, match="same number"):
        migrate(fresh, [first, replace(second, number=1)])


def test_processes_migrating_at_once_apply_each_migration_once(fresh: Warehouse) -> None:
    once = [Migration(1, "lab", (LAB,)), Migration(2, "fill", ("INSERT INTO {database}.lab (shelf) VALUES (1)",))]
    threads = [threading.Thread(target=migrate, args=(Warehouse(fresh.settings), once)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fresh.execute("SELECT count() FROM lab") == [(1,)]


def test_a_migration_that_fails_is_not_recorded(fresh: Warehouse) -> None:
    broken = Migration(1, "broken", (LAB, "SELECT nonsense FROM nowhere"))
    with pytest.raises(WarehouseFailed):
        migrate(fresh, [broken])
    assert pending_migrations(fresh, [broken]) == (broken,)


def test_machines_exclude_each_other_by_a_table(fresh: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "_LOCK_PATIENCE", 0.0)
    with (
        migrating._table_lock(fresh),
        pytest.raises(Conflict, match="migration_locked"),
        migrating._table_lock(Warehouse(fresh.settings)),
    ):
        pass
    with migrating._table_lock(fresh):
        pass


def test_named_queries_declare_what_they_use(fresh: Warehouse) -> None:
    source = "-- purpose: p\n-- grain: g\n-- parameters: a, b\n-- settings: max_threads=1\nSELECT %(a)s, '50%%', %(b)s;\n"
    query = parse_query("q", source)
    assert fresh.query(query, {"a": 1, "b": "x'y"}) == [(1, "50%", "x'y")]
    assert (
        fresh.records(
            parse_query("r", source.replace("%(a)s,", "%(a)s AS one,").replace("'50%%'", "1 AS two")), {"a": 1, "b": 2}
        )[0]["one"]
        == 1
    )
    with pytest.raises(ValueError, match="takes"):
        fresh.query(query, {"a": 1})
    for wrong in (source.replace("purpose", "porpoise"), source.replace("a, b", "a")):
        with pytest.raises(ValueError, match=r"\w"):
            parse_query("q", wrong)


def test_thousands_of_texts_travel_beside_the_query(fresh: Warehouse) -> None:
    source = """-- purpose: p
-- grain: one row
-- lists: wanted
SELECT count() FROM (SELECT toString(number) AS n FROM numbers(100)) WHERE n IN wanted"""
    query = parse_query("q", source)
    for _ in range(2):  # the table lives as long as the query
        assert fresh.query(query, lists={"wanted": ["1", "7", "it's", "99", "200"]}) == [(3,)]
    with pytest.raises(ValueError, match="lists"):
        fresh.query(query)
    with pytest.raises(ValueError, match="lists"):
        parse_query("q", source.replace("IN wanted", "IN others"))

    assert load_query("health_platform.kernel.warehouse", "table_layout.sql").parameters == ("database", "table")


def test_servers_are_read_from_settings() -> None:
    assert parse_servers("local") == ()
    assert parse_servers("a:9001, b") == (Server("a", 9001), Server("b", 9000))
    assert WarehouseSettings(home=Path("x")).local


def test_observations_name_what_was_done(endpoint: WarehouseSettings) -> None:
    seen = []
    warehouse = Warehouse(endpoint, observe=seen.append)
    warehouse.execute("SELECT 1")
    with pytest.raises(WarehouseFailed) as failed:
        warehouse.execute("SELECT nonsense")
    assert failed.value.server_code == 47
    assert [(one.kind, one.failed, one.attempts) for one in seen] == [("read", False, 1), ("read", True, 1)]
    assert warehouse.ping()
    warehouse.close()


def test_work_nobody_waits_for_takes_one_processor(endpoint: WarehouseSettings) -> None:
    warehouse = Warehouse(endpoint)
    threads = "SELECT toUInt64(getSetting('max_threads'))"
    usual = warehouse.execute(threads)
    with unawaited():
        assert warehouse.execute(threads) == warehouse.command(threads) == [*warehouse.execute_iter(threads)] == [(1,)]
        assert warehouse.execute(threads, settings={"max_threads": 3}) == [(3,)]
    assert warehouse.execute(threads) == usual
    warehouse.close()


def test_rows_can_be_taken_one_by_one_and_left_early(endpoint: WarehouseSettings) -> None:
    warehouse = Warehouse(endpoint)
    rows = warehouse.execute_iter("SELECT number FROM numbers(%(n)s)", {"n": 1_000_000})
    assert next(rows) == (0,)
    rows.close()  # type: ignore[attr-defined]
    assert warehouse.execute("SELECT 1") == [(1,)]
    warehouse.close()
