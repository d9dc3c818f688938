"""What the machine allows: the limits that figures are held against, measured in the same run.

.venv/bin/python -m benchmarks.machine [FOLDER]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from health_platform.kernel.warehouse.api import Warehouse

_PAGE = 4096
_ROUNDS = 200
_READ = 1 << 28


def sync_seconds(folder: Path) -> float:
    """Median seconds until 4 KB appended to a file of this folder are on its disk: every durable commit waits as long."""
    found = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            file.write(b"x" * _PAGE)
            file.flush()
            os.fdatasync(file.fileno())
            found.append(time.perf_counter() - began)
    return statistics.median(found)


def read_rate() -> float:
    """Bytes a second that one processor adds up out of memory: no scan is faster."""
    numbers = np.ones(_READ // 8, dtype=np.uint64)
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        numbers.sum()
        best = min(best, time.perf_counter() - began)
    return _READ / best


def commits_limit(what: str, commits: int, wall: float, folder: Path) -> str:
    """How much of the wall time is the disk's, when each of so many commits waits for it once."""
    wait = sync_seconds(folder)
    return (
        f"limit of the disk: {what} in {commits:,} commits cannot take less than {commits} x {wait * 1000:.2f} ms = "
        f"{commits * wait:.2f} s; it took {wall:.2f} s, {wall / (commits * wait):.1f} x"
    )


def scan_limit(warehouse: Warehouse, table: str, columns: Sequence[str], cpu: float) -> str:
    """How far a scan of these columns is from reading their bytes out of memory once."""
    found = warehouse.execute(
        "SELECT sum(data_uncompressed_bytes) FROM system.columns WHERE database = currentDatabase() AND table = %(table)s"
        " AND name IN %(columns)s",
        {"table": table, "columns": tuple(columns)},
    )
    size, rate = int(found[0][0]), read_rate()
    return (
        f"limit of the memory: {size / 1e6:,.0f} MB of {len(columns)} columns at {rate / 1e9:.1f} GB/s are "
        f"{size / rate:.3f} CPU s; it took {cpu:.2f}, {cpu / max(size / rate, 1e-9):.0f} x"
    )


def main() -> None:
    """Print what this machine allows."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.gettempdir())
    wait = sync_seconds(folder)
    print(f"{os.cpu_count()} processors; one reads {read_rate() / 1e9:.1f} GB/s out of memory")
    print(f"4 KB are on the disk of {folder} after {wait * 1000:.2f} ms: {1 / wait:,.0f} commits a second, one after another")


if __name__ == "__main__":
    main()
