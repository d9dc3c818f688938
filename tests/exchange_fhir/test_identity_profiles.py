"""IHE profiles of the person index over FHIR: PIXm (which numbers elsewhere?) and the PMIR patient feed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from empi.api import by_local_id
from health_platform.kernel.scope import system_scope
from tests.empi_service.people import resident_id
from tests.exchange_fhir.conftest import BASE, Hospital
from tests.exchange_fhir.samples import patient

pytestmark = pytest.mark.system("A10", "A16")

RESIDENT_ID = "urn:oid:2.16.156.10011.1.3"
Json = dict[str, Any]


def system(hospital: Hospital) -> str:
    return f"urn:health-platform:institution:{hospital.institution_id}"


def person(number: str, name: str, card: str, **more: Any) -> Json:
    resource = patient(number, **more)
    resource["identifier"][0]["system"] = "urn:mrn"
    resource["identifier"][1]["value"] = card
    return {**resource, "name": [{"text": name}]}


def ask(hospital: Hospital, source: str, *targets: str) -> tuple[int, Any]:
    query = urlencode([("sourceIdentifier", source), *(("targetSystem", target) for target in targets)])
    status, body, _ = hospital.call("GET", f"/Patient/$ihe-pix?{query}")
    return status, body


def identifiers(body: Json) -> set[tuple[str, str]]:
    found = [one["valueIdentifier"] for one in body["parameter"] if one["name"] == "targetIdentifier"]
    return {(one["system"], one["value"]) for one in found}


@pytest.fixture
def two(new_hospital: Callable[..., Hospital]) -> tuple[Hospital, Hospital, str]:
    """Two hospitals of one county that know the same person, and the person's identity number."""
    one, other = new_hospital(), new_hospital()
    card = f"411521198{one.institution_id % 10}0506{one.institution_id % 10_000:04d}"
    for hospital, number in ((one, "A-1"), (other, "B-9")):
        hospital.create(person(number, "欧阳明月", card))
        hospital.work()
    return one, other, card


def test_a_number_leads_to_the_numbers_elsewhere(two: tuple[Hospital, Hospital, str]) -> None:
    one, other, card = two
    status, body = ask(other, f"{system(other)}|B-9")
    assert status == 200, body
    assert identifiers(body) == {(system(one), "A-1"), (RESIDENT_ID, card)}
    (target,) = [item for item in body["parameter"] if item["name"] == "targetId"]
    golden = other.call("GET", f"/{target['valueReference']['reference']}")[1]
    assert golden["name"][0]["text"] == "欧阳明月"
    assert identifiers(ask(other, f"{RESIDENT_ID}|{card}")[1]) == {(system(one), "A-1"), (system(other), "B-9")}
    assert identifiers(ask(other, f"{RESIDENT_ID}|{card}", system(one))[1]) == {(system(one), "A-1")}
    assert identifiers(ask(other, f"{system(other)}|B-9", RESIDENT_ID)[1]) == {(RESIDENT_ID, card)}


def test_a_logical_id_is_a_number_too(two: tuple[Hospital, Hospital, str]) -> None:
    """ITI-83: ``sourceIdentifier=<base>|Patient/<id>``, and the base as the system whose ids are wanted."""
    one, other, card = two
    base = f"http://localhost{BASE}"
    (stored,) = other.ids("/Patient?identifier=urn:mrn|B-9")
    status, body = ask(other, f"{base}|Patient/{stored}", base)
    assert (status, [item["name"] for item in body["parameter"]]) == (200, ["targetId"])
    person = body["parameter"][0]["valueReference"]["reference"]
    assert identifiers(ask(other, f"{base}|{person}", system(one), RESIDENT_ID)[1]) == {(system(one), "A-1"), (RESIDENT_ID, card)}
    assert ask(other, f"{base}|Patient/nobody")[0] == 404


