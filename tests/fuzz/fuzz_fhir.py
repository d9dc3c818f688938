"""Fuzz the FHIR reader: python -m tests.fuzz.fuzz_fhir [-runs=5000000] [corpus folder]

Whatever the bytes: they are read and checked, or refused by an OperationOutcome; what is read can be indexed and mapped.
"""

from __future__ import annotations

import json

import atheris

with atheris.instrument_imports(include=["exchange.fhir"]):
    from exchange.fhir.bundles import read_entry
    from exchange.fhir.checking import check, dump, parse
    from exchange.fhir.definitions.catalogue import maps_of
    from exchange.fhir.indexing import tokens
    from exchange.fhir.links import BundleLinks, own_id
    from exchange.fhir.outcome import FhirRefused, outcome
from tests.exchange_fhir.bad_resources import bad_bodies
from tests.exchange_fhir.clinical_samples import KINDS
from tests.exchange_fhir.samples import bundle, entry
from tests.fuzz.driving import fuzz


def exercise(data: bytes) -> None:
    """Everything that is done with a body, but storing it."""
    try:
        content = parse(data)
        resource = check(content)
    except FhirRefused as error:
        assert 400 <= error.status < 500 and outcome(error.issues)["issue"]
        return
    dump(resource)
    kept = {**resource, "id": "1"}
    tokens(kept, lambda value: value)
    own_id(kept)
    links = BundleLinks([kept], {})
    for one in maps_of(kept["resourceType"]):
        for row in one.rows(kept, links):
            one.resource(row)
    for number, each in enumerate(resource.get("entry", ()) if resource["resourceType"] == "Bundle" else ()):
        try:
            read_entry(each, f"Bundle.entry[{number}]")
        except FhirRefused as error:
            assert error.issues


def seeds() -> list[bytes]:
    """A resource of every kind hospitals send, a bundle of some, and what the suite knows as bad."""
    ids = dict.fromkeys(KINDS, "1")
    made = [{"resourceType": kind, **make(ids)[0]} for kind, make in KINDS.items()]
    written = [json.dumps(one, ensure_ascii=False).encode() for one in (*made, bundle(*(entry(one) for one in made[:4])))]
    return written + [body for _, body in bad_bodies() if len(body) < 1_000]


if __name__ == "__main__":
    fuzz(exercise, seeds(), longest=2048)
