"""Encounters, conditions, procedures, allergies, immunizations."""

from typing import Final

from exchange.fhir.checking import Resource
from exchange.fhir.codecs import CONCEPT, DAY, INTEGER, MOMENT, NOTE, NUMBER, Codec, cut, when_fits
from exchange.fhir.definitions.persons import PATIENT_SUBJECT, REGION_PATIENT, SUBJECT
from exchange.fhir.definitions.translations import ALLERGEN_KIND, ROUTE, SEVERITY, SITE, VISIT_KIND
from exchange.fhir.mapping import Links, Own, ResourceMap, always, element, refers

_WITHDRAWN: Final = Codec(lambda value: "1" if value == "entered-in-error" else "0", lambda text: None)
_CHANGED: Final = element("changed_at", "meta.lastUpdated")
_DEAD: Final = Codec(lambda value: "1" if value == "not-done" else "", lambda text: None)
_NO_KNOWN_ALLERGY: Final = ("716186003", "no-known-allergies", "no-known-drug-allergies", "160244002", "409137002")

ENCOUNTER: Final = ResourceMap(
    "Encounter",
    "visit",
    (
        Own("visit_no"),
        SUBJECT,
        always("", "", "status", "finished"),
        element("visit_kind", "class.code", codec=VISIT_KIND),
        always("", "", "class.system", "http://terminology.hl7.org/CodeSystem/v3-ActCode"),
        element("started_at", "period.start", codec=MOMENT),
        element("ended_at", "period.end", codec=MOMENT),
        element("diagnosis", "reasonCode[0].coding[0].code", codec=when_fits(50)),
        element("diagnosis_text", "reasonCode[0]", codec=CONCEPT),
        element("org_name", "serviceProvider.display", codec=cut(100)),
        element("staff_name", "participant[0].individual.display", codec=cut(50)),
        element("void", "status", codec=_WITHDRAWN),
        _CHANGED,
    ),
    patient=REGION_PATIENT,
)

CONDITION: Final = ResourceMap(
    "Condition",
    "diagnosis",
    (
        Own("diagnosis_no"),
        SUBJECT,
        refers("visit_no", "encounter", "Encounter"),
        element("diagnosis", "code.coding[0].code", codec=when_fits(50)),
        element("diagnosis_text", "code", codec=CONCEPT),
        element("diagnosis_kind_text", "category[0]", codec=CONCEPT),
        element("onset_at", "onsetDateTime", "onsetPeriod.start", codec=MOMENT),
        element("diagnosed_at", "recordedDate", "onsetDateTime", "onsetPeriod.start", "meta.lastUpdated", codec=MOMENT),
        element("resolved_at", "abatementDateTime", codec=MOMENT),
        element("clinical_status", "clinicalStatus.coding[0].code", codec=cut(20)),
        element("certainty", "verificationStatus.coding[0].code", codec=cut(20)),
        element("note", "note[0]", codec=NOTE),
        element("staff_name", "asserter.display", codec=cut(50)),
        element("void", "verificationStatus.coding[0].code", codec=_WITHDRAWN),
        _CHANGED,
    ),
    patient=REGION_PATIENT,
)

PROCEDURE: Final = ResourceMap(
    "Procedure",
    "operation",
    (
        Own("operation_no"),
        SUBJECT,
        refers("visit_no", "encounter", "Encounter"),
        always("", "", "status", "completed"),
        element("operation", "code.coding[0].code", codec=when_fits(50)),
        element("operation_text", "code", codec=CONCEPT),
        element("started_at", "performedPeriod.start", "performedDateTime", "meta.lastUpdated", codec=MOMENT),
        element("ended_at", "performedPeriod.end", codec=MOMENT),
        element("preoperative_diagnosis", "reasonCode[0].coding[0].code", codec=when_fits(50)),
        element("preoperative_diagnosis_text", "reasonCode[0]", codec=CONCEPT),
        element("site", "bodySite[0]", codec=CONCEPT),
        element("surgeon_name", "performer[0].actor.display", codec=cut(50)),
        element("description", "note[0]", codec=NOTE),
        element("void", "status", codec=_WITHDRAWN),
        _CHANGED,
    ),
    only=lambda resource, links: resource.get("status") != "not-done",
    patient=REGION_PATIENT,
)