@pytest.mark.parametrize(
    ("source", "target", "status", "code"),
    [
        ("B-9", "", 400, "required"),
        ("urn:oid:9.9.9|B-9", "", 400, "code-invalid"),
        ("{own}|NOBODY", "", 404, "not-found"),
        ("{own}|B-9", "urn:oid:9.9.9", 403, "code-invalid"),
    ],
)
def test_what_cannot_be_answered_says_why(
    two: tuple[Hospital, Hospital, str], source: str, target: str, status: int, code: str
) -> None:
    other = two[1]
    answered, body = ask(other, source.format(own=system(other)), *([target] if target else []))
    assert (answered, body["issue"][0]["code"]) == (status, code)
    assert body["issue"][0]["diagnostics"].startswith(("exactly one", "sourceIdentifier", "targetSystem")), "the words of ITI-83"


def test_a_stranger_is_not_told(two: tuple[Hospital, Hospital, str], new_hospital: Callable[..., Hospital]) -> None:
    stranger = new_hospital("411527")
    assert ask(stranger, f"{system(two[0])}|A-1")[0] == 404


def feed(*entries: tuple[str, Json]) -> Json:
    """A patient feed with these (method, resource) entries."""
    history = {
        "resourceType": "Bundle",
        "type": "history",
        "entry": [
            {
                "fullUrl": f"{resource['resourceType']}/x{place}",
                "resource": {**resource, "id": f"x{place}"},
                "request": {"method": method, "url": f"{resource['resourceType']}/x{place}"},
            }
            for place, (method, resource) in enumerate(entries)
        ],
    }
    header = {
        "resourceType": "MessageHeader",
        "id": "m1",
        "eventUri": "urn:ihe:iti:pmir:2019:patient-feed",
        "source": {"endpoint": "http://hospital.test"},
        "focus": [{"reference": "Bundle/h"}],
    }
    entry = [{"fullUrl": "MessageHeader/m1", "resource": header}, {"fullUrl": "Bundle/h", "resource": history}]
    return {"resourceType": "Bundle", "type": "message", "entry": entry}


def person_of(hospital: Hospital, number: str) -> int | None:
    with hospital.platform.database.unit_of_work(system_scope("test")) as session:
        found = by_local_id(session, str(hospital.institution_id), number)
        return found.person_id if found else None


def test_a_feed_creates_changes_and_merges(hospital: Hospital) -> None:
    first = person("F-1", "李梅香", "411521198005067811")
    second = person("F-2", "赵国强", "411521197501013352")
    status, answer, _ = hospital.call("POST", "/$process-message", feed(("POST", first), ("POST", second)))
    assert status == 200, answer
    assert answer["entry"][0]["resource"]["response"] == {"identifier": "m1", "code": "ok"}
    assert answer["entry"][0]["resource"]["eventUri"] == "urn:ihe:iti:pmir:2019:patient-feed-response"
    hospital.work()
    assert None not in (person_of(hospital, "F-1"), person_of(hospital, "F-2"))
    assert person_of(hospital, "F-1") != person_of(hospital, "F-2")

    changed = {**first, "telecom": [{"system": "phone", "value": "13700001111"}]}
    assert hospital.call("POST", "/$process-message", feed(("POST", changed)))[0] == 200
    assert len(hospital.ids("/Patient?identifier=urn:mrn|F-1")) == 1, "known by its identifier, not created twice"

    kept = {"other": {"identifier": {"system": "urn:mrn", "value": "F-1"}}, "type": "replaced-by"}
    assert hospital.call("POST", "/$process-message", feed(("PUT", {**second, "active": False, "link": [kept]})))[0] == 200
    hospital.work()
    assert person_of(hospital, "F-1") == person_of(hospital, "F-2")


