"""Sending the whole city: every institution's rows by its own way, several at once, with progress."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from demonstration.city.courses import World, course
from demonstration.city.defects import Defects
from demonstration.city.people import Resident
from demonstration.city.rows import Row
from demonstration.sending.batches import by_batch, by_data_api, parcels
from demonstration.sending.fhir import bundles
from demonstration.sending.hl7 import Interface, registration, results
from demonstration.sending.http import Caller
from demonstration.setup import Placed
from health_platform.kernel.jobs import Progress

FIRST = ("emr_patient_info",)
HL7_LAB_SHARE, FHIR_SHARE = 4, 4  # one laboratory report, one patient in so many travels by the hospital's own standard


@dataclass
class Mailbag:
    """Rows of one institution by dataset, in the order they happened."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, row: Row) -> None:
        self.rows[row.dataset].append(row.fields)


@dataclass(frozen=True)
class Sending:
    """Where to send and how."""

    web: str
    data_api: str
    mllp: tuple[str, int]
    seed: int


def collect(residents: Sequence[Resident], world: World, defects: Defects, progress: Progress) -> dict[str, Mailbag]:
    """All rows of the city by institution key, with the defects of careless institutions worked in."""
    bags: dict[str, Mailbag] = defaultdict(Mailbag)
    for resident in residents:
        for row in course(resident, world):
            for changed in defects.spoil(row):
                bags[changed.unit.key].add(changed)
        progress.advance()
    return bags


def deliver(placed: Iterable[Placed], bags: Mapping[str, Mailbag], sending: Sending) -> int:
    """Send everything; returns the number of rows sent. Registrations go first, then the rest."""
    units = [one for one in placed if one.unit.key in bags]
    progress = Progress(sum(len(rows) for bag in bags.values() for rows in bag.rows.values()), "sending")
    for stage in (True, False):
        jobs = [_job(one, bags[one.unit.key], sending, stage, progress.advance) for one in units]
        with ThreadPoolExecutor(4) as pool:
            for done in wait([pool.submit(job) for job in jobs]).done:
                done.result()
    return progress.done


def _job(one: Placed, bag: Mailbag, sending: Sending, stage: bool, sent: Callable[[int], None]) -> Callable[[], None]:
    def run() -> None:
        rows = {name: rows for name, rows in bag.rows.items() if (name in FIRST) == stage}
        _WAYS[one.unit.way](one, rows, sending, sent)

    return run


Rows = Mapping[str, list[dict[str, Any]]]
Sent = Callable[[int], None]


def _batch(one: Placed, rows: Rows, sending: Sending, sent: Sent) -> None:
    caller = Caller(sending.web, one.credentials)
    for dataset in sorted(rows):
        for parcel in parcels(dataset, rows[dataset]):
            by_batch(caller, parcel, sending.seed)
            sent(len(parcel.rows))


def _data_api(one: Placed, rows: Rows, sending: Sending, sent: Sent) -> None:
    """Front-end datasets by the data API, the regional ones by the batch API."""
    caller = Caller(sending.data_api, one.credentials)
    for dataset in sorted(name for name in rows if name.startswith("emr_")):
        for parcel in parcels(dataset, rows[dataset], 500):
            by_data_api(caller, parcel, sending.seed)
            sent(len(parcel.rows))
    _batch(one, {name: found for name, found in rows.items() if not name.startswith("emr_")}, sending, sent)


def _hl7(one: Placed, rows: Rows, sending: Sending, sent: Sent) -> None:
    """Registrations and a share of laboratory reports over MLLP, the rest by the batch API."""
    facility, interface = one.unit.key.upper(), Interface(*sending.mllp)
    people = rows.get("emr_patient_info", [])
    for group in _groups(registration(facility, row, f"{facility}-A{place}") for place, row in enumerate(people)):
        interface.send(group)
        sent(len(group))
    reports, remaining = _split_reports(rows)
    spoken = [results(facility, report, items, f"{facility}-R{report['id']}") for report, items in reports]
    for start in range(0, len(spoken), 50):
        interface.send(spoken[start : start + 50])
        sent(sum(1 + len(items) for _, items in reports[start : start + 50]))
    interface.close()
    _batch(one, remaining, sending, sent)


def _split_reports(rows: Rows) -> tuple[list[tuple[dict[str, Any], list[dict[str, Any]]]], dict[str, list[dict[str, Any]]]]:
    """Every fourth laboratory report with its items, and everything else."""
    spoken = {row["id"] for place, row in enumerate(rows.get("emr_ex_lab", [])) if place % HL7_LAB_SHARE == 0}
    items: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for item in rows.get("emr_ex_lab_item", []):
        items[item["ex_lab_id"]].append(item)
    remaining = {name: found for name, found in rows.items() if name != "emr_patient_info"}
    remaining["emr_ex_lab"] = [row for row in rows.get("emr_ex_lab", []) if row["id"] not in spoken]
    remaining["emr_ex_lab_item"] = [item for report, found in items.items() if report not in spoken for item in found]
    return [(row, items[row["id"]]) for row in rows.get("emr_ex_lab", []) if row["id"] in spoken], remaining


def _fhir(one: Placed, rows: Rows, sending: Sending, sent: Sent) -> None:
    """Visits and diagnoses of a share of patients as FHIR bundles, the rest by the batch API."""
    caller = Caller(sending.web, one.credentials)
    remaining = {name: list(found) for name, found in rows.items()}
    for count, bundle in bundles(remaining, FHIR_SHARE):
        caller.send(
            "POST", "/fhir/R4", json.dumps(bundle, ensure_ascii=False).encode(), {"Content-Type": "application/fhir+json"}
        )
        sent(count)
    _batch(one, remaining, sending, sent)


def _groups(texts: Iterator[str], size: int = 50) -> Iterator[list[str]]:
    while group := list(islice(texts, size)):
        yield group


_WAYS = {"batch": _batch, "data_api": _data_api, "hl7": _hl7, "fhir": _fhir}
