"""The pipeline on the production database: PostgreSQL, several workers at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from etl.api import Sender, ensure_tables
from health_platform.app import create_platform
from health_platform.kernel.jobs import Worker
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.settings import Settings
from tests.etl.conftest import Hospital

pytestmark = pytest.mark.system("A01", "A11")


def test_several_workers_on_postgresql(postgres: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", components="etl", database_url=postgres)
    platform = create_platform(settings)
    platform.database.create_all()
    ensure_tables(platform.warehouse)
    hospitals = [Hospital(platform, Sender(number, "411502000000")) for number in (1, 2)]
    try:
        senders = [threading.Thread(target=_send, args=(hospital,)) for hospital in hospitals for _ in range(2)]
        workers = [threading.Thread(target=Worker(platform).drain) for _ in range(2)]
        for thread in (*senders, *workers):
            thread.start()
        for thread in (*senders, *workers):
            thread.join(120)
        Worker(platform).drain()
        for hospital in hospitals:
            assert hospital.rows("emr_ex_lab") == [("bad",), *((f"r{n}",) for n in range(6))]
    finally:
        platform.warehouse.close()
        stop_endpoint(platform.warehouse.settings)
        platform.database.close()


def _send(hospital: Hospital) -> None:
    """The same uploads from two threads: every message lands once."""
    for number in range(6):
        row = {"id": f"r{number}", "patientId": "p", "examinationReportDate": "2026-03-01"}
        hospital.send("emr_ex_lab", [row], message_id=f"m{number}")
    hospital.send("emr_ex_lab", [{"id": "bad", "patientId": ""}, {"id": "x"}], message_id="faulty")
    good = {"id": "bad", "patientId": "p", "examinationReportDate": "2026-03-02"}
    hospital.send("emr_ex_lab", [good], message_id="repaired")
