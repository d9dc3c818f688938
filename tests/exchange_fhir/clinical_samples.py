"""One resource of every kind that hospitals send, and values that find it by search parameters of US Core and IPS clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.exchange_fhir.samples import TERMS, patient

Json = dict[str, Any]
Ids = dict[str, str]
Made = tuple[Json, dict[str, str]]

DAY = "2026-03-01"
AT = f"{DAY}T08:30:00+08:00"
LOINC, SNOMED, ICD10 = "http://loinc.org", "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10"


def concept(system: str, code: str, text: str = "") -> Json:
    return {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}


def to(ids: Ids, kind: str) -> Json:
    return {"reference": f"{kind}/{ids[kind]}"}


def identified(number: str) -> list[Json]:
    return [{"system": "urn:h", "value": number}]


def organization(ids: Ids) -> Made:
    content = {"identifier": identified("ORG1"), "name": "平桥区人民医院", "address": [{"city": "信阳市", "state": "河南省"}]}
    return content, {"name": "平桥区", "address": "信阳市", "address-state": "河南", "identifier": "urn:h|ORG1"}


def practitioner(ids: Ids) -> Made:
    content = {"identifier": identified("D07"), "name": [{"family": "李", "given": ["检验师"], "text": "李检验师"}]}
    return content, {"name": "李", "family": "李", "given": "检验师", "identifier": "D07"}


def person(ids: Ids) -> Made:
    content = patient(generalPractitioner=[to(ids, "Practitioner")], meta={"profile": ["http://example.org/p"]})
    del content["resourceType"]
    found = {"identifier": "urn:h|P1", "name": "张", "family": "张", "given": "三", "birthdate": "1980-05-06", "gender": "male"}
    return content, {**found, "_profile": "http://example.org/p", "general-practitioner": f"Practitioner/{ids['Practitioner']}"}


def encounter(ids: Ids) -> Made:
    content = {
        "identifier": identified("V1"), "status": "finished", "class": {"system": f"{TERMS}/v3-ActCode", "code": "AMB"},
        "type": [concept(SNOMED, "308335008")], "subject": to(ids, "Patient"), "period": {"start": AT, "end": AT},
        "serviceProvider": to(ids, "Organization"), "participant": [{"individual": to(ids, "Practitioner")}],
    }  # fmt: skip
    return content, {
        "identifier": "V1", "status": "finished", "class": f"{TERMS}/v3-ActCode|AMB", "type": "308335008", "date": f"ge{DAY}",
        "service-provider": ids["Organization"], "participant": f"Practitioner/{ids['Practitioner']}",
    }  # fmt: skip


def specimen(ids: Ids) -> Made:
    content = {"subject": to(ids, "Patient"), "type": concept(SNOMED, "119297000"), "collection": {"collectedDateTime": AT}}
    return content, {"type": f"{SNOMED}|119297000", "collected": DAY}


def service_request(ids: Ids) -> Made:
    content = {
        "status": "active", "intent": "order", "category": [concept(SNOMED, "108252007")], "code": concept(LOINC, "58410-2"),
        "subject": to(ids, "Patient"), "encounter": to(ids, "Encounter"), "authoredOn": AT, "requester": to(ids, "Practitioner"),
    }  # fmt: skip
    return content, {
        "status": "active", "intent": "order", "category": "108252007", "code": f"{LOINC}|58410-2", "authored": f"le{DAY}",
        "requester": f"Practitioner/{ids['Practitioner']}",
    }  # fmt: skip


def condition(ids: Ids) -> Made:
    content = {
        "clinicalStatus": concept(f"{TERMS}/condition-clinical", "active"),
        "verificationStatus": concept(f"{TERMS}/condition-ver-status", "confirmed"),
        "category": [concept(f"{TERMS}/condition-category", "encounter-diagnosis")], "code": concept(ICD10, "J18.9", "肺炎"),
        "subject": to(ids, "Patient"), "encounter": to(ids, "Encounter"), "onsetDateTime": DAY, "recordedDate": AT,
    }  # fmt: skip
    return content, {
        "clinical-status": "active", "verification-status": "confirmed", "category": "encounter-diagnosis",
        "code": f"{ICD10}|J18.9", "onset-date": DAY, "recorded-date": f"ge{DAY}", "encounter": ids["Encounter"],
    }  # fmt: skip


def observation(ids: Ids) -> Made:
    content = {
        "status": "final", "category": [concept(f"{TERMS}/observation-category", "laboratory")], "code": concept(LOINC, "2339-0"),
        "subject": to(ids, "Patient"), "encounter": to(ids, "Encounter"), "specimen": to(ids, "Specimen"),
        "effectiveDateTime": AT, "valueQuantity": {"value": 5.60, "unit": "mmol/L"}, "basedOn": [to(ids, "ServiceRequest")],
    }  # fmt: skip
    return content, {
        "status": "final", "category": "laboratory", "code": f"{LOINC}|2339-0", "date": f"ge{DAY}",
        "specimen": f"Specimen/{ids['Specimen']}", "based-on": f"ServiceRequest/{ids['ServiceRequest']}",
    }  # fmt: skip


def diagnostic_report(ids: Ids) -> Made:
    content = {
        "status": "final", "category": [concept(f"{TERMS}/v2-0074", "LAB")], "code": concept(LOINC, "58410-2", "血常规"),
        "subject": to(ids, "Patient"), "encounter": to(ids, "Encounter"), "effectiveDateTime": AT, "issued": AT,
        "result": [to(ids, "Observation")], "conclusion": "未见异常",
    }  # fmt: skip
    return content, {
        "status": "final", "category": "LAB", "code": "58410-2", "date": DAY, "issued": f"ge{DAY}",
        "result": f"Observation/{ids['Observation']}",
    }  # fmt: skip


def medication_request(ids: Ids) -> Made:
    content = {
        "status": "active", "intent": "order", "medicationCodeableConcept": concept("urn:drug", "D1", "阿莫西林"),
        "subject": to(ids, "Patient"), "encounter": to(ids, "Encounter"), "authoredOn": AT, "requester": to(ids, "Practitioner"),
    }  # fmt: skip
    return content, {
        "status": "active", "intent": "order", "code": "urn:drug|D1", "authoredon": DAY, "encounter": ids["Encounter"],
        "requester": f"Practitioner/{ids['Practitioner']}",
    }  # fmt: skip


def medication_statement(ids: Ids) -> Made:
    content = {
        "status": "active", "medicationCodeableConcept": concept("urn:drug", "D2", "硝苯地平"), "subject": to(ids, "Patient"),
        "effectivePeriod": {"start": DAY}, "context": to(ids, "Encounter"),
    }  # fmt: skip
    return content, {
        "status": "active", "code": "D2", "effective": "ge2026-06-01", "context": f"Encounter/{ids['Encounter']}",
    }  # fmt: skip


def immunization(ids: Ids) -> Made:
    content = {
        "status": "completed", "vaccineCode": concept("urn:vaccine", "03", "乙肝疫苗"), "patient": to(ids, "Patient"),
        "occurrenceDateTime": DAY, "lotNumber": "LOT7",
    }  # fmt: skip
    return content, {"status": "completed", "vaccine-code": "03", "date": DAY, "lot-number": "lot7"}


def allergy(ids: Ids) -> Made:
    content = {
        "clinicalStatus": concept(f"{TERMS}/allergyintolerance-clinical", "active"), "type": "allergy",
        "category": ["medication"], "criticality": "high", "code": concept(SNOMED, "372687004", "阿莫西林"),
        "patient": to(ids, "Patient"), "recordedDate": AT,
        "reaction": [{"manifestation": [concept(SNOMED, "271807003")], "severity": "mild"}],
    }  # fmt: skip
    return content, {
        "clinical-status": "active", "category": "medication", "criticality": "high", "code": "372687004", "date": DAY,
        "manifestation": "271807003", "severity": "mild",
    }  # fmt: skip


def procedure(ids: Ids) -> Made:
    content = {
        "status": "completed", "code": concept("urn:icd9cm3", "47.01", "腹腔镜下阑尾切除术"), "subject": to(ids, "Patient"),
        "encounter": to(ids, "Encounter"), "performedDateTime": AT, "performer": [{"actor": to(ids, "Practitioner")}],
    }  # fmt: skip
    return content, {
        "status": "completed", "code": "urn:icd9cm3|47.01", "date": f"lt{DAY}T09:00:00+08:00", "encounter": ids["Encounter"],
        "performer": f"Practitioner/{ids['Practitioner']}",
    }  # fmt: skip


def document_reference(ids: Ids) -> Made:
    content = {
        "status": "current", "type": concept(LOINC, "11506-3"), "category": [concept("urn:category", "clinical-note")],
        "subject": to(ids, "Patient"), "date": AT, "author": [to(ids, "Practitioner")],
        "content": [{"attachment": {"contentType": "text/plain", "data": "5peg5byC5bi4"}}],
        "context": {"encounter": [to(ids, "Encounter")], "period": {"start": AT, "end": AT}},
    }  # fmt: skip
    return content, {
        "status": "current", "type": f"{LOINC}|11506-3", "category": "clinical-note", "date": f"ge{DAY}", "period": DAY,
        "author": f"Practitioner/{ids['Practitioner']}", "encounter": f"Encounter/{ids['Encounter']}",
    }  # fmt: skip


KINDS: dict[str, Callable[[Ids], Made]] = {
    "Organization": organization, "Practitioner": practitioner, "Patient": person, "Encounter": encounter,
    "Specimen": specimen, "ServiceRequest": service_request, "Condition": condition, "Observation": observation,
    "DiagnosticReport": diagnostic_report, "MedicationRequest": medication_request,
    "MedicationStatement": medication_statement, "Immunization": immunization, "AllergyIntolerance": allergy,
    "Procedure": procedure, "DocumentReference": document_reference,
}  # fmt: skip
