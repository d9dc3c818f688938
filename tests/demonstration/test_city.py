"""The demonstration city: the same for the same seed, plausible, with every fault on record."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from demonstration.city.people import families
from demonstration.generating import Generated
from demonstration.packing import ADT, FHIR, ORU
from etl.checking import BatchFacts, prepare
from etl.decoding.decode import Decoders
from health_platform.datasets.api import catalogue
from health_platform.datasets.checker import Fault
from registry.api import identity_number_holds
from tests.demonstration.conftest import LAST, city

pytestmark = pytest.mark.system("A01")

Make = Callable[..., tuple[Generated, Path, Path]]


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(generated: Make) -> None:
    (_, letters, truth), (_, again, truth_again), (_, other, _) = generated(1), generated(1), generated(2)
    assert digests(letters) == digests(again)
    assert digests(truth) == digests(truth_again)
    assert digests(letters) != digests(other)


def test_every_way_in_is_used(generated: Make) -> None:
    made, _, _ = generated(1, 1500)
    kinds = {name.split("/")[1] for name in made.spool.weights}
    assert {ADT, ORU, FHIR} <= kinds
    ways = {unit.way for unit in city().units if made.spool.names(unit.key)}
    assert ways == {"hl7", "fhir", "data_api", "batch", "csv", "xlsx"}


def test_births_deaths_influenza_referrals_and_the_outbreak_happen(generated: Make) -> None:
    _, _, truth = generated(1, 1500)
    events = Counter(event["kind"] for event in lines(truth / "events.ndjson"))
    assert all(events[kind] for kind in ("birth", "death", "influenza", "referral", "outbreak"))
    days = sorted(event["day"] for event in lines(truth / "events.ndjson") if event["kind"] == "outbreak")
    assert days[0] >= "2026-10-11" and days[-1] <= "2026-10-17"
    months = Counter(event["day"][5:7] for event in lines(truth / "events.ndjson") if event["kind"] == "influenza")
    assert sum(months[month] for month in ("12", "01", "02")) > sum(months.values()) / 2


def test_a_recorded_defect_is_in_the_row_it_names(generated: Make) -> None:
    _, letters, truth = generated(1, 1500)
    defects = [d for d in lines(truth / "defects.ndjson") if (letters / d["unit"] / d["dataset"]).exists()]
    assert {defect["kind"] for defect in defects} == {"missing", "wrong_code", "order_of_times", "unreadable"}
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for name in {(d["unit"], d["dataset"]) for d in defects}:
        key = catalogue()[name[1]].key[0]
        rows |= {(*name, row[key]): row for row in lines(letters / name[0] / name[1]) if key in row}
    found = [(d, rows[d["unit"], d["dataset"], d["key"]]) for d in defects if (d["unit"], d["dataset"], d["key"]) in rows]
    assert len(found) > 100
    for defect, row in found:
        field = defect["field"] if defect["field"] in row or "_" not in defect["field"] else _camel(defect["field"])
        if defect["kind"] == "missing":
            assert field not in row
        elif defect["kind"] == "wrong_code":
            assert row[field] == "X9"
        elif defect["kind"] == "unreadable":
            assert [(fault.field, fault.rule) for fault in faults_of(defect["dataset"], row)] == [(defect["field"], "type")]


def faults_of(dataset: str, row: dict[str, Any]) -> tuple[Fault, ...]:
    """Why the pipeline refuses a row; nothing when it does not."""
    batch = BatchFacts(1, 1, "411502000000", dataset, "json", "upsert", "batch", 1, datetime(2026, 11, 20, tzinfo=UTC))
    prepared = prepare(batch, Decoders().decode("json", json.dumps([row]).encode(), dataset))
    return tuple(fault for rejected in prepared.rejected for fault in rejected.faults)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def test_careless_institutions_plant_more_defects(generated: Make) -> None:
    _, _, truth = generated(1, 1500)
    planted = Counter(defect["unit"] for defect in lines(truth / "defects.ndjson"))
    careless = {unit.key for unit in city().units if unit.habits.missing > 0.05}
    others = {unit.key for unit in city().units} - careless
    assert min(planted[key] for key in careless if key != "unit-23") > 3 * max(planted[key] for key in others) / 4


def test_identity_numbers_hold_and_belong_to_one_resident() -> None:
    one = city(count=30_000)
    people = [resident for members in one.families() for resident in members]
    assert len(people) == 30_000
    assert len({resident.id_number for resident in people}) == 30_000
    assert all(identity_number_holds(resident.id_number, LAST) for resident in people[:2000])
    assert all(int(resident.id_number[16]) % 2 == resident.male for resident in people[:2000])


def test_memory_does_not_grow_with_the_city() -> None:
    one = city(count=60_000)
    stream = families(one.seed, one.count, one.towns, LAST)
    for _ in islice(stream, 500):
        pass
    tracemalloc.start()
    for _ in islice(stream, 3000):
        pass
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 2_000_000  # the numbers given out by day of birth; nine thousand residents would be ten times as much


def test_rows_name_only_fields_of_their_dataset(generated: Make) -> None:
    _, letters, _ = generated(1, 300)
    unknown = Counter[str]()
    for path in letters.rglob("*"):
        if path.is_file() and path.name in catalogue():
            known = set(catalogue()[path.name].by_name) | {_camel(name) for name in catalogue()[path.name].by_name}
            for row in lines(path):
                unknown.update(f"{path.name}.{name}" for name in row.keys() - known)
    assert not unknown
