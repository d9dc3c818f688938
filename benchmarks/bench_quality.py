"""What it costs to judge a month of visits by fifty rules, against a hand-written scan and against pandera.

Run: ``.venv/bin/python -m benchmarks.bench_quality [--rows 5000000] [--peer-rows 200000]``
     ``… --rows 50000000 --city`` for a city's month

The control is one bare SELECT with the same fifty predicates written by hand, counted by institution and day: no care for
absent values, no rows judged, no sample keys, nothing stored. The platform's scan does all of that in one INSERT … SELECT.
pandera judges twelve of the rules over rows already in memory (reading is not counted). CPU seconds of ours are those of the
warehouse process.
"""

from __future__ import annotations

import argparse
import csv
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

from benchmarks.machine import scan_limit
from etl.quality.compiling import Scan, scan_statement
from etl.quality.rulebook import delivered
from etl.quality.rules import Rule, Source
from etl.quality.tables import ensure_tables
from health_platform.datasets.api import dataset, table
from health_platform.kernel.warehouse.api import Warehouse, WarehouseSettings, start_endpoint, stop_endpoint

DAYS = tuple(date(2026, 10, day) for day in range(1, 32))
INSTITUTIONS = 300
RULES = 50
MORE = 3  # repetitions; the least counts
PEER_RULES = 12
SHARED = "SETTINGS short_circuit_function_evaluation = 'disable'"  # what the platform's scan runs under
PEER_COLUMNS = {
    "institution": "institution", "day": "toDate32(event_time, 'Asia/Shanghai')", "birth_date": "birth_date",
    "diagnosis": "diagnosis", "gender": "gender", "visit_kind": "visit_kind", "phone": "phone", "id_number": "id_number",
    "ended_at": "ended_at", "started_at": "started_at",
}  # fmt: skip

ROWS = """
INSERT INTO visit (shelf, patient_key, event_time, institution, visit_no, patient_id, patient_name, id_type, id_number, gender,
    birth_date, phone, visit_kind, started_at, ended_at, emergency, chief_complaint, diagnosis, stay_days, inpatient_no,
    record_no, pay_method, org_code, division_code, received_at, version, is_deleted)
SELECT n %% 1000003, n %% 1000003, toDateTime64('2026-10-01 00:00:00', 3, 'UTC') + toIntervalSecond(n * 7919 %% 2678400) AS t,
    n %% 300 + 1, concat('V', toString(n)), concat('P', toString(n %% 1000003)), if(n %% 997 = 0, '测试', '李建国'),
    if(n %% 50 = 0, '', '01'), if(n %% 70 = 0, '', concat('4115021980051700', toString(n %% 90 + 10))), toString(n %% 2 + 1),
    if(n %% 60 = 0, NULL, toDate32('1950-01-01') + toIntervalDay(n %% 27000)), if(n %% 3 = 0, '', '13912345678'),
    ['1', '1', '1', '2', '4'][n %% 5 + 1], t, if(n %% 4 = 0, NULL, t + toIntervalHour(n %% 90)), n %% 2,
    if(n %% 40 = 0, '', '咽痛三天'), ['J06.900', 'I10.x00', 'O80.000', 'C61.x00', '', 'R50.900', 'P59.900'][n %% 7 + 1], n %% 5,
    if(n %% 5 = 4, toString(n), ''), '', '1', '411502001', '411502000000', t + toIntervalMinute(n %% 30), 1, 0
FROM (SELECT number AS n FROM numbers(%(from)s, %(count)s))
"""

