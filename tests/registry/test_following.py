"""What follows a change of divisions: keepers, rights, files to review; and counting as it was then."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from health_platform.access.api import Grant, NewAccount, Unit, User, install_definitions, open_account
from health_platform.access.authority.store import genuine
from health_platform.kernel import clock
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from registry.institutions.models import Institution, InstitutionEvent
from registry.resources.models import Resource
from registry.staff.models import Staff, StaffPost
from tests.registry.conftest import identity_number
from tests.registry.test_divisions import MERGE, SPLIT, TOWN
from tests.registry.test_staff import entry as staff_entry

pytestmark = pytest.mark.system("B05")

OTHER = "411502002000"
BASE = "/api/v1/divisions"
OVER = {
    "kind": "move",
    "effective": "2025-06-01",
    "sources": ["411502002"],
    "targets": [{"code": "411503010", "name": "民权街道"}],
}


def changed(city: Any, change: dict[str, Any]) -> str:
    """The id of an approved change."""
    change_id = city.post(f"{BASE}/changes", json=change).json["id"]
    assert city.post(f"{BASE}/changes/{change_id}/approve", json={}).status_code == 200
    return str(change_id)


def migrated(city: Any, change_id: str, work: Callable[[], None]) -> str:
    """The id of a migration that was carried out."""
    ordered = city.post(f"{BASE}/changes/{change_id}/migration", json={})
    assert ordered.status_code == 202, ordered.json
    work()
    return str(ordered.json["id"])


def undone(city: Any, migration_id: str, work: Callable[[], None]) -> None:
    assert city.post(f"{BASE}/migrations/{migration_id}/undo").status_code == 202
    work()


def test_managed_areas_show_their_towns_and_which_are_to_be_confirmed(
    regional: Platform, as_principal: Callable[..., Any]
) -> None:
    city = as_principal(division="4115")
    run = {one["name"]: one["area_unsure"] for one in city.get(f"{BASE}?under=411503M01").json}
    assert "羊山街道" in run and all(run.values())
    towns = [one for county in ("411502", "411503", "411526") for one in city.get(f"{BASE}?under={county}").json]
    areas = [one for one in towns if one["kind"] == "managed"]
    assert len(areas) == 5 and all(city.get(f"{BASE}?under={one['code']}").json for one in areas)
    named = {"code": "411503001", "name": "羊山街道", "kind": "statutory", "area": "411503M01"}
    changed(city, {"kind": "rename", "effective": "2025-06-01", "sources": ["411503001"], "targets": [named]})
    assert city.get(f"{BASE}/411503001").json["area_unsure"] is False


def test_a_town_that_goes_to_another_county_takes_its_institutions_and_their_keeper_along(
    regional: Platform, hospital: Callable[..., int], work: Callable[[], None], as_principal: Callable[..., Any]
) -> None:
    unit = hospital(1, division_code=OTHER)
    city, old, new = as_principal(division="4115"), as_principal(division="411502"), as_principal(division="411503")
    seen = old.get(f"/api/v1/institutions/{unit}").json
    migration = migrated(city, changed(city, OVER), work)
    assert old.get(f"/api/v1/institutions/{unit}").status_code == 404
    assert new.get(f"/api/v1/institutions/{unit}").json["manager_code"] == "411503000000"
    known = ("name", "category", "code", "valid_from", "revision")
    entry = {**{name: seen[name] for name in known}, "division_code": "411503010", "phone": "0376-1"}
    assert new.put(f"/api/v1/institutions/{unit}", json=entry).status_code == 200
    undone(city, migration, work)
    assert old.get(f"/api/v1/institutions/{unit}").json["manager_code"] == "411502000000"


def test_rights_within_a_unit_follow_it_and_rights_over_a_merged_town_do_not_grow(
    regional: Platform, hospital: Callable[..., int], work: Callable[[], None], as_principal: Callable[..., Any]
) -> None:
    unit = hospital(1, division_code=OTHER)
    with regional.database.unit_of_work(system_scope("test")) as session:
        install_definitions(session, regional)
        place = Unit(unit, "第1人民医院", OTHER)
        open_account(session, NewAccount("unit", "单位管理员", identity_number(7), "unit_administrator", OTHER, place))
        open_account(session, NewAccount("town", "乡镇管理员", identity_number(8), "commission_administrator", OTHER))
    city = as_principal(division="4115")
    migration = migrated(city, changed(city, dict(MERGE)), work)
    assert _prefixes(regional) == {"unit": {TOWN[:9]}, "town": {OTHER[:9]}}
    undone(city, migration, work)
    assert _prefixes(regional) == {"unit": {OTHER[:9]}, "town": {OTHER[:9]}}


def test_rights_over_a_town_follow_when_it_only_gets_another_code(
    regional: Platform, work: Callable[[], None], as_principal: Callable[..., Any]
) -> None:
    with regional.database.unit_of_work(system_scope("test")) as session:
        install_definitions(session, regional)
        open_account(session, NewAccount("town", "乡镇管理员", identity_number(8), "commission_administrator", OTHER))
    city = as_principal(division="4115")
    migrated(city, changed(city, {**OVER, "targets": [{"code": "411502019", "name": "民权街道"}]}), work)
    assert _prefixes(regional) == {"town": {"411502019"}}


def _prefixes(platform: Platform) -> dict[str, set[str]]:
    with platform.database.unit_of_work(system_scope("test")) as session:
        found: dict[str, set[str]] = {}
        for row, login in session.execute(select(Grant, User.login_name).join(User, User.id == Grant.grantee_id)):
            assert genuine(session, row), "a moved right is sealed anew"
            found.setdefault(login, set()).add(row.prefix)
        return found


def test_a_reviewer_sends_single_records_elsewhere_by_file(
    regional: Platform, hospital: Callable[..., int], work: Callable[[], None], as_principal: Callable[..., Any]
) -> None:
    first, second = hospital(1, division_code=TOWN), hospital(2, division_code=TOWN)
    city = as_principal(division="4115")
    change_id = changed(city, SPLIT)
    file = city.get(f"{BASE}/changes/{change_id}/migration/review.xlsx").data
    book = load_workbook(io.BytesIO(file))
    rows = list(book.active.iter_rows())
    assert [cell.value for cell in rows[0]] == ["登记类别", "编号", "名称", "原区划", "可选去向", "去向"]
    for row in rows[1:]:
        if row[0].value == "机构" and row[1].value == str(second):
            row[5].value = row[4].value.split("；")[1]
    filled = io.BytesIO()
    book.save(filled)
    sent = {"file": (io.BytesIO(filled.getvalue()), "核对.xlsx")}
    assert city.post(f"{BASE}/changes/{change_id}/migration/review", data=sent).status_code == 202
    work()
    with regional.database.unit_of_work(system_scope("test")) as session:
        places = {row.id: row.division_code for row in session.scalars(select(Institution))}
    assert places == {first: TOWN, second: "411502011000"}


def test_what_belongs_to_an_institution_goes_where_its_institution_is_sent(
    regional: Platform, hospital: Callable[..., int], work: Callable[[], None], as_principal: Callable[..., Any]
) -> None:
    unit, new_town = hospital(1, division_code=TOWN), "411502011000"
    city = as_principal(division="4115")
    assert city.post("/api/v1/staff", json=staff_entry(unit)).status_code == 201
    beds = {"institution_id": str(unit), "kind": "bed", "name": "床位", "quantity": 4, "valid_from": "2024-01-01"}
    assert city.post("/api/v1/resources", json=beds).status_code == 201
    assert city.post(f"/api/v1/institutions/{unit}/delegate", json={"manager_code": TOWN}).status_code == 200
    with regional.database.unit_of_work(system_scope("test")) as session:
        install_definitions(session, regional)
        place = Unit(unit, "第1人民医院", TOWN)
        open_account(session, NewAccount("unit", "单位管理员", identity_number(7), "unit_administrator", TOWN, place))
        open_account(session, NewAccount("town", "乡镇管理员", identity_number(8), "commission_administrator", TOWN))
    change_id = changed(city, SPLIT)
    preview = city.get(f"{BASE}/changes/{change_id}/migration").json
    assert {one["label"] for one in preview["moves"] if one["unsure"]} == {"机构", "账号"}, "only what somebody decides about"
    chosen = {"overrides": {"registry.institution": {str(unit): new_town}}}
    ordered = city.post(f"{BASE}/changes/{change_id}/migration", json=chosen).json["id"]
    work()
    assert _belongings(regional, unit) == {new_town}
    undone(city, ordered, work)
    assert _belongings(regional, unit) == {TOWN}


def _belongings(platform: Platform, unit: int) -> set[str | None]:
    """The divisions of an institution, of who keeps it, and of everything that belongs to it."""
    with platform.database.unit_of_work(system_scope("test")) as session:
        row = session.get_one(Institution, unit)
        found = {row.division_code, row.manager_code}
        for model in (Staff, StaffPost, Resource, InstitutionEvent, User, Grant):
            codes = set(session.scalars(select(model.division_code).where(model.institution_id == unit)))
            assert codes, model
            found |= codes
        return found


def test_a_village_under_another_town_changes_the_keeper_within_its_level_and_back(
    regional: Platform, hospital: Callable[..., int], work: Callable[[], None], as_principal: Callable[..., Any]
) -> None:
    city = as_principal(division="4115")
    named = {"code": "411502001901", "name": "试验村"}
    changed(city, {"kind": "create", "effective": "2025-01-01", "sources": [], "targets": [named]})
    unit = hospital(1, division_code=named["code"])
    assert city.post(f"/api/v1/institutions/{unit}/delegate", json={"manager_code": TOWN}).status_code == 200
    away = {"kind": "move", "effective": "2025-06-01", "sources": [named["code"]]}
    migration = migrated(city, changed(city, {**away, "targets": [{"code": "411502002901", "name": "试验村"}]}), work)
    assert city.get(f"/api/v1/institutions/{unit}").json["manager_code"] == OTHER
    undone(city, migration, work)
    assert city.get(f"/api/v1/institutions/{unit}").json["manager_code"] == TOWN


def test_a_wrong_review_file_is_refused_whole(
    regional: Platform, hospital: Callable[..., int], as_principal: Callable[..., Any]
) -> None:
    hospital(1, division_code=TOWN)
    city = as_principal(division="4115")
    change_id = changed(city, SPLIT)
    for line in ("机构,1,411525001", "楼房,1,411502011", "机构,x,411502011"):
        sent = {"file": (io.BytesIO(f"登记类别,编号,去向\n{line}\n".encode()), "核对.csv")}
        assert city.post(f"{BASE}/changes/{change_id}/migration/review", data=sent).status_code == 422, line
    assert city.get(f"{BASE}/migrations").json == []


def test_an_undo_waits_for_the_migration_that_moved_its_records_on(
    regional: Platform, hospital: Callable[..., int], work: Callable[[], None], as_principal: Callable[..., Any]
) -> None:
    hospital(1, division_code=OTHER)
    city = as_principal(division="4115")
    first = migrated(city, changed(city, dict(MERGE)), work)
    again = {"kind": "move", "effective": "2025-09-01", "sources": [TOWN], "targets": [{"code": "411502019", "name": "新老城"}]}
    second = migrated(city, changed(city, again), work)
    refused = city.post(f"{BASE}/migrations/{first}/undo")
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "division.moved_on")
    undone(city, second, work)
    undone(city, first, work)


def test_last_years_report_keeps_last_years_shape_after_the_records_have_moved(
    regional: Platform, hospital: Callable[..., int], work: Callable[[], None], as_principal: Callable[..., Any]
) -> None:
    unit = hospital(1, division_code=OTHER)
    city = as_principal(division="4115")
    beds = {"institution_id": str(unit), "kind": "bed", "name": "床位", "quantity": 40, "valid_from": "2024-01-01"}
    assert city.post("/api/v1/resources", json=beds).status_code == 201

    def beds_of(day: str, more: str = "") -> dict[str, int]:
        found = city.get(f"/api/v1/resources/by-area?day={day}&level=9{more}").json
        return {one["key"]: one["quantity"] for one in found}

    before = beds_of("2024-12-31")
    migration = migrated(city, changed(city, dict(MERGE)), work)
    assert beds_of("2024-12-31") == before == {OTHER: 40}, "as it was then"
    assert beds_of("2024-12-31", "&shape_year=2025") == {TOWN: 40}, "as it is now"
    assert beds_of(clock.today().isoformat()) == {TOWN: 40}
    undone(city, migration, work)
    assert beds_of("2024-12-31") == before
