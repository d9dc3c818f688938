"""A platform with pipeline, person index and registries, and a hospital that has uploaded visits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask import Flask

from etl.api import Sender, Upload, accept, ensure_tables
from etl.catalogue.volumes import measure
from health_platform.app import application, create_platform
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.settings import Settings
from registry.api import InstitutionDraft, register_institution
from registry.divisions.loading import load_shipped
from tests.registry.conftest import credit_code, identity_number
from tests.support.principals import CallerClient, PrincipalShelf, client_for, principal

COUNTY = "411502000000"


@dataclass
class Region:
    """The served platform, its hospital, and how to act as somebody."""

    platform: Platform
    app: Flask
    shelf: PrincipalShelf
    hospital: int

    def acting(self, **changes: Any) -> CallerClient:
        return client_for(self.app, self.platform, self.shelf, principal(**changes))

    def work(self) -> None:
        Worker(self.platform).drain()

    def unit(self) -> Any:
        return self.platform.database.unit_of_work(system_scope("test"))


_FAMILY, _GIVEN = "王李张刘陈杨赵黄周吴徐孙", ("国强", "秀兰", "建军", "玉梅")


def visits(count: int) -> list[dict[str, str]]:
    """Visits of so many patients, two each in one month, born in one of four years; the first one's diagnosis is rare."""
    rows = []
    for person in range(count):
        born = f"{1950 + person % 4 * 10}-03-01"
        for turn in range(2):
            row = {
                "visit_no": f"V{person}-{turn}", "patient_id": f"P{person}", "id_type": "01",
                "patient_name": _FAMILY[person // 4 % 12] + _GIVEN[person % 4], "phone": f"138{person * 7919:08d}",
                "id_number": identity_number(101 + person, born.replace("-", "")), "gender": str(1 + person % 2),
                "birth_date": born, "started_at": f"2026-0{3 + person % 2}-1{turn} 08:00:00", "visit_kind": "01",
                "diagnosis": "I10" if person else "Z99", "stay_days": "3",
            }  # fmt: skip
            rows.append(row)
    return rows


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    settings = Settings(home=tmp_path_factory.mktemp("region"), demonstration=True, components="registry,empi,etl,browser_ui")
    platform = create_platform(settings)
    platform.database.create_all()
    ensure_tables(platform.warehouse)
    with platform.database.unit_of_work(system_scope("test")) as session:
        load_shipped(session)
        draft = InstitutionDraft("浉河区第一人民医院", "A100", COUNTY, date(2020, 1, 1), code=credit_code(1), grade="2A")
        hospital = register_institution(session, SYSTEM, draft).id
    with platform.database.unit_of_work(system_scope("test")) as session:
        content = json.dumps(visits(48), ensure_ascii=False).encode()
        accept(session, Upload(Sender(hospital, COUNTY), "visit", "m1", content, "json", "upsert"))
    Worker(platform).drain()
    measure(platform)
    shelf = PrincipalShelf()
    platform.authenticator(shelf, first=True)
    yield Region(platform, application(platform), shelf, hospital)
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)
    platform.database.close()


@pytest.fixture
def published(region: Region) -> Callable[[str], None]:
    """``published("visit")`` puts an entry through review and publication, once."""

    def publish(name: str) -> None:
        editor, reviewer = region.acting(), region.acting()
        if editor.get(f"/api/v1/catalogue/entries/{name}").json["public"]:
            return
        facts = {"provider": "市卫生健康委", "summary": "门急诊与住院就诊", "share_condition": "经审批，用于公共卫生研究"}
        base = f"/api/v1/catalogue/entries/{name}"
        assert editor.patch(base, json=facts).status_code == 200
        assert editor.post(f"{base}/submit", json={}).status_code == 200
        assert reviewer.post(f"{base}/approve", json={}).status_code == 200
        assert reviewer.post(f"{base}/publish", json={}).status_code == 200

    return publish
