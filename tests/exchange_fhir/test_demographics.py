"""IHE PDQm (ITI-78, ITI-119): persons of the index by their demographics, one entry each, with their numbers everywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import pytest

from empi.api import register
from health_platform.kernel.scope import system_scope
from tests.empi_service.people import WANG, at, resident_id
from tests.exchange_fhir.conftest import Hospital

pytestmark = pytest.mark.system("A10", "A16")

RESIDENT_ID = "urn:oid:2.16.156.10011.1.3"
Json = dict[str, Any]


@dataclass(frozen=True)
class Town:
    """Two hospitals of one county. 司马: one person whom both know. 司徒: one whom only the first knows."""

    one: Hospital
    other: Hospital
    card: str

    def ask(self, hospital: Hospital | None = None, **parameters: str) -> tuple[int, Json]:
        return self.get(f"/Patient?{urlencode(parameters)}", hospital)

    def get(self, url: str, hospital: Hospital | None = None) -> tuple[int, Json]:
        answer = (hospital or self.one).client.open(f"/fhir/pdqm{url}")
        return answer.status_code, json.loads(answer.data)

    def names(self, **parameters: str) -> list[str]:
        status, body = self.ask(**parameters)
        assert status == 200, body
        assert body["total"] == len(body.get("entry", ())), body
        return sorted(entry["resource"]["name"][0]["text"] for entry in body.get("entry", ()))


def system(hospital: Hospital) -> str:
    return f"urn:health-platform:institution:{hospital.institution_id}"


@pytest.fixture(scope="module")
def town(new_hospital: Callable[..., Hospital]) -> Town:
    """Identities that came by other ways than FHIR."""
    one, other = new_hospital("411528"), new_hospital("411528")
    card = resident_id("411528", "1971-02-03", "117")
    shared = {"name": "司马问天", "birth_date": "1971-02-03", "id_no": card, "card_no": "", "phone": "13711112222"}
    alone = {"name": "司徒问天", "gender": "2", "birth_date": "1980-05-06", "id_no": "", "card_no": "", "phone": "13711113333"}
    stated = [
        at(WANG, str(one.institution_id), "A1", **shared, mother_name="赵桂花"),
        at(WANG, str(other.institution_id), "B1", **shared),
        at(WANG, str(one.institution_id), "A2", **alone, address="河南省信阳市息县城关镇息夫人大道9号"),
    ]
    with one.platform.database.unit_of_work(system_scope("test")) as session:
        register(
            session,
            [replace(raw, division_code="411528000000", institution_id=int(raw.institution)) for raw in stated],
        )
    return Town(one, other, card)


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"family": "司马"}, ["司马问天"]),
        ({"given": "问天"}, ["司徒问天", "司马问天"]),
        ({"family": "司", "gender": "female"}, ["司徒问天"]),
        ({"family": "司马", "birthdate": "1971-02-03"}, ["司马问天"]),
        ({"family": "司马", "birthdate": "1971-02-04"}, []),
        ({"birthdate": "ge1971-02,le1960", "family": "司"}, ["司徒问天", "司马问天"]),
        ({"family": "司马,司徒", "birthdate": "1980"}, ["司徒问天"]),
        ({"family": "司马,司徒", "active": "false"}, []),
        ({"family:exact": "司"}, ["司徒问天", "司马问天"]),
        ({"name:exact": "司马问天"}, ["司马问天"]),
        ({"name": "司馬問天"}, ["司马问天"]),
        ({"telecom": "phone|137-1111-3333"}, ["司徒问天"]),
        ({"address": "息县城关镇", "family": "司"}, ["司徒问天"]),
        ({"address-city": "息县", "given": "问"}, ["司徒问天"]),
        ({"mothersMaidenName": "赵桂花", "family": "司马"}, ["司马问天"]),
        ({"family": "无此姓"}, []),
    ],
)
def test_every_parameter_narrows(town: Town, parameters: dict[str, str], names: list[str]) -> None:
    assert town.names(**parameters) == names


def test_a_person_is_one_entry_with_its_numbers_everywhere(town: Town) -> None:
    status, body = town.ask(identifier=f"{RESIDENT_ID}|{town.card}")
    (entry,) = body["entry"]
    assert status == 200 and entry["search"] == {"mode": "match"}
    numbers = {(one["system"], one["value"]) for one in entry["resource"]["identifier"]}
    assert numbers == {(RESIDENT_ID, town.card), (system(town.one), "A1"), (system(town.other), "B1")}
    assert entry["resource"]["extension"][0]["valueString"] == "赵桂花"
    assert town.ask(identifier=f"{system(town.one)}|A1")[1]["entry"] == body["entry"], "by any of its numbers"
    assert town.get(f"/Patient/{entry['resource']['id']}") == (200, entry["resource"])
    assert town.ask(_id=entry["resource"]["id"])[1]["entry"] == body["entry"]


def test_only_the_domains_asked_for_are_returned(town: Town) -> None:
    """ITI-78 cases 2 and 4."""
    _, body = town.ask(given="问天", identifier=f"{system(town.other)}|")
    (entry,) = body["entry"]
    assert entry["resource"]["identifier"] == [{"use": "usual", "system": system(town.other), "value": "B1"}]
    both = f"{system(town.other)}|,{system(town.one)}|"
    assert town.ask(given="问天", identifier=both)[1]["total"] == 2
    assert town.ask(town.other, given="问天")[1]["total"] == 1, "a hospital sees its own patients, wherever else they were"
    status, answer = town.ask(given="问天", identifier="urn:oid:9.9.9|")
    assert (status, answer["issue"][0]["code"], answer["issue"][0]["severity"]) == (404, "not-found", "warning")


def test_a_form_may_ask_and_pages_turn(town: Town) -> None:
    answer = town.one.client.open("/fhir/pdqm/Patient/_search", method="POST", data={"given": "问天", "_count": "1"})
    first = json.loads(answer.data)
    assert (answer.status_code, first["total"], len(first["entry"])) == (200, 2, 1)
    following = next(link["url"] for link in first["link"] if link["relation"] == "next")
    _, second = town.get("/Patient?" + following.split("?", 1)[1])
    assert {one["entry"][0]["resource"]["name"][0]["text"] for one in (first, second)} == {"司徒问天", "司马问天"}
    assert not [link for link in second["link"] if link["relation"] == "next"]


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"family:contains": "马"}, 400, "value"),
        ({"shoe": "42"}, 400, "not-supported"),
        ({"gender": "man"}, 400, "value"),
        ({"birthdate": "ne1980"}, 400, "value"),
        ({"birthdate": "1980-13-45"}, 400, "value"),
        ({"identifier": "|"}, 400, "value"),
        ({"_count": "x"}, 400, "value"),
        ({"_id": ",".join(map(str, range(501)))}, 400, "too-costly"),
    ],
)
def test_what_cannot_be_answered_says_why(town: Town, parameters: dict[str, str], status: int, code: str) -> None:
    answered, body = town.ask(**parameters)
    assert (answered, body["issue"][0]["code"]) == (status, code)


@pytest.mark.parametrize("number", ["9" * 19, "9" * 5_000, "²", "-1"])
def test_an_id_that_nobody_can_have_finds_nobody(town: Town, number: str) -> None:
    assert town.names(_id=f"person-{number}") == []
    assert town.get(f"/Patient/person-{number}")[0] == 404


def test_a_stranger_sees_nobody(town: Town, new_hospital: Callable[..., Hospital]) -> None:
    stranger = new_hospital("411527")
    assert town.ask(stranger, family="司马")[1]["total"] == 0
    assert town.get("/Patient/person-1", stranger)[0] == 404


def test_matching_here_names_the_numbers_too(town: Town) -> None:
    number = {"system": RESIDENT_ID, "value": town.card}
    patient = {"resourceType": "Patient", "name": [{"text": "司马问天"}], "identifier": [number], "birthDate": "1971-02-03"}
    asked = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": patient}]}
    answer = town.one.client.open(
        "/fhir/pdqm/Patient/$match", method="POST", data=json.dumps(asked), content_type="application/fhir+json"
    )
    (entry,) = json.loads(answer.data)["entry"]
    assert entry["search"]["extension"][0]["valueCode"] == "certain" and 0 < entry["search"]["score"] <= 1
    assert len(entry["resource"]["identifier"]) == 3


def test_the_service_says_what_it_is(town: Town) -> None:
    statement = town.get("/metadata")[1]
    assert statement["instantiates"] == [
        "https://profiles.ihe.net/ITI/PDQm/CapabilityStatement/IHE.PDQm.PatientDemographicsSupplier"
    ]
    named = {one["name"] for one in statement["rest"][0]["resource"][0]["searchParam"]}
    demanded = "_id active family given identifier telecom birthdate address address-city gender mothersMaidenName"
    assert set(demanded.split()) <= named
