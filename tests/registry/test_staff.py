"""Staff: each unit its own, township hospitals for their clinics, transfers, accounts."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Scope
from tests.registry.conftest import credit_code, identity_number
from tests.support.principals import principal

pytestmark = pytest.mark.system("B07")

BASE = "/api/v1/staff"


def entry(unit: int, serial: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "institution_id": str(unit),
        "name": "张三",
        "id_number": identity_number(serial),
        "category": "physician",
        "licence_no": "110411502000001",
        "employed_on": "2020-01-01",
        **changes,
    }


def unit_user(as_principal: Callable[..., Any], *units: int, division: str = "411502") -> Any:
    scope = Scope(divisions=(division,), institutions=frozenset(units))
    return as_principal(principal(division=division, scope=scope, institution_id=units[0]))


def test_a_township_hospital_registers_for_its_clinics_only(
    regional: Platform, hospital: Callable[..., int], as_principal: Callable[..., Any]
) -> None:
    parent = hospital(1, category="C220")
    clinic, stranger = hospital(2, category="D600", parent_id=parent), hospital(3)
    user = unit_user(as_principal, parent, clinic)
    village = {"category": "village", "name": "李村医"}
    made = user.post(BASE, json=entry(clinic, **village))
    assert made.status_code == 201 and made.json["sex"] in "12" and made.json["born_on"] == "1980-01-01"
    assert user.post(BASE, json=entry(stranger, 2)).status_code == 404
    assert unit_user(as_principal, stranger).get(f"{BASE}/{made.json['id']}").status_code == 404
    shown = user.get(f"{BASE}/{made.json['id']}").json
    assert "19800101" not in str(shown["id_number"])


def test_numbers_are_taken_as_people_type_them(
    regional: Platform, hospital: Callable[..., int], as_principal: Callable[..., Any]
) -> None:
    unit = hospital(1)
    user = unit_user(as_principal, unit)
    number = next(one for one in map(identity_number, range(100)) if one.endswith("X"))
    typed = f" {number[:6]}　{number[6:17]}x".translate({ord(digit): ord(digit) + 0xFEE0 for digit in "123"})
    assert user.post(BASE, json=entry(unit, id_number=typed)).status_code == 201
    assert user.post(BASE, json=entry(unit, id_number=number)).status_code == 409, "the same person"


def test_faults_are_named(regional: Platform, hospital: Callable[..., int], as_principal: Callable[..., Any]) -> None:
    unit = hospital(1)
    user = unit_user(as_principal, unit)
    wrong = entry(unit, id_number=identity_number(1)[:-1] + "A", department_code="99", employed_on="2099-01-01")
    del wrong["licence_no"]
    found = user.post(BASE, json=wrong).json["error"]["facts"]["findings"]
    assert {one["rule"] for one in found} == {"identity_number_wrong", "licence_needed", "in_the_future", "department_unknown"}


def test_one_person_has_one_entry_and_moves_with_it(
    regional: Platform, hospital: Callable[..., int], as_principal: Callable[..., Any]
) -> None:
    sender, receiver = hospital(1), hospital(2, division_code="411503000000")
    here, there = unit_user(as_principal, sender), unit_user(as_principal, receiver, division="411503")
    made = here.post(BASE, json=entry(sender)).json
    twice = there.post(BASE, json=entry(receiver))
    assert twice.status_code == 409 and twice.json["error"]["facts"]["institution"] == "第1人民医院"
    wish = {"to_code": credit_code(2), "effective_on": "2026-03-01"}
    asked = here.post(f"{BASE}/{made['id']}/transfer", json=wish)
    assert asked.status_code == 201
    assert here.post(f"{BASE}/{made['id']}/transfer", json=wish).status_code == 409
    assert here.post(f"{BASE}/transfers/{asked.json['id']}/accept").status_code == 404
    (waiting,) = there.get(f"{BASE}/transfers").json
    assert waiting["from_name"] == "第1人民医院"
    assert there.post(f"{BASE}/transfers/{asked.json['id']}/accept").status_code == 200
    assert here.get(f"{BASE}/{made['id']}").status_code == 404
    city = as_principal(division="4115")
    posts = city.get(f"{BASE}/{made['id']}/posts").json
    assert [(one["institution_id"], one["ended_on"]) for one in posts] == [(str(receiver), None), (str(sender), "2026-03-01")]


def test_an_account_is_opened_from_the_entry(
    regional: Platform, hospital: Callable[..., int], as_principal: Callable[..., Any]
) -> None:
    unit = hospital(1)
    user = unit_user(as_principal, unit)
    made = user.post(BASE, json=entry(unit, 1)).json
    account = user.post(f"{BASE}/{made['id']}/account", json={"login": "zhangsan"})
    assert account.status_code == 201 and account.json["login"] == "zhangsan" and len(account.json["password"]) >= 8
    assert user.post(f"{BASE}/{made['id']}/account", json={"login": "zhangsan2"}).status_code == 409
    assert user.get(f"{BASE}/{made['id']}").json["account"] == "zhangsan"


def test_a_changed_entry_keeps_its_number_and_leaving_ends_the_post(
    regional: Platform, hospital: Callable[..., int], as_principal: Callable[..., Any]
) -> None:
    unit = hospital(1)
    user = unit_user(as_principal, unit)
    made = user.post(BASE, json=entry(unit)).json
    fields = {"name": "张三丰", "category": "physician", "licence_no": "1", "employed_on": "2020-01-01", "revision": 1}
    assert user.put(f"{BASE}/{made['id']}", json=fields).json["name"] == "张三丰"
    assert user.put(f"{BASE}/{made['id']}", json=fields).status_code == 409
    assert user.put(f"{BASE}/{made['id']}", json={**fields, "id_number": "1"}).status_code == 422
    assert user.get(f"{BASE}?text=zsf").json["total"] == 1
    assert user.get(f"{BASE}?text={identity_number(1)}").json["total"] == 1
    assert user.post(f"{BASE}/{made['id']}/leave", json={"day": "2026-06-30"}).json["state"] == "left"
    assert user.get(BASE).json["total"] == 0
    assert user.get(f"{BASE}/{made['id']}/posts").json[0]["ended_on"] == "2026-06-30"


def test_a_file_of_staff_reports_each_wrong_row(
    regional: Platform, hospital: Callable[..., int], as_principal: Callable[..., Any]
) -> None:
    unit = hospital(1)
    user = unit_user(as_principal, unit)
    rows = (
        "姓名,身份证号,人员类别,执业证书编号,到岗日期\n"
        f"甲,{identity_number(1)},nurse,1,2020-01-01\n乙,{identity_number(1)},nurse,2,2020-01-01\n"
        f"丙,{identity_number(2)},nurse,,2020-01-01\n"
    )
    done = user.post(f"{BASE}/import/{unit}", data={"file": (BytesIO(rows.encode()), "职工.csv")}).json
    assert done["added"] == 1 and [one["row"] for one in done["findings"]] == [3, 4]
    assert user.get(f"{BASE}/export").data[:2] == b"PK"
