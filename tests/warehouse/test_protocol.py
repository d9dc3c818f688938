"""The endpoint answers the unmodified driver as a ClickHouse server does."""

from __future__ import annotations

import datetime as dt
import decimal
import threading
import time
import uuid
from typing import Any

import pytest
from clickhouse_driver import Client, dbapi, errors

from health_platform.kernel.warehouse.api import WarehouseSettings, start_endpoint

pytestmark = pytest.mark.system("A17", "B01")

TYPES = {
    "'s'": "s",
    "toNullable(toInt32(1))": 1,
    "CAST(NULL AS Nullable(String))": None,
    "toLowCardinality('lc')": "lc",
    "CAST(NULL AS LowCardinality(Nullable(String)))": None,
    "[1, 2, 3]::Array(UInt32)": [1, 2, 3],
    "[['x'], []]::Array(Array(String))": [["x"], []],
    "toDateTime64('2024-02-29 12:00:00.123', 3, 'UTC')": dt.datetime(2024, 2, 29, 12, 0, 0, 123000, dt.UTC),
    "toDate('2024-02-29')": dt.date(2024, 2, 29),
    "toDate32('1925-05-06')": dt.date(1925, 5, 6),
    "toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')": uuid.UUID("61f0c404-5cb3-11e7-907b-a6006ad3dba0"),
    "toDecimal64(12.34, 2)": decimal.Decimal("12.34"),
    "toDecimal128('123456789012345678901.5', 3)": decimal.Decimal("123456789012345678901.5"),
    "CAST('b' AS Enum8('a' = 1, 'b' = 2))": "b",
    "map('k', 1, 'z', 2)::Map(String, UInt8)": {"k": 1, "z": 2},
    "map('k', ['a'])::Map(LowCardinality(String), Array(String))": {"k": ["a"]},
    "tuple(1, 'x', [2.5])::Tuple(UInt8, String, Array(Float64))": (1, "x", [2.5]),
    "true": True,
    "toFixedString('ab', 4)": "ab",
    "toInt128(-5)": -5,
    "toUInt256(9)": 9,
    "[toLowCardinality('q')]": ["q"],
    "toFloat64(1.5)": 1.5,
}


@pytest.mark.parametrize("expression", TYPES)
def test_values_of_every_type(client: Client, expression: str) -> None:
    rows = client.execute(f"SELECT {expression} AS a, number FROM numbers(2)")
    assert rows == [(TYPES[expression], 0), (TYPES[expression], 1)]


def test_ping(client: Client) -> None:
    client.execute("SELECT 1")
    assert client.connection.ping()


def test_parameters_are_escaped(client: Client) -> None:
    given = {"a": 5, "b": "o'x\\y å 张", "d": None, "l": [1, 2], "t": ((1, 2), (3, 4))}
    rows = client.execute("SELECT %(a)s, %(b)s, %(d)s, %(l)s, (1, 2) IN %(t)s", given)
    assert rows == [(5, "o'x\\y å 张", None, [1, 2], 1)]


@pytest.mark.parametrize("table", ["numbers(2)", "zoned"])
def test_a_bare_datetime_keeps_its_zone(client: Client, table: str) -> None:
    client.execute("CREATE TEMPORARY TABLE zoned (number UInt8)")  # seen by this session only
    client.execute("INSERT INTO zoned VALUES", [(0,), (1,)])
    moment = "toDateTime('2024-02-29 12:00:00', 'Europe/Stockholm')"
    rows, columns = client.execute(f"SELECT {moment} AS a, number AS n FROM {table}", with_column_types=True)
    assert str(rows[0][0]) == "2024-02-29 12:00:00+01:00"
    assert columns[0] == ("a", "DateTime('Europe/Stockholm')")


def test_an_empty_result_has_a_header(client: Client) -> None:
    answer = client.execute("SELECT number AS x, 'a' AS y FROM numbers(3) WHERE number > 50 -- why", with_column_types=True)
    assert answer == ([], [("x", "UInt64"), ("y", "String")])


def test_statements_about_the_server(client: Client) -> None:
    assert ("checks",) in client.execute("SHOW DATABASES")
    assert client.execute("DESCRIBE TABLE system.one")[0][:2] == ("dummy", "UInt8")
    assert client.execute("EXPLAIN SELECT 1")
    assert client.execute("EXISTS TABLE system.one") == [(1,)]


def test_a_format_clause_is_ignored_as_by_a_server(client: Client) -> None:
    assert client.execute("SELECT 'a FORMAT b' AS x FORMAT JSON") == [("a FORMAT b",)]


