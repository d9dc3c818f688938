"""How fast a doctor's orders are checked against the record; the target is p95 of 300 ms.

Run: ``.venv/bin/python -m benchmarks.bench_prompts [--events 1000000] [--checks 200]``

The warehouse is filled as for ``bench_records``; persons of 200 events in five identities and one of 5,000 are checked, on the
day after their last event. Each check is one request of a hospital's server with three medicines and two tests, through the
whole application: authentication, scope, reading, all rules, keeping what was shown, audit, commit. The control is the bare
driver reading the same sections of the same person from the same endpoint, in turn with it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Request
from sqlalchemy.orm import Session

from benchmarks.exchange_platform import Cost, cost, peak_memory
from benchmarks.record_city import LARGE_EVENTS, RecordCity
from empi.api import pairs
from health_platform.app import application, create_platform
from health_platform.kernel import clock
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, Scope, system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.launch.api import PatientFinder
from health_platform.settings import Settings

LAST_EVENT = datetime(2022, 8, 14, tzinfo=UTC)
SYSTEM = Principal(
    7, "client", "医院系统", 1, "县人民医院", "411502000000", permissions=frozenset({"prompts.check"}),
    scope=Scope(divisions=("411502",)), methods=frozenset({"token"}),
)  # fmt: skip
ORDERS = (
    ("drug", "硝苯地平控释片"), ("drug", "布洛芬缓释胶囊"), ("drug", "二甲双胍片"), ("test", "肾功能"), ("test", "胸部CT平扫"),
)  # fmt: skip
CONTROL = "SELECT * FROM record_event FINAL WHERE shelf = %(person)s AND section IN ('problem', 'allergy', 'drug', 'lab', 'exam')"


@dataclass
class Bench:
    """The city under test, the hospital's client, and the shelf of each person."""

    city: RecordCity
    client: Any
    shelves: dict[int, int]

    def check(self, person: int) -> Any:
        body = {
            "patient": str(person), "visit_no": f"V{uuid4().hex[:8]}", "doctor": {"number": "1", "name": "陈"},
            "orders": [{"key": str(n), "kind": kind, "name": name} for n, (kind, name) in enumerate(ORDERS)],
        }  # fmt: skip
        answer = self.client.post("/api/v1/prompts/check", json=body)
        assert answer.status_code == 200 and answer.json["known_patient"], answer.text[:500]
        return answer.json

    def bare(self, person: int) -> Any:
        return self.city.platform.warehouse.execute(CONTROL, {"person": self.shelves[person]})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--checks", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, clock.travel(LAST_EVENT):
        platform = create_platform(Settings(home=Path(folder), components="registry,empi,etl,applications"))
        platform.database.create_all()
        platform.bind(PatientFinder, lambda session, unit, patient: int(patient))
        platform.authenticator(known, first=True)
        try:
            measure(built(platform, given.events), given.checks)
        finally:
            stop_endpoint(platform.warehouse.settings)


def known(session: Session, request: Request) -> Principal:
    """Every request is the hospital's."""
    return SYSTEM


def built(platform: Platform, events: int) -> Bench:
    started = time.perf_counter()
    city = RecordCity(platform)
    city.people()
    city.grow(events)
    with platform.database.unit_of_work(system_scope("benchmark")) as session:
        shelves = {person: pairs(session, person)[0][0] for person in (*city.small, city.large)}
    load = os.getloadavg()[0]
    print(f"{events:,} events (filled in {time.perf_counter() - started:.0f} s; load {load:.1f} on {os.cpu_count()} cores)")
    return Bench(city, application(platform).test_client(), shelves)


def measure(bench: Bench, checks: int) -> None:
    """Small persons, the control and the large person in turn, so that all meet the same neighbours."""
    small, control, large, large_control = [], [], [], []
    print("cards of the large person:", [card["rule"] for card in bench.check(bench.city.large)["cards"]])
    for turn in range(checks):
        person = bench.city.small[turn % len(bench.city.small)]
        small.append(timed(bench.check, person))
        control.append(timed(bench.bare, person))
        if turn % 4 == 0:
            large.append(timed(bench.check, bench.city.large))
            large_control.append(timed(bench.bare, bench.city.large))
    print(f"{'':30}{'p50 ms':>9}{'p95 ms':>9}{'control':>9}{'ratio':>7}")
    report("check, 200 events", small, control)
    report(f"check, {LARGE_EVENTS:,} events", large, large_control)
    ours, bare = (spent(bench, job, checks) for job in (bench.check, bench.bare))
    print(
        f"CPU a check: {ours.total / checks * 1000:.0f} ms (application {ours.own / checks * 1000:.0f},"
        f" warehouse {ours.warehouse / checks * 1000:.0f}), control {bare.total / checks * 1000:.0f} ms,"
        f" ratio {ours.total / bare.total:.1f}"
    )
    print(f"checks: {checks / ours.total:.0f} per core second, {checks / ours.wall:.0f} per second; {peak_memory()}")


def spent(bench: Bench, job: Callable[[int], Any], checks: int) -> Cost:
    """CPU of this process and of the endpoint for a row of checks of small persons."""
    with cost(bench.city.platform) as found:
        for turn in range(checks):
            job(bench.city.small[turn % len(bench.city.small)])
    return found


def report(name: str, ours: list[float], bare: list[float]) -> None:
    p50, p95 = statistics.median(ours), sorted(ours)[int(len(ours) * 0.95)]
    both = statistics.median(bare)
    print(f"{name:30}{p50:9.1f}{p95:9.1f}{both:9.1f}{p50 / both:7.1f}")


def timed(job: Callable[[int], Any], person: int) -> float:
    started = time.perf_counter()
    job(person)
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
