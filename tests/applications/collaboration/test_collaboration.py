"""From a hospital's upload to the list of the place where the patient lives; blood, histories and doses from everywhere."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from empi.api import golden_of, value_of
from health_platform.engine.api import Enrolment, system_desk
from health_platform.kernel import clock
from health_platform.kernel.scope import Scope, system_scope
from tests.applications.hospitals import ADDRESS, TOWN, Hospital
from tests.support.clinic import Clinic, Region
from tests.support.principals import client_for, principal

pytestmark = pytest.mark.system("G06")

_SERIAL = itertools.count(1)


def proposals(region: Region, person: int) -> dict[str, tuple[str, int | None, str]]:
    """Register → (state, institution, note) of a person."""
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        found = session.scalars(select(Enrolment).where(Enrolment.person_id == person))
        return {one.register: (one.state, one.institution_id, one.note or "") for one in found}


def test_a_hospital_diagnosis_is_proposed_where_the_patient_lives(region: Region, hospital: Hospital, centre: Clinic) -> None:
    local, person = hospital.patient("孙大海")
    hospital.diagnose(local, "孙大海", "I10", "原发性高血压")
    state, unit, note = proposals(region, person)["hypertension"]
    assert (state, unit) == ("proposed", centre.who.institution_id)
    assert note == f"{hospital.name} 2025-03-05 诊断：原发性高血压（I10）；按住址“{ADDRESS}”判断"
    listed = centre.get("/hypertension/members", state="proposed")
    assert "孙大海" in str(listed)


def test_a_tumour_and_diabetes_go_into_their_registers_and_nothing_twice(
    region: Region, hospital: Hospital, centre: Clinic
) -> None:
    local, person = hospital.patient("钱二")
    hospital.diagnose(local, "钱二", "C34.9", "肺恶性肿瘤")
    hospital.diagnose(local, "钱二", "E11.9", "2型糖尿病")
    hospital.diagnose(local, "钱二", "C34.9", "肺恶性肿瘤", "2025-03-09")
    found = proposals(region, person)
    assert set(found) == {"tumour", "diabetes"}
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        assert len(session.scalars(select(Enrolment).where(Enrolment.person_id == person)).all()) == 2


def test_whom_the_norm_does_not_serve_and_what_is_uncertain_is_not_proposed(region: Region, hospital: Hospital) -> None:
    local, young = hospital.patient("少年", "2005-01-01")
    hospital.diagnose(local, "少年", "I10", "原发性高血压")
    other, unsure = hospital.patient("不定")
    hospital.diagnose(other, "不定", "I10", "高血压？")
    assert proposals(region, young) == proposals(region, unsure) == {}


def test_of_unknown_home_the_hospital_itself_is_told(region: Region, hospital: Hospital) -> None:
    local, person = hospital.patient("外乡人", address="")
    hospital.diagnose(local, "外乡人", "I10", "原发性高血压")
    state, unit, note = proposals(region, person)["hypertension"]
    assert (state, unit) == ("proposed", hospital.unit) and note.endswith("居住地不明，请核实后移交")


def test_a_proposal_at_the_wrong_place_is_handed_over(region: Region, hospital: Hospital, centre: Clinic) -> None:
    local, person = hospital.patient("孙移交", address="")
    hospital.diagnose(local, "孙移交", "I10", "原发性高血压")
    doctor = region.clinic("411525", hospital.name)
    (found,) = [one for one in doctor.get("/hypertension/members", state="proposed")["rows"] if one["name"] == "孙移交"]
    moved = {"institution_id": str(centre.who.institution_id)}
    doctor.post(f"/hypertension/members/{found['id']}/hand-over", moved, 200)
    assert proposals(region, person)["hypertension"][:2] == ("proposed", centre.who.institution_id)
    assert "孙移交" in str(centre.get("/hypertension/members", state="proposed"))


def test_whoever_takes_a_patient_into_care_reads_what_hospitals_prescribed(
    region: Region, hospital: Hospital, centre: Clinic
) -> None:
    """A township hospital's jurisdiction is its town; what the county hospital prescribed is read by its doctor, by no reader."""
    local, _ = hospital.patient("孙用药")
    hospital.diagnose(local, "孙用药", "I10", "原发性高血压")
    day, order = clock.today().isoformat(), f"R{next(_SERIAL)}"
    hospital.send("emr_order", {
        "id": order, "patient_id": local, "patient_name": "孙用药", "serial_number": f"V{order}", "prescription_no": order,
        "prescription_issuance_date": f"{day} 09:00:00", "prescription_type_code": "1", "org_name": hospital.name,
        "operation_time": f"{day} 09:00:00",
    })  # fmt: skip
    hospital.send("emr_order_item", {
        "id": f"I{order}", "order_id": order, "drug_code": "XC08CAX001", "drug_name": "硝苯地平控释片",
        "operation_time": f"{day} 09:00:00",
    })  # fmt: skip
    (found,) = [one for one in centre.get("/hypertension/members", state="proposed")["rows"] if one["name"] == "孙用药"]
    body = {"answers": {"essential": True}, "day": day}
    centre.post(f"/hypertension/members/{found['id']}/accept", body, 200)

    def page(who: Clinic) -> str:
        client = client_for(region.app, region.platform, region.shelf, who.who)
        return str(client.get(f"/console/apps/hypertension/hypertension/members/{found['id']}").get_data(as_text=True))

    assert "硝苯地平控释片" in page(centre) and hospital.name in page(centre)
    reader = replace(
        centre, who=replace(centre.who, permissions=frozenset({"register.hypertension.read", "program.hypertension.read"}))
    )
    assert "硝苯地平控释片" not in page(reader)


