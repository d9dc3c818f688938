"""Real clients over a real socket: what the shared files hold reads back equal, or the table says why not."""

from __future__ import annotations

import importlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from fhirclient import client as smart
from fhirclient.models.encounter import Encounter
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound
from sqlalchemy import select

from etl.models import QuarantinedRow
from exchange.fhir.links import reference_holders
from health_platform.kernel.scope import system_scope
from tests.exchange_fhir.clinical_samples import KINDS
from tests.exchange_fhir.conftest import Hospital
from tests.exchange_fhir.samples import observation, patient

pytestmark = pytest.mark.system("A11", "A16")

Json = dict[str, Any]


def content_of(resource: Json, ids: dict[str, str] | None = None) -> Json:
    """A resource without what the server adds, its references as the server names them."""
    kept: Json = json.loads(json.dumps({name: value for name, value in resource.items() if name != "id"}, default=str))
    meta = {name: value for name, value in kept.pop("meta", {}).items() if name not in ("versionId", "lastUpdated")}
    for holder in reference_holders(kept):
        holder["reference"] = (ids or {}).get(holder["reference"], holder["reference"])
    return {**kept, "meta": meta} if meta else kept


def smart_model(kind: str) -> Any:
    """The SMART client's class for a kind of resource."""
    return getattr(importlib.import_module(f"fhirclient.models.{kind.lower()}"), kind)


def headers_of(hospital: Hospital) -> dict[str, str]:
    return dict(hospital.client.caller_headers)


@pytest.fixture
def smart_client(hospital: Hospital, fhir_server: str) -> Iterator[Any]:
    """The SMART client; it has no way to set headers, so its session gets them."""
    found = smart.FHIRClient(settings={"app_id": "test", "api_base": fhir_server})
    found.server.session.headers.update(headers_of(hospital))
    yield found


@pytest.fixture
def fhirpy_client(hospital: Hospital, fhir_server: str) -> Any:
    return SyncFHIRClient(fhir_server, extra_headers=headers_of(hospital))


def test_the_smart_client_creates_reads_searches_and_updates(smart_client: Any) -> None:
    created = Patient(patient()).create(smart_client.server)
    found = Patient.read(created["id"], smart_client.server)
    assert content_of(found.as_json()) == patient()
    Observation(observation(f"Patient/{found.id}")).create(smart_client.server)
    measured = Observation.where({"patient": found.id, "category": "vital-signs"}).perform_resources(smart_client.server)
    assert [one.valueQuantity.value for one in measured] == [36.5]
    found.active = False
    assert found.update(smart_client.server)["meta"]["versionId"] == "2"
    found.delete(smart_client.server)
    assert Patient.where({"_id": found.id}).perform_resources(smart_client.server) == []
    smart_client.prepare()
    assert smart_client.server.capabilityStatement.fhirVersion == "4.0.1"


def test_fhirpy_creates_pages_and_deletes(fhirpy_client: Any) -> None:
    person = fhirpy_client.resource("Patient", **{k: v for k, v in patient().items() if k != "resourceType"}).save()
    for number in range(7):
        values = {k: v for k, v in observation(f"Patient/{person.id}", value=36 + number / 10).items() if k != "resourceType"}
        fhirpy_client.resource("Observation", **values).save()
    search = fhirpy_client.resources("Observation").search(patient=person.id).sort("-date").limit(3)
    assert len(search.fetch_all()) == 7
    assert search.count() == 7
    assert fhirpy_client.resources("Patient").search(family="张", birthdate__ge="1980-01-01").first().id == person.id
    person["active"] = True
    person.save()
    assert fhirpy_client.reference("Patient", person.id).to_resource()["active"] is True
    person.delete()
    with pytest.raises(ResourceNotFound):
        fhirpy_client.reference("Patient", person.id).to_resource()


@pytest.fixture
def written(smart_client: Any) -> dict[str, tuple[Json, dict[str, str]]]:
    """One resource of every kind, created by the SMART client: kind → what was sent with its id, values that find it."""
    ids: dict[str, str] = {}
    found: dict[str, tuple[Json, dict[str, str]]] = {}
    for kind, make in KINDS.items():
        content, values = make(ids)
        sent = {"resourceType": kind, **content}
        ids[kind] = smart_model(kind)(sent).create(smart_client.server)["id"]
        if "subject" in content or "patient" in content:
            values = {**values, "patient": ids["Patient"]}
        found[kind] = {**sent, "id": ids[kind]}, values
    return found


def test_every_kind_reads_back_equal_by_either_client(written: Any, fhirpy_client: Any, smart_client: Any) -> None:
    for kind, (sent, _) in written.items():
        read = fhirpy_client.reference(kind, sent["id"]).to_resource()
        assert content_of(dict(read)) == content_of(sent)
        read["language"] = "zh-CN"
        read.save()
        again = smart_model(kind).read(sent["id"], smart_client.server)
        assert content_of(again.as_json()) == {**content_of(sent), "language": "zh-CN"}


def test_every_parameter_finds_what_it_should_and_nothing_else(written: Any, fhirpy_client: Any, smart_client: Any) -> None:
    for kind, (sent, values) in written.items():
        model = getattr(importlib.import_module(f"fhirclient.models.{kind.lower()}"), kind)
        for name, value in values.items():
            found = [one.id for one in fhirpy_client.resources(kind).search(**{name: value}).fetch_all()]
            assert found == [sent["id"]], (kind, name)
            assert [one.id for one in model.where({name: value}).perform_resources(smart_client.server)] == found, (kind, name)
            other = "1850-01-01" if re.search(r"\d{4}-\d\d-\d\d", value) else f"{value}-other"
            assert fhirpy_client.resources(kind).search(**{name: other}).fetch_all() == [], (kind, name)
        together = fhirpy_client.resources(kind).search(**values).fetch_all()
        assert [one.id for one in together] == [sent["id"]]


