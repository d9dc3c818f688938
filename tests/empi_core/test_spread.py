"""More records than one machine has memory for: in parts, through the distributed engine, with the answer of one machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.city_corpus import City, write
from empi.bulk.job import Job
from empi.bulk.spread import link_spread
from empi.bulk.steps import link_file
from empi.matching import load_rules
from health_platform.kernel.warehouse.api import Warehouse, WarehouseSettings, stop_endpoint

pytestmark = pytest.mark.system("A10")
RULES = load_rules()


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    settings = WarehouseSettings(home=tmp_path_factory.mktemp("endpoint"), backoff=0.02)
    made = Warehouse(settings)
    yield made
    made.close()
    stop_endpoint(settings)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    write([City(1500, seed=91, noise=1.2).corpus()], folder)
    return folder


def test_parts_give_the_answer_of_one_machine(city: Path, warehouse: Warehouse, tmp_path: Path) -> None:
    job = Job(city / "records.csv", RULES)
    one = link_file(job)
    said: list[str] = []
    spread = link_spread(replace(job, work=tmp_path, part_records=900), warehouse, said.append)
    assert one.model.version == spread.model.version
    assert np.array_equal(one.linked.labels, spread.linked.labels)
    print(said)
