"""The endpoint as a process: started once by many, stopped in order, killed without losing what it acknowledged."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from clickhouse_driver import Client, errors

from health_platform.kernel.errors import Unavailable
from health_platform.kernel.warehouse.api import (
    Column,
    Engine,
    TableSpec,
    Warehouse,
    WarehouseSettings,
    endpoint_status,
    start_endpoint,
    stop_endpoint,
)
from tests.warehouse.conftest import driver

pytestmark = pytest.mark.system("A17", "A18", "B01")

LOG = TableSpec("log", (Column("n", "UInt64"), Column("text", "String")), order_by=("n",), engine=Engine.PLAIN)
_START = (
    "import sys; from pathlib import Path;"
    "from health_platform.kernel.warehouse.api import WarehouseSettings, start_endpoint;"
    "print(start_endpoint(WarehouseSettings(home=Path(sys.argv[1]))).pid)"
)


def test_the_state_file_is_private_and_names_the_process(own_endpoint: WarehouseSettings) -> None:
    state = start_endpoint(own_endpoint)
    path = own_endpoint.home / "endpoint.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["pid"] == state.pid
    assert state.password not in repr(state)


def test_processes_starting_it_at_once_end_with_one(own_endpoint: WarehouseSettings) -> None:
    command = [sys.executable, "-c", _START, str(own_endpoint.home)]
    with ThreadPoolExecutor(5) as threads:
        outputs = list(threads.map(lambda _: subprocess.run(command, capture_output=True, check=True).stdout, range(5)))
    assert len(set(outputs)) == 1
    assert int(outputs[0]) == start_endpoint(own_endpoint).pid


def test_a_second_endpoint_on_the_same_data_says_who_serves_it(own_endpoint: WarehouseSettings) -> None:
    first = start_endpoint(own_endpoint)
    module = "health_platform.kernel.warehouse.endpoint"
    second = subprocess.run(
        [sys.executable, "-m", module, "--home", str(own_endpoint.home)], capture_output=True, text=True, check=False
    )
    assert second.returncode == 3
    assert f"already served by process {first.pid} on port {first.port}" in second.stderr


def test_sigterm_lets_a_running_query_end(own_endpoint: WarehouseSettings) -> None:
    start_endpoint(own_endpoint)
    client, answers = driver(own_endpoint, database=""), []
    thread = threading.Thread(target=lambda: answers.append(client.execute("SELECT sleep(1)")))
    thread.start()
    time.sleep(0.3)
    assert stop_endpoint(own_endpoint)
    thread.join()
    assert answers == [[(0,)]]
    assert endpoint_status(own_endpoint) is None
    assert not stop_endpoint(own_endpoint)


def test_it_stops_when_its_state_file_is_removed(own_endpoint: WarehouseSettings) -> None:
    start_endpoint(own_endpoint)
    (own_endpoint.home / "endpoint.json").unlink()
    deadline = time.monotonic() + 20
    while _locked(own_endpoint):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_start_that_fails_reports_the_log(tmp_path: Path) -> None:
    home = tmp_path / "broken"
    home.mkdir()
    (home / "users.json").write_text("{}")
    (home / "users.json").chmod(0o644)
    with pytest.raises(Unavailable) as failed:
        start_endpoint(WarehouseSettings(home=home))
    assert "readable by its owner only" in failed.value.facts["reason"]


def test_further_users_may_only_do_what_they_may(own_endpoint: WarehouseSettings) -> None:
    own_endpoint.home.mkdir()
    users = own_endpoint.home / "users.json"
    digest = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"  # SHA-256 of "password"
    users.write_text(json.dumps({"analyst": {"password_sha256": digest, "readonly": True}}))
    users.chmod(0o600)
    state = start_endpoint(own_endpoint)
    analyst = Client("127.0.0.1", port=state.port, user="analyst", password="password")
    assert analyst.execute("SELECT 1", settings={"max_threads": 1}) == [(1,)]
    with pytest.raises(errors.ServerException) as refused:
        analyst.execute("CREATE DATABASE theirs")
    assert refused.value.code == 164
    analyst.disconnect()


def test_it_is_started_again_after_a_crash(own_endpoint: WarehouseSettings) -> None:
    warehouse = Warehouse(own_endpoint)
    warehouse.ensure_table(LOG)
    warehouse.insert("log", ("n", "text"), [(1, "a")])
    os.kill(start_endpoint(own_endpoint).pid, signal.SIGKILL)
    assert warehouse.execute("SELECT n FROM log") == [(1,)]


def test_killing_it_at_random_loses_and_doubles_no_acknowledged_batch(own_endpoint: WarehouseSettings) -> None:
    warehouse = Warehouse(own_endpoint)
    warehouse.ensure_table(LOG)
    acknowledged: list[int] = []
    finished = threading.Event()
    writer = threading.Thread(target=_write_batches, args=(own_endpoint, acknowledged, finished))
    writer.start()
    for _ in range(4):
        time.sleep(random.uniform(0.3, 0.9))
        _kill(own_endpoint)
    finished.set()
    writer.join()
    counts = dict(warehouse.execute("SELECT intDiv(n, 1000), count() FROM log GROUP BY 1"))
    assert len(acknowledged) > 4
    assert {batch: counts.get(batch) for batch in acknowledged} == dict.fromkeys(acknowledged, 500)
    assert set(counts.values()) == {500}


def _write_batches(settings: WarehouseSettings, acknowledged: list[int], finished: threading.Event) -> None:
    warehouse, batch = Warehouse(settings), 0
    while not finished.is_set():
        rows = [(batch * 1000 + i, "x" * 50) for i in range(500)]
        try:
            warehouse.insert("log", ("n", "text"), rows, token=f"b{batch}")
        except Unavailable:
            continue  # the same batch again, under the same token
        acknowledged.append(batch)
        batch += 1


def _kill(settings: WarehouseSettings) -> None:
    running = endpoint_status(settings)
    if running is not None:
        os.kill(running.pid, signal.SIGKILL)


def _locked(settings: WarehouseSettings) -> bool:
    return subprocess.run(["flock", "-n", str(settings.home / "endpoint.lock"), "true"], check=False).returncode != 0
