"""A hospital that speaks FHIR R4: a patient's visits and diagnoses as one transaction bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

_SYSTEM = "urn:demonstration:hospital:"
_CLASS = {"1": "AMB", "2": "EMER", "4": "IMP"}
_SEX = {"1": "male", "2": "female"}


def bundle(visits: Sequence[Mapping[str, Any]], diagnoses: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A patient with her visits and diagnoses as one transaction; there is at least one visit."""
    patient = _patient(visits[0])
    known = {row["visit_no"] for row in visits}
    conditions = [_condition(row, row["visit_no"] in known) for row in diagnoses]
    resources = [patient, *(_encounter(row) for row in visits), *conditions]
    return {"resourceType": "Bundle", "type": "transaction", "entry": [_entry(one) for one in resources]}


def _entry(resource: dict[str, Any]) -> dict[str, Any]:
    kind, number = resource["resourceType"], resource["identifier"][0]["value"]
    condition = f"identifier={_SYSTEM}{kind.lower()}|{number}"
    return {"fullUrl": _urn(kind, number), "resource": resource, "request": {"method": "PUT", "url": f"{kind}?{condition}"}}


def _urn(kind: str, number: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{_SYSTEM}{kind}/{number}')}"


def _own(kind: str, number: str) -> dict[str, Any]:
    return {"system": f"{_SYSTEM}{kind.lower()}", "value": number}


def _patient(row: Mapping[str, Any]) -> dict[str, Any]:
    identifiers: list[dict[str, Any]] = [{**_own("Patient", row["patient_id"]), "type": {"coding": [{"code": "MR"}]}}]
    if row.get("id_number"):
        identifiers.append(
            {"type": {"coding": [{"code": "NI"}]}, "system": "urn:oid:2.16.156.10011.1.3", "value": row["id_number"]}
        )
    return _full(
        {
            "resourceType": "Patient",
            "identifier": identifiers,
            "name": [{"text": row["patient_name"]}] if row.get("patient_name") else None,
            "gender": _SEX.get(row.get("gender", "")),
            "birthDate": row.get("birth_date"),
            "telecom": [{"system": "phone", "value": row["phone"]}] if row.get("phone") else None,
        }
    )


def _encounter(row: Mapping[str, Any]) -> dict[str, Any]:
    return _full(
        {
            "resourceType": "Encounter",
            "identifier": [_own("Encounter", row["visit_no"])],
            "status": "finished",
            "class": {
                "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                "code": _CLASS.get(row.get("visit_kind", ""), "AMB"),
            },
            "subject": {"reference": _urn("Patient", row["patient_id"])},
            "period": _full({"start": _instant(row["started_at"]), "end": _instant(row.get("ended_at"))}),
            "reasonCode": [_concept(row)] if row.get("diagnosis_text") else None,
            "participant": [{"individual": {"display": row["staff_name"]}}] if row.get("staff_name") else None,
        }
    )


def _condition(row: Mapping[str, Any], visit_known: bool) -> dict[str, Any]:
    return _full(
        {
            "resourceType": "Condition",
            "identifier": [_own("Condition", row["diagnosis_no"])],
            "subject": {"reference": _urn("Patient", row["patient_id"])},
            "encounter": {"reference": _urn("Encounter", row["visit_no"])} if visit_known else None,
            "code": _concept(row),
            "recordedDate": _instant(row["diagnosed_at"]),
            "category": [{"text": row.get("diagnosis_kind_text", "门诊诊断")}],
        }
    )


def _concept(row: Mapping[str, Any]) -> dict[str, Any]:
    coding = [{"system": "http://hl7.org/fhir/sid/icd-10-cn", "code": row["diagnosis"]}] if row.get("diagnosis") else None
    return _full({"coding": coding, "text": row.get("diagnosis_text")})


def _instant(moment: str | None) -> str | None:
    return moment.replace(" ", "T") + "+08:00" if moment else None


def _full(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
