"""What the local endpoint costs over chDB in the same process: latency of small reads, throughput of inserts and scans.

Run: ``.venv/bin/python -m benchmarks.bench_endpoint``

Both sides hold the same 1 M rows of 5,000 patients (200 rows each) in the same table definition, and both end with rows of Python
values. The in-process side is the control; rounds alternate between the two sides, so that a change of load meets both.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from chdb.state.sqlitelike import Connection
from clickhouse_driver.columns.service import read_column
from clickhouse_driver.varint import read_varint

from health_platform.kernel.warehouse.api import (
    Column,
    Place,
    Warehouse,
    WarehouseSettings,
    event_table,
    render,
    start_endpoint,
    stop_endpoint,
)
from health_platform.kernel.warehouse.endpoint.columns import driver_context
from health_platform.kernel.warehouse.endpoint.wire import memory_reader

EVENTS = event_table("event", (Column("code", "LowCardinality(String)"), Column("doc", "String")))
FILL = (
    "INSERT INTO {table} SELECT number % 5000, number % 5000, 'lab', toDateTime64(1600000000 + number, 3, 'UTC'), number,"
    " toString(number % 50), repeat('{{\"k\": 1}} ', 30), 1, 0 FROM numbers(1000000)"
)
READ = "SELECT * FROM {table} FINAL WHERE shelf = 77 ORDER BY time SETTINGS max_threads = 1"
TABLE = "health.event"
_AS_CLIENT = SimpleNamespace(**vars(driver_context()))
_AS_CLIENT.client_settings = {**driver_context().client_settings, "strings_as_bytes": False}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="alternating rounds of 25 queries")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        settings = WarehouseSettings(home=Path(folder) / "endpoint")
        warehouse, control = Warehouse(settings), Connection(str(Path(folder) / "control"))
        try:
            _fill(warehouse.command, warehouse)
            _fill(lambda sql: control.query(sql), None)
            _latency("select 1", "SELECT 1", warehouse, control, rounds)
            _latency("200 rows of one patient", READ.format(table=TABLE), warehouse, control, rounds)
            _clients(settings)
            _inserts(warehouse, control)
            _scan(warehouse)
            _memory(settings)
        finally:
            stop_endpoint(settings)


def _fill(run: Callable[[str], Any], warehouse: Warehouse | None) -> None:
    for statement in render((EVENTS,), Place("health")).split(";\n")[:-1]:
        if statement.strip():
            run(statement)
    run(FILL.format(table=TABLE))
    run(f"OPTIMIZE TABLE {TABLE} FINAL")


def _latency(name: str, sql: str, warehouse: Warehouse, control: Connection, rounds: int) -> None:
    sides: dict[str, Callable[[], Any]] = {
        "in-process": lambda: _rows(control.query(sql, "Native").bytes()),
        "endpoint": lambda: warehouse.execute(sql),
    }
    times: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, run in sides.items():
            times[side].extend(_timed(run) for _ in range(25))
    medians = {side: statistics.median(values) for side, values in times.items()}
    for side, values in times.items():
        p99 = sorted(values)[int(len(values) * 0.99)]
        print(f"{name:26} {side:11} p50 {medians[side]:7.3f} ms   p99 {p99:7.3f} ms")
    print(
        f"{name:26} ratio {medians['endpoint'] / medians['in-process']:.2f}, adds"
        f" {medians['endpoint'] - medians['in-process']:.3f} ms\n"
    )


def _rows(data: memoryview) -> list[tuple[Any, ...]]:
    """The rows a caller gets, read by the driver's own readers as at the endpoint's client."""
    reader = memory_reader(bytes(data))
    count, rows = read_varint(reader), read_varint(reader)
    columns = []
    for _ in range(count):
        reader.read(read_varint(reader))
        kind = reader.read(read_varint(reader)).decode()
        columns.append(read_column(_AS_CLIENT, kind, rows, reader))
    return list(zip(*columns, strict=True))


def _clients(settings: WarehouseSettings) -> None:
    sql = READ.format(table=TABLE)
    for count in (1, 4, 8):
        warehouses = [Warehouse(settings) for _ in range(count)]
        for warehouse in warehouses:
            warehouse.execute(sql)
        started = time.perf_counter()
        threads = [threading.Thread(target=_repeat, args=(warehouse, sql, 200 // count)) for warehouse in warehouses]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rate = count * (200 // count) / (time.perf_counter() - started)
        print(f"200-row reads, {count} clients of one process: {rate:.0f}/s")
    print()


def _repeat(warehouse: Warehouse, sql: str, times: int) -> None:
    for _ in range(times):
        warehouse.execute(sql)


def _inserts(warehouse: Warehouse, control: Connection) -> None:
    count = 200_000
    source = warehouse.execute(f"SELECT * FROM {TABLE} LIMIT {count}")
    names = EVENTS.column_names
    cpu = _cpu()
    seconds = _timed(lambda: warehouse.insert("event", names, source)) / 1000
    print(f"insert {count} rows          endpoint    {count / seconds:9.0f} rows/s, client CPU {_cpu() - cpu:.2f} s")
    columns = list(zip(*source, strict=True))
    seconds = _timed(lambda: warehouse.insert("event", names, columns, columnar=True)) / 1000
    print(f"insert {count} rows columnar endpoint    {count / seconds:9.0f} rows/s")
    statement = f"INSERT INTO {TABLE} SELECT * FROM {TABLE} LIMIT {count}"
    seconds = _timed(lambda: control.query(statement)) / 1000
    print(f"insert {count} by INSERT SELECT in-process {count / seconds:7.0f} rows/s\n")


def _scan(warehouse: Warehouse) -> None:
    cpu = _cpu()
    seconds = _timed(lambda: sum(1 for _ in warehouse.execute_iter(f"SELECT shelf, time, code FROM {TABLE} LIMIT 500000")))
    print(f"500,000 rows x 3 columns into Python: {seconds / 1000:.2f} s, client CPU {_cpu() - cpu:.2f} s\n")


def _memory(settings: WarehouseSettings) -> None:
    status = Path(f"/proc/{start_endpoint(settings).pid}/status").read_text()
    facts = dict(line.split(":", 1) for line in status.splitlines())
    cpu = Path(f"/proc/{start_endpoint(settings).pid}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = (int(cpu[11]) + int(cpu[12])) / 100
    print(f"endpoint: peak resident {facts['VmHWM'].strip()}, anonymous {facts['RssAnon'].strip()}, CPU {ticks:.1f} s")
    print(f"client:   peak resident {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss} kB")


def _timed(run: Callable[[], Any]) -> float:
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
