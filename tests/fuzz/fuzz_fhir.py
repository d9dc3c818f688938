"""Fuzz the FHIR reader: python -m tests.fuzz.fuzz_fhir [-runs=5000000] [corpus folder]

Whatever the bytes: they are read and checked, or refused by an OperationOutcome; what is read can be indexed and mapped.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["exchange.fhir"]):
    from exchange.fhir.bundles import read_entry
    from exchange.fhir.checking import check, dump, parse
    from exchange.fhir.definitions.catalogue import maps_of
    from exchange.fhir.indexing import tokens
    from exchange.fhir.links import BundleLinks, own_id
    from exchange.fhir.outcome import FhirRefused, outcome


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
    for number, entry in enumerate(resource.get("entry", ()) if resource["resourceType"] == "Bundle" else ()):
        try:
            read_entry(entry, f"Bundle.entry[{number}]")
        except FhirRefused as error:
            assert error.issues


def main() -> None:
    atheris.Setup(sys.argv, exercise)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
