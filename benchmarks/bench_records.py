"""How fast one person's record is read: overview, a section, the laboratory grid, by size of the person and of the warehouse.

Run: ``.venv/bin/python -m benchmarks.bench_records [--events 1000000]`` (20000000 for the size of a city)

Fills the event index with persons of 200 events and one of 5,000. The control of every figure is the bare driver reading the
same rows of the same person from the same endpoint, in turn with it. Scope, merging of sources, classes and freshness are on.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from health_platform.app import create_platform
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, Scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.records.api import RECORD_EVENT, PersonIndex, Record, Section, ensure_tables, open_record, refresh
from health_platform.settings import Settings

EVENTS_EACH = 200
LARGE_PERSON = 9_000_001
LARGE_EVENTS = 5_000
DOCTOR = Principal(1, "user", "医师", scope=Scope(divisions=("4115",), classes=frozenset({"mental"})))
BARE = "SELECT * FROM record_event FINAL WHERE (shelf, patient_key) IN ((%(person)s, %(person)s)) AND section = 'lab'"
ROWS = """
SELECT {person} AS shelf, shelf AS patient_key,
    ['problem','visit','lab','lab','lab','lab','drug','drug','exam','service'][n % 10 + 1] AS section,
    toDateTime64(1262304000 + n * {step} + shelf % 86400, 3, 'UTC'), 'emr_ex_lab_item', toString(n), 1 + shelf % 7,
    '411502000000', 'medical', if(n % 97 = 0, 'hiv', ''), '',
    ['高血压','门诊','葡萄糖','肌酐','血红蛋白','钾','氨氯地平片','阿司匹林肠溶片','胸部CT','高血压随访'][n % 10 + 1],
    ['I10','I10','GLU','CREA','HGB','K','A1','A2','CT','S1'][n % 10 + 1], toString(round(3 + n % 40 / 10, 1)),
    'mmol/L', '3.9', '6.1', ['1','2','3'][n % 3 + 1], toString(intDiv(n, 8)), '内科', '王医生',
    repeat('未见明显异常。', 4), '', NULL, '', '', ['data_api','hl7v2'][n % 2 + 1], toDateTime64(1717200000, 3, 'UTC'), 1, 0
FROM {numbers}
"""


class Index:
    """Every person is one identity of the same number."""

    def pairs(self, session: Session, person_id: int) -> list[tuple[int, int]]:
        return [(person_id, person_id)]

    def persons_of(self, session: Session, patient_keys: Sequence[int]) -> dict[int, int]:
        return {key: key for key in patient_keys}

    def institutions_of(self, session: Session, person_id: int) -> dict[int, int]:
        return {person_id: 1 + person_id % 7}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--reads", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        platform = create_platform(Settings(home=Path(folder), components=""))
        platform.database.create_all()
        platform.bind(PersonIndex, Index())
        try:
            persons = fill(platform, given.events)
            measure(platform, persons, given.reads)
        finally:
            stop_endpoint(platform.warehouse.settings)


def fill(platform: Platform, events: int) -> int:
    """Fill the index; returns the number of persons."""
    ensure_tables(platform.warehouse)
    persons, started = events // EVENTS_EACH, time.perf_counter()
    table = f"{platform.settings.warehouse_database}.{RECORD_EVENT.name}"
    for first in range(0, persons, 10_000):
        count = min(10_000, persons - first) * EVENTS_EACH
        source = f"(SELECT number % {EVENTS_EACH} AS n, {first} + intDiv(number, {EVENTS_EACH}) + 1 AS p FROM numbers({count}))"
        rows = ROWS.format(person="toUInt64(p)", step=2_000_000, numbers=source)
        platform.warehouse.command(f"INSERT INTO {table} {rows}")
    large = ROWS.format(
        person=f"toUInt64({LARGE_PERSON})", step=80_000, numbers=f"(SELECT number AS n FROM numbers({LARGE_EVENTS}))"
    )
    platform.warehouse.command(f"INSERT INTO {table} {large}")
    platform.warehouse.command(f"OPTIMIZE TABLE {table} FINAL")
    print(f"{events:,} events of {persons:,} persons filled in {time.perf_counter() - started:.0f} s\n")
    return persons


def measure(platform: Platform, persons: int, reads: int) -> None:
    small = [1 + i * 7919 % persons for i in range(reads)]
    refresh(platform, {*small, LARGE_PERSON})
    bare = lambda person: platform.warehouse.execute(BARE, {"person": person})  # noqa: E731
    print(f"{'':42} {'p50 ms':>8} {'p95 ms':>8}  of which the bare driver reading the laboratory rows")
    figures: dict[str, Callable[[Record], Any]] = {
        "overview from its summary row": lambda record: record.overview(),
        "a section, first page of 50": lambda record: record.section(Section.VISIT),
        "whole timeline, first page of 50": lambda record: record.timeline(),
        "laboratory grid": lambda record: record.lab_grid(),
    }
    for name, read in figures.items():
        small_times, bare_times = alternate(platform, small, read, bare)
        large_times, _ = alternate(platform, [LARGE_PERSON] * max(reads // 10, 10), read, bare)
        report(f"{name}, 200 events", small_times, bare_times)
        report(f"{name}, 5,000 events", large_times, bare_times)
        print(f"{'':42} ratio 5,000 : 200 events = {statistics.median(large_times) / statistics.median(small_times):.2f}\n")
    throughput(platform, small)


def alternate(
    platform: Platform, persons: Sequence[int], read: Callable[[Record], Any], bare: Callable[[int], Any]
) -> tuple[list[float], list[float]]:
    ours, control = [], []
    for person in persons:
        ours.append(timed(lambda person=person: once(platform, person, read)))
        control.append(timed(lambda person=person: bare(person)))
    return ours, control


def once(platform: Platform, person: int, read: Callable[[Record], Any]) -> Any:
    with platform.database.unit_of_work(DOCTOR.scope) as session:
        return read(open_record(platform, session, DOCTOR, person))


def throughput(platform: Platform, persons: Sequence[int]) -> None:
    before, started = cpu(), time.perf_counter()
    for person in persons:
        once(platform, person, lambda record: record.overview())
    seconds, used = time.perf_counter() - started, cpu() - before
    print(f"overviews: {len(persons) / seconds:.0f}/s wall, {len(persons) / used:.0f} per CPU second of this process")
    print(f"peak resident {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def report(name: str, ours: Sequence[float], control: Sequence[float]) -> None:
    p95 = sorted(ours)[int(len(ours) * 0.95)]
    print(f"{name:42} {statistics.median(ours):8.1f} {p95:8.1f}  {statistics.median(control):8.1f}")


def timed(run: Callable[[], Any]) -> float:
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
