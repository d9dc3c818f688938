"""A region with four hospitals of one level: one sends good data, one bad, one little, one nothing; and a public-health unit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from etl.api import Sender, Upload, accept, ensure_tables
from etl.quality import component, running
from etl.quality.reports.service import make_all
from health_platform.app import application, create_platform
from health_platform.kernel import clock
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, Scope, system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.settings import Settings
from registry.api import InstitutionDraft, register_institution
from registry.divisions.loading import load_shipped
from tests.registry.conftest import credit_code, identity_number
from tests.support.principals import CallerClient, PrincipalShelf, client_for, principal

COUNTY, OTHER = "411502000000", "411503000000"
NOW = datetime(2026, 11, 5, 1, 0, tzinfo=UTC)
MONTH = date(2026, 10, 1)
UNITS = {
    "good": ("浉河区中心医院", "A100", COUNTY), "bad": ("浉河区第二医院", "A100", COUNTY),
    "third": ("平桥区人民医院", "A100", OTHER), "fourth": ("平桥区第二医院", "A100", OTHER),
    "silent": ("浉河区康复医院", "A100", COUNTY), "mch": ("浉河区妇幼保健院", "G100", COUNTY),
}  # fmt: skip


@dataclass
class Region:
    """The served platform, its units by key, and how to act as somebody."""

    platform: Platform
    app: Flask
    shelf: PrincipalShelf
    units: dict[str, int]
    url: str = ""
    served_at: datetime = NOW
    """What the clock of the served pages says."""

    def serve(self, environ: dict[str, Any], start_response: Any) -> Any:
        """The application as a browser meets it, at ``served_at``."""
        with clock.travel(self.served_at):
            return self.app(environ, start_response)

    def acting(self, **changes: Any) -> CallerClient:
        return client_for(self.app, self.platform, self.shelf, principal(**changes))

    def officer_facts(self, key: str) -> dict[str, Any]:
        """The quality officer of a unit: own institution only."""
        name, _, division = UNITS[key]
        scope = Scope(divisions=(division[:6],), institutions=frozenset({self.units[key]}))
        return {
            "institution_id": self.units[key], "institution_name": name, "division_code": division, "scope": scope,
            "name": "质控员",
        }  # fmt: skip

    def officer(self, key: str) -> CallerClient:
        return self.acting(**self.officer_facts(key))

    def unit(self) -> Any:
        return self.platform.database.unit_of_work(system_scope("test"))

    def send(self, key: str, rows: list[dict[str, str]], message: str, at: datetime) -> None:
        with clock.travel(at):
            upload = Upload.of_rows(Sender(self.units[key], UNITS[key][2]), "visit", message, {"visit": rows}, "data_api")
            with self.unit() as session:
                accept(session, upload)
            Worker(self.platform).drain()

    def check(self) -> None:
        """Check what changed, as the worker does every ten minutes."""
        with clock.travel(NOW):
            with self.unit() as session:
                days = component.dirty.waiting(session)
            running.check(self.platform, days, "test")


def visits(key: str, day: date, faulty: bool) -> list[dict[str, str]]:
    """Ten visits of a day; faulty ones end before they began, or say nothing of sex and diagnosis."""
    rows = []
    for number in range(10):
        wrong = faulty and number < 5
        end = day - timedelta(days=1) if wrong else day
        rows.append(
            {
                "visit_no": f"{key}-{day:%m%d}-{number}", "patient_id": f"{key}-P{number}", "id_type": "01",
                "patient_name": "王李张刘陈杨赵黄周吴"[number] + "国强", "id_number": identity_number(number + 1),
                "gender": "" if wrong else str(1 + number % 2), "birth_date": "1980-01-01",
                "phone": f"1390013800{number}", "visit_kind": "1",
                "started_at": f"{day} 08:00:00", "ended_at": f"{end} 10:00:00", "diagnosis": "" if wrong else "I10",
                "diagnosis_text": "" if wrong else "高血压", "chief_complaint": "头晕三天", "org_code": "X", "dept_code": "01",
            }
        )  # fmt: skip
    return rows


def workdays() -> list[date]:
    days = [MONTH + timedelta(days=number) for number in range(31)]
    return [day for day in days if day.isoweekday() < 6]


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    settings = Settings(home=tmp_path_factory.mktemp("reports"), demonstration=True, components="registry,empi,etl,browser_ui")
    platform = create_platform(settings)
    platform.database.create_all()
    ensure_tables(platform.warehouse)
    units: dict[str, int] = {}
    with platform.database.unit_of_work(system_scope("test")) as session:
        load_shipped(session)
        for serial, (key, (name, category, division)) in enumerate(UNITS.items(), 1):
            draft = InstitutionDraft(name, category, division, date(2020, 1, 1), code=credit_code(serial), grade="2A")
            units[key] = register_institution(session, SYSTEM, draft).id
    shelf = PrincipalShelf()
    platform.authenticator(shelf, first=True)
    app = application(platform)
    made = Region(platform, app, shelf, units)
    server = make_server("127.0.0.1", 0, made.serve, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    _fill(made)
    yield made
    server.shutdown()
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)
    platform.database.close()


def _fill(region: Region) -> None:
    days = workdays()
    for key, last in (("good", None), ("bad", None), ("third", None), ("fourth", 5), ("mch", None)):
        rows = [row for day in days[:last] for row in visits(key, day, faulty=key == "bad")]
        region.send(key, rows, f"{key}-october", datetime(2026, 11, 1, 1, tzinfo=UTC))
    region.check()
    with clock.travel(NOW):
        make_all(region.platform)
