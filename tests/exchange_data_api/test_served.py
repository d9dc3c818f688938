"""The data API as a process of its own on its own port, spoken to as a hospital's system does: signed, over a socket."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from health_platform.access.api import NewClient, create_client, grant_by_platform, install_definitions
from health_platform.access.authority.definitions.roles import BY_CODE
from health_platform.access.authority.evaluate import Cell
from health_platform.access.clients import signatures
from health_platform.access.clients.signatures import Signed, hmac_header
from health_platform.access.units import Unit
from health_platform.app import application
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope

pytestmark = pytest.mark.system("A11", "J01")

ROOT = Path(__file__).parents[2]
HOSPITAL = Unit(77, "测试医院", "411502001000")
PATH = "/hclient/emr/receive/emrPatientInfo"


@pytest.fixture(scope="module")
def secret(ways: Platform) -> str:
    """The shared secret of a hospital's system that may upload."""
    application(ways)  # the permission keys come from the declared endpoints
    with ways.database.unit_of_work(system_scope("test")) as session:
        install_definitions(session, ways)
        client, made = create_client(session, NewClient("his-77", "测试医院信息系统", "", HOSPITAL, with_secret=True), 0)
        grant_by_platform(session, client.id, BY_CODE["unit_system"], Cell("411502001", unit=HOSPITAL.id))
    return made or ""


@pytest.fixture(scope="module")
def served(ways: Platform, secret: str) -> Iterator[str]:
    """Address of a running ``health-platform data-api``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = ways.settings
    environment = {**os.environ, "HP_HOME": str(settings.home), "HP_COMPONENTS": settings.components, "HP_WORKERS": "1"}
    command = [sys.executable, "-m", "health_platform.cli", "data-api", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(f"{address}/status.html")
            yield address
        finally:
            process.terminate()
            process.wait(30)


def _wait(address: str) -> None:
    for _ in range(300):
        try:
            if requests.get(address, timeout=60).status_code == 200:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError("the data API does not come up")


def post(address: str, secret: str, body: bytes, nonce: str = "", path: str = PATH) -> requests.Response:
    signed = Signed("POST", path, "", body, str(int(time.time())), nonce or uuid.uuid4().hex, "his-77")
    headers = {
        signatures.CLIENT: signed.client,
        signatures.TIME: signed.timestamp,
        signatures.NONCE: signed.nonce,
        signatures.SIGNATURE: hmac_header(signed, secret),
        "Content-Type": "application/json",
    }
    return requests.post(address + path, data=body, headers=headers, timeout=30)


def test_a_row_travels_from_the_hospital_to_the_warehouse(served: str, secret: str, ways: Platform) -> None:
    row = {"id": "P1", "patientName": "测试", "genderCode": "1"}
    answer = post(served, secret, json.dumps(row).encode())
    assert answer.json() == {"result": True, "desc": "接收成功", "id": "P1", "errorCode": "", "errorName": ""}
    Worker(ways).drain()
    found = ways.warehouse.execute(
        f"SELECT id, patient_name, source FROM {ways.settings.warehouse_database}.emr_patient_info FINAL"
        f" WHERE institution = {HOSPITAL.id}"
    )
    assert found == [("P1", "测试", "data_api")]


def test_a_request_counts_once_and_only_when_signed(served: str, secret: str) -> None:
    body = b'{"id":"P2"}'
    assert post(served, secret, body, nonce="n1").status_code == 200
    assert post(served, secret, body, nonce="n1").status_code == 401
    assert post(served, "wrong", body).status_code == 401
    assert requests.post(served + PATH, data=body, timeout=30).status_code == 401


def test_nothing_else_is_served_on_this_port(served: str) -> None:
    for path in ("/", "/console", "/api/v1/uploads/datasets", "/hclient/emr/receive", "/metrics"):
        answer = requests.get(served + path, timeout=30, headers={"Accept": "text/html"})
        assert (answer.status_code, answer.json()["result"], answer.json()["errorCode"]) == (404, False, "request.not_found")
