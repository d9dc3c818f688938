"""How fast one person's record is read: by the service, and as a whole page with login, scope, audit and commit.

Run: ``.venv/bin/python -m benchmarks.bench_records [--events 1000000,20000000] [--reads 200] [--keep FOLDER [--fill]]``

One platform per size is filled and then measured in turn. ``--keep FOLDER`` leaves them there, so that filling (``--fill``,
minutes) and measuring need not be one run. Persons of 200 events in five identities and one of 5,000 are read. The control of
every figure is the bare driver reading the same person's laboratory rows from the same endpoint, in turn with it. Scope,
merging of sources, classes and freshness are on everywhere; the lines "page" go through ``GET /record/…`` with the audit entry.
"""

from __future__ import annotations

import argparse
import gzip
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Request
from lxml import html
from sqlalchemy.orm import Session

from benchmarks.exchange_platform import cost, peak_memory
from benchmarks.record_city import LARGE_EVENTS, RecordCity
from health_platform.app import application, create_platform
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, Scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.records.api import Record, Section, open_record
from health_platform.settings import Settings

RIGHTS = frozenset({"records.view", "records.reveal", "records.print", "session"})
DOCTOR = Principal(
    1, "user", "医师", permissions=RIGHTS, purpose="TREAT", institution_id=1, institution_name="市中心医院",
    division_code="411502000000", scope=Scope(divisions=("4115",), classes=frozenset({"mental"})),
)  # fmt: skip
READS: dict[str, Callable[[Record], Any]] = {
    "overview from its summary row": lambda record: record.overview(),
    "a section, first page of 50": lambda record: record.section(Section.VISIT),
    "whole timeline, first page of 50": lambda record: record.timeline(),
    "laboratory grid": lambda record: record.lab_grid(),
}
PAGES = {"page: overview": "", "page: visits": "/visits", "page: laboratory": "/labs", "page: timeline": "/timeline"}


@dataclass
class Bench:
    """The city under test and the caller's web client."""

    city: RecordCity
    client: Any
    reads: int

    @property
    def platform(self) -> Platform:
        return self.city.platform

    def service(self, read: Callable[[Record], Any]) -> Callable[[int], Any]:
        def run(person: int) -> Any:
            with self.platform.database.unit_of_work(DOCTOR.scope) as session:
                return read(open_record(self.platform, session, DOCTOR, person))

        return run

    def page(self, path: str) -> Callable[[int], Any]:
        def run(person: int) -> Any:
            answer = self.client.get(f"/record/{person}{path}", headers={"Accept": "text/html"})
            assert answer.status_code == 200, answer.text[:500]
            return answer

        return run

    def bare(self, person: int) -> Any:
        return self.platform.warehouse.execute(CONTROL, {"person": person})


CONTROL = "SELECT * FROM record_event FINAL WHERE shelf = %(person)s AND section = 'lab'"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", default="1000000")
    parser.add_argument("--reads", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="folder that keeps the filled warehouses")
    parser.add_argument("--fill", action="store_true", help="fill only")
    given = parser.parse_args()
    sizes = [int(size) for size in given.events.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        benches = {size: filled(given.keep or Path(folder), size, given.reads) for size in sizes}
        try:
            if given.fill:
                return
            compare({size: measured(bench, size) for size, bench in benches.items()})
            weigh(benches[sizes[-1]])
            throughput(benches[sizes[-1]])
        finally:
            for bench in benches.values():
                bench.platform.warehouse.close()
                stop_endpoint(bench.platform.warehouse.settings)


def filled(folder: Path, events: int, reads: int) -> Bench:
    """A platform whose warehouse holds this many events."""
    home = folder / str(events)
    home.mkdir(parents=True, exist_ok=True)
    platform = create_platform(Settings(home=home, components="registry,empi,etl,browser_ui"))
    platform.database.create_all()
    platform.authenticator(known, first=True)
    started = time.perf_counter()
    bench = Bench(RecordCity(platform), application(platform).test_client(), reads)
    bench.city.people()
    bench.city.grow(events)
    print(f"{events:,} events: ready in {time.perf_counter() - started:.0f} s")
    return bench


def known(session: Session, request: Request) -> Principal:
    """Every request is the doctor's."""
    return DOCTOR


def measured(bench: Bench, events: int) -> dict[str, float]:
    """Measure everything, and return the medians of persons with 200 events."""
    load = os.getloadavg()[0]
    print(f"\n{events:,} events (load {load:.1f} on {os.cpu_count()} cores)")
    print(f"{'':42}{'p50 ms':>9}{'p95 ms':>9}{'control':>9}{LARGE_EVENTS:>11,}{'ratio':>7}")
    medians = {}
    jobs = {name: bench.service(read) for name, read in READS.items()} | {name: bench.page(path) for name, path in PAGES.items()}
    for name, job in jobs.items():
        medians[name] = one_line(bench, name, job)
    medians["control: bare driver"] = statistics.median(timed(bench.bare, person) for person in bench.city.small)
    return medians


def one_line(bench: Bench, name: str, job: Callable[[int], Any]) -> float:
    """Small persons, the control and the large person in turn, so that all meet the same neighbours."""
    small, control, large = [], [], []
    job(bench.city.large)
    for turn in range(bench.reads):
        person = bench.city.small[turn % len(bench.city.small)]
        small.append(timed(job, person))
        control.append(timed(bench.bare, person))
        if turn % 4 == 0:
            large.append(timed(job, bench.city.large))
    p50, p95 = statistics.median(small), sorted(small)[int(len(small) * 0.95)]
    both = statistics.median(large)
    print(f"{name:42}{p50:9.1f}{p95:9.1f}{statistics.median(control):9.1f}{both:11.1f}{both / p50:7.2f}")
    return p50


def compare(medians: dict[int, dict[str, float]]) -> None:
    """How much slower the largest warehouse is than the smallest."""
    sizes = sorted(medians)
    if len(sizes) < 2:
        return
    print(f"\nratio {sizes[-1]:,} : {sizes[0]:,} events")
    for name, before in medians[sizes[0]].items():
        print(f"{name:42}{medians[sizes[-1]][name] / before:9.2f}")


def weigh(bench: Bench) -> None:
    """Size and elements of the overview page of the person with 5,000 events."""
    text = bench.page("")(bench.city.large).data
    elements = sum(1 for node in html.fromstring(text).iter() if isinstance(node.tag, str))
    print(f"\noverview page: {len(gzip.compress(text, 6)) / 1024:.1f} KB gzip, {elements} elements")


def throughput(bench: Bench) -> None:
    """Whole overview pages per second of processor time, own and of the warehouse endpoint."""
    job = bench.page("")
    with cost(bench.platform) as spent:
        for turn in range(bench.reads):
            job(bench.city.small[turn % len(bench.city.small)])
    print(
        f"overview pages: {bench.reads / spent.total:.0f} per core second, {bench.reads / spent.wall:.0f} per second of wall time"
    )
    print(f"{peak_memory()}, CPU {resource.getrusage(resource.RUSAGE_SELF).ru_utime:.0f} s")


def timed(job: Callable[[int], Any], person: int) -> float:
    started = time.perf_counter()
    job(person)
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
