"""What the CapabilityStatement names can be found by: every parameter of every kind, against the official element tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from exchange.fhir.capability import capability_statement, stored_kinds
from exchange.fhir.definitions.search import SearchParameter, parameters
from exchange.fhir.indexing import tokens
from exchange.fhir.query import read_query
from exchange.fhir.sifting import sifted
from exchange.fhir.structures import ModelClass, elements, model_of
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope

pytestmark = pytest.mark.system("A11", "A16")

# By type of element: a value, and what a client asks to find it.
VALUES: dict[str, tuple[Any, str]] = {
    "CodeableConcept": ({"coding": [{"system": "urn:s", "code": "c"}]}, "urn:s|c"),
    "Coding": ({"system": "urn:s", "code": "c"}, "urn:s|c"),
    "Identifier": ({"system": "urn:s", "value": "c"}, "urn:s|c"),
    "ContactPoint": ({"system": "phone", "value": "c"}, "c"),
    "FHIRReference": ({"reference": "Patient/1"}, "Patient/1"),
    "Period": ({"start": "2020-01-01", "end": "2020-01-02"}, "ge2020"),
    "HumanName": ({"text": "Zhang"}, "zhang"),
    "Address": ({"text": "Zhang"}, "zhang"),
    "bool": (True, "true"),
    "FHIRDate": ("2020-01-01", "2020"),
    "FHIRDateTime": ("2020-01-01T08:00:00Z", "2020-01"),
    "FHIRInstant": ("2020-01-01T08:00:00Z", "ge2020"),
    "str": ("urn:c", "urn:c"),
}


def all_parameters() -> Iterator[tuple[str, SearchParameter]]:
    for kind in stored_kinds():
        for one in parameters(kind).values():
            yield kind, one


def filled(model: ModelClass, steps: list[str]) -> tuple[Any, str]:
    """An object with the smallest value at a path of its model, and how to ask for it."""
    rules = {rule.name: rule for rule in elements(model)}
    assert steps[0] in rules, f"{model.__name__} has no element {steps[0]}"
    rule = rules[steps[0]]
    value, asked = filled(rule.kind, steps[1:]) if len(steps) > 1 else VALUES[rule.kind.__name__]
    return {rule.name: [value] if rule.many else value}, asked


def samples(kind: str, one: SearchParameter) -> Iterator[tuple[dict[str, Any], str]]:
    """A resource for each place where the values of a parameter stand, and a search that finds it."""
    for place in one.paths:
        if one.extension:
            found, asked = {"extension": [{"url": one.extension, place: "2020-01-01"}]}, "2020"
        else:
            found, asked = filled(model_of(kind), place.split("."))
        yield {"resourceType": kind, "id": "1", **found}, asked


def test_every_parameter_finds_what_stands_at_its_places() -> None:
    wrong = []
    for kind, one in all_parameters():
        for resource, asked in samples(kind, one):
            kept = [token for token in tokens(resource, lambda value: value) if token.name == one.stored_as]
            if not kept or sifted([resource], kind, [(one.name, asked)]) != [resource]:
                wrong.append((kind, one.name, resource))
    assert wrong == []


def test_every_parameter_can_be_asked_for(fhir_platform: Platform) -> None:
    with fhir_platform.database.unit_of_work(system_scope("test")) as session:
        for kind, one in all_parameters():
            asked = next(asked for _, asked in samples(kind, one))
            assert len(read_query(session, kind, [(one.name, asked), (f"{one.name}:missing", "true")]).conditions) == 5


def test_the_capability_statement_names_them_all() -> None:
    (rest,) = capability_statement("http://server")["rest"]
    for resource in rest["resource"]:
        named = {(one["name"], one["type"]) for one in resource["searchParam"]} - {("_id", "token"), ("_lastUpdated", "date")}
        assert named == {(one.name, one.kind) for one in parameters(resource["type"]).values()}


# US Core 7.0.0, server capability statement: parameters a server must or should have, without the country's own extensions.
US_CORE = {
    "AllergyIntolerance": "patient clinical-status",
    "CarePlan": "patient category date status",
    "CareTeam": "patient role status",
    "Condition": "patient abatement-date asserted-date category clinical-status code encounter onset-date recorded-date",
    "Coverage": "patient",
    "Device": "patient status type",
    "DiagnosticReport": "patient category code date status",
    "DocumentReference": "patient category date period status type",
    "Encounter": "patient class date discharge-disposition identifier location status type",
    "Goal": "patient description lifecycle-status target-date",
    "Immunization": "patient date status",
    "Location": "address address-city address-postalcode address-state name",
    "MedicationDispense": "patient status type",
    "MedicationRequest": "patient authoredon encounter intent status",
    "Observation": "patient category code date status",
    "Organization": "address name",
    "Patient": "birthdate death-date family gender given identifier name",
    "Practitioner": "identifier name",
    "PractitionerRole": "practitioner specialty",
    "Procedure": "patient code date status",
    "Provenance": "patient target",
    "QuestionnaireResponse": "patient authored questionnaire status",
    "RelatedPerson": "patient name",
    "ServiceRequest": "patient authored category code status",
    "Specimen": "patient",
}


@pytest.mark.parametrize("kind", US_CORE)
def test_what_us_core_clients_search_by_is_there(kind: str) -> None:
    assert set(US_CORE[kind].split()) <= set(parameters(kind))
