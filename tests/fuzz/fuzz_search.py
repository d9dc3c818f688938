"""Fuzz the parameters of FHIR searches: python -m tests.fuzz.fuzz_search [-runs=5000000] [corpus folder]

The first byte chooses a kind of resource, or the search for persons (PDQm); the rest is the query string. Whatever it says:
refused by an OperationOutcome, or a search that the database runs. One in 64 is run; the others are read.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

import atheris

with atheris.instrument_imports(
    include=[f"exchange.fhir.{name}" for name in ("query", "conditions", "demographics", "instants", "sifting")]
):
    from exchange.fhir import demographics, query, searching
    from exchange.fhir.capability import stored_kinds
    from exchange.fhir.outcome import FhirRefused, outcome
    from exchange.fhir.sifting import sifted
from exchange.hl7v2.numbers import Authorities
from tests.fuzz.driving import fuzz
from tests.fuzz.ground import one_in, session

KINDS = tuple(sorted(stored_kinds()))
AUTHORITIES = Authorities({"A1": 1, "1.2.3": 2})
RESOURCE = {"id": "1", "meta": {"lastUpdated": "2026-01-01T00:00:00Z"}}


def exercise(data: bytes) -> None:
    """Everything that is done with a query string."""
    choice, text = data[0] if data else 0, data[1:].decode("utf-8", "replace")
    arguments = parse_qsl(text, keep_blank_values=True)
    kind = KINDS[choice // 2 % len(KINDS)]
    run = one_in(64, data)
    try:
        if choice % 2:
            asked = demographics.read_query(AUTHORITIES, arguments)
            if run:
                demographics.find(session(), asked)
        else:
            asked_for = query.read_query(session(), kind, query.known_only(kind, arguments) if choice % 4 else arguments)
            criteria = [(name, value) for name, value in arguments if value and query.selects(name)]
            sifted([{"resourceType": kind, **RESOURCE}], kind, criteria)
            if run:
                searching.run(session(), asked_for)
    except FhirRefused as error:
        assert 400 <= error.status < 500 and outcome(error.issues)["issue"]


def seeds() -> list[bytes]:
    """Every kind of parameter and modifier, control parameters, chains, and what is refused."""
    observations = (
        "patient=1&code=http://loinc.org|1558-6,2339-0&date=ge2026-01&_count=5&_sort=-date", "code:missing=true&_summary=count",
        "patient.identifier=urn:s|1&status:not=final", "_id=1,2&_lastUpdated=gt2026-01-01T08:00:00Z", "code=%00",
        "subject:Patient.name=zhang&_include=Observation:subject", "_offset=100001", "_has:x:y=1",
        "date=ap2026&date=", "code=a\\,b|c\\|d", "_elements=code&_revinclude=x:y",
    )  # fmt: skip
    persons = (
        "family=张&given:exact=三&birthdate=ge1980&gender=male", "_id=person-1,2&active=true", "identifier=urn:s|1",
        "_id=person-99999999999999999999", "telecom=tel:1", "identifier=|&name=",
        "address-city=x&_count=9&_offset=9", "mothersMaidenName=a,b\\,c",
    )  # fmt: skip
    place = 2 * KINDS.index("Observation")
    return [bytes([place]) + text.encode() for text in observations] + [b"\x01" + text.encode() for text in persons]


if __name__ == "__main__":
    fuzz(exercise, seeds(), longest=160)
