"""Connections that break, hosts that are away, and answers that get lost: reads go on, batches arrive exactly once."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from clickhouse_driver import Client, errors

from health_platform.kernel.errors import Unavailable
from health_platform.kernel.warehouse import warehouse as client_module
from health_platform.kernel.warehouse.api import Column, Engine, TableSpec, Warehouse, WarehouseSettings, start_endpoint
from health_platform.kernel.warehouse.settings import Server

pytestmark = pytest.mark.system("A01", "B01")

NUMBERS = TableSpec("numbers", (Column("n", "UInt64"),), order_by=("n",), engine=Engine.PLAIN)
ZOOKEEPER = Path("/usr/share/java/zookeeper.jar")
OLD_SERVER = shutil.which("clickhouse-server") or shutil.which("clickhouse-server", path="/usr/sbin")


class Proxy:
    """Passes bytes to a server; told to, it swallows the server's next answer and hangs up on the client."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.lose_answer_to = b""
        self.dies_with_it = False
        self.lost = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for clients
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                doomed = threading.Event()
                threading.Thread(target=self._forward, args=(client, server, doomed), daemon=True).start()
                threading.Thread(target=self._answer, args=(server, client, doomed), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket, doomed: threading.Event) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if self.lose_answer_to and self.lose_answer_to in data:
                    self.lose_answer_to = b""
                    doomed.set()
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def _answer(self, server: socket.socket, client: socket.socket, doomed: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if doomed.is_set():
                    time.sleep(0.2)  # the server has done the work by now
                    self.lost += 1
                    if self.dies_with_it:
                        self.close()
                    break
                client.sendall(data)
        for sock in (client, server):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def proxy(endpoint: WarehouseSettings) -> Iterator[Proxy]:
    made = Proxy(start_endpoint(endpoint).port)
    yield made
    made.close()


def through(proxy: Proxy, endpoint: WarehouseSettings, fresh: Warehouse, *before: Server) -> Warehouse:
    """A warehouse that reaches the endpoint through the proxy, after trying the servers ``before``."""
    state = start_endpoint(endpoint)
    servers = (*before, Server("127.0.0.1", proxy.port))
    return Warehouse(replace(fresh.settings, servers=servers, user=state.user, password=state.password))


def test_a_batch_whose_acknowledgement_got_lost_is_not_doubled(
    proxy: Proxy, endpoint: WarehouseSettings, fresh: Warehouse
) -> None:
    fresh.ensure_table(NUMBERS)
    warehouse = through(proxy, endpoint, fresh)
    warehouse.execute("SELECT 1")
    proxy.lose_answer_to = (4_242_424_242).to_bytes(8, "little")
    assert warehouse.insert("numbers", ("n",), [(4_242_424_242,), (7,)]) == 2
    assert proxy.lost == 1
    assert fresh.execute("SELECT n FROM numbers ORDER BY n") == [(7,), (4_242_424_242,)]


def test_a_read_is_repeated_when_its_answer_got_lost(proxy: Proxy, endpoint: WarehouseSettings, fresh: Warehouse) -> None:
    fresh.execute("SELECT 1")
    warehouse = through(proxy, endpoint, fresh)
    proxy.lose_answer_to = b"SELECT 123454321"
    assert warehouse.execute("SELECT 123454321") == [(123454321,)]
    assert proxy.lost == 1


def test_a_command_is_sent_once(proxy: Proxy, endpoint: WarehouseSettings, fresh: Warehouse) -> None:
    fresh.ensure_table(NUMBERS)
    warehouse = through(proxy, endpoint, fresh)
    warehouse.execute("SELECT 1")
    proxy.lose_answer_to = b"INSERT INTO numbers SELECT 5"
    with pytest.raises(Unavailable):
        warehouse.command("INSERT INTO numbers SELECT 5")
    assert fresh.execute("SELECT n FROM numbers") == [(5,)]


def test_a_dead_first_host_is_passed_over(proxy: Proxy, endpoint: WarehouseSettings, fresh: Warehouse) -> None:
    fresh.execute("SELECT 1")
    warehouse = through(proxy, endpoint, fresh, Server("127.0.0.1", _free_port()))
    assert warehouse.execute("SELECT 1") == [(1,)]


def test_no_server_at_all_is_unavailable() -> None:
    nowhere = WarehouseSettings(home=Path("unused"), servers=(Server("127.0.0.1", _free_port()),), attempts=2, backoff=0.01)
    with pytest.raises(Unavailable):
        Warehouse(nowhere).execute("SELECT 1")


@pytest.mark.skipif(OLD_SERVER is None, reason="no clickhouse-server is installed")
def test_a_real_servers_failure_moves_clients_to_the_other_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "INSERT_SETTINGS", {})  # Debian's server of 2018 does not know them
    with _real_server(tmp_path / "a") as first, _real_server(tmp_path / "b") as second:
        for server in (first, second):
            _prepare(server.port)
        servers = (Server("127.0.0.1", first.port), Server("127.0.0.1", second.port))
        warehouse = Warehouse(WarehouseSettings(home=tmp_path, servers=servers, database="checks", backoff=0.05))
        assert warehouse.insert("numbers", ("n",), [(1,), (2,)], token="t") == 2
        assert warehouse.execute("SELECT count() FROM numbers") == [(2,)]
        first.process.kill()
        first.process.wait()
        assert warehouse.execute("SELECT count() FROM numbers") == [(0,)]
        assert warehouse.insert("numbers", ("n",), [(3,)], token="u") == 1
        assert warehouse.execute("SELECT n FROM numbers WHERE n = %(n)s", {"n": 3}) == [(3,)]
        warehouse.close()


