"""Health statistics over uploaded visits and charges: counted by hand in a table, asked by institution, division and month."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import openpyxl
import pytest

from applications.statistics.beds import days_open
from etl.api import Sender, Upload, accept
from etl.api import ensure_tables as ensure_upload_tables
from health_platform.engine.indicators.question import Period
from health_platform.kernel.scope import SYSTEM, system_scope
from health_platform.records.api import ensure_tables
from registry.resources.service import ResourceDraft, add
from tests.support.clinic import Clinic, Region, id_number, on, region, rows
from tests.support.principals import client_for

pytestmark = pytest.mark.system("G08")

_SERIAL = itertools.count(1)
YEAR = {"start": "2025-01-01", "end": "2025-03-31"}

# hospital | kind | from | to | outcome | void
VISITS = """
    at | kind | from             | to               | mode | void
    A  | 1    | 2025-01-05 09:00 |                  |      | 0
    A  | 1    | 2025-01-31 23:50 |                  |      | 0
    A  | 1    | 2025-02-01 00:10 |                  |      | 0
    A  | 1    | 2025-02-02 09:00 |                  |      | 1
    A  | 2    | 2025-02-10 22:00 |                  |      | 0
    A  | 4    | 2024-12-28 10:00 | 2025-01-04 10:00 | 1    | 0
    A  | 4    | 2025-02-10 23:00 | 2025-02-10 23:30 | 5    | 0
    A  | 4    | 2025-03-30 10:00 |                  |      | 0
    B  | 1    | 2025-03-03 09:00 |                  |      | 0
    B  | 4    | 2025-03-10 10:00 | 2025-03-20 10:00 | 3    | 0
    B  | 1    | 2025-04-01 09:00 |                  |      | 0
"""
CHARGES = """
    at | kind | on         | total  | insured
    A  | 1    | 2025-01-05 | 100.50 | 60
    A  | 2    | 2025-02-10 | 299.50 | 100
    A  | 4    | 2025-01-04 | 7000   | 5000
    B  | 1    | 2025-03-03 | 80     | 40
    B  | 1    | 2025-03-04 | -20    | -10
    B  | 4    | 2025-03-20 | 3000   | 1800
