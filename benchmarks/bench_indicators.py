"""What the indicator compiler costs: 200 indicators over 10 M submissions in one scan, against SQL written by hand.

Run: ``.venv/bin/python -m benchmarks.bench_indicators [--rows 10000000] [--indicators 200] [--repeats 3]``

The control is a statement a person would write for the same 200 figures over the same table by county: plain comparisons, no
expression language, no scope, no unknown-safe conditions. Both run in turn against the same endpoint; the ratio is of the least
CPU seconds of this process and the endpoint. The answers of both are compared; a difference ends the run.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.exchange_platform import cost, peak_memory
from benchmarks.machine import scan_limit
from health_platform.app import create_platform
from health_platform.engine.api import (
    Application,
    Choice,
    Desk,
    Form,
    Indicator,
    Number,
    Period,
    Question,
    Register,
    YesNo,
    ask,
    form,
    install_application,
    options,
    system_desk,
)
from health_platform.engine.tables import form_table
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.settings import Settings
from registry.api import load_divisions

VISIT = form(
    "bench_visit",
    "随访",
    Choice("way", "方式", options=options("1 门诊", "2 家庭", "3 电话", "9 未访到")),
    Number("systolic", "收缩压", low=50, high=300),
    Number("diastolic", "舒张压", low=30, high=200),
    Number("weight", "体重", low=20, high=250, places=1),
    YesNo("adverse", "不良反应"),
)
ENTRY = form("bench_entry", "建档", YesNo("agreed", "同意"))
SCANNED = ("division_code", "day", "way", "systolic", "diastolic", "weight", "adverse", "is_deleted", "version", "id")
"""Columns a scan reads: the answers, where and when, and which version of a submission counts."""
YEAR = Period(date(2025, 1, 1), date(2025, 12, 31))


@dataclass(frozen=True)
class Pair:
    """An indicator, and the two sums a person would write for it."""

    indicator: Indicator
    numerator: str
    denominator: str


def pairs(count: int) -> list[Pair]:
    """Counts, shares, sums and means over mixed conditions, each with a threshold of its own."""
    made = []
    for number in range(count):
        code, top, low = f"bench_{number}", 100 + number % 90, 50 + number % 60
        high = f"systolic >= {top}"
        mixed = f"way IN ('1', '2') AND diastolic < {low} AND age >= {number % 80}"
        match number % 4:
            case 0:
                made.append(Pair(Indicator(code, code, VISIT, among=high), f"countIf({high})", ""))
            case 1:
                one = Indicator(code, code, VISIT, among="way in ('1', '2')", share=f"diastolic < {low} and age >= {number % 80}")
                made.append(Pair(one, f"countIf({mixed})", "countIf(way IN ('1', '2'))"))
            case 2:
                made.append(Pair(Indicator(code, code, VISIT, among=high, total="weight"), f"sumIf(weight, {high})", ""))
            case _:
                one = Indicator(code, code, VISIT, among=f"adverse and {high}", total="systolic", mean=True)
                where = f"adverse = 1 AND {high}"
                made.append(Pair(one, f"sumIf(systolic, {where})", f"countIf({where})"))
    return made


def platform_of(home: Path, chosen: list[Pair]) -> Platform:
    """A platform with the benchmark's application."""
    platform = create_platform(Settings(home=home))
    register = Register("bench", "基准", ENTRY, leave=options("x 退出"), forms=(VISIT,))
    figures = tuple(one.indicator for one in chosen)
    application = Application("bench", "基准", heading="基准", registers=(register,), indicators=figures)
    install_application(platform, application, "benchmarks")
    platform.database.create_all()
    codes = [f"4115{county}" for county in range(21, 31)]
    codes += [f"{county}{town}" for county in codes[:10] for town in range(100, 120)]
    with platform.database.unit_of_work(system_scope("benchmark")) as session:
        load_divisions(session, [{"code": code.ljust(12, "0"), "name": code} for code in ("411500", *codes)])
    return platform