@pytest.fixture
def wide(client: Client) -> str:
    client.execute("DROP TABLE IF EXISTS wide")
    client.execute(
        "CREATE TABLE wide (a UInt32, s String, n Nullable(Int64), lc LowCardinality(String), arr Array(String), d Date32,"
        " dt DateTime64(3, 'UTC'), u UUID, de Decimal(18, 4), e Enum8('x' = 1, 'y' = 2), m Map(String, UInt64),"
        " lcn LowCardinality(Nullable(String)), alc Array(LowCardinality(String)), t DateTime('Asia/Shanghai'),"
        " mat UInt32 MATERIALIZED a + 1) ENGINE = MergeTree ORDER BY a"
    )
    return "wide"


def _wide_row(i: int) -> tuple[Any, ...]:
    moment = dt.datetime(2024, 1, 1, 1, 2, 3, tzinfo=dt.UTC)
    key = uuid.UUID(int=i)
    odd = i % 2 == 1
    return (
        *(i, f"s{i}\n\n;", None if odd else i, f"lc{i % 3}", ["p", "q"] * (i % 4), dt.date(1950, 1, 1), moment, key),
        *(decimal.Decimal("1.2345"), "y", {"k": i}, None if odd else "z", ["r", "s", "r"], moment),
    )


@pytest.mark.parametrize("compression", [False, "lz4"])
def test_rows_come_back_as_inserted(connect: Any, wide: str, compression: Any) -> None:
    client = connect(compression=compression)
    rows = [_wide_row(i) for i in range(1000)]
    assert client.execute(f"INSERT INTO {wide} VALUES", rows) == 1000
    assert client.execute(f"SELECT * FROM {wide} ORDER BY a") == rows
    assert client.execute(f"SELECT sum(mat) FROM {wide}") == [(500500,)]


def test_columnar_dictionary_and_partial_inserts(client: Client, wide: str) -> None:
    assert client.execute(f"INSERT INTO {wide} (a, s) VALUES", [[1, 2], ["x", "y"]], columnar=True) == 2
    assert client.execute(f"INSERT INTO {wide} (`a`, s) VALUES", [{"a": 3, "s": "z"}]) == 1
    assert client.execute(f"INSERT INTO checks.{wide} (a, s) SETTINGS max_threads = 1 VALUES", [(4, "w")]) == 1
    assert client.execute(f"SELECT a, s FROM {wide} ORDER BY a") == [(1, "x"), (2, "y"), (3, "z"), (4, "w")]


def test_an_insert_of_many_blocks(client: Client, wide: str) -> None:
    rows = ((i, "g") for i in range(30_000))
    assert client.execute(f"INSERT INTO {wide} (a, s) VALUES", rows, settings={"insert_block_size": 7_000}) == 30_000
    assert client.execute(f"SELECT count(), sum(a) FROM {wide}") == [(30_000, 30_000 * 29_999 // 2)]


def test_inserts_without_data_packets(client: Client, wide: str) -> None:
    client.execute(f"INSERT INTO {wide} (a, s) SELECT number, 'is' FROM numbers(10)")
    client.execute(f"INSERT INTO {wide} (a, s) VALUES (1, 'l\n\nt; x'), (2, 'lit')")
    assert client.execute(f"SELECT s, count() FROM {wide} GROUP BY s ORDER BY s") == [("is", 10), ("l\n\nt; x", 1), ("lit", 1)]


def test_a_million_rows_are_streamed(client: Client) -> None:
    rows = client.execute_iter("SELECT number FROM numbers(1000000)", settings={"max_block_size": 50_000})
    assert sum(1 for _ in rows) == 1_000_000


def test_progress(client: Client) -> None:
    progress = client.execute_with_progress("SELECT number FROM numbers(1000)")
    assert list(progress)[-1][0] == 1000
    assert len(progress.get_result()) == 1000


def test_settings_hold_for_one_query(client: Client) -> None:
    ask = "SELECT getSetting('max_block_size'), getSetting('log_comment')"
    before = client.execute(ask)[0][0]
    assert client.execute(ask, settings={"max_block_size": 777})[0][0] == 777
    assert client.execute(ask, settings={"max_block_size": 778, "log_comment": "mine"})[0][1].endswith("mine")
    with pytest.raises(errors.ServerException) as refused:
        client.execute(ask, settings={"max_block_size": 779, "no_such_setting": 1})
    assert refused.value.code == 115
    assert client.execute(ask)[0][0] == before


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT * FROM nope", 60),
        ("SELECT nope", 47),
        ("SELEC 1", 62),
        ("SELECT toInt8('x')", 6),
        ("SELECT throwIf(number = 900000) FROM numbers(1000000)", 395),
        ("SELECT 1; DROP DATABASE checks", 62),
        ("SELECT count() FROM numbers(3) GROUP BY number WITH TOTALS", 48),
        ("INSERT INTO t FORMAT CSV 1,2", 48),
    ],
)
def test_errors_have_the_servers_codes_and_leave_the_connection_usable(client: Client, sql: str, code: int) -> None:
    with pytest.raises(errors.ServerException) as failed:
        client.execute(sql)
    assert failed.value.code == code
    assert client.execute("SELECT 'a; b'") == [("a; b",)]