"""


@dataclass
class Two:
    """A county hospital (A, 10 beds) and one of another county (B, 5 beds from 17 March on)."""

    region: Region
    units: dict[str, int]

    def desk(self, division: str = "4115", unit: str = "") -> Clinic:
        desk = replace(self.region.office(division), application="statistics")
        if not unit:
            return desk
        scope = replace(desk.who.scope, institutions=frozenset({self.units[unit]}))
        return replace(desk, who=replace(desk.who, scope=scope, institution_id=self.units[unit]))

    def ask(self, desk: Clinic, by: str, **more: Any) -> dict[str, dict[str, Any]]:
        return {line["key"]: line["cells"] for line in desk.get("/indicators", by=by, **YEAR, **more)}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    with region(tmp_path_factory.mktemp("statistics")) as made:
        ensure_upload_tables(made.platform.warehouse)
        ensure_tables(made.platform.warehouse)
        places = {"A": ("411525", "固始县人民医院"), "B": ("411502", "浉河区人民医院")}
        units = {key: made.unit(*place) for key, place in places.items()}
        with made.platform.database.unit_of_work(system_scope("test")) as session:
            add(session, SYSTEM, units["A"], ResourceDraft("bed", "内科", 10, date(2020, 1, 1)))
            add(session, SYSTEM, units["B"], ResourceDraft("bed", "外科", 5, date(2025, 3, 17)))
        for key, (division, _) in places.items():
            send(made, units[key], division, "visit", [visit(row) for row in rows(VISITS) if row["at"] == key])
            send(made, units[key], division, "charge", [charge(row) for row in rows(CHARGES) if row["at"] == key])
        yield Two(made, units)


def send(region: Region, unit: int, division: str, dataset: str, content: list[dict[str, Any]]) -> None:
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        sender = Sender(unit, division.ljust(12, "0"))
        accept(session, Upload(sender, dataset, f"s{next(_SERIAL)}", json.dumps(content).encode(), "json", "upsert"))
    region.work()


def patient() -> dict[str, Any]:
    number = next(_SERIAL)
    born = date(1950, 1, 1 + number % 28)
    return {"patient_id": f"P{number}", "patient_name": f"王小{number}", "id_type": "01", "id_number": id_number(born),
            "gender": "1", "birth_date": born.isoformat(), "visit_no": f"V{number}"}  # fmt: skip


def visit(row: dict[str, str]) -> dict[str, Any]:
    ended = {"ended_at": f"{row['to']}:00", "discharge_mode": row["mode"]} if row["to"] else {}
    return {**patient(), "visit_kind": row["kind"], "started_at": f"{row['from']}:00", "void": row["void"], **ended}


def charge(row: dict[str, str]) -> dict[str, Any]:
    return {**patient(), "charge_no": f"C{next(_SERIAL)}", "visit_kind": row["kind"], "charged_at": f"{row['on']} 10:00:00",
            "total": row["total"], "insurance_paid": row["insured"]}  # fmt: skip


def cells(line: dict[str, Any], *codes: str) -> list[str | None]:
    return [line[f"stat_{code}"]["value"] for code in codes]


def test_by_institution_as_counted_by_hand(two: Two) -> None:
    found = two.ask(two.desk(), "institution")
    a, b = found[str(two.units["A"])], found[str(two.units["B"])]
    codes = ("consultations", "outpatient", "emergency", "admitted", "discharged", "stay", "bed_days", "out_cost", "out_mean")
    # A: 3 nights of January (left on the 4th), 1 day in and out, 2 days since 30 March; the voided visit counts nowhere
    assert cells(a, *codes) == ["4", "3", "1", "2", "2", "4.0", "6.00", "400.00", "100.00"]
    assert cells(b, *codes) == ["1", "1", "0", "1", "1", "10.0", "10.00", "60.00", "60.00"]
    assert (a["stat_bed_use"]["numerator"], a["stat_bed_use"]["denominator"]) == ("6", "900"), "10 beds × 90 days"
    assert b["stat_bed_use"]["denominator"] == "75", "5 beds × 15 days of March"
    assert cells(a, "beds", "died", "in_mean") == ["10.0", "50.00", "3500.00"]
    assert a["stat_insured"]["numerator"] == "5160", "60 + 100 + 5000 of 7400"


def test_areas_add_up_and_months_are_local(two: Two) -> None:
    city = two.ask(two.desk(), "division", level=6)
    assert {key: line["stat_consultations"]["value"] for key, line in city.items()} == {"411502": "1", "411525": "4"}
    total = two.ask(two.desk(), "total")[""]
    assert cells(total, "consultations", "out_mean", "moved_down") == ["5", "92.00", "33.33"], "(400 + 60) / 5"
    months = two.ask(two.desk(), "month")
    assert {key: cells(line, "outpatient", "discharged") for key, line in months.items()} == {
        "2025-01": ["2", "1"], "2025-02": ["1", "1"], "2025-03": ["1", "1"],
    }  # fmt: skip


def test_everybody_counts_only_his_own(two: Two) -> None:
    county = two.desk("411525")
    assert set(two.ask(county, "division", level=6)) == {"411525"}
    assert set(two.ask(county, "institution")) == {str(two.units["A"])}
    unit = two.desk("411502", "B")
    assert cells(two.ask(unit, "total")[""], "consultations", "beds") == ["1", "0.8"], "5 beds × 15 of 90 days"
    hidden = county.get("/indicators/stat_consultations/rows", by="institution", key=str(two.units["B"]), **YEAR)
    assert (hidden["total"], hidden["rows"]) == (0, [])


def test_the_rows_behind_a_cell_are_those_counted(two: Two) -> None:
    desk = two.desk()
    found = desk.get("/indicators/stat_emergency_share/rows", which="counted", by="total", **YEAR)
    assert [(one["day"], one["institution"], one["age"]) for one in found["rows"]] == [("2025-02-10", "固始县人民医院", 75)]
    unseen = replace(desk, who=replace(desk.who, permissions=frozenset({"program.statistics.read"})))
    masked = unseen.get("/indicators/stat_emergency_share/rows", which="counted", by="total", **YEAR)
    assert (found["rows"][0]["name"][:2], masked["rows"][0]["name"][:2]) == ("王小", "王*")
    missing = desk.get("/indicators/stat_emergency_share/rows", which="missing", by="total", **YEAR)
    assert (found["total"], missing["total"]) == (1, 4)
    january = desk.get("/indicators/stat_outpatient/rows", by="month", key="2025-01", **YEAR)
    assert [one["day"] for one in january["rows"]] == ["2025-01-31", "2025-01-05"]
    every = [desk.get("/indicators/stat_outpatient/rows", by="total", page=page, **YEAR) for page in (1, 2)]
    assert every[0]["total"] == len(every[0]["rows"]) == 4 and every[1]["rows"] == []
    desk.call("GET", "/indicators/stat_outpatient/people", 404, query_string=YEAR)
    desk.call("GET", "/indicators/stat_beds/rows", 404, query_string=YEAR)


def test_pages_and_file_say_the_same(two: Two) -> None:
    desk = two.desk()
    content = desk.call("GET", "/indicators/export", 200, query_string={"by": "institution", **YEAR})
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    heads = [cell.value for cell in next(sheet.iter_rows(max_row=1))]
    values = {row[0]: dict(zip(heads, row, strict=True)) for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert values["固始县人民医院"]["门急诊人次（人次）"] == 4
    assert values["固始县人民医院"]["病床使用率·分母"] == 900
    with on("2025-03-31"):
        client = client_for(two.region.app, two.region.platform, two.region.shelf, desk.who)
        page = client.get("/console/apps/statistics?by=institution&start=2025-01-01&end=2025-03-31")
        assert page.status_code == 200 and "门急诊人次" in page.text and "<svg" in page.text
        behind = client.get("/console/apps/statistics/indicators/stat_outpatient/rows?by=month&key=2025-01&start=2025-01-01"
                            "&end=2025-03-31")  # fmt: skip
        assert behind.status_code == 200 and "2025-01-31" in behind.text and "固始县人民医院" in behind.text


PERIOD = Period(date(2025, 1, 1), date(2025, 3, 31))


@pytest.mark.parametrize(
    ("first", "until", "days"),
    [
        (date(2020, 1, 1), None, 90), (date(2025, 3, 31), None, 1), (date(2025, 4, 1), None, 0),
        (date(2020, 1, 1), date(2025, 1, 1), 0), (date(2020, 1, 1), date(2025, 1, 2), 1),
        (date(2025, 2, 1), date(2025, 3, 1), 28),
    ],
)  # fmt: skip
def test_a_bed_is_open_from_its_first_day_until_before_its_last(first: date, until: date | None, days: int) -> None:
    assert days_open(first, until, PERIOD) == days
