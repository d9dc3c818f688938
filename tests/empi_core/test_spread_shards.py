"""The distributed engine itself: keys, pairs and counts lie on two servers, and a third one asks both over sockets.

Each server is a local endpoint. No Keeper carries statements to a cluster here, so what changes tables is sent to each shard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.city_corpus import City, write
from empi.bulk.job import Job
from empi.bulk.spread import ground, link_spread, tables
from empi.bulk.steps import link_file
from empi.matching import load_rules
from health_platform.kernel.warehouse.api import (
    Place,
    TableSpec,
    Warehouse,
    WarehouseFailed,
    WarehouseSettings,
    start_endpoint,
    stop_endpoint,
)
from health_platform.kernel.warehouse.ddl import create_table

pytestmark = pytest.mark.system("A10", "B01")
CLUSTER = "region"


class OverShards(Warehouse):
    """Asks the cluster; statements ``ON CLUSTER`` go to each of its shards."""

    shards: tuple[Warehouse, ...] = ()

    def ensure_table(self, spec: TableSpec) -> tuple[str, ...]:
        del spec  # made with the shards
        return ()

    def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        plain = re.sub(r" ON CLUSTER `\w+`", "", sql)
        return [row for shard in self.shards for row in shard.command(plain, parameters)]

    def _settings(self, own: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> dict[str, Any]:
        return {"distributed_group_by_no_merge": 1, **super()._settings(own)}  # an endpoint answers whole queries


def _config(shards: list[Warehouse]) -> str:
    """The cluster as a server's configuration names it."""
    found = []
    for shard in shards:
        at = start_endpoint(shard.settings)
        found.append(
            f"<shard><replica><host>127.0.0.1</host><port>{at.port}</port><user>{at.user}</user>"
            f"<password>{at.password}</password><compression>false</compression></replica></shard>"
        )
    return f"<clickhouse><remote_servers><{CLUSTER}>{''.join(found)}</{CLUSTER}></remote_servers></clickhouse>"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OverShards]:
    home = tmp_path_factory.mktemp("cluster")
    shards = [Warehouse(WarehouseSettings(home=home / name, backoff=0.02)) for name in ("one", "two")]
    for shard in shards:
        for spec in tables.ALL:
            shard.ensure_table(replace(spec, name=f"{spec.name}_local"))
    asking = WarehouseSettings(home=home / "asking", cluster=CLUSTER, backoff=0.02, query_timeout=60)
    (asking.home / "config.d").mkdir(parents=True)
    (asking.home / "config.d" / "cluster.xml").write_text(_config(shards))
    first = Warehouse(replace(asking, cluster=""))
    for spec in tables.ALL:
        first.ensure_table(replace(spec, name=f"{spec.name}_local"))
        first.command(create_table(spec, Place(asking.database, CLUSTER))[1].replace(f" ON CLUSTER `{CLUSTER}`", ""))
    made = OverShards(asking)
    made.shards = tuple(shards)
    yield made
    for each in (first, made, *shards):
        each.close()
        stop_endpoint(each.settings)


def test_two_shards_give_the_answer_of_one_machine(
    warehouse: OverShards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write([City(900, seed=91, noise=1.2).corpus()], tmp_path)
    job = Job(tmp_path / "records.csv", load_rules())
    held: dict[str, list[int]] = {}
    forget = ground.Ground.forget

    def count_first(self: ground.Ground) -> None:
        for spec in tables.ALL:
            held[spec.name] = [shard.execute(f"SELECT count() FROM {spec.name}_local")[0][0] for shard in warehouse.shards]
        forget(self)

    monkeypatch.setattr(ground.Ground, "forget", count_first)
    alone, spread = link_file(job), link_spread(replace(job, work=tmp_path / "work", part_records=1000), warehouse)
    assert alone.model.version == spread.model.version
    assert np.array_equal(alone.linked.labels, spread.linked.labels)
    assert alone.linked.compared == spread.linked.compared
    for name, counts in held.items():
        assert min(counts) > 0.3 * sum(counts) > 10, f"{name}: each shard has its share: {counts}"
    for spec in tables.ALL:
        assert warehouse.execute(f"SELECT count() FROM {spec.name}") == [(0,)] * 2


def test_a_half_done_answer_is_refused_with_the_way_out(warehouse: OverShards) -> None:
    """What another server would have to complete, the endpoint does not give: it would be taken for the whole."""
    with pytest.raises(WarehouseFailed, match="distributed_group_by_no_merge"):
        warehouse.execute(f"SELECT count() FROM {tables.KEYS.name}", settings={"distributed_group_by_no_merge": 0})
