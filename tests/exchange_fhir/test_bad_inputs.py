"""Every named bad input is refused by an OperationOutcome or stored as it is: no crash, no 5xx."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from fhirclient.models import fhirelementfactory
from fhirclient.models.fhirabstractbase import FHIRValidationError
from hypothesis import given
from hypothesis import strategies as st

from exchange.fhir.checking import check, parse
from exchange.fhir.outcome import FhirRefused
from tests.exchange_fhir.bad_resources import bad_bodies, bad_bundles, bad_queries, bad_resources
from tests.exchange_fhir.conftest import Hospital
from tests.exchange_fhir.samples import patient
from tests.fuzz.fuzz_fhir import exercise

pytestmark = pytest.mark.system("A11")


def body(resource: Any) -> bytes:
    return json.dumps(resource).encode()


def test_bad_bodies_are_refused_with_their_reason() -> None:
    for name, content in bad_bodies():
        exercise(content)
        with pytest.raises(FhirRefused) as caught:
            check(parse(content))
        assert caught.value.status == 400 and caught.value.issues[0].text, name


def test_wrong_elements_are_named() -> None:
    """Against the SMART models as oracle: what they refuse, we refuse; a refusal names the element."""
    cases = dict(bad_resources())
    assert len(cases) > 700
    refused = Counter[str]()
    for name, resource in cases.items():
        content = body(resource)
        exercise(content)
        try:
            check(parse(content))
        except FhirRefused as error:
            refused[error.issues[0].code] += 1
            assert error.issues[0].where or error.issues[0].code == "structure", name
        else:
            assert not _library_refuses(resource), name
    assert refused["structure"] > 500 and refused["code-invalid"] > 5


def _library_refuses(resource: dict[str, Any]) -> bool:
    try:
        fhirelementfactory.FHIRElementFactory.instantiate(resource["resourceType"], resource)
    except (FHIRValidationError, KeyError, TypeError, ValueError, AttributeError):
        return True
    return False


def test_nothing_bad_breaks_the_service(hospital: Hospital) -> None:
    seen: Counter[int] = Counter()
    for name, bundle in bad_bundles():
        status, answer, _ = hospital.call("POST", "", body(bundle))
        assert 400 <= status < 500 and answer["resourceType"] == "OperationOutcome", (name, status, answer)
    for name, url in bad_queries():
        status, answer, _ = hospital.call("GET", url)
        assert status < 500 and answer["resourceType"] in ("OperationOutcome", "Bundle"), (name, status)
        seen[status] += 1
    for name, content in [*list(bad_bodies())[:30], *((name, body(one)) for name, one in list(bad_resources())[::40])]:
        status = hospital.call("POST", "/Patient", content)[0]
        assert status == 201 or 400 <= status < 500, name
    assert seen[400] > 100


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    exercise(data)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*patient(), "extension", "contained", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(
    st.sampled_from(["Patient", "Observation", "Bundle", "Condition"]),
    st.dictionaries(st.sampled_from([*patient(), "entry"]), _JSON),
)
def test_any_json(kind: str, content: dict[str, Any]) -> None:
    exercise(json.dumps({**content, "resourceType": kind}).encode())