@pytest.mark.parametrize("named", ["Patient/x0", "urn:uuid:x0"], ids=["reference", "identifier"])
def test_a_merge_names_who_stays_as_its_sender_does(hospital: Hospital, named: str) -> None:
    """As in the IHE samples: by a reference to the sender's own patient, or by an identifier that is its logical id."""
    first, second = person("G-1", "李梅香", "411521198005067811"), person("G-2", "赵国强", "411521197501013352")
    other = {"reference": named} if named.startswith("Patient/") else {"identifier": {"value": named}}
    merged = {**second, "active": False, "link": [{"other": other, "type": "replaced-by"}]}
    status, answer, _ = hospital.call("POST", "/$process-message", feed(("PUT", first), ("PUT", merged)))
    assert status == 200, answer
    hospital.work()
    assert person_of(hospital, "G-1") == person_of(hospital, "G-2") is not None


def test_a_bad_feed_leaves_nothing(hospital: Hospital) -> None:
    nameless = person("F-9", "钱多多", "411521199901012219")
    del nameless["identifier"]
    good = person("F-8", "孙小雨", "411521199801012217")
    status, answer, _ = hospital.call("POST", "/$process-message", feed(("POST", good), ("POST", nameless)))
    assert (status, answer["issue"][0]["code"]) == (400, "required")
    assert hospital.ids("/Patient?identifier=urn:mrn|F-8") == []
    for wrong in (feed(("DELETE", good)), {**feed(("POST", good)), "type": "batch"}, feed(("POST", {"resourceType": "Basic"}))):
        assert hospital.call("POST", "/$process-message", wrong)[0] == 400


def test_the_openhie_feeds_are_taken(hospital: Hospital, shared_data: Callable[[str], Path]) -> None:
    """OpenHIE client registry, FHIR set: all is carried out, but for what must be refused."""
    refused = {}
    for file in sorted((shared_data("openhie_cr") / "fhir").iterdir()):
        status, answer, _ = hospital.call("POST", "/$process-message", json.loads(file.read_text(encoding="utf-8-sig")))
        if status != 200:
            refused[file.stem] = (status, answer["issue"][0]["code"])
    # 01-10 states a number without an assigning authority; the patient of 07-10 has an object where FHIR R4 wants a list.
    assert refused == {"OHIE-CR-01-10": (400, "required"), "OHIE-CR-07-10": (400, "structure")}


def matched(hospital: Hospital, resource: Json, **parameters: Any) -> list[tuple[str, str]]:
    """(grade, name) of what ``$match`` answers."""
    given = [
        {"name": name, "valueBoolean" if isinstance(value, bool) else "valueInteger": value} for name, value in parameters.items()
    ]
    asked = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": resource}, *given]}
    status, body, _ = hospital.call("POST", "/Patient/$match", asked)
    assert status == 200, body
    return [(one["search"]["extension"][0]["valueCode"], one["resource"]["name"][0]["text"]) for one in body.get("entry", ())]


def test_match_knows_the_hospitals_own_number(two: tuple[Hospital, Hospital, str]) -> None:
    other = two[1]
    number = {"system": system(other), "value": "B-9"}
    bare = {"resourceType": "Patient", "identifier": [number], "name": [{"text": "欧阳明月"}]}
    assert matched(other, bare, onlyCertainMatches=True) == [("certain", "欧阳明月")]
    named = {"resourceType": "Patient", "name": bare["name"]}
    assert matched(other, named, onlyCertainMatches=True) == [], "a name alone is not certain"


def test_match_certain_of_two_is_certain_of_none(hospital: Hospital) -> None:
    """Two persons who fit alike: graded when asked for, nobody when only a certain answer is wanted."""
    facts = {
        "birthDate": "1977-03-05",
        "telecom": [{"system": "phone", "value": "13700774455"}],
        "address": [{"text": "河南省信阳市固始县城关镇中山路12号"}],
    }
    for number, order in (("M-1", "121"), ("M-2", "123")):
        hospital.create({**person(number, "司徒长风", resident_id("411521", "1977-03-05", order)), **facts})
    hospital.work()
    asked = {"resourceType": "Patient", "name": [{"text": "司徒长风"}], "gender": "male", **facts}
    assert len(matched(hospital, asked)) == 2
    assert len(matched(hospital, asked, count=1)) == 1
    assert matched(hospital, asked, onlyCertainMatches=True) == []
