"""Ranking page over HTTP for a city of 300 institutions and 24 months of scores, beside the plainest page of the console.

Run: python -m benchmarks.bench_ranking [requests]
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from etl.quality.models import MonthScore
from health_platform.app import application, create_platform
from health_platform.kernel.ids import new_id
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.settings import Settings
from registry.api import Institution
from registry.divisions.loading import load_shipped
from tests.support.principals import CallerClient, PrincipalShelf, client_for, principal

UNITS, MONTHS = 300, 24


def fill(platform: Platform) -> None:
    """Institutions of ten counties with monthly scores; every tenth never uploaded."""
    chance = random.Random(7)
    with platform.database.unit_of_work(system_scope("bench")) as session:
        load_shipped(session)
        for number in range(UNITS):
            division = f"4115{2 + number % 10:02d}000000"
            unit = Institution(
                id=new_id(), name=f"第{number}医院", category="A100" if number % 3 else "C210", grade="2A", state="active",
                division_code=division, manager_code=division, valid_from=date(2020, 1, 1), revision=1,
                changed_at=datetime(2026, 1, 1, tzinfo=UTC),
            )  # fmt: skip
            session.add(unit)
            for month in range(MONTHS if number % 10 else 0):
                session.add(_score(unit, date(2025 + month // 12, month % 12 + 1, 1), chance))


def _score(unit: Institution, month: date, chance: random.Random) -> MonthScore:
    return MonthScore(
        institution_id=unit.id, division_code=unit.division_code, line_code=None, month=month,
        total=Decimal(str(round(chance.uniform(40, 99), 2))), coverage=Decimal("0.9"), row_count=10_000,
        dimensions={"completeness": "90", "timeliness": "80", "correctness": "95", "logic": "99"},
        computed_at=datetime(2026, 11, 1, tzinfo=UTC),
    )  # fmt: skip


def timed(call: Callable[[], object], count: int) -> list[float]:
    """Milliseconds of each call, sorted."""
    found = []
    for _ in range(count):
        started = time.perf_counter()
        call()
        found.append((time.perf_counter() - started) * 1000)
    return sorted(found)


def main() -> None:
    """Print p50 and p95 of both pages, the ratio, CPU seconds and peak memory."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    platform = create_platform(Settings(home=Path(tempfile.mkdtemp()), demonstration=True))
    platform.database.create_all()
    shelf = PrincipalShelf()
    platform.authenticator(shelf, first=True)
    app = application(platform)
    fill(platform)
    client = client_for(app, platform, shelf, principal())
    pages = {
        "control (home)": "/console", "ranking month": "/console/quality/ranking?month=2026-10",
        "ranking year": "/console/quality/ranking?month=2026-01&span=12", "wall": "/console/quality/ranking/wall?month=2026-10",
    }  # fmt: skip
    results = {name: _measured(client, path, count) for name, path in pages.items()}
    control = results["control (home)"][len(results["control (home)"]) // 2]
    for name, times in results.items():
        p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95) - 1]
        print(f"{name:16} p50 {p50:7.1f} ms  p95 {p95:7.1f} ms  p50/control {p50 / control:5.1f}")
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(f"cpu {usage.ru_utime + usage.ru_stime:.1f} s, peak {usage.ru_maxrss / 1024:.0f} MB, {UNITS} units, {MONTHS} months")
    platform.database.close()


def _measured(client: CallerClient, path: str, count: int) -> list[float]:
    def call() -> None:
        answer = client.get(path)
        assert answer.status_code == 200, answer.data[:300]

    timed(call, 5)
    return timed(call, count)


if __name__ == "__main__":
    main()
