"""Registration as a service, and health resources."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from health_platform.kernel.outbox import OutboxEvent
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.sheets import Heading, read_table
from registry.standards.systems import terms_of, version
from tests.registry.conftest import credit_code, identity_number

pytestmark = pytest.mark.system("A05", "G02")

BASE = "/api/v1/registrations"


def offer(reference: str = "r1", **changes: Any) -> dict[str, Any]:
    payload = {
        "name": "民营医院",
        "category": "A100",
        "division_code": "411502",
        "code": credit_code(1),
        "valid_from": "2020-01-01",
        **changes,
    }
    return {
        "reference": reference,
        "kind": "institution",
        "payload": payload,
        "identifiers": [{"scheme": "his-a", "value": "H001"}],
    }


def test_a_provider_submits_and_a_manager_accepts(regional: Platform, as_principal: Callable[..., Any]) -> None:
    provider = as_principal(division="411502", permissions={"registry.submission.submit", "registry.submission.read"})
    manager = as_principal(division="411502")
    wrong = provider.post(BASE, json=offer(code=credit_code(1)[:-1] + "I"))
    assert wrong.status_code == 202 and wrong.json["state"] == "faulty"
    assert wrong.json["faults"][0]["findings"][0]["rule"] == "credit_code_wrong"
    assert manager.post(f"{BASE}/{wrong.json['id']}/accept", json={}).status_code == 409
    right = provider.post(BASE, json=offer())
    assert (right.json["id"], right.json["state"]) == (wrong.json["id"], "submitted")
    assert manager.get("/api/v1/institutions").json["total"] == 0
    assert provider.post(f"{BASE}/{right.json['id']}/accept", json={}).status_code == 403
    done = manager.post(f"{BASE}/{right.json['id']}/accept", json={}).json
    assert done["state"] == "accepted" and done["entity_id"]
    for query in ("value=H001&scheme=his-a", f"value={credit_code(1)}"):
        found = provider.get(f"{BASE}/resolve?kind=institution&{query}").json
        assert found["entity_id"] == done["entity_id"] and len(found["identifiers"]) == 3
    assert provider.post(BASE, json=offer()).status_code == 409
    with regional.database.unit_of_work(system_scope("test")) as session:
        assert "registry.entity_changed" in set(session.scalars(select(OutboxEvent.name)))


def test_an_update_finds_its_entity_by_any_external_id(regional: Platform, as_principal: Callable[..., Any]) -> None:
    manager = as_principal(division="411502")
    first = manager.post(BASE, json=offer("a")).json
    entity = manager.post(f"{BASE}/{first['id']}/accept", json={}).json["entity_id"]
    second = manager.post(BASE, json=offer("b", name="民营医院(新)")).json
    assert manager.post(f"{BASE}/{second['id']}/accept", json={}).json["entity_id"] == entity
    assert manager.get(f"/api/v1/institutions/{entity}").json["name"] == "民营医院(新)"


def test_a_rejection_says_why_and_stays_in_its_part(regional: Platform, as_principal: Callable[..., Any]) -> None:
    manager, other = as_principal(division="411502"), as_principal(division="411503")
    sent = manager.post(BASE, json=offer()).json
    assert other.get(f"{BASE}/{sent['id']}").status_code == 404
    assert manager.post(f"{BASE}/{sent['id']}/reject", json={}).status_code == 422
    back = manager.post(f"{BASE}/{sent['id']}/reject", json={"note": "材料不全"}).json
    assert (back["state"], back["note"]) == ("rejected", "材料不全")


def test_terms_asked_for_one_after_another_come_into_one_draft(seeded: Platform, as_principal: Callable[..., Any]) -> None:
    city, county = as_principal(division="4115"), as_principal(division="411502")
    table = "CV04.50.020_RhD"
    for code, name in (("4", "未查"), ("5", "弱阳性")):
        payload = {"system": table, "label": "2026", "code": code, "name": name}
        asked = county.post(BASE, json={"reference": code, "kind": "term", "payload": payload}).json
        assert asked["state"] == "submitted", asked
        assert county.post(f"{BASE}/{asked['id']}/accept", json={}).status_code == 403, "the table is the city's"
        assert city.post(f"{BASE}/{asked['id']}/accept", json={}).status_code == 200
    with seeded.database.unit_of_work(system_scope("test")) as session:
        draft = terms_of(session, version(session, table, "2026"))
    assert [term.code for term in draft] == ["1", "2", "3", "4", "5"]


def test_a_file_of_submissions_is_handed_in_row_by_row(regional: Platform, as_principal: Callable[..., Any]) -> None:
    provider = as_principal(division="411502", permissions={"registry.submission.submit", "registry.submission.read"})
    rows = (
        f"提交编号,机构名称,统一社会信用代码,机构类别,所在区划,启用日期\nf1,甲诊所,{credit_code(1)},D600,411502,2020-01-01\n"
        f"f2,乙诊所,{credit_code(2)[:-1]}I,D600,411502,2020-01-01\nf3,丙诊所,{credit_code(3)},D600,411502,不详\n"
    )
    sent = {"file": (BytesIO(rows.encode()), "申请.csv"), "kind": "institution"}
    told = provider.post(f"{BASE}/import", data=sent).json
    assert told["added"] == 1 and [one["row"] for one in told["findings"]] == [3, 4]
    listed = {one["reference"]: one["state"] for one in provider.get(BASE).json["rows"]}
    assert listed == {"f1": "submitted", "f2": "faulty", "f3": "faulty"}
    book = load_workbook(BytesIO(provider.get(f"{BASE}/export?state=faulty").data))
    assert [cell.value for cell in book.active[2]][:3] == ["f2", "机构", "有错误"]


def test_the_openapi_document_describes_the_service(regional: Platform, as_principal: Callable[..., Any], app: Any) -> None:
    paths = app.extensions["openapi"].document()["paths"]
    assert "/api/v1/registrations" in paths and "post" in paths["/api/v1/registrations"]
    assert "/api/v1/divisions/resolve" in paths


def test_institutions_of_one_name_are_counted_apart(
    regional: Platform, hospital: Callable[..., int], as_principal: Callable[..., Any]
) -> None:
    city, base = as_principal(division="4115"), "/api/v1/resources"
    for serial, place, beds in ((1, "411502000000", 40), (2, "411503001000", 10)):
        unit = hospital(serial, name="城关镇卫生院", division_code=place)
        bed = {"institution_id": str(unit), "kind": "bed", "name": "床位", "quantity": beds, "valid_from": "2025-01-01"}
        assert city.post(base, json=bed).status_code == 201
    sheet = (Heading("basis", "口径"), Heading("key", "名称"), Heading("bed", "床位(张)"))
    lines = read_table(city.get(f"{base}/statistics.xlsx?day=2026-06-01").data, sheet)
    units = {one["key"]: one["bed"] for one in lines if one["basis"] == "机构"}
    assert sorted(units.values()) == ["10", "40"] and any("浉河区" in name for name in units)


def test_resources_are_counted_by_area_and_institution(
    regional: Platform, hospital: Callable[..., int], as_principal: Callable[..., Any]
) -> None:
    first, second = hospital(1), hospital(2, division_code="411503001000")
    city, county = as_principal(division="4115"), as_principal(division="411502")
    base = "/api/v1/resources"
    beds = {
        "institution_id": str(first),
        "kind": "bed",
        "name": "内科床位",
        "category": "A03",
        "quantity": 40,
        "details": {"planned": 45},
        "valid_from": "2025-01-01",
    }
    made = county.post(base, json=beds)
    assert made.status_code == 201
    assert county.post(base, json={**beds, "institution_id": str(second)}).status_code == 404
    city.post(base, json={**beds, "institution_id": str(second), "quantity": 10})
    assert county.post(base, json={**beds, "details": {"colour": "red"}}).status_code == 422
    changed = county.put(f"{base}/{made.json['id']}", json={"day": "2026-01-01", "quantity": 60})
    assert changed.status_code == 200

    def sums(day: str) -> dict[str, int]:
        return {one["key"]: one["quantity"] for one in city.get(f"{base}/by-area?day={day}").json}

    assert sums("2025-06-01") == {"411502000000": 40, "411503000000": 10}
    assert sums("2026-06-01") == {"411502000000": 60, "411503000000": 10}
    names = {one["key"] for one in county.get(f"{base}/by-institution?day=2026-06-01").json}
    assert names == {"第1人民医院"}
    sheet = (Heading("basis", "口径"), Heading("key", "名称"), Heading("bed", "床位(张)"))
    lines = read_table(city.get(f"{base}/statistics.xlsx?day=2026-06-01").data, sheet)
    assert [(one["basis"], one["bed"]) for one in lines] == [("地区", "60"), ("地区", "10"), ("机构", "60"), ("机构", "10")]
    assert city.get(f"{base}/export").data[:2] == b"PK"


def test_an_identity_number_is_kept_sealed_and_never_shown_whole(
    hospital: Callable[..., int], regional: Platform, as_principal: Callable[..., Any]
) -> None:
    manager, number = as_principal(division="411502"), identity_number(5)
    person = {"name": "王五", "category": "other", "employed_on": "2020-01-01", "phone": "13800000000"}
    payload = {**person, "institution_id": str(hospital(1)), "id_number": number}
    sent = manager.post(BASE, json={"reference": "s", "kind": "staff", "payload": payload})
    assert sent.json["state"] == "submitted", sent.json
    assert number not in sent.text + manager.get(BASE).text and "13800000000" not in sent.text
    with regional.database.engine.connect() as connection:
        stored = str(connection.exec_driver_sql("SELECT payload, secret FROM reg_submission").one())
    assert number not in stored and "王五" in stored
    entity = manager.post(f"{BASE}/{sent.json['id']}/accept", json={}).json["entity_id"]
    found = as_principal(division="411502").get(f"/api/v1/staff?text={number}").json["rows"]
    assert [one["id"] for one in found] == [entity]