def test_everything_about_a_patient(written: Any, fhirpy_client: Any) -> None:
    patient_id = written["Patient"][0]["id"]
    pages = fhirpy_client.execute(f"Patient/{patient_id}/$everything", method="GET", params={"_count": 100})
    found = {entry["resource"]["resourceType"]: entry["resource"]["id"] for entry in pages["entry"]}
    personal = {kind: sent["id"] for kind, (sent, _) in written.items() if "subject" in sent or "patient" in sent}
    assert personal.items() <= found.items()


def test_parameters_that_would_narrow_a_search_are_not_ignored(fhirpy_client: Any) -> None:
    for name in ("_has:Observation:patient:code", "_filter", "_list", "_text"):
        with pytest.raises(OperationOutcome):
            fhirpy_client.resources("Patient").search(**{name: "x"}).fetch()


def test_every_synthea_bundle_goes_in_and_reads_back(
    hospital: Hospital,
    fhirpy_client: Any,
    smart_client: Any,
    shared_data: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = sorted(shared_data("fhir_synthea").iterdir(), key=lambda file: "practitioner" not in file.name)
    sent: list[tuple[Json, str, dict[str, str]]] = []
    for file in files:
        status, body, _ = hospital.call("POST", "", file.read_bytes())
        assert status == 200, (file.name, body)
        entries = json.loads(file.read_bytes())["entry"]
        ids: dict[str, str] = {}
        for entry, answer in zip(entries, body["entry"], strict=True):
            reference = answer["response"]["location"].split("/_history")[0]
            ids[entry["fullUrl"]] = reference
            if answer["response"]["status"].startswith("201"):
                sent.append((entry["resource"], reference, ids))
    counts = Counter(reference.split("/")[0] for _, reference, _ in sent)
    stored: dict[str, Json] = {}
    for kind, count in counts.items():
        found = fhirpy_client.resources(kind).limit(500).fetch_all()
        assert len(found) == count
        stored.update({f"{kind}/{one['id']}": dict(one) for one in found})
    for resource, reference, ids in sent:
        assert content_of(stored[reference]) == content_of(resource, ids), reference
    assert len(Encounter.where({"_count": "500"}).perform_resources(smart_client.server)) == counts["Encounter"]
    hospital.work()
    refused = _refused(hospital)
    with capsys.disabled():
        print(f"\n{len(files)} Synthea bundles, {sum(counts.values())} resources read back equal; rows refused: {refused}")
    assert not refused
    assert len(hospital.rows("visit", "visit_no")) == counts["Encounter"]
    assert len(hospital.rows("vaccination", "vaccination_no")) == counts["Immunization"]
    assert len(hospital.rows("diagnosis", "diagnosis_no")) == counts["Condition"]


def _refused(hospital: Hospital) -> dict[Any, int]:
    with hospital.platform.database.unit_of_work(system_scope("test")) as session:
        own = QuarantinedRow.institution_id == hospital.institution_id
        return Counter((row.dataset, row.rule, row.field) for row in session.scalars(select(QuarantinedRow).where(own)))


def _resources(file: Path) -> list[Json]:
    """The resources of an example file: itself, or those of a bundle that is no transaction (message, collection)."""
    content: Json = json.loads(file.read_text("utf-8-sig"), parse_float=Decimal)
    if content["resourceType"] != "Bundle":
        return [content]
    return [one for entry in content["entry"] for one in _flat(entry["resource"])]


def _flat(resource: Json) -> list[Json]:
    if resource["resourceType"] != "Bundle":
        return [resource]
    return [one for entry in resource["entry"] if "resource" in entry for one in _flat(entry["resource"])]


def test_every_example_goes_in_or_says_why_not(
    hospital: Hospital,
    fhir_server: str,
    fhirpy_client: Any,
    smart_client: Any,
    shared_data: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What goes in reads back equal by fhirpy and by the SMART client."""
    files = sorted([*shared_data("fhir_examples").iterdir(), *(shared_data("openhie_cr") / "fhir").iterdir()])
    refused: dict[str, str] = {}
    equal = 0
    with requests.Session() as session:
        session.headers.update({**headers_of(hospital), "Content-Type": "application/fhir+json"})
        for file in files:
            for resource in _resources(file):
                url = f"{fhir_server}/{resource['resourceType']}"
                body = json.dumps(resource, default=float).encode()
                answer = session.post(url, data=body)
                if answer.status_code != 201:
                    problem = answer.json()["issue"][0]
                    refused[f"{file.name} {resource['resourceType']}"] = f"{answer.status_code} {problem['diagnostics']}"
                    continue
                kind, logical_id = resource["resourceType"], answer.json()["id"]
                by_fhirpy = dict(fhirpy_client.reference(kind, logical_id).to_resource())
                by_smart = smart_model(kind).read(logical_id, smart_client.server).as_json()
                assert content_of(by_fhirpy) == content_of(json.loads(body)), file.name
                known = smart_model(kind)(json.loads(body)).as_json()  # the client drops extensions of primitive values
                assert content_of(by_smart) == content_of(known), file.name
                equal += 1
    with capsys.disabled():
        print(f"\n{len(files)} FHIR example files: {equal} resources read back equal, {len(refused)} refused")
        for name, problem in refused.items():
            print(f"  {name}: {problem[:140]}")
    assert equal >= 90
    assert {text[:3] for text in refused.values()} <= {"400", "404"}
