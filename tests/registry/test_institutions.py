"""Institutions: checked codes, who manages what, mergers, files."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from health_platform.access.units import UnitDirectory
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Scope, system_scope
from registry.api import resolve_institution
from tests.registry.conftest import credit_code
from tests.support.principals import principal

pytestmark = pytest.mark.system("B06")

BASE = "/api/v1/institutions"


def entry(serial: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "name": f"第{serial}医院",
        "category": "A100",
        "division_code": "411502",
        "code": credit_code(serial),
        "valid_from": "2020-01-01",
        **changes,
    }


def test_a_county_registers_its_own_and_nothing_else(regional: Platform, as_principal: Callable[..., Any]) -> None:
    county = as_principal(division="411502")
    made = county.post(BASE, json=entry(1, grade="3A", longitude=114.07, latitude=32.12))
    assert made.status_code == 201 and made.json["manager_code"] == "411502000000", made.json
    assert county.post(BASE, json=entry(2, division_code="411503")).status_code == 403
    other = as_principal(division="411503")
    assert other.get(f"{BASE}/{made.json['id']}").status_code == 404
    assert other.put(f"{BASE}/{made.json['id']}", json={**entry(1), "revision": 1}).status_code == 404
    unit = as_principal(principal(scope=Scope(divisions=("411502",), institutions=frozenset({int(made.json["id"])}))))
    assert unit.put(f"{BASE}/{made.json['id']}", json={**entry(1), "revision": 1}).status_code == 403


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"code": "12411502000000011A"}, "code", "credit_code_wrong"),
        ({"code": None}, "code", "one_code_needed"),
        ({"code22": "47033256033018311A2221"}, "code22", "code22_other_organisation"),
        ({"division_code": "411502999"}, "division_code", "division_unknown"),
        ({"longitude": 12.0, "latitude": 32.0}, "longitude", "outside_the_country"),
        ({"longitude": 114.0}, "longitude", "coordinates_in_pairs"),
    ],
)
def test_faults_are_named(
    regional: Platform, as_principal: Callable[..., Any], changes: dict[str, Any], field: str, problem: str
) -> None:
    body = {key: value for key, value in entry(1, **changes).items() if value is not None}
    answer = as_principal(division="411502").post(BASE, json=body)
    assert answer.status_code == 422
    found = answer.json["error"]["facts"]["findings"]
    assert (field, problem) in {(one["field"], one["rule"]) for one in found}


def test_two_editors_do_not_overwrite_each_other(regional: Platform, as_principal: Callable[..., Any]) -> None:
    county = as_principal(division="411502")
    made = county.post(BASE, json=entry()).json
    first = county.put(f"{BASE}/{made['id']}", json={**entry(1, phone="0376-1"), "revision": 1})
    assert (first.status_code, first.json["revision"]) == (200, 2)
    assert county.put(f"{BASE}/{made['id']}", json={**entry(1, phone="0376-2"), "revision": 1}).status_code == 409
    (changed, _) = county.get(f"{BASE}/{made['id']}/history").json
    assert (changed["kind"], changed["after"]["phone"]) == ("changed", "0376-1")


def test_both_codes_resolve_after_a_merger(regional: Platform, as_principal: Callable[..., Any]) -> None:
    city = as_principal(division="4115")
    old, new = city.post(BASE, json=entry(1)).json, city.post(BASE, json=entry(2)).json
    merged = city.post(f"{BASE}/{old['id']}/merge", json={"into_id": new["id"], "day": "2026-01-01"})
    assert merged.json["id"] == new["id"]
    for code in (credit_code(1), credit_code(2), credit_code(1)[8:17]):
        assert city.get(f"{BASE}/resolve?value={code}").json["id"] == new["id"]
    kept = city.get(f"{BASE}/{old['id']}").json
    assert (kept["state"], kept["merged_into"], kept["valid_to"]) == ("merged", new["id"], "2026-01-01")
    assert city.put(f"{BASE}/{old['id']}", json={**entry(3), "revision": 9}).status_code == 409


def test_the_city_takes_an_entry_over_and_hands_it_back(regional: Platform, as_principal: Callable[..., Any]) -> None:
    city, county = as_principal(division="4115"), as_principal(division="411502")
    made = county.post(BASE, json=entry()).json
    url = f"{BASE}/{made['id']}"
    assert county.post(f"{url}/delegate", json={"manager_code": "4115"}).status_code == 403
    assert city.post(f"{url}/delegate", json={"manager_code": "4115"}).json["manager_code"] == "411500000000"
    assert county.put(url, json={**entry(1, phone="1"), "revision": 2}).status_code == 403
    assert city.post(f"{url}/delegate", json={"manager_code": "411502"}).status_code == 200
    assert city.post(f"{url}/delegate", json={"manager_code": "411503"}).status_code == 422


def test_clinics_lie_below_their_hospital(regional: Platform, hospital: Callable[..., int]) -> None:
    parent = hospital(1, category="C220")
    clinic = hospital(2, category="D600", parent_id=parent)
    directory = regional.service(UnitDirectory)
    with regional.database.unit_of_work(system_scope("test")) as session:
        assert [unit.id for unit in directory.below(session, parent)] == [clinic]
        assert directory.unit(session, clinic).parent_id == parent


def test_departments_belong_to_their_institution(regional: Platform, as_principal: Callable[..., Any]) -> None:
    county = as_principal(division="411502")
    made = county.post(BASE, json=entry()).json
    ward = {"code": "01", "name": "内科", "standard_code": "A03", "valid_from": "2020-01-01"}
    url = f"{BASE}/{made['id']}/departments"
    assert county.post(url, json=ward).status_code == 200
    assert county.post(url, json={**ward, "name": "大内科"}).status_code == 200
    assert county.post(url, json={**ward, "code": "02", "parent_code": "09"}).status_code == 422
    assert [one["name"] for one in county.get(url).json] == ["大内科"]
    assert as_principal(division="411503").get(url).status_code == 404


def test_the_exported_file_can_be_changed_and_imported(regional: Platform, as_principal: Callable[..., Any]) -> None:
    county = as_principal(division="411502")
    county.post(BASE, json=entry(1))
    content = county.get(f"{BASE}/export").data
    again = county.post(f"{BASE}/import", data={"file": (BytesIO(content), "机构.xlsx")}).json
    assert (again["added"], again["changed"], again["findings"]) == (0, 0, [])
    rows = (
        f"机构名称,统一社会信用代码,机构类别,所在区划,启用日期\n新名,{credit_code(1)},A100,411502,2020-01-01\n"
        f"二院,{credit_code(2)},A100,411502,2020-01-01\n三院,{credit_code(3)[:-1]}I,A100,411502,2020-01-01\n"
    )
    done = county.post(f"{BASE}/import", data={"file": (BytesIO(rows.encode("gb18030")), "机构.csv")}).json
    assert (done["added"], done["changed"]) == (1, 1) and done["findings"][0]["row"] == 4
    assert {one["name"] for one in county.get(BASE).json["rows"]} == {"新名", "二院"}
    with regional.database.unit_of_work(system_scope("test")) as session:
        assert resolve_institution(session, credit_code(2)) is not None