def _none_known(value: object) -> str:
    return "1" if value in _NO_KNOWN_ALLERGY else ""


ALLERGY: Final = ResourceMap(
    "AllergyIntolerance",
    "allergy",
    (
        Own("allergy_no"),
        PATIENT_SUBJECT,
        element("none_known", "code.coding[0].code", codec=Codec(_none_known, lambda text: None)),
        element("allergen_kind", "category[0]", codec=ALLERGEN_KIND),
        element("allergen", "code.coding[0].code", codec=when_fits(50)),
        element("allergen_text", "code", "reaction[0].substance", codec=CONCEPT),
        element("reaction", "reaction[0].manifestation[0]", codec=CONCEPT),
        element("severity", "reaction[0].severity", codec=SEVERITY),
        element("certainty", "verificationStatus.coding[0].code", codec=cut(20)),
        element("onset_on", "onsetDateTime", codec=DAY),
        element("recorded_on", "recordedDate", "assertedDate", "onsetDateTime", "meta.lastUpdated", codec=DAY),
        element("note", "note[0]", codec=NOTE),
        element("void", "verificationStatus.coding[0].code", codec=_WITHDRAWN),
        _CHANGED,
    ),
    patient=REGION_PATIENT,
)

IMMUNIZATION: Final = ResourceMap(
    "Immunization",
    "vaccination",
    (
        Own("vaccination_no"),
        PATIENT_SUBJECT,
        always("", "", "status", "completed"),
        element("vaccine", "vaccineCode.coding[0].code", codec=when_fits(50)),
        element("vaccine_text", "vaccineCode", codec=CONCEPT),
        element("dose", "protocolApplied[0].doseNumberPositiveInt", codec=INTEGER),
        element("batch_no", "lotNumber", codec=when_fits(30)),
        element("manufacturer", "manufacturer.display", codec=cut(70)),
        element("expires_on", "expirationDate", codec=DAY),
        element("vaccinated_at", "occurrenceDateTime", "recorded", codec=MOMENT),
        element("site", "site.coding[0].code", codec=SITE),
        element("site_text", "site", codec=CONCEPT),
        element("route", "route.coding[0].code", codec=ROUTE),
        element("route_text", "route", codec=CONCEPT),
        element("volume", "doseQuantity.value", codec=NUMBER),
        element("not_given", "status", codec=_DEAD),
        element("not_given_reason", "statusReason", codec=CONCEPT),
        element("staff_name", "performer[0].actor.display", codec=cut(50)),
        element("void", "status", codec=_WITHDRAWN),
        _CHANGED,
    ),
    patient=REGION_PATIENT,
)


def _is_taken(resource: Resource, links: Links) -> bool:
    return resource.get("status") != "not-taken"


STATEMENT: Final = ResourceMap(
    "MedicationStatement",
    "history_item",
    (
        Own("history_no"),
        SUBJECT,
        always("history_kind", "10"),  # 用药史
        always("", "", "status", "unknown"),
        element("problem_text", "medicationCodeableConcept", codec=CONCEPT),
        element("problem_text", "medicationReference.display", codec=cut(200)),
        element("started_on", "effectivePeriod.start", "effectiveDateTime", codec=DAY),
        element("ended_on", "effectivePeriod.end", codec=DAY),
        element("recorded_on", "dateAsserted", "effectivePeriod.start", "effectiveDateTime", "meta.lastUpdated", codec=DAY),
        element("description", "dosage[0].text"),
        element("active", "status", codec=Codec(lambda value: "1" if value == "active" else "0", lambda text: None)),
        element("void", "status", codec=_WITHDRAWN),
        _CHANGED,
    ),
    only=_is_taken,
    reads_back=False,
    patient=REGION_PATIENT,
)

MAPS: Final = (ENCOUNTER, CONDITION, PROCEDURE, ALLERGY, IMMUNIZATION, STATEMENT)
