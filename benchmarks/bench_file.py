"""Memory while one large file goes in: a watched folder's CSV is cut, landed and loaded, and the resident size is looked at.

The peak of the process at the end is compared with the peak after the first tenth of the file: flat means that the size of the
file does not matter. The bare control reads the file's lines and throws them away.

    .venv/bin/python -m benchmarks.bench_file --megabytes 1000
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import time
from pathlib import Path

from benchmarks.bench_ingest import LAB, SENDER, _report
from benchmarks.exchange_platform import cost, platform
from etl.api import Pipeline
from exchange.folders.manifest import Manifest
from exchange.folders.watching import load_file
from health_platform.kernel.progress import Progress


class Watcher(Progress):
    """Notes the peak whenever another tenth of the rows has landed."""

    def __init__(self, rows: int) -> None:
        self.rows, self.done, self.peaks = rows, 0, list[int]()

    def advance(self, amount: int = 1) -> None:
        self.done += amount
        if self.done * 10 >= self.rows * (len(self.peaks) + 1):
            self.peaks.append(peak())


def peak() -> int:
    """Peak resident memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def write(path: Path, megabytes: int) -> int:
    """A CSV file of about this size; returns its rows."""
    names = list(_report(0, 1))
    rows = 0
    with open(path, "w", encoding="utf-8") as file:
        file.write(",".join(names) + "\n")
        while file.tell() < megabytes * 1_000_000:
            block = [_report(rows + at, 5_000) for at in range(1_000)]
            file.write("".join(",".join(row[name] for name in names) + "\n" for row in block))
            rows += len(block)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=200)
    wanted = parser.parse_args()
    with platform("etl,exchange") as made:
        path = made.settings.home / "large.csv"
        rows = write(path, wanted.megabytes)
        digest = hashlib.sha256()
        with open(path, "rb") as file, cost() as bare:
            for line in file:
                digest.update(line)
        watcher = Watcher(rows)
        with cost() as landing:
            load_file(made, SENDER, path, Manifest("large", LAB.name, digest.hexdigest()), watcher)
        print(f"{rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB: landed in {landing.own:.0f} s of processor time", end="; ")
        print(f"{landing.own / bare.own:.1f} times reading and hashing its lines")
        print(f"peak memory by tenths of the file while landing: {watcher.peaks} MB")
        started = time.monotonic()
        with cost(made) as loading:
            made.service(Pipeline).work_for(SENDER.institution_id)
        table = f"{made.settings.warehouse_database}.{LAB.name}"
        found = made.warehouse.execute(f"SELECT count() FROM {table} FINAL")[0][0]
        print(f"loaded {found:,} rows in {time.monotonic() - started:.0f} s ({loading.total:.0f} s CPU); peak {peak()} MB")
        assert found == rows


if __name__ == "__main__":
    main()