_AGE = "dateDiff('year', birth_date, toDate32(event_time, 'Asia/Shanghai'))"
_FEMALE = "^(O[0-9]{2}|C5[1-8]|D06|D25|D26|D27|N7[0-7]|N8[0-9]|N9[0-8]|Z3[2-7])"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_DIGITS = " + ".join(f"toUInt16OrZero(substring(id_number, {place + 1}, 1)) * {weight}" for place, weight in enumerate(_WEIGHTS))
_VALID = f"(length(id_number) = 18 AND substring('10X98765432', ({_DIGITS}) % 11 + 1, 1) = substring(id_number, 18, 1))"
BY_HAND = (
    "visit_kind = '4' AND admission_route = ''", "has(unmapped, 'admission_route')", "visit_kind = '1' AND bed_no != ''",
    f"{_AGE} > 120", "birth_date > toDate32(event_time, 'Asia/Shanghai')", "birth_date IS NULL",
    f"id_type = '01' AND {_VALID} AND toYYYYMM(birth_date) != toUInt32OrZero(substring(id_number, 7, 6))",
    "chief_complaint != '' AND lengthUTF8(trim(chief_complaint)) < 2", "visit_kind IN ('1', '2', '3') AND chief_complaint = ''",
    "received_at > event_time + INTERVAL 10 MINUTE", "has(unmapped, 'dept_code')",
    f"match(diagnosis, '^F9[0-8]') AND {_AGE} > 60", "match(diagnosis, '^[VWXY]')",
    "gender = '2' AND match(diagnosis, '^(C6[0-3]|D29|D40|N4[0-9]|N50|N51)')", "diagnosis = ''",
    f"gender = '1' AND match(diagnosis, '{_FEMALE}')", f"match(diagnosis, '^P[0-9]{{2}}') AND {_AGE} > 2",
    "visit_kind IN ('1', '2', '3') AND diagnosis = '' AND tcm_diagnosis = ''",
    f"match(diagnosis, '^(O[0-9]{{2}}|Z3[3-6])') AND {_AGE} NOT BETWEEN 10 AND 60",
    f"match(diagnosis, '^(F00|F01|F03|G30|H25|N40|M81)') AND {_AGE} < 30",
    "visit_kind = '4' AND ended_at IS NOT NULL AND startsWith(diagnosis, 'R')", "has(unmapped, 'diagnosis')",
    "visit_kind = '4' AND ended_at IS NOT NULL AND discharge_mode = ''", "has(unmapped, 'discharge_mode')",
    "visit_kind = '2' AND emergency = 0", "ended_at < started_at",
    "visit_kind = '3' AND dateDiff('day', started_at, ended_at) > 7",
    "visit_kind = '1' AND dateDiff('hour', started_at, ended_at) > 24", "event_time > received_at + INTERVAL 1 HOUR",
    "gender = ''",
    f"id_type = '01' AND {_VALID} AND (toUInt8OrZero(substring(id_number, 17, 1)) % 2 = 1) != (gender = '1')",
    "has(unmapped, 'gender')", f"id_type = '01' AND NOT {_VALID}", "id_number = ''", "id_type = ''", "has(unmapped, 'id_type')",
    "visit_kind = '4' AND inpatient_no = ''", "org_code = ''", "has(unmapped, 'org_code')",
    "visit_kind = '4' AND ended_at IS NOT NULL AND outcome = ''", "has(unmapped, 'outcome')", "patient_name = ''",
    "match(patient_name, '测试|ceshi|test|TEST|无名氏|不详|未知|^[0-9]+$')", "has(unmapped, 'pay_method')",
    "match(phone, '^(0+|1+|12345678(9|90|900)?|13800138000|13000000000|18888888888|99999+)$')",
    "NOT match(phone, '^((\\\\+?86-?)?1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,6})?)$')",
    "visit_kind = '4' AND record_no = ''", "visit_kind = '4' AND dateDiff('day', started_at, ended_at) > 365",
    "visit_kind = '1' AND stay_days > 0", "visit_kind = '4' AND abs(stay_days - dateDiff('day', started_at, ended_at)) > 1",
)  # fmt: skip
"""The rules of :func:`chosen`, in their order, as an analyst would write them."""


def chosen() -> tuple[Rule, ...]:
    """Fifty rules over the rows of visits, by code."""
    every = (rule for rule in delivered().values() if rule.dataset == "visit" and not rule.partner and rule.source is Source.ROWS)
    return tuple(sorted(every, key=lambda rule: rule.code))[:RULES]


def columns_scanned() -> tuple[str, ...]:
    """The columns that the rules name, and those a scan counts by."""
    named = set(re.findall(r"\w+", " ".join(BY_HAND)))
    return ("event_time", "institution", "void", *(one.name for one in dataset("visit").fields if one.name in named))


class Meter:
    """CPU seconds and peak memory of the warehouse's process."""

    def __init__(self, settings: WarehouseSettings) -> None:
        self.pid = start_endpoint(settings).pid

    def cpu(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def peak(self) -> float:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text(encoding="ascii"))
        return int(found[1]) / 1024 if found else 0.0


def fill(warehouse: Warehouse, rows: int) -> None:
    """Load the visits in portions, from where an earlier run came to."""
    warehouse.ensure_table(table(dataset("visit")))
    ensure_tables(warehouse)
    ((there,),) = warehouse.execute("SELECT count() FROM visit")
    for start in range(there, rows, 500_000):
        warehouse.command(ROWS, {"from": start, "count": min(500_000, rows - start)})


def by_hand(warehouse: Warehouse, settings: str = "") -> None:
    """The control, with the server's own settings or others."""
    counts = ", ".join(f"countIf({predicate})" for predicate in BY_HAND)
    warehouse.execute(
        f"SELECT institution, toDate32(event_time, 'Asia/Shanghai') AS day, count(), {counts} FROM visit FINAL"
        " WHERE event_time >= toDateTime64('2026-10-01 00:00:00', 3, 'Asia/Shanghai')"
        " AND event_time < toDateTime64('2026-11-01 00:00:00', 3, 'Asia/Shanghai') AND ifNull(void, 0) = 0"
        f" GROUP BY institution, day {settings}"
    )


