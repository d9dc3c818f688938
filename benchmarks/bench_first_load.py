"""A first load by the command, at once and in parts: the same index, seconds, processor seconds, peak of the largest process.

.venv/bin/python -m benchmarks.bench_first_load --persons 221500 --part-records 200000    (a million records)
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks import city_corpus
from benchmarks.bench_matching import run

COUNTED = ("empi_identity", "empi_person", "empi_review")


def loaded(records: Path, home: Path, options: list[str]) -> str:
    """Load a file into a new platform and say what it cost and what came of it."""
    home.mkdir()
    command, environment = [sys.executable, "-m", "health_platform.cli"], {**os.environ, "HP_HOME": str(home)}
    run([*command, "db", "upgrade"], environment)
    begun = time.perf_counter()
    spent = run([*command, "empi", "load", str(records), *options], environment)
    wall = time.perf_counter() - begun
    with closing(sqlite3.connect(home / "platform.db")) as connection:
        counts = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in COUNTED]
    of = ", ".join(f"{count} {table.removeprefix('empi_')}" for count, table in zip(counts, COUNTED, strict=True))
    return f"{wall:6.0f} s   CPU {spent['cpu']:6.0f} s   peak {spent['peak']:6.0f} MB   rows: {of}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--part-records", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        count = city_corpus.write(city_corpus.districts(options.persons, options.seed, 1.0), home)
        print(f"{count} records", flush=True)
        parts = ["--part-records", str(options.part_records), "--work", str(home / "work")]
        for label, more in (("at once", []), (f"in parts of {options.part_records}", parts)):
            print(f"{label:22} {loaded(home / 'records.csv', home / label.replace(' ', '_'), more)}", flush=True)


if __name__ == "__main__":
    main()
