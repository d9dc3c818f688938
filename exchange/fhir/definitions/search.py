"""Search parameters: the ones of R4 that US Core and IPS clients use, by resource type."""

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from exchange.fhir.structures import elements, model_of

Kind = Literal["token", "reference", "date", "string", "uri"]


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """One parameter: where its values stand, and whether they are kept only as blind indexes.

    ``index`` is the name under which values are stored; ``patient`` and ``subject`` share one. With ``extension`` the paths
    begin in the resource's extensions of this URL.
    """

    name: str
    kind: Kind
    paths: tuple[str, ...]
    index: str = ""
    secret: bool = False
    extension: str = ""

    @property
    def stored_as(self) -> str:
        return self.index or self.name


def _token(name: str, *paths: str, secret: bool = False) -> SearchParameter:
    return SearchParameter(name, "token", paths or (_camel(name),), secret=secret)


def _reference(name: str, *paths: str) -> SearchParameter:
    return SearchParameter(name, "reference", paths or (_camel(name),))


def _date(name: str, *paths: str) -> SearchParameter:
    return SearchParameter(name, "date", paths or (_camel(name),))


def _string(name: str, *paths: str) -> SearchParameter:
    return SearchParameter(name, "string", paths or (_camel(name),))


def _camel(name: str) -> str:
    head, *rest = name.split("-")
    return head + "".join(part.capitalize() for part in rest)


_NAMES: Final = (_string("name"), _string("family", "name.family"), _string("given", "name.given"))
_CONTACT: Final = (
    _token("telecom", secret=True),
    _token("phone", "telecom", secret=True),
    _token("email", "telecom", secret=True),
)
_ADDRESS: Final = (
    _string("address"),
    _string("address-city", "address.city"),
    _string("address-state", "address.state"),
    _string("address-postalcode", "address.postalCode"),
)

_ASSERTED: Final = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
"""R4 has no element for when a condition was asserted; US Core searches by this extension."""