def measured(meter: Meter, work: object, times: int = MORE) -> tuple[float, float]:
    """Least CPU and wall seconds of several runs."""
    best = (float("inf"), float("inf"))
    for _ in range(times):
        cpu, wall = meter.cpu(), time.perf_counter()
        work()  # type: ignore[operator]
        best = min(best, (meter.cpu() - cpu, time.perf_counter() - wall))
    return best


def with_pandera(warehouse: Warehouse, rows: int, python: str) -> float | None:
    """CPU seconds of twelve of the rules with pandera, counted by institution and day; None where it is not installed."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(PEER_COLUMNS)
        writer.writerows(warehouse.execute(f"SELECT {', '.join(PEER_COLUMNS.values())} FROM visit LIMIT {rows}"))
        file.flush()
        done = subprocess.run([python, "-m", "benchmarks.peer_pandera", file.name], capture_output=True, text=True, check=False)
    return float(done.stdout) if done.returncode == 0 else None


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--peer-rows", type=int, default=200_000)
    parser.add_argument("--peer-python", default=sys.executable, help="an interpreter with pandera[pandas]")
    parser.add_argument("--city", action="store_true", help="only judge the rows once, by all rules of visits without a partner")
    parser.add_argument("--home", type=Path, help="keep the rows in this folder, and use those that are there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-quality-") as temporary:
        settings = WarehouseSettings(home=given.home or Path(temporary), query_timeout=3600)
        warehouse = Warehouse(settings)
        try:
            fill(warehouse, given.rows)
            (city if given.city else compare)(warehouse, Meter(settings), given)
        finally:
            warehouse.close()
            stop_endpoint(settings)


def compare(warehouse: Warehouse, meter: Meter, given: argparse.Namespace) -> None:
    """By hand and by the platform over the same rows, and the peer over a part of them."""
    rules, rows = chosen(), given.rows
    scan = Scan("visit", DAYS, rules, 1)
    runs = iter(range(1, 1000))

    def ours(asked: Scan) -> None:
        statement = scan_statement(replace(asked, run_id=next(runs)), warehouse.place)
        warehouse.command(statement.sql, statement.parameters)

    hand, mine = measured(meter, lambda: by_hand(warehouse)), measured(meter, lambda: ours(scan))
    shared = measured(meter, lambda: by_hand(warehouse, SHARED))
    day = measured(meter, lambda: ours(replace(scan, days=DAYS[:1])))
    print(f"{rows:,} visits of {INSTITUTIONS} institutions, 31 days, {len(rules)} rules; CPU of the warehouse, best of {MORE}")
    print(f"  by hand, one bare scan          {hand[0]:8.2f} CPU s {hand[1]:8.2f} s")
    print(f"  the same, without short circuit {shared[0]:8.2f} CPU s {shared[1]:8.2f} s")
    print(f"  the platform, stored, samples   {mine[0]:8.2f} CPU s {mine[1]:8.2f} s")
    print(f"    ratio to the first {mine[0] / hand[0]:.2f}, to the second {mine[0] / shared[0]:.2f}")
    print(f"  the platform, one day           {day[0]:8.2f} CPU s {day[1]:8.2f} s")
    print(f"  {scan_limit(warehouse, 'visit', columns_scanned(), mine[0])}")
    print(f"  peak memory of the warehouse    {meter.peak():8.0f} MB", flush=True)
    peer(warehouse, given, mine[0])


def peer(warehouse: Warehouse, given: argparse.Namespace, own: float) -> None:
    """pandera over a part of the rows, by row and rule."""
    cost = with_pandera(warehouse, given.peer_rows, given.peer_python)
    if cost is None:
        print("  pandera is not installed: not compared")
        return
    per, mine = cost / given.peer_rows * 1e6 / PEER_RULES, own / given.rows * 1e6 / RULES
    print(f"  pandera, {PEER_RULES} rules, {given.peer_rows:,} rows {cost:8.2f} CPU s; µs/row/rule {per:.3f}, here {mine:.3f}")


def city(warehouse: Warehouse, meter: Meter, given: argparse.Namespace) -> None:
    """A city's month, once."""
    every = (rule for rule in delivered().values() if rule.dataset == "visit" and not rule.partner and rule.source is Source.ROWS)
    rules = tuple(every)
    statement = scan_statement(Scan("visit", DAYS, rules, 1), warehouse.place)
    spent = measured(meter, lambda: warehouse.command(statement.sql, statement.parameters), 1)
    print(f"{given.rows:,} visits, {len(rules)} rules, once: {spent[0]:.1f} CPU s, {spent[1]:.1f} s, peak {meter.peak():.0f} MB")


if __name__ == "__main__":
    main()