@pytest.mark.skipif(OLD_SERVER is None or not ZOOKEEPER.exists(), reason="no clickhouse-server or no ZooKeeper is installed")
def test_a_batch_whose_server_fell_silent_is_written_once_by_its_replica(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two real replicas of one table. The first writes the batch and is gone before it says so; the second gets it again."""
    monkeypatch.setattr(client_module, "INSERT_SETTINGS", {})
    with _zookeeper(tmp_path / "z") as keeper, ExitStack() as stack:
        first, second = (stack.enter_context(_real_server(tmp_path / name, _replication(keeper))) for name in "ab")
        for server, name in ((first, "a"), (second, "b")):
            _prepare(server.port, f"ReplicatedMergeTree('/numbers', '{name}')")
        proxy = Proxy(first.port)
        servers = (Server("127.0.0.1", proxy.port), Server("127.0.0.1", second.port))
        warehouse = Warehouse(WarehouseSettings(home=tmp_path, servers=servers, database="checks", backoff=0.05))
        warehouse.execute("SELECT 1")
        proxy.lose_answer_to, proxy.dies_with_it = (4_242_424_242).to_bytes(8, "little"), True
        assert warehouse.insert("numbers", ("n",), [(4_242_424_242,), (7,)], token="batch") == 2
        assert proxy.lost == 1
        for server in (first, second):
            assert _settled(server.port) == [(7,), (4_242_424_242,)]
        warehouse.close()


def _settled(port: int) -> list[tuple[int]]:
    """The rows of a replica once it has fetched what the other one wrote."""
    client = Client("127.0.0.1", port=port)
    client.execute("SYSTEM SYNC REPLICA checks.numbers")
    rows: list[tuple[int]] = client.execute("SELECT n FROM checks.numbers ORDER BY n")
    client.disconnect()
    return rows


def _replication(keeper: int) -> str:
    return (
        f"<zookeeper><node><host>127.0.0.1</host><port>{keeper}</port></node></zookeeper>"
        f"<interserver_http_port>{_free_port()}</interserver_http_port><interserver_http_host>127.0.0.1</interserver_http_host>"
    )


@contextmanager
def _zookeeper(home: Path) -> Iterator[int]:
    """A ZooKeeper of one node on loopback; yields its port."""
    home.mkdir()
    port = _free_port()
    (home / "zoo.cfg").write_text(
        f"tickTime=2000\ndataDir={home}/data\nclientPort={port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n"
    )
    path = f"{home}:{ZOOKEEPER}:{ZOOKEEPER.parent}/*"
    command = ["java", "-Xmx128m", "-cp", path, "org.apache.zookeeper.server.ZooKeeperServerMain", str(home / "zoo.cfg")]
    process = subprocess.Popen(command, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(port)
        yield port
    finally:
        process.kill()
        process.wait()


def _await(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.1)


class _Old:
    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port = port
        self.process = process


@contextmanager
def _real_server(home: Path, more: str = "") -> Iterator[_Old]:
    """Debian's ClickHouse server on loopback with a configuration of its own."""
    home.mkdir()
    port, http = _free_port(), _free_port()
    (home / "config.xml").write_text(
        f"<yandex><logger><level>warning</level><errorlog>{home}/err.log</errorlog><log>{home}/log</log></logger>"
        f"<http_port>{http}</http_port><tcp_port>{port}</tcp_port><listen_host>127.0.0.1</listen_host>"
        f"<path>{home}/data/</path><tmp_path>{home}/tmp/</tmp_path><users_config>{home}/users.xml</users_config>"
        "<mark_cache_size>5368709120</mark_cache_size><default_profile>default</default_profile>"
        f"<default_database>default</default_database>{more}</yandex>"
    )
    (home / "users.xml").write_text(
        "<yandex><profiles><default/></profiles><users><default><password/><networks><ip>127.0.0.1</ip></networks>"
        "<profile>default</profile><quota>default</quota></default></users><quotas><default/></quotas></yandex>"
    )
    process = subprocess.Popen(
        [str(OLD_SERVER), f"--config-file={home}/config.xml"], cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield _Old(port, process)
    finally:
        process.kill()
        process.wait()


def _prepare(port: int, engine: str = "MergeTree") -> None:
    deadline = time.monotonic() + 60
    while True:
        client = Client("127.0.0.1", port=port)
        try:
            client.execute("CREATE DATABASE checks")
            client.execute(f"CREATE TABLE checks.numbers (n UInt64) ENGINE = {engine} ORDER BY n")
            return
        except (errors.NetworkError, EOFError):
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.1)
        finally:
            client.disconnect()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])