def test_a_newborn_becomes_a_proposal_for_a_vaccination_card(region: Region, hospital: Hospital, centre: Clinic) -> None:
    born = clock.today() - timedelta(days=3)
    local, person = hospital.patient("孙宝宝", born.isoformat())
    hospital.diagnose(local, "孙宝宝", "Z38.0", "单胎活产婴儿", (born + timedelta(days=1)).isoformat())
    assert proposals(region, person)["vaccination"][:2] == ("proposed", centre.who.institution_id)
    other, grown = hospital.patient("孙成人")
    hospital.diagnose(other, "孙成人", "Z38.0", "单胎活产婴儿")
    assert proposals(region, grown) == {}, "coded on the wrong person"


def test_who_moved_away_is_proposed_again_and_who_was_wrong_is_not(region: Region, hospital: Hospital) -> None:
    for name, reason, again in (("孙迁出", "moved", 2), ("孙误诊", "wrong", 1)):
        local, person = hospital.patient(name)
        hospital.diagnose(local, name, "I10", "原发性高血压")
        with region.platform.database.unit_of_work(system_scope("test")) as session:
            row = session.scalars(select(Enrolment).where(Enrolment.person_id == person)).one()
            row.state, row.once_key, row.close_reason, row.closed_on = "closed", None, reason, date(2025, 3, 6)
        hospital.diagnose(local, name, "I10", "原发性高血压", "2025-04-01")
        with region.platform.database.unit_of_work(system_scope("test")) as session:
            assert len(session.scalars(select(Enrolment).where(Enrolment.person_id == person)).all()) == again, name


def test_who_is_managed_already_goes_to_the_same_place(region: Region, hospital: Hospital, centre: Clinic) -> None:
    local, person = hospital.patient("李已管", address="")
    hospital.diagnose(local, "李已管", "I10", "原发性高血压")
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        row = session.scalars(select(Enrolment).where(Enrolment.person_id == person)).one()
        row.state, row.institution_id, row.division_code = "active", centre.who.institution_id, TOWN.ljust(12, "0")
    hospital.diagnose(local, "李已管", "E11.9", "2型糖尿病")
    assert proposals(region, person)["diabetes"][1] == centre.who.institution_id


def test_a_death_in_hospital_starts_a_registration_there(region: Region, hospital: Hospital) -> None:
    local, person = hospital.patient("赵故")
    hospital.report_death(local, "赵故", "2025-03-07", "急性心肌梗死", "I21.9")
    state, unit, note = proposals(region, person)["death"]
    assert (state, unit) == ("proposed", hospital.unit)
    assert "急性心肌梗死（I21.9）" in note and "请填写死亡医学证明" in note


