"""Resources made for tests."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
TERMS = "http://terminology.hl7.org/CodeSystem"


def patient(number: str = "P1", **more: Any) -> Json:
    return {
        "resourceType": "Patient",
        "identifier": [
            {"type": {"coding": [{"system": f"{TERMS}/v2-0203", "code": "MR"}]}, "system": "urn:h", "value": number},
            {"system": "urn:oid:2.16.156.10011.1.3", "value": "41152119800506001X"},
        ],
        "name": [{"use": "official", "text": "张三", "family": "张", "given": ["三"]}],
        "telecom": [{"system": "phone", "value": "13800000000"}],
        "gender": "male",
        "birthDate": "1980-05-06",
        **more,
    }  # fmt: skip


def observation(
    subject: str, code: str = "8310-5", value: float = 36.5, when: str = "2026-03-01T08:00:00+08:00", **more: Any
) -> Json:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": f"{TERMS}/observation-category", "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": "体温"}], "text": "体温"},
        "subject": {"reference": subject},
        "effectiveDateTime": when,
        "valueQuantity": {"value": value, "unit": "Cel"},
        **more,
    }  # fmt: skip


def condition(subject: str, code: str = "J18.9", **more: Any) -> Json:
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code}], "text": "肺炎"},
        "subject": {"reference": subject},
        "recordedDate": "2026-03-01T09:00:00+08:00",
        **more,
    }


def entry(resource: Json, method: str = "POST", url: str = "", full_url: str = "", **request: Any) -> Json:
    found = {"resource": resource, "request": {"method": method, "url": url or resource["resourceType"], **request}}
    return {"fullUrl": full_url, **found} if full_url else found


def bundle(*entries: Json, kind: str = "transaction") -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}
