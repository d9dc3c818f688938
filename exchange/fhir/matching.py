"""Patient/$match: a patient resource to a question for the person index, and its answer to a bundle."""

from collections.abc import Mapping
from typing import Any, Final

from empi.api import RawIdentity
from exchange.fhir.checking import Resource, check
from exchange.fhir.codecs import ADDRESS, DAY, NAME
from exchange.fhir.definitions.translations import (
    GENDER,
    IDENTITY_DOCUMENT,
    OTHER_ID,
    OTHER_ID_TYPE,
    RESIDENT_ID,
    RESIDENT_ID_SYSTEM,
)
from exchange.fhir.outcome import invalid
from exchange.fhir.paths import get, path
from exchange.identity import Candidate

GRADE_URL: Final = "http://hl7.org/fhir/StructureDefinition/match-grade"
RESIDENT_ID_OID: Final = "urn:oid:2.16.156.10011.1.3"
MAX_CANDIDATES: Final = 100
_DOCUMENT_KINDS: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"


def read_parameters(content: Resource) -> tuple[Resource, bool, int]:
    """The patient, ``onlyCertainMatches`` and ``count`` of a request.

    Raises:
        FhirRefused: 400 without a patient.
    """
    if content.get("resourceType") == "Patient":
        return check(content), False, MAX_CANDIDATES
    given: dict[str, Any] = {}
    parameters = check(content).get("parameter") or ()
    for one in parameters:
        given[str(one.get("name"))] = one.get("resource", one.get("valueBoolean", one.get("valueInteger")))
    patient = given.get("resource")
    if content.get("resourceType") != "Parameters" or not isinstance(patient, dict):
        raise invalid("a parameter 'resource' with a Patient is required", "Parameters.parameter", "required")
    if patient.get("resourceType") != "Patient":
        raise invalid("only patients can be matched", "Parameters.parameter.resource", "value")
    count = given.get("count")
    limit = count if isinstance(count, int) and 0 < count <= MAX_CANDIDATES else MAX_CANDIDATES
    return check(patient, "Parameters.parameter.resource"), given.get("onlyCertainMatches") is True, limit


def asked_of(patient: Resource, number: tuple[str, str] = ("", "")) -> RawIdentity:
    """What a patient resource tells the person index; ``number`` is the institution and patient number it states."""

    def text(place: str) -> str:
        value = get(patient, path(place))
        return "" if value is None else str(value)

    resident = text(RESIDENT_ID) or text(RESIDENT_ID_SYSTEM)
    kind = "01" if resident else IDENTITY_DOCUMENT.to_row(text(OTHER_ID_TYPE)) if text(OTHER_ID) else ""
    name, address = get(patient, path("name[0]")), get(patient, path("address[0]"))
    return RawIdentity(
        institution=number[0],
        local_id=number[1],
        name=NAME.to_row(name) if name else "",
        gender=GENDER.to_row(text("gender")) if text("gender") else "",
        birth_date=DAY.to_row(text("birthDate")),
        id_type=kind,
        id_no=resident or text(OTHER_ID),
        phone=text("telecom[system=phone].value"),
        address=ADDRESS.to_row(address) if address else "",
    )


def entry(candidate: Candidate, base: str) -> Resource:
    """A candidate as an entry of the answer: graded and scored."""
    grade = {"url": GRADE_URL, "valueCode": candidate.grade}
    resource = person_resource(candidate)
    return {
        "fullUrl": f"{base}/Patient/{resource['id']}",
        "resource": resource,
        "search": {"extension": [grade], "mode": "match", "score": round(candidate.score, 4)},
    }


def person_resource(candidate: Candidate) -> Resource:
    """The golden record of a person as a Patient."""
    facts = candidate.facts
    resource: Resource = {"resourceType": "Patient", "id": f"person-{candidate.person_id}", "active": True}
    content: Resource = {
        "identifier": [_document(facts)] if facts.get("id_no") else [],
        "name": [NAME.to_fhir(facts["name"])] if facts.get("name") else [],
        "telecom": [{"system": "phone", "value": facts["phone"]}] if facts.get("phone") else [],
        "gender": GENDER.to_fhir(facts.get("gender", "")),
        "birthDate": facts.get("birth_date") or None,
        "address": [ADDRESS.to_fhir(facts["address"])] if facts.get("address") else [],
    }
    return {**resource, **{name: value for name, value in content.items() if value}}


def _document(facts: Mapping[str, str]) -> Resource:
    """The identity document; a number that is no resident id does not stand under the system of resident ids."""
    number = {"use": "official", "value": facts["id_no"]}
    if facts.get("id_type", "01") in ("01", ""):
        return {**number, "system": RESIDENT_ID_OID}
    code = IDENTITY_DOCUMENT.to_fhir(facts["id_type"])
    return {**number, "type": {"coding": [{"system": _DOCUMENT_KINDS, "code": code}]}} if code else number
