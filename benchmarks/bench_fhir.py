"""FHIR: bundles stored durably and searchable, and their rows readable in the warehouse; resources per second of processor time.

The peer of the structure check is building the object models of the SMART client library, which validates as it builds.
The control of the whole way is a bare SQLite table that commits the same JSON, one row per resource. Target: 1,500 resources/s.

Run: python -m benchmarks.bench_fhir [patients]
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from fhirclient.models.bundle import Bundle

from benchmarks.exchange_platform import cost, peak_memory, platform
from benchmarks.machine import commits_limit
from exchange.fhir.bundles import Request, process
from exchange.fhir.checking import check, parse
from exchange.fhir.models import FhirResource
from exchange.fhir.store import Owner
from health_platform.kernel import clock
from health_platform.kernel.jobs import Worker
from health_platform.kernel.scope import system_scope

OBSERVATIONS = 60
ENCOUNTERS = 8
TERMS = "http://terminology.hl7.org/CodeSystem"


def bundle(number: int) -> bytes:
    """A patient with encounters, diagnoses, measurements, immunizations and prescriptions: about 90 resources."""
    patient = f"urn:uuid:p{number}"
    resources: list[tuple[str, dict[str, Any]]] = [(patient, _patient(number))]
    for visit in range(ENCOUNTERS):
        encounter = f"urn:uuid:e{number}-{visit}"
        about = {"subject": {"reference": patient}, "encounter": {"reference": encounter}}
        resources.append((encounter, _encounter(patient, number, visit)))
        resources.append(("", {"resourceType": "Condition", **about, **_coded(f"J{visit}8.9"), "recordedDate": _day(visit)}))
        resources.append(("", _prescription(about, visit)))
    for item in range(OBSERVATIONS):
        about = {"subject": {"reference": patient}, "encounter": {"reference": f"urn:uuid:e{number}-{item % ENCOUNTERS}"}}
        resources.append(("", _observation(about, item)))
    entries = [
        {**({"fullUrl": url} if url else {}), "resource": one, "request": {"method": "POST", "url": one["resourceType"]}}
        for url, one in resources
    ]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}, ensure_ascii=False).encode()


def _patient(number: int) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [{"type": {"coding": [{"system": f"{TERMS}/v2-0203", "code": "MR"}]}, "value": f"P{number}"}],
        "name": [{"use": "official", "text": f"张三{number}"}],
        "gender": "male",
        "birthDate": "1980-05-06",
        "address": [{"state": "河南省", "city": "信阳市", "line": ["人民路1号"]}],
    }


def _encounter(patient: str, number: int, visit: int) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "identifier": [{"system": "urn:h", "value": f"V{number}-{visit}"}],
        "status": "finished",
        "class": {"system": f"{TERMS}/v3-ActCode", "code": "AMB"},
        "subject": {"reference": patient},
        "period": {"start": _day(visit), "end": _day(visit)},
    }


def _coded(code: str) -> dict[str, Any]:
    return {
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code, "display": "诊断名称"}], "text": "诊断"}
    }


def _day(number: int) -> str:
    return f"2026-03-{number % 28 + 1:02d}T08:30:00+08:00"


def _prescription(about: dict[str, Any], visit: int) -> dict[str, Any]:
    drug = {"coding": [{"system": "urn:drug", "code": f"D{visit}", "display": "某药片"}], "text": "某药片"}
    order = {"status": "active", "intent": "order", "authoredOn": _day(visit)}
    return {"resourceType": "MedicationRequest", **about, **order, "medicationCodeableConcept": drug}


def _observation(about: dict[str, Any], item: int) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": f"{TERMS}/observation-category", "code": "vital-signs", "display": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": f"{8310 + item}-5", "display": "体温"}], "text": "体温"},
        **about,
        "effectiveDateTime": _day(item),
        "issued": _day(item),
        "valueQuantity": {"value": 36 + item / 100, "unit": "Cel", "system": "http://unitsofmeasure.org", "code": "Cel"},
    }


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    bundles = [bundle(number) for number in range(count)]
    resources = sum(len(json.loads(one)["entry"]) for one in bundles)
    print(f"{count} bundles, {resources:,} resources, {sum(map(len, bundles)) / resources:,.0f} bytes each")
    _checking(bundles[:20])
    _storing(bundles, resources)
    print(peak_memory())


def _checking(bundles: list[bytes]) -> None:
    check(parse(bundles[0]))  # compile the structures once
    started = time.process_time()
    count = 0
    for one in bundles:
        for entry in parse(one)["entry"]:
            check(entry["resource"])
            count += 1
    ours = (time.process_time() - started) / count
    started = time.process_time()
    for one in bundles[:3]:
        Bundle(json.loads(one))
    peer = (time.process_time() - started) / (count / len(bundles) * 3)
    print(f"read and check: {ours * 1e6:.0f} µs a resource; SMART models {peer * 1e6:.0f} µs; {peer / ours:.0f} times faster")


def _storing(bundles: list[bytes], resources: int) -> None:
    control = _bare(bundles)
    with platform("empi,etl,exchange") as made:
        _submit(made, bundles[:2], "warm")
        Worker(made).drain()  # the first load of a process looks at every table of the warehouse
        with cost() as stored:
            _submit(made, bundles[2:], "bench")
        measured = resources * (len(bundles) - 2) / len(bundles)
        print(commits_limit(f"{measured:,.0f} resources", len(bundles) - 2, stored.wall, made.settings.home))
        print(f"stored durably: {measured / stored.own:,.0f} resources/s; ratio to bare commits {stored.own / control:.1f}")
        with cost(made) as loaded:
            Worker(made).drain()
        with made.database.unit_of_work(system_scope("benchmark")) as session:
            assert session.query(FhirResource).count() == resources
        table = f"{made.settings.warehouse_database}.observation"
        assert made.warehouse.execute(f"SELECT count() FROM {table} FINAL")[0][0] == OBSERVATIONS * len(bundles)
        both = stored.own + loaded.total
        print(f"into readable rows: {measured / both:,.0f} resources/s (warehouse {loaded.warehouse:.1f} s)")


def _submit(made: Any, bundles: list[bytes], name: str) -> None:
    owner = Owner(1, "411502000000")
    for number, content in enumerate(bundles):
        with made.database.unit_of_work(system_scope("benchmark")) as session:
            request = Request(session, owner, clock.now(), f"{name}{number}", lambda url: {})
            process(request, parse(content))


def _bare(bundles: list[bytes]) -> float:
    with tempfile.TemporaryDirectory() as folder, sqlite3.connect(Path(folder) / "bare.db") as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE resource (id INTEGER PRIMARY KEY, content BLOB)")
        started = time.process_time()
        for one in bundles:
            rows = [(json.dumps(entry["resource"]),) for entry in json.loads(one)["entry"]]
            database.executemany("INSERT INTO resource (content) VALUES (?)", rows)
            database.commit()
        return time.process_time() - started


if __name__ == "__main__":
    main()
