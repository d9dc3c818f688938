"""Operators see what came and what waits, pause and resume channels, correct rows; each only in the own area."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from etl import keeping, senders
from etl.api import findings_of
from etl.models import BatchBody, QuarantinedRow
from health_platform.app import application, create_platform
from health_platform.kernel import clock
from health_platform.kernel.platform import Platform
from health_platform.settings import Settings
from tests.etl.conftest import Hospital
from tests.support.principals import CallerClient, PrincipalShelf, client_for, principal

pytestmark = pytest.mark.system("A11", "A16", "A18", "J07")

GOOD = {"id": "L1", "patientId": "p1", "examinationReportDate": "2026-03-01"}


@pytest.fixture(scope="session")
def console(etl_platform: Platform) -> Iterator[tuple[Flask, Platform]]:
    """The console over the same stores as the pipeline of these tests."""
    home = etl_platform.settings.home
    platform = create_platform(Settings(home=home, components="etl,browser_ui"))
    platform.services["test.shelf"] = PrincipalShelf()
    platform.authenticator(platform.services["test.shelf"], first=True)
    yield application(platform), platform
    platform.warehouse.close()
    platform.database.close()


@pytest.fixture
def acting(console: tuple[Flask, Platform]) -> Callable[..., CallerClient]:
    app, platform = console
    return lambda **changes: client_for(app, platform, platform.services["test.shelf"], principal(**changes))


def channel_of(client: CallerClient, hospital: Hospital) -> dict[str, Any]:
    (found,) = client.get(f"/api/v1/etl/channels?institution_id={hospital.sender.institution_id}").json
    return dict(found)


def test_a_channel_shows_backlog_failures_and_delay(hospital: Hospital, acting: Callable[..., CallerClient]) -> None:
    client = acting()
    hospital.send("emr_ex_lab", [GOOD, {**GOOD, "id": ""}])
    before = channel_of(client, hospital)
    assert (before["waiting"], before["loaded"]) == (1, 0)
    hospital.work()
    after = channel_of(client, hospital)
    assert (after["waiting"], after["loaded"], after["rejected"], after["quarantined"], after["late"]) == (0, 1, 1, 1, 1)
    assert after["delay_minutes"] > 0
    assert client.get("/api/v1/etl/summary").json["quarantined"] >= 1
    day = clock.today().isoformat()
    figures = client.get(f"/api/v1/etl/figures?first={day}&last={day}&institution_id={hospital.sender.institution_id}").json
    assert [(row["dataset"], row["loaded"]) for row in figures] == [("emr_ex_lab", 1)]


def test_a_paused_channel_accepts_and_waits(hospital: Hospital, acting: Callable[..., CallerClient]) -> None:
    client = acting()
    hospital.send("emr_ex_lab", [GOOD])
    hospital.work()
    channel = channel_of(client, hospital)
    assert client.post(f"/api/v1/etl/channels/{channel['id']}/pause", json={"reason": "数据源检修"}).status_code == 204
    hospital.send("emr_ex_lab", [{**GOOD, "id": "L2"}])
    hospital.send("emr_patient_info", [{"id": "p1"}])
    hospital.work()
    assert hospital.rows("emr_ex_lab") == [("L1",)]
    assert hospital.rows("emr_patient_info") == [("p1",)]
    with hospital.unit() as session:
        assert hospital.sender.institution_id not in senders.senders_due(session, timedelta(0))
    assert client.post(f"/api/v1/etl/channels/{channel['id']}/resume").status_code == 204
    hospital.work()
    assert hospital.rows("emr_ex_lab") == [("L1",), ("L2",)]
    again = client.post(f"/api/v1/etl/channels/{channel['id']}/replay", json={"since": "2020-01-01T00:00:00Z"})
    assert again.json == {"batches": 2}
    hospital.work()
    assert hospital.rows("emr_ex_lab") == [("L1",), ("L2",)]


def test_the_pages(hospital: Hospital, acting: Callable[..., CallerClient]) -> None:
    client = acting()
    institution = hospital.sender.institution_id
    hospital.send("emr_ex_lab", [{**GOOD, "bedNo": "x" * 20}])
    hospital.work()
    for page in ("", "/batches", "/quarantine"):
        answer = client.get(f"/console/etl{page}?institution_id={institution}")
        assert answer.status_code == 200
        assert "检验报告" in answer.text
    assert "批量接口" in client.get(f"/console/etl/batches?institution_id={institution}").text
    with hospital.unit() as session:
        row = session.scalars(select(QuarantinedRow).where(QuarantinedRow.institution_id == institution)).one()
    detail = client.get(f"/console/etl/quarantine/{row.id}")
    assert "x" * 20 in detail.text
    still_wrong = client.post(f"/console/etl/quarantine/{row.id}", data={"bed_no": "y" * 20})
    assert still_wrong.status_code == 422 and 'value="yyyy' in still_wrong.text, "told at once, with what was typed"
    corrected = client.post(f"/console/etl/quarantine/{row.id}", data={"bed_no": "12"})
    assert corrected.status_code == 303
    hospital.work()
    assert hospital.rows("emr_ex_lab", "id", "bed_no", "source") == [("L1", "12", "correction")]


def test_other_areas_see_nothing(hospital: Hospital, acting: Callable[..., CallerClient]) -> None:
    hospital.send("emr_ex_lab", [{**GOOD, "patientId": ""}])
    hospital.work()
    mine = channel_of(acting(division="411502"), hospital)
    stranger = acting(division="411525")
    assert stranger.get(f"/api/v1/etl/channels?institution_id={hospital.sender.institution_id}").json == []
    assert stranger.post(f"/api/v1/etl/channels/{mine['id']}/pause", json={"reason": "不该成功"}).status_code == 404
    with hospital.unit() as session:
        row = session.scalars(select(QuarantinedRow).where(QuarantinedRow.institution_id == hospital.sender.institution_id)).one()
    assert stranger.post(f"/api/v1/etl/quarantine/{row.id}/discard").status_code == 404
    assert stranger.get(f"/console/etl/quarantine/{row.id}").status_code == 404
    assert stranger.get(f"/api/v1/etl/quarantine?batch_id={row.batch_id}").json == []
    listed = acting(division="411502").get(f"/api/v1/etl/quarantine?batch_id={row.batch_id}").json
    assert json.loads(listed[0]["faults"])[0]["field"] == "patient_id"


def test_old_bytes_are_forgotten_and_receipts_stay(hospital: Hospital, acting: Callable[..., CallerClient]) -> None:
    receipt = hospital.send("emr_ex_lab", [GOOD])
    hospital.work()
    keeping.forget_old(hospital.platform)
    with hospital.unit() as session:
        assert session.get(BatchBody, receipt.batch_id) is not None
    refused = hospital.send("emr_ex_lab", [{**GOOD, "id": "L2", "bedNo": "x" * 20}, {**GOOD, "id": "L3", "bedNo": "y" * 20}])
    hospital.work()
    hospital.send("emr_ex_lab", [{**GOOD, "id": "L2"}])
    hospital.work()
    with clock.travel(clock.now() + timedelta(days=181)):
        keeping.forget_old(hospital.platform)
    with hospital.unit() as session:
        settled, still_open = findings_of(session, hospital.sender, refused.batch_id, 1, 10)
        assert (settled.state, settled.raw, settled.faults) == ("overtaken", " ", "[]")
        assert still_open.state == "open" and "y" * 20 in still_open.raw, "what is not settled is kept"
    assert "已过保存期限" in acting().get(f"/console/etl/quarantine/{settled.id}").text
    with hospital.unit() as session:
        assert session.get(BatchBody, receipt.batch_id) is None
    assert hospital.send("emr_ex_lab", [GOOD], message_id=receipt.message_id).repeated
