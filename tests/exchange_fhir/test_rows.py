"""What came by HL7 v2 or the data API is served as FHIR of its person: read, searched, and within ``$everything``."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhirclient import client as smart
from fhirclient.models.observation import Observation

from empi.api import patient_key, persons_of
from etl.api import Sender, Upload, accept
from exchange.fhir.checking import check, dump, parse
from health_platform.kernel.scope import system_scope
from tests.exchange_fhir.conftest import Hospital
from tests.exchange_fhir.samples import observation, patient

pytestmark = pytest.mark.system("A11", "A16")

DAY = "2026-03-01 08:00:00"
PERSON = {"patientId": "P1"}
UPLOADS: dict[str, list[dict[str, Any]]] = {
    "emr_patient_info": [{"id": "P1", "genderCode": "1", "birthDate": "1980-05-06"}],
    "visit": [{**PERSON, "visitNo": "V1", "visitKind": "4", "startedAt": DAY, "diagnosisText": "肺炎"}],
    "diagnosis": [
        {**PERSON, "diagnosisNo": "D1", "visitNo": "V1", "diagnosis": "J18.9", "diagnosisText": "肺炎", "diagnosedAt": DAY}
    ],
    "allergy": [{**PERSON, "allergyNo": "A1", "allergenText": "青霉素", "recordedOn": "2026-03-01"}],
    "emr_ex_lab": [{**PERSON, "id": "L1", "examinationReportDate": DAY, "serialNumber": "V1"}],
    "emr_ex_lab_item": [
        {"id": "L1.1", "exLabId": "L1", "itemCode": "GLU", "itemName": "血糖", "examinationQuantification": "5.6",
         "examinationQuantificationUnit": "mmol/L"},
        {"id": "L1.2", "exLabId": "L1", "itemCode": "K", "itemName": "钾", "examinationQuantification": "4.1"},
    ],
    "emr_order": [{**PERSON, "id": "O1", "prescriptionIssuanceDate": DAY}],
    "emr_order_item": [{"id": "O1.1", "orderId": "O1", "drugCode": "X1", "drugName": "阿莫西林", "drugDosageCode": "0.5"}],
    "vaccination": [{**PERSON, "vaccinationNo": "I1", "vaccineText": "流感疫苗", "vaccinatedAt": DAY}],
}  # fmt: skip


def name_of(hospital: Hospital) -> str:
    """Somebody whom no other hospital of these tests knows."""
    return "".join(chr(0x5000 + hospital.institution_id * step % 4000) for step in (1, 37, 101))


@pytest.fixture
def person(hospital: Hospital) -> int:
    """A patient of whom the hospital sent rows by the data API; nothing came as FHIR."""
    sender = Sender(hospital.institution_id, "411502000000")
    name_of_its_own = {"patientName": name_of(hospital), "birthDate": f"19{40 + hospital.institution_id % 60}-05-06"}
    with hospital.platform.database.unit_of_work(system_scope("test")) as session:
        for name, rows in UPLOADS.items():
            accept(
                session,
                Upload(
                    sender,
                    name,
                    f"m-{name}",
                    json.dumps([{**row, **name_of_its_own} for row in rows]).encode(),
                    "json",
                    source="data_api",
                ),
            )
    hospital.work()
    hospital.work()
    key = patient_key(str(hospital.institution_id), "P1")
    with hospital.platform.database.unit_of_work(system_scope("test")) as session:
        return persons_of(session, [key])[key]


def everything(hospital: Hospital, url: str) -> list[dict[str, Any]]:
    """All pages of a bundle."""
    found: list[dict[str, Any]] = []
    while url:
        status, body, _ = hospital.call("GET", url)
        assert status == 200, body
        found += [entry["resource"] for entry in body.get("entry", ())]
        url = next((link["url"].split("/fhir/R4")[1] for link in body["link"] if link["relation"] == "next"), "")
    return found


def test_everything_of_a_person_whose_rows_came_by_other_ways(hospital: Hospital, person: int) -> None:
    found = everything(hospital, f"/Patient/person-{person}/$everything?_count=3")
    kinds = sorted(one["resourceType"] for one in found)
    assert kinds == [
        "AllergyIntolerance", "Condition", "DiagnosticReport", "Encounter", "Immunization", "MedicationRequest",
        "Observation", "Observation", "Patient",
    ]  # fmt: skip
    assert len({(one["resourceType"], one["id"]) for one in found}) == len(found)
    for one in found:
        assert check(parse(dump(one)))["resourceType"] == one["resourceType"]
        if one["resourceType"] != "Patient":
            subject = one.get("subject") or one["patient"]
            assert subject == {"reference": f"Patient/person-{person}"}
            assert one["meta"]["source"] == "urn:way-in:data_api"
            assert hospital.call("GET", f"/{one['resourceType']}/{one['id']}")[1] == one
    only = everything(hospital, f"/Patient/person-{person}/$everything?_type=Condition")
    assert [one["code"]["coding"][0]["code"] for one in only] == ["J18.9"]
    assert only[0]["encounter"]["identifier"]["value"] == "V1"


@pytest.mark.parametrize(
    ("criteria", "names"),
    [
        ("", ["血糖", "钾"]),
        ("&code=GLU", ["血糖"]),
        ("&code=GLU,K", ["血糖", "钾"]),
        ("&code=http://loinc.org|GLU", []),
        ("&category=laboratory", ["血糖", "钾"]),
        ("&category=vital-signs", []),
        ("&_count=1&_offset=1", ["钾"]),
        ("&status=final&code=K", ["钾"]),
        ("&code:not=K", []),  # a modifier is not judged on rows: nothing rather than too much
    ],
)
def test_rows_are_searched_by_patient_and_criteria(hospital: Hospital, person: int, criteria: str, names: list[str]) -> None:
    for patient_of in (f"person-{person}", f"Patient/person-{person}"):
        _, body, _ = hospital.call("GET", f"/Observation?patient={patient_of}{criteria}")
        found = [entry["resource"]["code"]["text"] for entry in body.get("entry", ())]
        assert sorted(found) == sorted(names) or ("_count" in criteria and len(found) == 1 and body["total"] == 2)


def test_stored_resources_and_rows_stand_in_one_answer(hospital: Hospital, person: int) -> None:
    number = {"identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": "P1"}]}
    stored = hospital.create({**patient(), **number, "name": [{"text": name_of(hospital)}]})
    hospital.create(observation(f"Patient/{stored['id']}"))
    hospital.work()
    by_stored = everything(hospital, f"/Observation?patient={stored['id']}")
    assert [one["code"].get("text") for one in by_stored if one["id"].startswith("row-")] == ["血糖", "钾"] or len(by_stored) == 3
    assert len(by_stored) == len(everything(hospital, f"/Observation?patient=person-{person}")) == 3
    found = everything(hospital, f"/Patient/{stored['id']}/$everything?_count=4")
    assert sum(one["resourceType"] == "Observation" for one in found) == 3  # what came as FHIR is not made again
    assert sum(one["resourceType"] == "Encounter" for one in found) == 1


def test_nobody_else_sees_them(hospital: Hospital, new_hospital: Any, person: int) -> None:
    row = everything(hospital, f"/Condition?patient=person-{person}")[0]
    stranger = new_hospital("420100")
    assert stranger.call("GET", f"/Condition/{row['id']}")[0] == 404
    assert stranger.call("GET", f"/Patient/person-{person}/$everything")[0] == 404
    assert stranger.call("GET", f"/Condition?patient=person-{person}")[1]["total"] == 0
    for wrong in ("row-", "row-1", "row-zz-1", f"{row['id'][:-1]}x", "row-" + "f" * 40, f"row-{'f' * 16}-{'0' * 24}"):
        assert hospital.call("GET", f"/Condition/{wrong}")[0] == 404
    assert hospital.call("GET", f"/Observation/{row['id']}")[0] == 404


def test_the_smart_client_reads_them(hospital: Hospital, fhir_server: str, person: int) -> None:
    client = smart.FHIRClient(settings={"app_id": "test", "api_base": fhir_server})
    client.server.session.headers.update(dict(hospital.client.caller_headers))
    found = Observation.where({"patient": f"person-{person}", "code": "GLU"}).perform_resources(client.server)
    assert [(one.code.text, one.valueQuantity.value, one.valueQuantity.unit) for one in found] == [("血糖", 5.6, "mmol/L")]
    assert Observation.read(found[0].id, client.server).as_json() == found[0].as_json()