def fill(platform: Platform, visit: Form, rows: int) -> None:
    """Submissions of 204 towns in ten counties over two years, made in the warehouse."""
    spec = form_table(visit)
    platform.warehouse.ensure_table(spec)
    table = platform.warehouse.place.table(spec.name)
    names = "id, enrolment_id, person_id, division_code, institution_id, worker, sex, day, age, full_quarter, form_version"
    fields = "way, systolic, diastolic, weight, adverse, version, is_deleted"
    for start in range(0, rows, 1_000_000):
        count = min(1_000_000, rows - start)
        platform.warehouse.command(
            f"INSERT INTO {table} ({names}, {fields}) SELECT number + {start}, intDiv(number + {start}, 8), number % 1000000,"
            " concat('4115', toString(21 + cityHash64(number) % 10), toString(100 + number % 20), '000'), number % 300,"
            " number % 900, toString(1 + number % 2), toDate32('2024-01-01') + cityHash64(number, 1) % 731,"
            " toInt16(35 + cityHash64(number, 2) % 60), 1, 1, toString([1, 2, 3, 9][1 + cityHash64(number, 3) % 4]),"
            " toDecimal64(90 + cityHash64(number, 4) % 110, 4), toDecimal64(50 + cityHash64(number, 5) % 70, 4),"
            " if(number % 9 = 0, NULL, toDecimal64(40 + cityHash64(number, 6) % 60, 4)), cityHash64(number, 7) % 20 = 0,"
            f" 1, 0 FROM numbers({count})"
        )
    platform.warehouse.command(f"OPTIMIZE TABLE {table} FINAL")


def by_hand(platform: Platform, chosen: list[Pair]) -> dict[str, tuple[Any, ...]]:
    """The same figures by county, as a person would write them."""
    table = platform.warehouse.place.table("form_bench_visit")
    sums = list(dict.fromkeys(text for one in chosen for text in (one.numerator, one.denominator) if text))
    sql = (
        f"SELECT substring(division_code, 1, 6) AS county, {', '.join(sums)} FROM {table}"
        " WHERE day BETWEEN '2025-01-01' AND '2025-12-31' GROUP BY county"
    )
    found = {}
    for county, *values in platform.warehouse.execute(sql):
        row = dict(zip(sums, values, strict=True))
        found[county] = tuple((row[one.numerator], row.get(one.denominator)) for one in chosen)
    return found


def by_engine(desk: Desk, chosen: list[Pair]) -> dict[str, tuple[Any, ...]]:
    """The figures as the pages ask for them."""
    application = desk.catalogue.application("bench")
    lines = ask(desk, application, Question(application.indicators, YEAR, "division", 6))
    return {
        line.key: tuple((line.cells[one.indicator.code].numerator, line.cells[one.indicator.code].denominator) for one in chosen)
        for line in lines
    }


def same(left: dict[str, Any], right: dict[str, Any]) -> bool:
    """Whether both say the same."""
    return _plain(left) == _plain(right)


def _plain(found: dict[str, Any]) -> Any:
    return {
        key: [tuple(None if v is None else Decimal(str(v)).normalize() for v in one) for one in row] for key, row in found.items()
    }


def timed(platform: Platform, act: Callable[[], Any]) -> tuple[float, float, Any]:
    """CPU seconds of this process and the endpoint, wall seconds, answer."""
    with cost(platform) as spent:
        answer = act()
    return spent.own + spent.warehouse, spent.wall, answer


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=10_000_000)
    arguments.add_argument("--indicators", type=int, default=200)
    arguments.add_argument("--repeats", type=int, default=3)
    given = arguments.parse_args()
    chosen = pairs(given.indicators)
    platform = platform_of(Path(tempfile.mkdtemp(prefix="hp-bench-")), chosen)
    fill(platform, VISIT, given.rows)
    with platform.database.unit_of_work(system_scope("benchmark")) as session:
        desk = system_desk(session, platform)
        hand, engine = [], []
        for _ in range(given.repeats):
            hand.append(timed(platform, lambda: by_hand(platform, chosen)))
            engine.append(timed(platform, lambda: by_engine(desk, chosen)))
        if not same(hand[0][2], engine[0][2]):
            raise SystemExit("the two answers differ")
    least_hand, least_engine = min(one[0] for one in hand), min(one[0] for one in engine)
    print(f"{given.rows:,} rows, {given.indicators} indicators by county, one scan, least of {given.repeats}")
    print(f"by hand   {least_hand:6.2f} CPU s {min(one[1] for one in hand):6.2f} s wall")
    print(f"engine    {least_engine:6.2f} CPU s {min(one[1] for one in engine):6.2f} s wall")
    print(f"ratio     {least_engine / least_hand:6.2f}   {peak_memory()}")
    print(scan_limit(platform.warehouse, form_table(VISIT).name, SCANNED, least_engine))
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)


if __name__ == "__main__":
    main()
