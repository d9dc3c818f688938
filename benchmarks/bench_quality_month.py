"""What it costs to judge a city's month, all datasets by all rules, those that look at another dataset included.

    .venv/bin/python -m benchmarks.bench_quality_month --rows 50000000 [--home FOLDER]

The run is the platform's own: rules in force, scans, joins, results stored, earlier ones withdrawn, months scored. The control is
one bare count of the same tables' rows by institution and day. CPU seconds are those of this process and of the warehouse; with
``--home`` the rows are kept, and used by the next run.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from datetime import date
from pathlib import Path

from benchmarks.exchange_platform import cost
from benchmarks.quality_month import fill, sizes
from etl.api import ensure_tables
from etl.quality.running import check, everything
from health_platform.app import create_platform
from health_platform.kernel.platform import Platform
from health_platform.kernel.warehouse.api import endpoint_status, stop_endpoint
from health_platform.settings import Settings

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)


def measure(platform: Platform, rows: int) -> None:
    """Fill what is missing, judge the month once, count it once, print."""
    platform.database.create_all()
    ensure_tables(platform.warehouse)
    for name, count in fill(platform.warehouse, rows):
        print(f"  {name:<24} {count:>12,} rows", flush=True)
    with cost(platform) as bare:
        for name in sizes(rows):
            platform.warehouse.execute(
                f"SELECT institution, toDate32(event_time, 'Asia/Shanghai') AS day, count() FROM {name} FINAL GROUP BY 1, 2"
            )
    with cost(platform) as judged:
        run = check(platform, everything(FIRST, LAST), "benchmark")
    print(
        f"{sum(sizes(rows).values()):,} rows of {len(sizes(rows))} datasets, {len(run.rules):,} rules, {len(run.errors)} in error"
    )
    print(f"  judged {judged.wall:8.1f} s, CPU of the warehouse {judged.warehouse:8.1f} s, of the worker {judged.own:6.1f} s")
    print(f"  bare count by institution and day {bare.wall:.1f} s, CPU {bare.total:.1f} s: {judged.total / bare.total:.1f} times")
    print(f"  peak memory of the warehouse {peak(platform):.0f} MB")


def peak(platform: Platform) -> float:
    """Largest resident size of the warehouse's process in MB."""
    status = Path(f"/proc/{endpoint_status(platform.warehouse.settings).pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--home", type=Path, help="keep the rows in this folder, and use those that are there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-quality-") as temporary:
        platform = create_platform(Settings(home=given.home or Path(temporary), components="registry,etl"))
        try:
            measure(platform, given.rows)
        finally:
            platform.warehouse.close()
            stop_endpoint(platform.warehouse.settings)
            platform.database.close()


if __name__ == "__main__":
    main()