_OWN: Final[dict[str, tuple[SearchParameter, ...]]] = {
    "Patient": (
        *_NAMES,
        *_CONTACT,
        *_ADDRESS,
        _date("birthdate", "birthDate"),
        _token("gender"),
        _token("active"),
        _token("deceased", "deceasedBoolean"),
        _date("death-date", "deceasedDateTime"),
        _reference("general-practitioner"),
        _reference("organization", "managingOrganization"),
        _reference("link", "link.other"),
    ),
    "Encounter": (
        _token("class"),
        _token("type"),
        _date("date", "period"),
        _reference("participant", "participant.individual"),
        _reference("service-provider"),
        _reference("location", "location.location"),
        _reference("diagnosis", "diagnosis.condition"),
        _reference("part-of"),
        _token("reason-code"),
        _token("discharge-disposition", "hospitalization.dischargeDisposition"),
    ),
    "Condition": (
        _token("category"),
        _token("code"),
        _token("clinical-status"),
        _token("verification-status"),
        _token("severity"),
        _date("onset-date", "onsetDateTime", "onsetPeriod"),
        _date("abatement-date", "abatementDateTime", "abatementPeriod"),
        _date("recorded-date"),
        SearchParameter("asserted-date", "date", ("valueDateTime",), extension=_ASSERTED),
        _reference("asserter"),
    ),
    "Observation": (
        _token("category"),
        _token("code"),
        _token("component-code", "component.code"),
        _token("value-concept", "valueCodeableConcept"),
        _string("value-string", "valueString"),
        _date("date", "effectiveDateTime", "effectivePeriod", "effectiveInstant"),
        _reference("performer"),
        _reference("specimen"),
        _reference("based-on"),
        _reference("has-member"),
    ),
    "DiagnosticReport": (
        _token("category"),
        _token("code"),
        _date("date", "effectiveDateTime", "effectivePeriod"),
        _date("issued"),
        _reference("performer"),
        _reference("result"),
        _reference("specimen"),
        _reference("based-on"),
    ),
    "MedicationRequest": (
        _token("intent"),
        _token("priority"),
        _token("category"),
        _token("code", "medicationCodeableConcept"),
        _reference("medication", "medicationReference"),
        _date("authoredon", "authoredOn"),
        _reference("requester"),
    ),
    "MedicationStatement": (
        _token("category"),
        _token("code", "medicationCodeableConcept"),
        _reference("medication", "medicationReference"),
        _date("effective", "effectiveDateTime", "effectivePeriod"),
        _reference("context"),
    ),
    "MedicationDispense": (
        _token("code", "medicationCodeableConcept"),
        _reference("medication", "medicationReference"),
        _token("type"),
        _date("whenhandedover", "whenHandedOver"),
        _reference("prescription", "authorizingPrescription"),
    ),
    "Medication": (_token("code"),),
    "Immunization": (
        _token("vaccine-code"),
        _date("date", "occurrenceDateTime"),
        _string("lot-number"),
        _reference("location"),
        _reference("performer", "performer.actor"),
    ),
    "AllergyIntolerance": (
        _token("category"),
        _token("code", "code", "reaction.substance"),
        _token("clinical-status"),
        _token("verification-status"),
        _token("criticality"),
        _token("type"),
        _token("manifestation", "reaction.manifestation"),
        _token("severity", "reaction.severity"),
        _date("date", "recordedDate"),
        _date("onset", "onsetDateTime"),
        _reference("recorder"),
        _reference("asserter"),
    ),
    "Procedure": (
        _token("category"),
        _token("code"),
        _date("date", "performedDateTime", "performedPeriod"),
        _token("reason-code"),
        _reference("based-on"),
        _reference("performer", "performer.actor"),
        _reference("location"),
    ),
    "Specimen": (_token("type"), _token("accession", "accessionIdentifier"), _date("collected", "collection.collectedDateTime")),
    "ServiceRequest": (
        _token("category"),
        _token("code"),
        _token("intent"),
        _token("priority"),
        _date("authored", "authoredOn"),
        _date("occurrence", "occurrenceDateTime", "occurrencePeriod"),
        _reference("requester"),
        _reference("performer"),
        _reference("based-on"),
    ),
    "DocumentReference": (
        _token("category"),
        _token("type"),
        _date("date"),
        _date("period", "context.period"),
        _reference("author"),
        _reference("encounter", "context.encounter"),
        _reference("relatesto", "relatesTo.target"),
    ),
    "CarePlan": (_token("category"), _date("date", "period"), _token("intent")),
    "CareTeam": (
        _token("category"),
        _date("date", "period"),
        _token("role", "participant.role"),
        _reference("participant", "participant.member"),
    ),
    "Goal": (
        _token("lifecycle-status"),
        _token("description"),
        _date("start-date", "startDate"),
        _date("target-date", "target.dueDate"),
    ),
    "Device": (_token("type"), _string("device-name", "deviceName.name")),
    "ImagingStudy": (_date("started"), _token("modality", "series.modality", "modality")),
    "Claim": (_date("created"), _reference("provider"), _token("use")),
    "ExplanationOfBenefit": (
        _date("created"),
        _reference("provider"),
        _reference("claim"),
        _reference("coverage", "insurance.coverage"),
    ),
    "Coverage": (_reference("beneficiary"), _reference("payor"), _token("type")),
    "Provenance": (
        _reference("target"),
        SearchParameter("patient", "reference", ("target",), index="target"),
        _reference("agent", "agent.who"),
        _date("recorded"),
    ),
    "Composition": (_token("type"), _date("date"), _reference("author")),
    "Practitioner": (*_NAMES, *_CONTACT, _token("active"), _token("gender")),
    "PractitionerRole": (
        _reference("practitioner"),
        _reference("organization"),
        _token("role", "code"),
        _token("specialty"),
        _token("active"),
        _reference("location"),
        _reference("endpoint"),
        *_CONTACT,
    ),
    "RelatedPerson": (*_NAMES, *_CONTACT, _token("relationship")),
    "Person": (*_NAMES, *_CONTACT),
    "Organization": (_string("name"), _token("type"), _token("active"), *_ADDRESS, _reference("partof", "partOf")),
    "Location": (_string("name"), *_ADDRESS, _token("type"), _reference("organization", "managingOrganization")),
    "HealthcareService": (_string("name"), _token("service-type", "type"), _reference("organization", "providedBy")),
    "ValueSet": (SearchParameter("url", "uri", ("url",)), _string("name"), _token("version")),
    "CodeSystem": (SearchParameter("url", "uri", ("url",)), _string("name"), _token("version")),
    "StructureDefinition": (SearchParameter("url", "uri", ("url",)), _string("name"), _token("type")),
    "QuestionnaireResponse": (
        _date("authored"),
        SearchParameter("questionnaire", "uri", ("questionnaire",)),
        _reference("author"),
        _reference("source"),
        _reference("based-on"),
    ),
    "Questionnaire": (SearchParameter("url", "uri", ("url",)), _string("title"), _token("version")),
}  # fmt: skip

_COMMON: Final = (
    SearchParameter("identifier", "token", ("identifier",), secret=True),
    _token("status"),
    _reference("encounter"),
)
_META: Final = (
    SearchParameter("_profile", "uri", ("meta.profile",)),
    SearchParameter("_source", "uri", ("meta.source",)),
    SearchParameter("_tag", "token", ("meta.tag",)),
    SearchParameter("_security", "token", ("meta.security",)),
)
_SUBJECTS: Final = ("subject", "patient", "individual", "beneficiary")


@cache
def parameters(resource_type: str) -> dict[str, SearchParameter]:
    """Search parameters of a type by name: its own, and those every type with such an element has."""
    names = {rule.name for rule in elements(model_of(resource_type))}
    found = {one.name: one for one in (*_OWN.get(resource_type, ()), *_META)}
    for one in _COMMON:
        if one.name in names:
            found.setdefault(one.name, one)
    subject = next((name for name in _SUBJECTS if name in names), None)
    if subject and resource_type != "Patient":
        for name in ("patient", "subject"):
            found.setdefault(name, SearchParameter(name, "reference", (subject,), index="subject"))
    return found
