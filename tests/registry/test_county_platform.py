"""A county with a platform of its own: there she decides what on the city's platform the city decides, and nothing beyond."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Scope
from health_platform.kernel.sheets import write_csv
from health_platform.settings import Settings
from registry.standards.terms import Term
from registry.standards.version_files import SHEET

pytestmark = pytest.mark.system("A02", "B04", "B05", "B06")

As = Callable[..., Any]
COUNTY, TOWN, NEIGHBOUR = "411525", "411525001", "411524"
CHANGES, SYSTEMS = "/api/v1/divisions/changes", "/api/v1/standards/systems"
RENAME = {"kind": "rename", "effective": "2026-01-01", "sources": TOWN, "targets": f"{TOWN} 新名街道"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The registries of 固始县's own platform."""
    return Settings(home=tmp_path / "home", demonstration=True, components="registry", city_division=f"{COUNTY}000000")


def test_the_county_decides_about_its_own_map_and_about_no_border(regional: Platform, as_principal: As) -> None:
    county, town, neighbour = (as_principal(division=code) for code in (COUNTY, TOWN, NEIGHBOUR))
    unit = as_principal(division=COUNTY, scope=Scope(divisions=(COUNTY,), institutions=frozenset({1})))
    change = county.post(CHANGES, json=RENAME).json["id"]
    for other, status in ((town, 404), (neighbour, 404), (unit, 403)):
        assert other.post(f"{CHANGES}/{change}/approve", json={}).status_code == status
    assert county.post(f"{CHANGES}/{change}/approve", json={}).status_code == 200
    assert county.get(f"/api/v1/divisions/{TOWN}").json["name"] == "新名街道"
    away = {**RENAME, "kind": "move", "targets": f"{NEIGHBOUR}901 移出街道"}
    assert county.post(CHANGES, json=away).status_code == 404, "the border is not hers"
    across = as_principal(division="4115").post(CHANGES, json=away).json["id"]
    assert county.post(f"{CHANGES}/{across}/approve", json={}).status_code == 404
    assert town.post("/api/v1/divisions/years", json={"year": 2024}).status_code == 403
    assert county.post("/api/v1/divisions/years", json={"year": 2024}).status_code == 201


def test_the_county_puts_code_tables_in_force(regional: Platform, as_principal: As) -> None:
    county, town, neighbour = (as_principal(division=code) for code in (COUNTY, TOWN, NEIGHBOUR))
    entry = {"code": "GS_floor", "title": "楼层", "mark": "local"}
    assert town.post(SYSTEMS, json=entry).status_code == neighbour.post(SYSTEMS, json=entry).status_code == 403
    assert county.post(SYSTEMS, json=entry).status_code == 201
    file = {"file": (BytesIO(write_csv(SHEET, [Term("1", "一层")])), "楼层.csv"), "label": "1"}
    assert county.post(f"{SYSTEMS}/GS_floor/versions", data=file).status_code == 201
    for step in ("review", "published"):
        assert county.post(f"{SYSTEMS}/GS_floor/versions/1/state", json={"to": step}).status_code == 200, step
    wanted = {"code": "GS_low", "title": "低层", "system_code": "GS_floor"}
    assert town.post("/api/v1/standards/value-sets", json=wanted).status_code == 403
    assert county.post("/api/v1/standards/value-sets", json=wanted).status_code == 200


def test_an_institution_is_delegated_within_the_county_only(hospital: Callable[..., int], as_principal: As) -> None:
    county, unit = as_principal(division=COUNTY), hospital(1, division_code=f"{TOWN}000")
    address = f"/api/v1/institutions/{unit}/delegate"
    assert county.post(address, json={"manager_code": TOWN}).status_code == 200
    assert county.post(address, json={"manager_code": "4115"}).status_code == 403, "nobody there would keep it"
    assert county.post(address, json={"manager_code": COUNTY}).status_code == 200
