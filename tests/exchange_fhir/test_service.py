"""The FHIR service: versions, conditions, bundles, search, scope."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from exchange.fhir.checking import dump, parse
from exchange.fhir.definitions.search import parameters
from exchange.fhir.structures import resource_types
from health_platform.kernel.scope import Scope
from tests.exchange_fhir.conftest import Hospital
from tests.exchange_fhir.samples import bundle, condition, entry, observation, patient

pytestmark = pytest.mark.system("A10", "A11", "A16")


def issue(body: Any) -> tuple[str, str]:
    """Code and place of the first issue of an OperationOutcome."""
    assert body["resourceType"] == "OperationOutcome"
    first = body["issue"][0]
    return first["code"], first.get("expression", [""])[0]


def test_what_is_created_can_be_read(hospital: Hospital) -> None:
    status, created, headers = hospital.call("POST", "/Patient", patient())
    assert (status, headers["ETag"], created["meta"]["versionId"]) == (201, 'W/"1"', "1")
    assert headers["Location"].endswith(f"/fhir/R4/Patient/{created['id']}/_history/1")
    status, found, headers = hospital.call("GET", f"/Patient/{created['id']}")
    assert (status, found, headers["ETag"]) == (200, created, 'W/"1"')
    assert {name: value for name, value in found.items() if name not in ("id", "meta")} == patient()
    assert hospital.call("GET", f"/Patient/{created['id']}", **{"If-None-Match": 'W/"1"'})[0] == 304


def test_versions(hospital: Hospital) -> None:
    identity = hospital.create(patient())["id"]
    url = f"/Patient/{identity}"
    status, body, headers = hospital.call("PUT", url, {**patient(), "id": identity, "active": False}, **{"If-Match": 'W/"1"'})
    assert (status, headers["ETag"], body["active"]) == (200, 'W/"2"', False)
    assert hospital.call("PUT", url, {**patient(), "id": identity}, **{"If-Match": 'W/"1"'})[0] == 412
    assert hospital.call("GET", f"{url}/_history/1")[1].get("active") is None
    assert hospital.call("DELETE", url)[0] == 204
    assert hospital.call("GET", url)[0] == 410
    assert hospital.ids(f"/Patient?_id={identity}") == []
    history = hospital.call("GET", f"{url}/_history")[1]
    assert [one["request"]["method"] for one in history["entry"]] == ["DELETE", "PUT", "POST"]
    assert hospital.call("GET", f"{url}/_history/3")[0] == 410
    assert hospital.call("PUT", url, {**patient(), "id": identity})[0] == 200


def test_ids_are_given_by_the_server(hospital: Hospital) -> None:
    status, body, _ = hospital.call("PUT", "/Patient/mine", {**patient(), "id": "mine"})
    assert (status, issue(body)[0]) == (405, "not-supported")


def test_conditional_create_update_and_delete(hospital: Hospital) -> None:
    condition_ = {"If-None-Exist": "identifier=urn:h|P1"}
    first = hospital.call("POST", "/Patient", patient(), **condition_)
    second = hospital.call("POST", "/Patient", patient(), **condition_)
    assert (first[0], second[0], first[1]["id"]) == (201, 200, second[1]["id"])
    assert hospital.call("PUT", "/Patient?identifier=urn:h|P1", patient(active=True))[1]["meta"]["versionId"] == "2"
    assert hospital.call("PUT", "/Patient?identifier=urn:h|P2", patient("P2"))[0] == 201
    assert hospital.call("PUT", "/Patient?birthdate=1980-05-06", patient())[0] == 412
    assert hospital.call("DELETE", "/Patient?identifier=urn:h|P2")[0] == 204
    assert len(hospital.ids("/Patient")) == 1


def test_a_transaction_names_its_parts(hospital: Hospital) -> None:
    sent = bundle(
        entry(observation("urn:uuid:0001"), full_url="urn:uuid:0002"),
        entry(patient(), full_url="urn:uuid:0001", ifNoneExist="identifier=urn:h|P1"),
        entry(condition("Patient?identifier=urn:h|P1")),
    )
    status, body, _ = hospital.call("POST", "", sent)
    assert (status, issue(body)[0]) == (412, "not-found")
    assert hospital.ids("/Patient") == hospital.ids("/Observation") == []
    identity = hospital.create(patient())["id"]
    status, body, _ = hospital.call("POST", "", sent)
    assert [one["response"]["status"] for one in body["entry"]] == ["201 Created", "200 OK", "201 Created"]
    assert (
        len(hospital.ids(f"/Observation?patient={identity}")) == len(hospital.ids(f"/Condition?subject=Patient/{identity}")) == 1
    )


def test_a_transaction_is_all_or_nothing(hospital: Hospital) -> None:
    status, body, _ = hospital.call(
        "POST", "", bundle(entry(patient()), entry({**condition("Patient/1"), "recordedDate": "soon"}))
    )
    assert (status, issue(body)) == (400, ("structure", "Bundle.entry[1].resource.recordedDate"))
    assert body["issue"][0]["diagnostics"].startswith("not a dateTime: YYYY-MM-DDThh:mm:ss+08:00")
    assert hospital.ids("/Patient") == []


def test_a_batch_is_each_on_its_own(hospital: Hospital) -> None:
    sent = bundle(entry(patient()), entry({"resourceType": "Patient", "gender": "x"}), entry(patient("P2")), kind="batch")
    sent["entry"].append({"request": {"method": "GET", "url": "Patient?_summary=count"}})
    answers = hospital.call("POST", "", sent)[1]["entry"]
    assert [one["response"]["status"][:3] for one in answers] == ["201", "400", "201", "200"]
    assert answers[1]["response"]["outcome"]["issue"][0]["expression"] == ["Bundle.entry[1].resource.gender"]
    assert answers[3]["resource"]["total"] == 2


def test_a_repeated_message_id_writes_once(hospital: Hospital) -> None:
    sent = bundle(entry(patient()))
    first = hospital.call("POST", "", sent, **{"X-Message-Id": "m1"})
    again = hospital.call("POST", "", sent, **{"X-Message-Id": "m1"})
    other = hospital.call("POST", "", bundle(entry(patient("P9"))), **{"X-Message-Id": "m1"})
    assert (first[0], again[:2], other[0]) == (200, first[:2], 409)
    assert len(hospital.ids("/Patient")) == 1


@pytest.fixture(scope="module")
def ward(new_hospital: Callable[..., Hospital]) -> tuple[Hospital, str]:
    """A ward that is only looked at, in a county where nobody else sends rows of its patient."""
    return filled(new_hospital("411526"))


def filled(hospital: Hospital) -> tuple[Hospital, str]:
    """A patient with five temperatures and two diagnoses."""
    identity = hospital.create(patient())["id"]
    subject = f"Patient/{identity}"
    for day in range(1, 6):
        when = f"2026-03-0{day}T08:00:00+08:00"
        hospital.create(observation(subject, value=36 + day / 10, when=when, status="final" if day < 5 else "amended"))
    hospital.create(condition(subject))
    hospital.create(condition(subject, "I10"))
    return hospital, identity


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Observation?patient={id}", 5),
        ("Observation?patient=Patient/{id}&code=8310-5", 5),
        ("Observation?subject:Patient={id}&code=http://loinc.org|8310-5", 5),
        ("Observation?code=LN|8310-5&code=LN|8310-5&code=LN|8310-5,LN|x&code=LN|".replace("LN", "http://loinc.org"), 5),
        ("Observation?code=http://loinc.org|8310-5&code=http://other|8310-5,http://other|x", 0),
        ("Observation?code=http://other|8310-5", 0),
        ("Observation?code=|8310-5", 0),
        ("Observation?category=vital-signs,laboratory&status=amended", 1),
        ("Observation?status:not=final", 1),
        ("Observation?date=2026-03-02", 1),
        ("Observation?date=2026-03", 5),
        ("Observation?date=ge2026-03-02&date=lt2026-03-04", 2),
        ("Observation?date=gt2026-03-04", 1),
        ("Observation?date=sa2026-03-04", 1),
        ("Observation?date=eb2026-03-02", 1),
        ("Observation?date=ne2026-03-02", 4),
        ("Observation?date=le2026-03-02T00:00:00Z", 2),
        ("Observation?date=ap2026-03-02", 3),
        ("Observation?encounter:missing=true", 5),
        ("Observation?encounter:missing=false", 0),
        ("Observation?patient.identifier=urn:h|P1", 5),
        ("Observation?subject:Patient.name=张", 5),
        ("Observation?patient.birthdate=lt1970", 0),
        ("Condition?code=J18.9,I10", 2),
        ("Condition?clinical-status=active&code=I10", 1),
        ("Condition?recorded-date=2026-03-01", 2),
        ("Patient?name=张", 1),
        ("Patient?name:exact=张三", 1),
        ("Patient?family=张&given=三", 1),
        ("Patient?name:contains=三", 1),
        ("Patient?name=李", 0),
        ("Patient?identifier=41152119800506001X", 1),
        ("Patient?identifier=urn:oid:2.16.156.10011.1.3|41152119800506001X", 1),
        ("Patient?phone=13800000000&gender=male&birthdate=1980-05-06", 1),
        ("Patient?birthdate=1980", 1),
        ("Patient?_id={id}", 1),
        ("Patient?_lastUpdated=gt2020-01-01", 1),
        ("Patient?_lastUpdated=lt2020-01-01", 0),
    ],
)
def test_search(ward: tuple[Hospital, str], query: str, found: int) -> None:
    hospital, identity = ward
    assert len(hospital.ids("/" + query.format(id=identity))) == found


def test_unknown_filters_are_ignored_only_on_demand(ward: tuple[Hospital, str]) -> None:
    hospital = ward[0]
    assert hospital.call("GET", "/Condition?shoe-size=42", Prefer="handling=lenient")[1]["total"] == 2
    assert hospital.call("GET", "/Condition?_totalMethod=count")[1]["total"] == 2


def test_pages_and_order(ward: tuple[Hospital, str]) -> None:
    hospital, identity = ward
    url, seen = f"/Observation?patient={identity}&_count=2&_sort=-date", []
    while url:
        body = hospital.call("GET", url)[1]
        assert body["total"] == 5
        seen += [one["resource"]["effectiveDateTime"][:10] for one in body["entry"]]
        url = next((one["url"].split("/fhir/R4")[1] for one in body["link"] if one["relation"] == "next"), "")
    assert seen == ["2026-03-05", "2026-03-04", "2026-03-03", "2026-03-02", "2026-03-01"]
    count = hospital.call("GET", f"/Observation?patient={identity}&_summary=count")[1]
    assert (count["total"], "entry" in count) == (5, False)


def test_includes_and_everything(ward: tuple[Hospital, str]) -> None:
    hospital, identity = ward
    body = hospital.call("GET", "/Condition?code=I10&_include=Condition:patient")[1]
    assert [(one["resource"]["resourceType"], one["search"]["mode"]) for one in body["entry"]] == [
        ("Condition", "match"),
        ("Patient", "include"),
    ]
    body = hospital.call("GET", f"/Patient?_id={identity}&_revinclude=Condition:patient")[1]
    assert [one["resource"]["resourceType"] for one in body["entry"]] == ["Patient", "Condition", "Condition"]
    story = {
        "resourceType": "Provenance",
        "recorded": "2026-03-01T08:00:00+08:00",
        "target": [{"reference": f"Patient/{identity}"}],
    }
    told = hospital.create({**story, "agent": [{"who": {"display": "王医生"}}]})["id"]
    assert hospital.ids(f"/Provenance?patient={identity}") == hospital.ids(f"/Provenance?target=Patient/{identity}") == [told]
    assert hospital.call("DELETE", f"/Provenance/{told}")[0] == 204
    assert hospital.call("GET", f"/Patient/{identity}/$everything")[1]["total"] == 8
    assert hospital.call("GET", f"/Patient/{identity}/$everything?_type=Condition")[1]["total"] == 2
    first = hospital.call("GET", f"/Patient/{identity}/$everything?_type=Condition&_count=1")[1]
    following = next(one["url"] for one in first["link"] if one["relation"] == "next")
    second = hospital.call("GET", following[following.index("/Patient") :])[1]
    assert [one["resource"]["resourceType"] for one in second["entry"]] == ["Condition"], "the filter holds on every page"
    refused, answer = hospital.call("GET", f"/Patient/{identity}/$everything?_since=2026-01-01")[:2]
    assert refused == 400 and "_since" in answer["issue"][0]["diagnostics"]
    reduced = hospital.call("GET", "/Condition?code=I10&_elements=code")[1]["entry"][0]["resource"]
    assert set(reduced) == {"resourceType", "id", "meta", "code"}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("/Patient?shoe-size=42", 400, "not-supported"),
        ("/Patient?birthdate=yesterday", 400, "invalid"),
        ("/Patient?name:sounds=x", 400, "invalid"),
        ("/Patient?_count=-1", 400, "invalid"),
        ("/Patient?_offset=999999999", 400, "too-costly"),
        ("/Patient?_sort=general-practitioner", 400, "invalid"),
        ("/Patient?_include=Condition:patient", 400, "invalid"),
        ("/Observation?patient.organization.name=x", 400, "invalid"),
        ("/Observation?code=|", 400, "invalid"),
        ("/Nothing?x=1", 404, "not-supported"),
        ("/Bundle", 404, "not-supported"),
        ("/Patient/1", 404, "not-found"),
        ("/Patient/1/_history", 404, "not-found"),
        ("/Patient/1/_history/x", 404, "not-found"),
    ],
)
def test_refusals_are_operation_outcomes(hospital: Hospital, query: str, status: int, code: str) -> None:
    got, body, _ = hospital.call("GET", query)
    assert (got, issue(body)[0]) == (status, code)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Accept": "application/fhir+json; fhirVersion=4.0"}, 200),
        ({"Accept": "application/json"}, 200),
        ({"Accept": "application/fhir+xml, application/fhir+json;q=0.5"}, 200),
        ({"Accept": "application/fhir+json; fhirVersion=5.0"}, 406),
        ({"Accept": "application/fhir+xml"}, 406),
    ],
)
def test_versions_and_formats_are_negotiated(hospital: Hospital, headers: dict[str, str], status: int) -> None:
    assert hospital.call("GET", "/metadata", **headers)[0] == status
    assert hospital.client.post("/fhir/R4/Patient", data=b"<a/>", content_type="application/fhir+xml").status_code == 415


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [("PATCH", "/Patient/1", 405), ("GET", "/Patient/1/_history/1/2", 404), ("PUT", "/Patient/1/$everything", 405)],
)
def test_paths_and_methods_that_do_not_exist_are_operation_outcomes(
    hospital: Hospital, method: str, url: str, status: int
) -> None:
    answer = hospital.client.open(f"/fhir/R4{url}", method=method, headers={"Accept": "text/html, */*"})
    assert (answer.status_code, answer.mimetype) == (status, "application/fhir+json")
    assert answer.json["resourceType"] == "OperationOutcome"


def test_the_capability_statement_says_what_is_declared(hospital: Hospital) -> None:
    body = hospital.call("GET", "/metadata")[1]
    resources = {one["type"]: one for one in body["rest"][0]["resource"]}
    assert body["fhirVersion"] == "4.0.1"
    assert {"Bundle", "Parameters", "OperationOutcome"} == resource_types() - set(resources)
    names = {one["name"] for one in resources["Observation"]["searchParam"]}
    assert names == {"_id", "_lastUpdated", *parameters("Observation")}


def test_every_search_parameter_works(hospital: Hospital) -> None:
    """No declared parameter may end in an error of the server."""
    values = {"token": "a|b", "reference": "Patient/1", "date": "ge2020", "string": "x", "uri": "urn:x"}
    for kind in (
        "Patient",
        "Observation",
        "Encounter",
        "DiagnosticReport",
        "ServiceRequest",
        "DocumentReference",
        "Practitioner",
    ):
        for one in parameters(kind).values():
            assert hospital.ids(f"/{kind}?{one.name}={values[one.kind]}&_sort=_id") == []


def test_nobody_sees_or_changes_what_is_another_ones(new_hospital: Callable[..., Hospital]) -> None:
    mine, other = new_hospital("411502"), new_hospital("411503")
    identity = mine.create(patient())["id"]
    mine.create(observation(f"Patient/{identity}"))
    for url in (f"/Patient/{identity}", f"/Patient/{identity}/_history", f"/Patient/{identity}/$everything"):
        assert other.call("GET", url)[0] == 404
    for url in ("/Patient", "/Observation?patient.name=张", f"/Observation?patient={identity}"):
        assert other.ids(url) == []
    assert other.call("PUT", f"/Patient/{identity}", {**patient(), "id": identity})[0] == 405
    assert other.call("DELETE", f"/Patient/{identity}")[0] == 204
    assert mine.call("GET", f"/Patient/{identity}")[0] == 200
    assert other.call("POST", "/Patient", patient(), **{"If-None-Exist": "identifier=urn:h|P1"})[0] == 201
    county = new_hospital("4115", scope=Scope(divisions=("4115",)))
    assert identity in county.ids("/Patient?_count=500")
    assert county.call("PUT", f"/Patient/{identity}", {**patient(), "id": identity})[0] == 403


def test_callers_without_rights(new_hospital: Callable[..., Hospital]) -> None:
    nobody = new_hospital(permissions=())
    person = new_hospital(institution_id=None)
    assert (nobody.call("GET", "/Patient")[0], issue(nobody.call("GET", "/Patient")[1])[0]) == (403, "forbidden")
    assert person.call("POST", "/Patient", patient())[0] == 403


def test_rows_reach_the_record(hospital: Hospital) -> None:
    filled(hospital)
    hospital.work()
    assert hospital.rows("emr_patient_info", "id", "patient_name", "id_card_type_code") == [("P1", "张三", "01")]
    assert len(hospital.rows("observation", "item", "value")) == 5
    assert {row[0] for row in hospital.rows("diagnosis", "diagnosis")} == {"J18.9", "I10"}
    first = hospital.ids("/Condition?code=I10")[0]
    hospital.call("DELETE", f"/Condition/{first}")
    hospital.work()
    assert {row[0] for row in hospital.rows("diagnosis", "diagnosis")} == {"J18.9"}


def test_what_another_hospital_sent_first_takes_nothing_from_a_patient(new_hospital: Callable[..., Hospital]) -> None:
    """Both hospitals share a load; the first one's rows only mention patients, and lie in the same dataset."""
    first, second = new_hospital("411527"), new_hospital("411528")
    report = {"id": "L1", "patient_id": "P1", "examination_report_date": "2026-03-01 08:00:00"}
    first.upload("emr_ex_lab", report)
    second.create(patient())
    second.upload("emr_ex_lab", report)
    second.work()
    asked = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": patient()}]}
    found = second.call("POST", "/Patient/$match", asked)[1]["entry"]
    assert [one["resource"]["name"][0]["text"] for one in found] == ["张三"]


