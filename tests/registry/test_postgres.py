"""The same acts on real PostgreSQL, where row security stands behind the scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from health_platform.app import application
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Scope, system_scope
from health_platform.settings import Settings
from registry.api import seed
from tests.conftest import _built
from tests.registry.conftest import credit_code, identity_number
from tests.support.principals import client_for, principal

pytestmark = pytest.mark.system("A05", "B04", "B05", "B06", "B07")


@pytest.fixture
def on_postgres(postgres: str, tmp_path: Path) -> Iterator[Platform]:
    """A seeded platform on PostgreSQL with the registries only."""
    settings = Settings(home=tmp_path / "home", demonstration=True, database_url=postgres, components="registry")
    for platform in _built(settings):
        with platform.database.unit_of_work(system_scope("test")) as session:
            assert seed(session).systems > 300
        yield platform


@pytest.fixture
def caller(on_postgres: Platform) -> Callable[..., Any]:
    """``caller(division="411502")``: a client that acts as such a caller."""
    app = application(on_postgres)
    return lambda **who: client_for(app, on_postgres, on_postgres.services["test.shelf"], principal(**who))


def test_a_year_of_a_county(on_postgres: Platform, caller: Callable[..., Any]) -> None:
    county, other, city = caller(division="411502"), caller(division="411503"), caller(division="4115")
    entry = {"name": "一院", "category": "A100", "division_code": "411502002", "code": credit_code(1), "valid_from": "2020-01-01"}
    offer = {"reference": "1", "kind": "institution", "payload": entry, "identifiers": [{"scheme": "his", "value": "H1"}]}
    sent = county.post("/api/v1/registrations", json=offer)
    assert sent.json["state"] == "submitted", sent.json
    unit = int(county.post(f"/api/v1/registrations/{sent.json['id']}/accept", json={}).json["entity_id"])
    assert other.get(f"/api/v1/institutions/{unit}").status_code == 404
    there = int(
        other.post(
            "/api/v1/institutions", json={**entry, "name": "二院", "code": credit_code(2), "division_code": "411503"}
        ).json["id"]
    )
    person = {
        "institution_id": str(unit),
        "name": "李四",
        "id_number": identity_number(4),
        "category": "other",
        "employed_on": "2020-01-01",
    }
    staff_id = county.post("/api/v1/staff", json=person).json["id"]
    assert other.post("/api/v1/staff", json={**person, "institution_id": str(there)}).status_code == 409
    wish = {"to_code": credit_code(2), "effective_on": "2026-01-01"}
    asked = county.post(f"/api/v1/staff/{staff_id}/transfer", json=wish).json["id"]
    receiver = caller(division="411503", scope=Scope(divisions=("411503",), institutions=frozenset({there})))
    assert receiver.post(f"/api/v1/staff/transfers/{asked}/accept").status_code == 200
    assert county.get(f"/api/v1/staff/{staff_id}").status_code == 404
    merge = {
        "kind": "merge",
        "effective": date(2025, 6, 1).isoformat(),
        "sources": "411502001\n411502002",
        "targets": "411502001 新街道",
    }
    change = county.post("/api/v1/divisions/changes", data=merge).json["id"]
    assert city.post(f"/api/v1/divisions/changes/{change}/approve", json={}).status_code == 200
    migration = city.post(f"/api/v1/divisions/changes/{change}/migration", json={}).json["id"]
    _deliver(on_postgres)
    assert county.get(f"/api/v1/institutions/{unit}").json["division_code"] == "411502001000"
    city.post(f"/api/v1/divisions/migrations/{migration}/undo")
    _deliver(on_postgres)
    assert county.get(f"/api/v1/institutions/{unit}").json["division_code"] == "411502002000"
    source = {"code": "his", "name": "系统", "division_code": "411502"}
    assert county.post("/api/v1/mappings/sources", json=source).status_code == 200
    codes = {"system": "GBT2261.1_sex", "codes": [{"code": "M", "name": "男", "rows": 5}]}
    assert county.post("/api/v1/mappings/sources/his/codes", json=codes).json == {"changed": 1}
    (male,) = county.get("/api/v1/mappings?source=his").json["rows"]
    bulk = {"source": "his", "system": "GBT2261.1_sex", "shown": [f"{male['id']}:1"]}
    assert county.post("/api/v1/mappings/bulk", json=bulk).json == {"changed": 1}
    assert other.get("/api/v1/mappings/coverage").json == []


def _deliver(platform: Platform) -> None:
    worker = Worker(platform)
    while worker.step():
        pass
