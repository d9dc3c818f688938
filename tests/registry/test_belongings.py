"""What belongs to an institution or a person goes along: staff, resources, accounts and rights."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from health_platform.access.api import BY_CODE, Cell, Grant, User, grant_by_platform, install_definitions
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from tests.registry.conftest import credit_code, identity_number
from tests.registry.test_staff import BASE, entry, unit_user

pytestmark = pytest.mark.system("B06", "B07", "G02")

UNITS = "/api/v1/institutions"
Make, As = Callable[..., int], Callable[..., Any]


def opened(platform: Platform, who: Any, staff_id: str, unit: int) -> None:
    """An account of a staff member, with a role in the unit."""
    assert who.post(f"{BASE}/{staff_id}/account", json={"login": "zhangsan"}).status_code == 201
    with platform.database.unit_of_work(system_scope("test")) as session:
        install_definitions(session, platform)
        user = session.scalars(select(User).where(User.login_name == "zhangsan")).one()
        grant_by_platform(session, user.id, BY_CODE["nurse"], Cell("411502", unit=unit))


def account(platform: Platform) -> tuple[int | None, str, int]:
    """Unit and state of the account, and how many rights it has."""
    with platform.database.unit_of_work(system_scope("test")) as session:
        user = session.scalars(select(User).where(User.login_name == "zhangsan")).one()
        running = select(Grant.id).where(Grant.grantee_id == user.id, Grant.revoked_at.is_(None))
        return user.institution_id, user.status, len(list(session.scalars(running)))


def test_an_account_goes_to_the_new_unit_without_the_rights_of_the_old(
    regional: Platform, hospital: Make, as_principal: As
) -> None:
    old, new = hospital(1), hospital(2, division_code="411503000000")
    here, there = unit_user(as_principal, old), unit_user(as_principal, new, division="411503")
    person = here.post(BASE, json=entry(old)).json["id"]
    opened(regional, here, person, old)
    assert account(regional) == (old, "active", 1)
    late = {"to_code": credit_code(2), "effective_on": "2099-01-01"}
    early = here.post(f"{BASE}/{person}/transfer", json={**late, "effective_on": "2019-12-31"})
    assert early.status_code == 409, "before the post began"
    asked = here.post(f"{BASE}/{person}/transfer", json=late).json["id"]
    assert there.post(f"{BASE}/transfers/{asked}/accept").status_code == 409, "not before its day"
    assert there.post(f"{BASE}/transfers/{asked}/refuse", json={"note": "日期有误"}).status_code == 200
    asked = here.post(f"{BASE}/{person}/transfer", json={**late, "effective_on": "2026-03-01"}).json["id"]
    assert there.post(f"{BASE}/transfers/{asked}/accept").status_code == 200
    assert account(regional) == (new, "active", 0)


def test_who_leaves_loses_the_account_and_may_be_employed_elsewhere(regional: Platform, hospital: Make, as_principal: As) -> None:
    old, new = hospital(1), hospital(2, division_code="411503000000")
    here, there = unit_user(as_principal, old), unit_user(as_principal, new, division="411503")
    person = here.post(BASE, json=entry(old)).json["id"]
    opened(regional, here, person, old)
    for day in ("2019-12-31", "2099-01-01"):
        assert here.post(f"{BASE}/{person}/leave", json={"day": day}).status_code == 422, day
    assert here.post(f"{BASE}/{person}/leave", json={"day": "2026-06-30"}).status_code == 200
    assert account(regional)[1] == "locked"
    again = entry(new, employed_on="2026-06-01", name="张三丰")
    assert there.post(BASE, json=again).status_code == 422, "before the last post ended"
    taken = there.post(BASE, json={**again, "employed_on": "2026-07-01"})
    assert taken.status_code == 201 and taken.json["id"] == person, "one person, one entry"
    assert here.get(f"{BASE}/{person}").status_code == 404
    posts = as_principal(division="4115").get(f"{BASE}/{person}/posts").json
    assert [(one["institution_id"], one["ended_on"]) for one in posts] == [(str(new), None), (str(old), "2026-06-30")]


def test_a_merger_takes_staff_and_resources_along(
    regional: Platform, hospital: Make, work: Callable[[], None], as_principal: As
) -> None:
    gone, kept = hospital(1), hospital(2, division_code="411502003000")
    city = as_principal(division="4115")
    person = city.post(BASE, json=entry(gone)).json["id"]
    beds = {"institution_id": str(gone), "kind": "bed", "name": "床位", "quantity": 40, "valid_from": "2024-01-01"}
    city.post("/api/v1/resources", json=beds)
    for day in ("2019-12-31", "2099-01-01"):
        refused = city.post(f"{UNITS}/{gone}/merge", json={"into_id": str(kept), "day": day})
        assert refused.status_code == 422, day
    assert city.post(f"{UNITS}/{gone}/merge", json={"into_id": str(kept), "day": "2026-05-01"}).status_code == 200
    work()
    assert city.get(f"{BASE}/{person}").json["institution_id"] == str(kept)
    (now,) = city.get("/api/v1/resources").json["rows"]
    assert (now["institution_id"], now["quantity"], now["valid_from"]) == (str(kept), 40, "2026-05-01")
    before = city.get("/api/v1/resources/by-institution?day=2026-04-30").json
    assert [(one["key"], one["quantity"]) for one in before] == [("第1人民医院", 40)]


def test_an_old_file_cannot_overwrite_what_a_merged_institution_became(
    regional: Platform, hospital: Make, as_principal: As
) -> None:
    gone, kept = hospital(1), hospital(2)
    city = as_principal(division="4115")
    old = city.get(f"{UNITS}/export").data
    city.post(f"{UNITS}/{gone}/merge", json={"into_id": str(kept), "day": "2026-05-01"})
    done = city.post(f"{UNITS}/import", data={"file": (io.BytesIO(old), "机构.xlsx")}).json
    assert [one["code"] for one in done["findings"]] == ["institution.merged_code"] and done["changed"] == 0
    assert city.get(f"{UNITS}/{kept}").json["name"] == "第2人民医院"


def test_an_institution_moves_only_with_both_counties_and_takes_everything_along(
    regional: Platform, hospital: Make, work: Callable[[], None], as_principal: As
) -> None:
    unit = hospital(1)
    city, old, new = as_principal(division="4115"), as_principal(division="411502"), as_principal(division="411503")
    person = old.post(BASE, json=entry(unit)).json["id"]
    seen = old.get(f"{UNITS}/{unit}").json
    away = {**{name: seen[name] for name in ("name", "category", "code", "valid_from", "revision")}, "division_code": "411503"}
    assert old.put(f"{UNITS}/{unit}", json=away).status_code == 403
    moved = city.put(f"{UNITS}/{unit}", json=away)
    assert (moved.status_code, moved.json["manager_code"]) == (200, "411503000000")
    work()
    assert old.get(f"{BASE}/{person}").status_code == 404 and new.get(f"{BASE}/{person}").status_code == 200


def test_beds_lie_in_a_department_that_exists(regional: Platform, hospital: Make, as_principal: As) -> None:
    unit = hospital(1)
    county = as_principal(division="411502")
    beds = {"institution_id": str(unit), "kind": "bed", "name": "床位", "quantity": 4, "valid_from": "2024-01-01"}
    wrong = county.post("/api/v1/resources", json={**beds, "department_code": "03"})
    assert wrong.json["error"]["facts"]["findings"][0]["rule"] == "department_unknown"
    county.post(f"{UNITS}/{unit}/departments", json={"code": "03", "name": "内科", "valid_from": "2020-01-01"})
    assert county.post("/api/v1/resources", json={**beds, "department_code": "03"}).status_code == 201


def test_a_provider_without_the_right_is_told_the_faults_all_the_same(
    regional: Platform, hospital: Make, as_principal: As
) -> None:
    unit = hospital(1)
    provider = unit_user(as_principal, unit)
    payload = {
        "name": "某诊所",
        "category": "D600",
        "division_code": "411502",
        "valid_from": "2020-01-01",
        "code": credit_code(5)[:-1] + "I",
    }
    sent = {"reference": "a", "kind": "institution", "payload": payload}
    answer = provider.post("/api/v1/registrations", json=sent).json
    assert answer["state"] == "faulty" and answer["faults"][0]["findings"][0]["rule"] == "credit_code_wrong"
    right = {**sent, "payload": {**payload, "code": credit_code(5)}}
    assert provider.post("/api/v1/registrations", json=right).json["state"] == "submitted"
    assert provider.get(UNITS).json["total"] == 1, "trying a submission registers nothing"
    assert identity_number(1) not in str(answer)