def test_the_person_index_answers_match(ward: tuple[Hospital, str]) -> None:
    hospital, identity = ward
    hospital.work()
    asked = {
        "resourceType": "Parameters",
        "parameter": [{"name": "resource", "resource": patient()}, {"name": "count", "valueInteger": 3}],
    }
    status, body, _ = hospital.call("POST", "/Patient/$match", asked)
    assert status == 200, body
    best = body["entry"][0]
    assert (best["search"]["extension"][0]["valueCode"], best["resource"]["name"][0]["text"]) == ("certain", "张三")
    assert hospital.call("GET", f"/Patient/{best['resource']['id']}")[1] == best["resource"]
    stranger = {"resourceType": "Patient", "name": [{"text": "无此人"}], "birthDate": "1901-01-01"}
    assert hospital.call("POST", "/Patient/$match", stranger)[1]["total"] == 0
    assert hospital.call("POST", "/Patient/$match", {"resourceType": "Parameters"})[0] == 400
    everything = hospital.call("GET", f"/Patient/{identity}/$everything")[1]
    assert everything["total"] == 8


def test_decimals_keep_their_precision(hospital: Hospital) -> None:
    raw = dump({**observation("Patient/1"), "valueQuantity": {"value": Decimal("1.00"), "unit": "x"}})
    status, created, _ = hospital.call("POST", "/Observation", raw)
    assert status == 201
    back = hospital.client.get(f"/fhir/R4/Observation/{created['id']}").data
    assert b'"value":1.00,' in back and parse(back)["valueQuantity"]["value"] == Decimal("1.00")


def test_validate_stores_nothing(hospital: Hospital) -> None:
    good, bad = (
        hospital.call("POST", "/Patient/$validate", patient()),
        hospital.call("POST", "/Patient/$validate", patient(gender=1)),
    )
    assert (good[1]["issue"][0]["severity"], issue(bad[1])[1]) == ("information", "Patient.gender")
    assert hospital.ids("/Patient") == []
