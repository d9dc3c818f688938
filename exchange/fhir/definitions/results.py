"""Observations and diagnostic reports."""

from typing import Final

from exchange.fhir.checking import Resource
from exchange.fhir.codecs import CONCEPT, MOMENT, NUMBER, WORDS, Codec, cut, when_fits
from exchange.fhir.definitions.persons import FRONT_PATIENT, REGION_PATIENT, SUBJECT
from exchange.fhir.definitions.translations import OBSERVATION_ITEM, RANGE_FLAG
from exchange.fhir.mapping import Column, Links, Own, ResourceMap, always, element, of_whole, refers

_WITHDRAWN: Final = Codec(lambda value: "1" if value in ("entered-in-error", "cancelled") else "0", lambda text: None)
_TAKEN: Final = ("effectiveDateTime", "effectivePeriod.start", "effectiveInstant", "issued", "meta.lastUpdated")
_CATEGORY_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
_IMAGING: Final = frozenset(
    {"RAD", "imaging", "LP29684-5", "CT", "NMR", "RUS", "RX", "CUS", "VUS", "EC", "CTH", "NMS", "OUS", "PAT", "SP"}
)


def _categories(resource: Resource) -> set[str]:
    found: set[str] = set()
    for category in resource.get("category") or ():
        codings = category.get("coding") or () if isinstance(category, dict) else ()
        found.update(str(coding.get("code")) for coding in codings if isinstance(coding, dict))
    return found


def is_laboratory(resource: Resource, links: Links) -> bool:
    """A laboratory result: by its category, or because a laboratory report lists it."""
    return "laboratory" in _categories(resource) or bool(links.referrer(resource, "DiagnosticReport"))


def _single_laboratory(resource: Resource, links: Links) -> bool:
    return is_laboratory(resource, links) and not links.referrer(resource, "DiagnosticReport")


def _single_value(resource: Resource, links: Links) -> bool:
    return not is_laboratory(resource, links) and not resource.get("component")


def _several_values(resource: Resource, links: Links) -> bool:
    return not is_laboratory(resource, links) and bool(resource.get("component"))


def _is_imaging(resource: Resource, links: Links) -> bool:
    return bool(_categories(resource) & _IMAGING)


def _is_laboratory_report(resource: Resource, links: Links) -> bool:
    return not _is_imaging(resource, links)


def _value() -> tuple[Column, ...]:
    """What was measured; the same elements stand in an observation and in its components."""
    return (
        element("item", "code.coding[0].code", codec=OBSERVATION_ITEM),
        element("item_text", "code", codec=CONCEPT),
        element("value", "valueQuantity.value", "valueInteger", codec=NUMBER),
        element("value_text", "valueString", "valueCodeableConcept", "valueRange", "valueRatio", codec=WORDS),
        element("value_text", "valueDateTime", "valueTime", "valueBoolean", "dataAbsentReason", codec=WORDS),
        element("value_code", "valueCodeableConcept.coding[0].code", codec=when_fits(20)),
        element("unit", "valueQuantity.unit", "valueQuantity.code", codec=cut(20)),
        element("range_low", "referenceRange[0].low.value", codec=NUMBER),
        element("range_high", "referenceRange[0].high.value", codec=NUMBER),
        element("range_flag", "interpretation[0].coding[0].code", codec=RANGE_FLAG),
    )


def _observation_tail() -> tuple[Column, ...]:
    return (
        element("method", "method", codec=CONCEPT),
        element("device", "device.display", codec=cut(100)),
        element("staff_name", "performer[0].display", codec=cut(50)),
        element("void", "status", codec=_WITHDRAWN),
        element("changed_at", "meta.lastUpdated"),
    )


OBSERVATION: Final = ResourceMap(
    "Observation",
    "observation",
    (
        Own("observation_no"),
        SUBJECT,
        refers("visit_no", "encounter", "Encounter"),
        always("", "", "status", "final"),
        *_value(),
        element("observed_at", *_TAKEN, codec=MOMENT),
        *_observation_tail(),
    ),
    only=_single_value,
    patient=REGION_PATIENT,
)