# -- shared facts


def reader(region: Region, person: int, **changes: Any) -> Any:
    who = principal(permissions={"records.view"}, scope=Scope(persons=frozenset({person})), **changes)
    return client_for(region.app, region.platform, region.shelf, who)


def test_blood_groups_of_two_hospitals_that_differ_are_a_conflict(region: Region, hospital: Hospital) -> None:
    local, person = hospital.patient("周血型")
    _blood(hospital, local, "周血型", "ABO血型", "A型")
    path = f"/api/v1/collaboration/persons/{person}/basics"
    told = reader(region, person).get(path).json["blood"]
    assert [(one["kind"], one["agreed"], one["conflict"]) for one in told] == [("ABO", "A型", False), ("Rh", "", False)]
    _blood(hospital, local, "周血型", "ABO血型", "B型", "2025-03-08")
    told = reader(region, person).get(path).json["blood"]
    assert told[0]["agreed"] == "" and told[0]["conflict"] is True and len(told[0]["statements"]) == 2
    assert reader(region, person + 1).get(path).status_code == 404


def _blood(hospital: Hospital, local: str, name: str, title: str, value: str, day: str = "2025-03-05") -> None:
    report = f"L{next(_SERIAL)}"
    at = f"{day} 10:00:00"
    hospital.send("emr_ex_lab", {
        "id": report, "patient_id": local, "patient_name": name, "examination_date": at, "examination_report_date": at,
        "examination_report_no": report, "specimen_category_name": "全血", "org_name": hospital.name, "operation_time": at,
    })  # fmt: skip
    hospital.send("emr_ex_lab_item", {
        "id": f"{report}-1", "ex_lab_id": report, "item_code": "ABO", "item_name": title, "examination_result_name": value,
        "operation_time": at,
    })  # fmt: skip


def test_histories_and_doses_given_anywhere_stand_in_one_list(region: Region, hospital: Hospital) -> None:
    local, person = hospital.patient("吴接种")
    other = Hospital(region)
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        number = by_credential_number(session, person)
    other.send("emr_patient_info", {
        "id": "Z1", "patient_name": "吴接种", "id_card_type_code": "01", "id_card": number, "gender_code": "1",
        "birth_date": "1960-05-01", "org_name": other.name, "operation_time": "2025-03-01 08:00:00",
    })  # fmt: skip
    for place, who, dose, day in ((hospital, local, "1", "2025-01-05"), (other, "Z1", "2", "2025-02-05")):
        place.vaccinate(who, "吴接种", "乙肝疫苗", day, dose)
    other.send("history_item", {
        "history_no": f"I{next(_SERIAL)}", "patient_id": "Z1", "patient_name": "吴接种", "history_kind": "01",
        "history_kind_text": "既往疾病", "problem_text": "胃溃疡", "recorded_on": "2025-02-05", "org_name": other.name,
    })  # fmt: skip
    doses = reader(region, person).get(f"/api/v1/collaboration/persons/{person}/vaccinations").json
    assert [(one["vaccine"], one["dose"], one["institution"], one["source"]) for one in doses] == [
        ("乙肝疫苗", "2", other.name, "record"), ("乙肝疫苗", "1", hospital.name, "record"),
    ]  # fmt: skip
    known = reader(region, person).get(f"/api/v1/collaboration/persons/{person}/basics").json
    assert [one["title"] for one in known["histories"]] == ["胃溃疡"]


def by_credential_number(session: Any, person: int) -> str:
    return value_of(golden_of(session, [person])[person], "id_no")


def test_what_no_institution_manages_is_nobodys_own(region: Region, centre: Clinic) -> None:
    with region.platform.database.unit_of_work(system_scope("test")) as session:
        desk = replace(system_desk(session, region.platform), principal=region.office("411525").who)
        assert not desk.belongs_to(None) and not desk.belongs_to(centre.who.institution_id)
        assert replace(desk, principal=centre.who).belongs_to(centre.who.institution_id)