@pytest.mark.parametrize(("target", "code"), [("nope", 60), ("wide (zz)", 16)])
def test_inserts_into_the_unknown(client: Client, wide: str, target: str, code: int) -> None:
    with pytest.raises(errors.ServerException) as failed:
        client.execute(f"INSERT INTO {target} VALUES", [(1,)])
    assert failed.value.code == code


def test_cancel_ends_the_query_and_keeps_the_connection(client: Client, connect: Any) -> None:
    rows = client.execute_iter("SELECT number, sleepEachRow(0.01) FROM numbers(100000)", settings={"max_block_size": 10})
    next(rows)
    client.cancel()
    assert _running(connect(), "sleepEachRow") == 0
    client.disconnect()


def test_hanging_up_kills_the_query(connect: Any) -> None:
    doomed, other = connect(), connect()
    thread = threading.Thread(target=_swallow, args=(doomed, "SELECT sum(sipHash64(number)) FROM numbers(100000000000)"))
    thread.start()
    _until(lambda: _running(other, "100000000000") == 1)
    doomed.connection.socket.shutdown(2)
    _until(lambda: _running(other, "100000000000") == 0)
    thread.join()


def test_queries_of_several_connections_run_side_by_side(connect: Any) -> None:
    clients = [connect() for _ in range(4)]
    threads = [threading.Thread(target=client.execute, args=("SELECT sleep(0.5)",)) for client in clients]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started < 4 * 0.5


def test_compressed_results(connect: Any) -> None:
    rows = connect(compression="lz4").execute("SELECT number, toString(number) FROM numbers(200000)")
    assert rows[-1] == (199999, "199999")


def test_numpy_results(connect: Any) -> None:
    frame = connect(settings={"use_numpy": True}).query_dataframe("SELECT number AS n, toString(number) AS s FROM numbers(3)")
    assert frame.to_dict("list") == {"n": [0, 1, 2], "s": ["0", "1", "2"]}


def test_external_tables_live_for_one_query(client: Client) -> None:
    tables = [{"name": "ext", "structure": [("x", "Int32"), ("s", "String")], "data": [{"x": 1, "s": "a"}, {"x": 2, "s": ""}]}]
    assert client.execute("SELECT sum(x) FROM ext", external_tables=tables) == [(3,)]
    assert client.execute("SELECT sum(x) FROM ext", external_tables=tables) == [(3,)]


def test_temporary_tables_and_use_belong_to_the_session(client: Client, connect: Any) -> None:
    client.execute("CREATE TEMPORARY TABLE mine (a Int8)")
    client.execute("INSERT INTO mine VALUES", [(1,)])
    assert client.execute("SELECT * FROM mine") == [(1,)]
    client.execute("USE system")
    assert client.execute("SELECT currentDatabase()") == [("system",)]
    other = connect()
    assert other.execute("SELECT currentDatabase()") == [("checks",)]
    with pytest.raises(errors.ServerException):
        other.execute("SELECT * FROM mine")


def test_the_json_type(client: Client) -> None:
    assert client.execute('SELECT \'{"a": 1, "b": {"c": "x"}}\'::JSON AS j') == [({"a": 1, "b": {"c": "x"}},)]


def test_database_api(endpoint: WarehouseSettings) -> None:
    state = start_endpoint(endpoint)
    with dbapi.connect(f"clickhouse://{state.user}:{state.password}@127.0.0.1:{state.port}/checks") as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT 1, 2")
        assert cursor.fetchall() == [(1, 2)]


@pytest.mark.parametrize(
    ("options", "code"), [({"password": "wrong"}, 516), ({"user": "nobody"}, 516), ({"database": "nodb"}, 81)]
)
def test_refused_logins(connect: Any, options: dict[str, str], code: int) -> None:
    with pytest.raises(errors.ServerException) as refused:
        connect(**options).execute("SELECT 1")
    assert refused.value.code == code


def _running(client: Client, part: str) -> int:
    counting = "SELECT count() FROM system.processes WHERE position(query, %(part)s) > 0 AND position(query, 'processes') = 0"
    return int(client.execute(counting, {"part": part})[0][0])


def _swallow(client: Client, sql: str) -> None:
    try:
        client.execute(sql)
    except (EOFError, OSError, errors.Error):
        return


def _until(fact: Any, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.05)