COMPONENT: Final = ResourceMap(
    "Observation",
    "observation",
    (
        Own("observation_no"),
        Own("group_no"),
        SUBJECT,
        refers("visit_no", "encounter", "Encounter"),
        *_value(),
        *(
            of_whole(name, *places, codec=codec)
            for name, places, codec in (
                ("observed_at", _TAKEN, MOMENT),
                ("void", ("status",), _WITHDRAWN),
                ("changed_at", ("meta.lastUpdated",), MOMENT),
            )
        ),
    ),
    only=_several_values,
    each="component",
    key="observation_no",
    reads_back=False,
    patient=REGION_PATIENT,
)
SINGLE_LAB_REPORT: Final = ResourceMap(
    "Observation",
    "emr_ex_lab",
    (
        Own("id"),
        SUBJECT,
        refers("serial_number", "encounter", "Encounter"),
        Own("examination_report_no"),
        element("examination_date", *_TAKEN, codec=MOMENT),
        element("examination_report_date", "issued", *_TAKEN, codec=MOMENT),
        element("operation_time", "meta.lastUpdated"),
        element("invalid_flag", "status", codec=_WITHDRAWN),
    ),
    only=_single_laboratory,
    reads_back=False,
    patient=FRONT_PATIENT,
)
LAB_ITEM: Final = ResourceMap(
    "Observation",
    "emr_ex_lab_item",
    (
        Own("id"),
        Own("ex_lab_id", referrer="DiagnosticReport"),
        always("", "", "status", "final"),
        always("", "", "category[coding.code=laboratory].coding[code=laboratory].system", _CATEGORY_SYSTEM),
        element("item_code", "code.coding[0].code", codec=when_fits(100)),
        element("item_name", "code", codec=CONCEPT),
        element("examination_quantification", "valueQuantity.value", "valueInteger", codec=NUMBER),
        element("examination_quantification", "valueString", codec=when_fits(100)),
        element("examination_quantification_unit", "valueQuantity.unit", "valueQuantity.code", codec=cut(20)),
        element("examination_quantification_lower", "referenceRange[0].low.value", codec=NUMBER),
        element("examination_quantification_upper", "referenceRange[0].high.value", codec=NUMBER),
        element("examination_quantification_ri", "interpretation[0].coding[0].code", codec=RANGE_FLAG),
        element("source_examination_result_code", "valueCodeableConcept.coding[0].code", codec=when_fits(100)),
        element("source_examination_result_name", "valueCodeableConcept", codec=CONCEPT),
        element("operation_time", "issued", *_TAKEN, codec=MOMENT),
        element("invalid_flag", "status", codec=_WITHDRAWN),
    ),
    only=is_laboratory,
)


def _report(type_field: str) -> tuple[Column, ...]:
    return (
        Own("id"),
        SUBJECT,
        refers("serial_number", "encounter", "Encounter"),
        always("", "", "status", "final"),
        Own("examination_report_no"),
        element("examination_report_date", "issued", *_TAKEN, codec=MOMENT),
        element("examination_subjective_desc", "conclusion"),
        element("operation_time", "meta.lastUpdated"),
        element("invalid_flag", "status", codec=_WITHDRAWN),
        element("panel_code", "code.coding[0].code"),
        element(type_field, "code", codec=CONCEPT),
        always("", "", "code.text", "检查检验报告"),
    )


LAB_REPORT: Final = ResourceMap(
    "DiagnosticReport",
    "emr_ex_lab",
    (
        *_report("panel_name"),
        element("examination_date", *_TAKEN, codec=MOMENT),
        element("specimen_no", "specimen[0].identifier.value", codec=cut(100)),
        element("specimen_category_name", "specimen[0].display", codec=cut(100)),
        element("org_name", "performer[0].display", codec=cut(100)),
        always("", "", "category[coding.code=LAB].coding[code=LAB].system", "http://terminology.hl7.org/CodeSystem/v2-0074"),
    ),
    only=_is_laboratory_report,
    patient=FRONT_PATIENT,
)
EXAM_REPORT: Final = ResourceMap(
    "DiagnosticReport",
    "emr_ex_clinical",
    (
        *_report("examination_type_name"),
        element("examination_type_code", "category[0].coding[0].code", codec=when_fits(20)),
        always("", "", "category[coding.code=RAD].coding[code=RAD].system", "http://terminology.hl7.org/CodeSystem/v2-0074"),
    ),
    only=_is_imaging,
    patient=FRONT_PATIENT,
)

MAPS: Final = (OBSERVATION, COMPONENT, SINGLE_LAB_REPORT, LAB_ITEM, LAB_REPORT, EXAM_REPORT)
