"""The files under deploy/clickhouse: configurations the engine reads, and DDL that is what the platform would run."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from health_platform.kernel.warehouse.api import Warehouse

pytestmark = pytest.mark.system("A01", "B01")

FOLDER = Path(__file__).parents[2] / "deploy" / "clickhouse"
_LOAD = """
import json, sys
from chdb.state.sqlitelike import Connection
connection = Connection(f"{sys.argv[1]}/data?config-file={sys.argv[1]}/config.xml")
ask = "SELECT shard_num, replica_num, host_name, port FROM system.clusters WHERE cluster = 'region' ORDER BY 1, 2"
print(connection.query(ask, "JSONCompactEachRow").bytes().decode())
"""


def test_the_schema_file_is_what_the_definitions_say() -> None:
    rendered = runpy.run_path(str(FOLDER / "render.py"))["schema"]()
    assert (FOLDER / "schema.sql").read_text(encoding="utf-8") == rendered, "run deploy/clickhouse/render.py > schema.sql"


def test_every_statement_of_the_schema_is_parsed_by_the_engine(fresh: Warehouse) -> None:
    statements = [part for part in (FOLDER / "schema.sql").read_text(encoding="utf-8").split(";\n\n") if part.strip()]
    assert len(statements) > 100
    for statement in statements:
        fresh.execute("EXPLAIN AST " + statement)
        assert "ON CLUSTER `region`" in statement


def test_rows_of_a_person_stay_on_one_shard() -> None:
    schema = (FOLDER / "schema.sql").read_text(encoding="utf-8")
    distributed = [line for line in schema.splitlines() if line.startswith("ENGINE = Distributed")]
    assert any("'record_event_local', cityHash64(shelf)" in line for line in distributed)
    assert not [line for line in distributed if "rand()" in line]


@pytest.mark.parametrize(("nodes", "shards"), [(3, 1), (6, 2)])
def test_the_engine_reads_the_cluster_configuration(tmp_path: Path, nodes: int, shards: int) -> None:
    cluster = (FOLDER / "config.d" / f"cluster-{nodes}.xml").read_text(encoding="utf-8")
    servers = ElementTree.tostring(_without_environment(ElementTree.fromstring(cluster))[0], encoding="unicode")
    (tmp_path / "config.xml").write_text(
        f"<clickhouse><user_directories><users_xml><path>{tmp_path}/users.xml</path></users_xml></user_directories>{servers}</clickhouse>"
    )
    (tmp_path / "users.xml").write_text(
        "<clickhouse><profiles><default/></profiles><users><default><password/><networks><ip>::1</ip></networks>"
        "<profile>default</profile><quota>default</quota></default></users><quotas><default/></quotas></clickhouse>"
    )
    done = subprocess.run([sys.executable, "-c", _LOAD, str(tmp_path)], capture_output=True, text=True, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line]
    assert len(rows) == nodes
    assert {row[0] for row in rows} == set(range(1, shards + 1))
    assert [row[2] for row in rows] == [f"ch{number}" for number in range(1, nodes + 1)]
    assert {row[3] for row in rows} == {9440}


def test_keepers_are_the_first_three_nodes() -> None:
    keeper = ElementTree.parse(FOLDER / "config.d" / "keeper.xml")
    client = ElementTree.parse(FOLDER / "config.d" / "zookeeper.xml")
    hosts = [node.text for node in keeper.iterfind(".//raft_configuration/server/hostname")]
    assert hosts == [node.text for node in client.iterfind(".//node/host")] == ["ch1", "ch2", "ch3"]


def test_every_value_from_the_environment_is_in_the_example() -> None:
    example = (FOLDER / "clickhouse.env.example").read_text(encoding="utf-8")
    known = {line.partition("=")[0] for line in example.splitlines() if "=" in line and not line.startswith("#")}
    wanted = {
        node.attrib["from_env"]
        for path in FOLDER.glob("*.d/*.xml")
        for node in ElementTree.parse(path).iter()
        if "from_env" in node.attrib
    }
    assert wanted == known


def _without_environment(root: ElementTree.Element) -> ElementTree.Element:
    for parent in list(root.iter()):
        for child in list(parent):
            if "from_env" in child.attrib:
                parent.remove(child)
    return root
