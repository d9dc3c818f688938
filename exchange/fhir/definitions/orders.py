"""Medication requests, service requests and documents."""

from typing import Final

from exchange.fhir.checking import Resource
from exchange.fhir.codecs import CONCEPT, INTEGER, MOMENT, NUMBER, Codec, cut, when_fits
from exchange.fhir.definitions.persons import FRONT_PATIENT, REGION_PATIENT, SUBJECT
from exchange.fhir.definitions.translations import DOCUMENT_STATE
from exchange.fhir.mapping import Column, Links, Own, ResourceMap, always, element, refers

_WITHDRAWN: Final = Codec(lambda value: "1" if value in ("entered-in-error", "cancelled", "revoked") else "0", lambda text: None)


def _order(concept: str, name: Column) -> tuple[Column, ...]:
    return (
        Own("id"),
        SUBJECT,
        refers("serial_number", "encounter", "Encounter"),
        always("", "", "status", "unknown"),
        always("", "", "intent", "order"),
        always("", "", concept, "医嘱"),
        element("prescription_issuance_date", "authoredOn", "occurrenceDateTime", "meta.lastUpdated", codec=MOMENT),
        name,
        element("operation_time", "authoredOn", "meta.lastUpdated", codec=MOMENT),
        element("invalid_flag", "status", codec=_WITHDRAWN),
        element("order_status", "status"),
    )


PRESCRIPTION: Final = ResourceMap(
    "MedicationRequest",
    "emr_order",
    _order("medicationCodeableConcept.text", element("prescription_notes", "dosageInstruction[0].text", codec=cut(100))),
    patient=FRONT_PATIENT,
)
_SHORT_NUMBER: Final = Codec(cut(8).to_row, NUMBER.to_fhir)
_NUMBER: Final = Codec(cut(15).to_row, NUMBER.to_fhir)
PRESCRIBED_DRUG: Final = ResourceMap(
    "MedicationRequest",
    "emr_order_item",
    (
        Own("id"),
        Own("order_id"),
        always("", "", "status", "unknown"),
        always("", "", "intent", "order"),
        element("drug_code", "medicationCodeableConcept.coding[0].code", codec=when_fits(20)),
        element("drug_name", "medicationCodeableConcept", codec=Codec(lambda value: CONCEPT.to_row(value)[:50], CONCEPT.to_fhir)),
        element("drug_name", "medicationReference.display", codec=cut(50)),
        element("drug_name_full", "medicationCodeableConcept", codec=CONCEPT),
        element("drug_dosage_code", "dosageInstruction[0].doseAndRate[0].doseQuantity.value", codec=_SHORT_NUMBER),
        element("drug_dosage_unit_name", "dosageInstruction[0].doseAndRate[0].doseQuantity.unit", codec=cut(20)),
        element("drug_dosage_total", "dispenseRequest.quantity.value", codec=_NUMBER),
        element("operation_time", "authoredOn", "meta.lastUpdated", codec=MOMENT),
        element("invalid_flag", "status", codec=_WITHDRAWN),
    ),
    reads_back=False,  # not by itself: a drug says whose it is only through its order
)
_WORDS: Final = Codec(lambda value: CONCEPT.to_row(value)[:100], CONCEPT.to_fhir)
SERVICE: Final = ResourceMap(
    "ServiceRequest",
    "emr_order",
    _order("code.text", element("prescription_notes", "code", codec=_WORDS)),
    reads_back=False,
    patient=FRONT_PATIENT,
)


def _has_content(resource: Resource, links: Links) -> bool:
    """Only a document that brings its bytes makes a row; a link to elsewhere stays a reference."""
    return bool(_attachment(resource).get("data"))


def _attachment(resource: Resource) -> Resource:
    contents = resource.get("content") or [{}]
    found: Resource = contents[0].get("attachment") or {} if isinstance(contents[0], dict) else {}
    return found


DOCUMENT: Final = ResourceMap(
    "DocumentReference",
    "document",
    (
        Own("document_no"),
        SUBJECT,
        refers("visit_no", "context.encounter[0]", "Encounter"),
        always("", "", "status", "current"),
        element("document_type", "type.coding[0].code", codec=when_fits(20)),
        element("document_type_text", "type", codec=CONCEPT),
        element("title", "content[0].attachment.title", "description", codec=cut(200)),
        element("title", "type", codec=CONCEPT),
        element("created_at", "content[0].attachment.creation", "date", "meta.lastUpdated", codec=MOMENT),
        element("state", "status", codec=DOCUMENT_STATE),
        element("media_type", "content[0].attachment.contentType"),
        always("media_type", "application/octet-stream"),
        element("content", "content[0].attachment.data"),
        element("size", "content[0].attachment.size", codec=INTEGER),
        element("language", "content[0].attachment.language", codec=cut(10)),
        element("staff_name", "author[0].display", codec=cut(50)),
        element("void", "status", codec=_WITHDRAWN),
        element("changed_at", "meta.lastUpdated"),
    ),
    only=_has_content,
    patient=REGION_PATIENT,
)

MAPS: Final = (PRESCRIPTION, PRESCRIBED_DRUG, SERVICE, DOCUMENT)
