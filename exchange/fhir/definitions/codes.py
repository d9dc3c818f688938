"""Codes of required bindings of R4, for the elements this platform computes with."""

from typing import Final

_REQUEST_STATUS: Final = ("draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown")
_REQUEST_PRIORITY: Final = ("routine", "urgent", "asap", "stat")
_EVENT_STATUS: Final = (
    "preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown",
)  # fmt: skip
_GENDER: Final = ("male", "female", "other", "unknown")

REQUIRED_CODES: Final[dict[str, tuple[str, ...]]] = {
    "Patient.gender": _GENDER,
    "PatientContact.gender": _GENDER,
    "Practitioner.gender": _GENDER,
    "Person.gender": _GENDER,
    "RelatedPerson.gender": _GENDER,
    "PatientLink.type": ("replaced-by", "replaces", "refer", "seealso"),
    "Identifier.use": ("usual", "official", "temp", "secondary", "old"),
    "HumanName.use": ("usual", "official", "temp", "nickname", "anonymous", "old", "maiden"),
    "Address.use": ("home", "work", "temp", "old", "billing"),
    "Address.type": ("postal", "physical", "both"),
    "ContactPoint.use": ("home", "work", "temp", "old", "mobile"),
    "ContactPoint.system": ("phone", "fax", "email", "pager", "url", "sms", "other"),
    "Quantity.comparator": ("<", "<=", ">=", ">"),
    "Narrative.status": ("generated", "extensions", "additional", "empty"),
    "Encounter.status": (
        "planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", "entered-in-error", "unknown",
    ),
    "Observation.status": (
        "registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown",
    ),
    "DiagnosticReport.status": (
        "registered", "partial", "preliminary", "final", "amended", "corrected", "appended", "cancelled",
        "entered-in-error", "unknown",
    ),
    "MedicationRequest.status": (
        "active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown",
    ),
    "MedicationRequest.intent": (
        "proposal", "plan", "order", "original-order", "reflex-order", "filler-order", "instance-order", "option",
    ),
    "MedicationRequest.priority": _REQUEST_PRIORITY,
    "MedicationStatement.status": (
        "active", "completed", "entered-in-error", "intended", "stopped", "on-hold", "unknown", "not-taken",
    ),
    "Immunization.status": ("completed", "entered-in-error", "not-done"),
    "AllergyIntolerance.type": ("allergy", "intolerance"),
    "AllergyIntolerance.category": ("food", "medication", "environment", "biologic"),
    "AllergyIntolerance.criticality": ("low", "high", "unable-to-assess"),
    "AllergyIntoleranceReaction.severity": ("mild", "moderate", "severe"),
    "Procedure.status": _EVENT_STATUS,
    "Specimen.status": ("available", "unavailable", "unsatisfactory", "entered-in-error"),
    "ServiceRequest.status": _REQUEST_STATUS,
    "ServiceRequest.intent": (
        "proposal", "plan", "directive", "order", "original-order", "reflex-order", "filler-order", "instance-order",
        "option",
    ),
    "ServiceRequest.priority": _REQUEST_PRIORITY,
    "DocumentReference.status": ("current", "superseded", "entered-in-error"),
    "DocumentReference.docStatus": ("preliminary", "final", "amended", "entered-in-error"),
    "Bundle.type": (
        "document", "message", "transaction", "transaction-response", "batch", "batch-response", "history", "searchset",
        "collection",
    ),
}  # fmt: skip
