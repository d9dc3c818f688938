"""IHE PIXm (ITI-83): which numbers a person has elsewhere.

An institution's numbers stand under the authority it is registered with (a namespace, or an OID as ``urn:oid:…``), else under
``urn:health-platform:institution:<id>``. The resident identity number may be the source as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from empi.api import Numbered, by_credential, by_local_id, numbers_of
from exchange.fhir.checking import Resource
from exchange.fhir.matching import RESIDENT_ID_OID
from exchange.fhir.outcome import FhirRefused, Issue, invalid
from exchange.fhir.rows import PERSON
from exchange.fhir.store import current
from exchange.hl7v2.numbers import Authorities, load_authorities
from exchange.identity import by_person
from health_platform.kernel.parsing import whole

_OID: Final = "urn:oid:"
_INSTITUTION: Final = "urn:health-platform:institution:"


@dataclass(frozen=True, slots=True)
class Asked:
    """The number asked about, and the systems whose numbers are wanted (none: all)."""

    system: str
    value: str
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """The person behind the number, and its other numbers as a Parameters resource."""

    person_id: int
    resource: Resource


def read_asked(source: Sequence[str], targets: Sequence[str]) -> Asked:
    """The parameters of a request.

    Raises:
        FhirRefused: 400, not exactly one ``sourceIdentifier`` of the form system|value.
    """
    system, bar, value = source[0].partition("|") if len(source) == 1 else ("", "", "")
    if not bar or not system or not value:
        raise invalid("exactly one sourceIdentifier of the form system|value is required", "sourceIdentifier", "required")
    return Asked(system, value, tuple(target for given in targets for target in given.split(",") if target))


def other_numbers(session: Session, asked: Asked, base: str) -> Answered:
    """The other numbers of the person, as far as the session may see the person.

    ``base`` is this service's URL: as a system it holds the logical ids of patients (``base|Patient/123``).

    Raises:
        FhirRefused: 400 unknown source system, 403 unknown target system (ITI-83 cases 3 and 5), 404 unknown number.
    """
    authorities = load_authorities(session)
    person_id = _person(session, asked, authorities, base)
    if any(target not in (RESIDENT_ID_OID, base) and institution_of(target, authorities) is None for target in asked.targets):
        raise FhirRefused(403, Issue("code-invalid", "targetSystem not found", "targetSystem"))
    found = [(system_of(one, authorities), one.local_id) for one in numbers_of(session, person_id)]
    found += [(RESIDENT_ID_OID, number) for number in _resident_numbers(session, person_id)]
    source = (asked.system, asked.value)
    named = sorted({pair for pair in found if pair != source and (not asked.targets or pair[0] in asked.targets)})
    parameters: list[Resource] = [
        {"name": "targetIdentifier", "valueIdentifier": {"system": system, "value": value}} for system, value in named
    ]
    if not asked.targets or base in asked.targets:
        parameters.append({"name": "targetId", "valueReference": {"reference": f"Patient/{PERSON}{person_id}"}})
    return Answered(person_id, {"resourceType": "Parameters", "parameter": parameters})


def _resident_numbers(session: Session, person_id: int) -> list[str]:
    """The resident id number of the golden record, if it is one."""
    person = by_person(session, person_id)
    facts = person.facts if person else {}
    return [facts["id_no"]] if facts.get("id_no") and facts.get("id_type", "01") == "01" else []


def _by_logical_id(session: Session, logical_id: str) -> list[int]:
    """The person of a patient of this service."""
    if logical_id.startswith(PERSON):
        number = whole(logical_id.removeprefix(PERSON))
        found = by_person(session, number) if number is not None else None
        return [found.person_id] if found else []
    row = current(session, "Patient", [logical_id]).get(logical_id)
    return [row.person_id] if row is not None and not row.is_deleted and row.person_id is not None else []


def _person(session: Session, asked: Asked, authorities: Authorities, base: str) -> int:
    if asked.system.rstrip("/") == base:
        return _only(_by_logical_id(session, asked.value.removeprefix("Patient/")))
    if asked.system == RESIDENT_ID_OID:
        found = by_credential(session, "id", asked.value)
    else:
        institution = institution_of(asked.system, authorities)
        if institution is None:
            problem = "sourceIdentifier Assigning Authority not found"
            raise FhirRefused(400, Issue("code-invalid", problem, "sourceIdentifier"))
        one = by_local_id(session, institution, asked.value)
        found = [one] if one else []
    return _only([person.person_id for person in found])


def _only(persons: Sequence[int]) -> int:
    if len(persons) != 1:
        raise FhirRefused(404, Issue("not-found", "sourceIdentifier Patient Identifier not found"))
    return persons[0]


def stated_number(session: Session, patient: Resource) -> tuple[str, str]:
    """(institution, number) of the first identifier under a known authority; empty texts when there is none."""
    authorities = load_authorities(session)
    for one in patient.get("identifier") or ():
        institution = institution_of(str(one.get("system") or ""), authorities)
        if institution and one.get("value"):
            return institution, str(one["value"])
    return "", ""


def institution_of(system: str, authorities: Authorities) -> str | None:
    """The institution whose numbers stand under a system, as the index names it; None for a system nobody has."""
    if system.startswith(_INSTITUTION):
        return system.removeprefix(_INSTITUTION)
    known = authorities.of(system.removeprefix(_OID))
    return None if known is None else str(known)


def system_of(number: Numbered, authorities: Authorities) -> str:
    """The system under which an institution's numbers are named."""
    if not number.institution.isdecimal():
        return number.institution
    name = authorities.name_of(int(number.institution))
    if name == number.institution:
        return _INSTITUTION + name
    return _OID + name if name.replace(".", "").isdecimal() else name
