"""Health files: numbers, the trail, moving, sealing on death, merging, wishes taken down at the counter, corrections."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from empi.api import Actor, RawIdentity, Ruling, merge, register, unmerge
from etl.api import Sender, Upload, accept, ensure_tables
from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict
from health_platform.kernel.jobs import Worker
from health_platform.kernel.outbox import publish
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, Scope, system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.records.api import Section, open_record
from health_platform.records.filing.api import PersonDied, announce_death, file_of, migrate_files
from health_platform.records.filing.models import FileEntry, HealthFile
from health_platform.records.filing.numbers import proposed
from tests.support.principals import CallerClient

pytestmark = pytest.mark.system("A08")

FILES = "/api/v1/records/files"
VILLAGE, OTHER_VILLAGE, FAR_VILLAGE = "411502001201", "411502001202", "411525003004"
AsPrincipal = Callable[..., CallerClient]


def resident(platform: Platform, number: str = "11010519491231002X", name: str = "张建国", local: str = "p1") -> int:
    """A person the index knows from one hospital of the county."""
    raw = RawIdentity(
        "1", local, name=name, id_type="01", id_no=number, gender="1", division_code="411502000000", institution_id=1
    )
    with platform.database.unit_of_work(system_scope("test")) as session:
        return register(session, [raw])[0].person_id


def opened(client: CallerClient, person: int, village: str = VILLAGE) -> dict[str, Any]:
    answer = client.post(FILES, json={"person_id": str(person), "division_code": village, "doctor_name": "李明"})
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def trail(client: CallerClient, file: dict[str, Any]) -> list[dict[str, Any]]:
    return list(client.get(f"{FILES}/{file['id']}").json["trail"])


def test_a_file_gets_a_number_of_seventeen_digits_in_its_village(platform: Platform, as_principal: AsPrincipal) -> None:
    county = as_principal(division="411502")
    first = opened(county, resident(platform))
    second = opened(county, resident(platform, "440524198001010013", "欧阳秀英", "p2"))
    assert [first["number"], second["number"]] == ["41150200110100001", "41150200110100002"]
    again = county.post(FILES, json={"person_id": first["person_id"], "division_code": VILLAGE})
    assert (again.status_code, again.json["error"]["facts"]["number"]) == (409, first["number"])
    town = county.post(FILES, json={"person_id": first["person_id"], "division_code": "411502001000"})
    assert town.status_code in (409, 422)
    unknown = county.post(FILES, json={"person_id": "4711", "division_code": VILLAGE})
    assert unknown.json["error"]["code"] == "file.person"


@given(st.lists(st.integers(1, 999), min_size=1, max_size=120, unique=True))
def test_villages_of_one_township_never_share_a_number(statistical: list[int]) -> None:
    taken: set[int] = set()
    for number in statistical:
        try:
            given_number = proposed(number, taken)
        except Conflict:
            assert len(taken) >= 99
            continue
        assert given_number not in taken and (given_number in range(1, 200) or given_number in range(901, 1000))
        taken.add(given_number)


def test_the_digits_of_a_village_can_be_set_and_are_its_own(platform: Platform, as_principal: AsPrincipal) -> None:
    county = as_principal(division="411502")
    place = county.post("/api/v1/records/villages", json={"division_code": VILLAGE, "number": 7})
    assert place.json["prefix"] == "411502001007"
    assert opened(county, resident(platform))["number"] == "41150200100700001"
    taken = county.post("/api/v1/records/villages", json={"division_code": OTHER_VILLAGE, "number": 7})
    assert taken.json["error"]["code"] == "file.village_taken"
    assert (
        as_principal(division="411525").post("/api/v1/records/villages", json={"division_code": VILLAGE, "number": 8}).status_code
        == 404
    )


def test_corrections_keep_what_stood_there(platform: Platform, as_principal: AsPrincipal) -> None:
    county = as_principal(division="411502", name="周护士")
    file = opened(county, resident(platform))
    body = {"doctor_name": "王芳", "reason": "责任医师调整"}
    assert county.post(f"{FILES}/{file['id']}/correct", json=body).json["doctor_name"] == "王芳"
    newest = trail(county, file)[0]
    assert (newest["action"], newest["before"], newest["after"]) == ("correct", {"doctor_name": "李明"}, {"doctor_name": "王芳"})
    assert (newest["actor_name"], newest["reason"]) == ("周护士", "责任医师调整")
    assert county.post(f"{FILES}/{file['id']}/correct", json=body).json["error"]["code"] == "file.nothing"


def test_archiving_and_sealing_allow_only_what_makes_sense(platform: Platform, as_principal: AsPrincipal) -> None:
    county = as_principal(division="411502")
    file = opened(county, resident(platform))
    path = f"{FILES}/{file['id']}"
    reason = {"reason": "外出务工失访"}
    assert county.post(f"{path}/archive", json=reason).json["state"] == "archived"
    assert county.post(f"{path}/correct", json={**reason, "doctor_name": "X"}).status_code == 409
    assert county.post(f"{path}/reopen", json=reason).json["state"] == "open"
    ahead = (clock.today() + timedelta(days=1)).isoformat()
    assert county.post(f"{path}/seal", json={**reason, "died_on": ahead}).json["error"]["code"] == "file.died"
    sealed = county.post(f"{path}/seal", json={**reason, "died_on": "2026-01-02"}).json
    assert (sealed["state"], sealed["died_on"]) == ("sealed", "2026-01-02")
    assert county.post(f"{path}/move", json={**reason, "division_code": OTHER_VILLAGE}).status_code == 409
    assert county.post(f"{path}/unseal", json=reason).json["state"] == "open"
    assert [entry["action"] for entry in trail(county, file)] == ["unseal", "seal", "reopen", "archive", "open"]


def test_a_file_moves_to_another_county_and_its_old_number_finds_it(platform: Platform, as_principal: AsPrincipal) -> None:
    old, new, city = as_principal(division="411502"), as_principal(division="411525"), as_principal(division="4115")
    file = opened(old, resident(platform))
    moved = old.post(f"{FILES}/{file['id']}/move", json={"division_code": FAR_VILLAGE, "reason": "随子女居住"}).json
    assert moved["number"] == "41152500300400001"
    assert old.get(FILES).json["total"] == 0 and new.get(FILES).json["total"] == 1
    assert city.get(f"{FILES}?number={file['number']}").json["items"][0]["number"] == moved["number"]
    assert [entry["action"] for entry in trail(new, file)] == ["arrive"]
    assert [entry["action"] for entry in trail(city, file)] == ["arrive", "leave", "open"]


def test_a_change_of_divisions_takes_files_along_with_their_numbers(platform: Platform, as_principal: AsPrincipal) -> None:
    county = as_principal(division="411502")
    file = opened(county, resident(platform))
    with platform.database.unit_of_work(system_scope("test")) as session:
        migrate_files(session, {int(file["id"]): OTHER_VILLAGE}, "行政区划调整")
    after = county.get(f"{FILES}/{file['id']}").json
    assert (after["file"]["division_code"], after["file"]["number"]) == (OTHER_VILLAGE, file["number"])
    assert after["trail"][0]["action"] == "division"


def test_a_registered_death_seals_the_file_once(platform: Platform, as_principal: AsPrincipal) -> None:
    county = as_principal(division="411502")
    person = resident(platform)
    file = opened(county, person)
    with platform.database.unit_of_work(system_scope("test")) as session:
        announce_death(session, person, date(2026, 3, 4), "死亡医学证明 D-1")
        publish(session, PersonDied(person, "2026-03-04", "公安死亡注销"))
        announce_death(session, 4711, date(2026, 3, 4), "没有档案的人")
    Worker(platform).drain()
    after = county.get(f"{FILES}/{file['id']}").json
    assert (after["file"]["state"], after["file"]["died_on"]) == ("sealed", "2026-03-04")
    assert [entry["reason"] for entry in after["trail"] if entry["action"] == "seal"] == ["死亡医学证明 D-1"]


def test_files_follow_a_merge_and_its_undoing(platform: Platform, as_principal: AsPrincipal) -> None:
    county = as_principal(division="411502")
    first, second = resident(platform), resident(platform, "440524198001010013", "欧阳秀英", "p2")
    files = {person: opened(county, person) for person in (first, second)}
    ruling = Ruling(Actor("person", "管理员", 1), "同一人")
    with platform.database.unit_of_work(system_scope("test")) as session:
        outcome = merge(session, first, second, ruling)
    Worker(platform).drain()
    gone = second if outcome.person_id == first else first
    merged = county.get(f"{FILES}/{files[gone]['id']}").json["file"]
    assert (merged["state"], merged["merged_into"], merged["person_id"]) == (
        "merged", files[outcome.person_id]["id"], str(outcome.person_id),
    )  # fmt: skip
    with platform.database.unit_of_work(system_scope("test")) as session:
        assert file_of(session, outcome.person_id).number == files[outcome.person_id]["number"]  # type: ignore[union-attr]
        unmerge(session, outcome.decision_id, ruling)
    Worker(platform).drain()
    restored = county.get(f"{FILES}/{files[gone]['id']}").json["file"]
    assert (restored["state"], restored["person_id"], restored["merged_into"]) == ("open", str(gone), None)


def test_a_wish_taken_down_at_the_counter_is_the_portals(platform: Platform, as_principal: AsPrincipal) -> None:
    county = as_principal(division="411502")
    file = opened(county, resident(platform))
    wish = {"kinds": ["charge", "examination"], "reason": "书面申请 2026-11"}
    assert county.post(f"{FILES}/{file['id']}/wishes", json=wish).status_code == 200
    entry = trail(county, file)[0]
    assert (entry["action"], entry["after"]) == ("hide", {"hidden": ["charge", "examination"]})
    own = as_principal(kind="resident", person_id=int(file["person_id"]), permissions={"resident.self", "session"},
                       scope=Scope(persons=frozenset({int(file["person_id"])})))  # fmt: skip
    assert own.get("/api/v1/resident/hidden").json == {"kinds": ["charge", "examination"]}
    refused = county.post(f"{FILES}/{file['id']}/wishes", json={**wish, "kinds": ["allergy"]})
    assert refused.status_code == 422


def test_other_counties_find_nothing(platform: Platform, as_principal: AsPrincipal) -> None:
    county, stranger = as_principal(division="411502"), as_principal(division="411525")
    file = opened(county, resident(platform))
    assert stranger.get(FILES).json == {"items": [], "total": 0}
    for path, body in (("", None), ("/archive", {"reason": "无权"}), ("/seal", {"reason": "无权", "died_on": "2026-01-01"})):
        answer = stranger.post(f"{FILES}/{file['id']}{path}", json=body) if body else stranger.get(f"{FILES}/{file['id']}")
        assert answer.status_code == 404
    with platform.database.unit_of_work(system_scope("test")) as session:
        assert [row.action for row in session.scalars(select(FileEntry))] == ["open"]
        assert session.scalars(select(HealthFile)).one().state == "open"


def test_an_uploaded_death_report_seals_and_a_wrong_event_is_asked_about(platform: Platform, as_principal: AsPrincipal) -> None:
    ensure_tables(platform.warehouse)
    try:
        county = as_principal(division="411502", institution_id=1)
        person = resident(platform)
        file = opened(county, person)
        upload(platform, "emr_death_info", [{
            "id": "d1", "patient_id": "p1", "patient_name": "张建国", "death_time": "2026-05-06 03:00:00",
            "direct_cause_name": "心肌梗死", "direct_cause_code": "I21.9", "org_name": "县人民医院",
            "operation_time": "2026-05-06 08:00:00",
        }])  # fmt: skip
        Worker(platform).drain()
        sealed = county.get(f"{FILES}/{file['id']}").json
        assert (sealed["file"]["state"], sealed["file"]["died_on"]) == ("sealed", "2026-05-06"), sealed
        assert "县人民医院" in sealed["trail"][0]["reason"]
        ref = visit_ref(platform, person)
        asked = county.post(
            "/api/v1/records/corrections", json={"person_id": str(person), "ref": ref, "problem": "患者仍健在，系错报"}
        )
        assert asked.status_code == 201, asked.json
        waiting = county.get("/api/v1/records/corrections").json
        assert [(row["event_title"], row["institution_name"]) for row in waiting] == [("心肌梗死", "县人民医院")]
        path = f"/api/v1/records/corrections/{waiting[0]['id']}/answer"
        answer = {"state": "done", "answer": "已撤回死亡记录"}
        assert as_principal(division="411525").post(path, json=answer).status_code == 404
        assert county.post(path, json=answer).json["state"] == "done"
        assert county.get("/api/v1/records/corrections").json == []
    finally:
        platform.warehouse.close()
        stop_endpoint(platform.warehouse.settings)


def upload(platform: Platform, dataset: str, rows: list[dict[str, Any]]) -> None:
    with platform.database.unit_of_work(system_scope("test")) as session:
        content = json.dumps(rows, ensure_ascii=False).encode()
        accept(session, Upload(Sender(1, "411502000000"), dataset, "m1", content, "json", "upsert"))


def visit_ref(platform: Platform, person: int) -> str:

    doctor = Principal(1, "user", "医师", scope=Scope(divisions=("4115",)))
    with platform.database.unit_of_work(doctor.scope) as session:
        return open_record(platform, session, doctor, person).section(Section.VISIT).events[0].ref
