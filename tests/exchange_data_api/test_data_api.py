"""The JSON data API as hospital systems speak it, and the batch API beside it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from etl.models import Batch
from exchange.callers.api import PER_MINUTE
from health_platform.kernel import parameters
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from tests.support.principals import CallerClient

pytestmark = pytest.mark.system("A11", "J01")

RECEIVE = "/hclient/emr/receive"
ROW = {"id": "A1", "patientId": "P1", "activityTime": "2026-03-01 08:00:00"}


@pytest.fixture
def landed(ways: Platform, institution: int) -> Callable[[], list[tuple[str, str, str]]]:
    def look() -> list[tuple[str, str, str]]:
        with ways.database.unit_of_work(system_scope("test")) as session:
            rows = session.scalars(select(Batch).where(Batch.institution_id == institution).order_by(Batch.id)).all()
            return [(row.channel, row.operation, row.source) for row in rows]

    return look


@pytest.mark.parametrize("entity", ["emrActivityInfo", "EMRACTIVITYINFO", "emractivityinfo"])
@pytest.mark.parametrize("style", [str, str.upper, str.lower])
def test_rows_are_accepted_in_any_case(
    sender: CallerClient, landed: Callable[[], Any], entity: str, style: Callable[[str], str]
) -> None:
    answer = sender.post(f"{RECEIVE}/{entity}", json={style(key): value for key, value in ROW.items()})
    assert answer.status_code == 200
    assert answer.json == {"result": True, "desc": "接收成功", "id": "A1", "errorCode": "", "errorName": ""}
    assert landed() == [("emr_activity_info", "upsert", "data_api")]


def test_faulty_rows_are_kept_and_the_sender_is_told(sender: CallerClient, landed: Callable[[], Any]) -> None:
    answer = sender.post(f"{RECEIVE}/emrActivityInfo", json={**ROW, "patientId": "", "activityTime": "soon"})
    assert answer.json["result"] is False
    assert answer.json["errorCode"] == "row.required"
    assert "patient_id" in answer.json["desc"]
    assert "activity_time" in answer.json["desc"]
    assert len(landed()) == 1


def test_delete_takes_a_body_with_the_key(sender: CallerClient, landed: Callable[[], Any]) -> None:
    answer = sender.delete(f"{RECEIVE}/emrActivityInfo", json={"id": "A1"})
    assert answer.json["result"] is True
    assert landed() == [("emr_activity_info", "delete", "data_api")]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 200), (b"[1]", 200), (b"", 422), (b'{"id":"1","id":"2"}', 200), (b'{"id":NaN}', 200), (b"\xff\xff", 200)],
)
def test_bad_bodies_get_the_same_shape(sender: CallerClient, body: bytes, status: int) -> None:
    answer = sender.post(f"{RECEIVE}/emrActivityInfo", data=body, content_type="application/json")
    assert answer.status_code == status
    assert answer.json["result"] is False
    assert set(answer.json) == {"result", "desc", "id", "errorCode", "errorName"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/emrActivityInfo", 405), ("PUT", "/emrActivityInfo", 405), ("POST", "", 404), ("POST", "/a/b", 404),
     ("DELETE", "/emrActivityInfo/A1", 404), ("POST", "/nothing", 404)],
)  # fmt: skip
@pytest.mark.parametrize("accept", ["application/json", "text/html,*/*"])
def test_what_does_not_exist_is_refused_in_the_same_shape(
    sender: CallerClient, method: str, path: str, status: int, accept: str
) -> None:
    answer = sender.open(f"{RECEIVE}{path}", method=method, json=ROW, headers={"Accept": accept})
    assert answer.status_code == status
    assert set(answer.json) == {"result", "desc", "id", "errorCode", "errorName"} and answer.json["result"] is False
    assert answer.json["errorCode"] and answer.json["errorName"]
    if status == 405:
        assert answer.headers["Allow"] and "GET" not in answer.headers["Allow"]


def test_a_body_too_large_is_refused_in_the_same_shape(sender: CallerClient) -> None:
    answer = sender.post(f"{RECEIVE}/emrActivityInfo", data=b" " * 11_000_000, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.json["errorCode"]) == (413, "request.too_large")


def test_unknown_entities_and_callers_without_institution(sender: CallerClient, caller: Callable[..., CallerClient]) -> None:
    assert sender.post(f"{RECEIVE}/nothing", json=ROW).status_code == 404
    homeless = caller(kind="client", institution_id=None, permissions={"exchange.upload"})
    refused = homeless.post(f"{RECEIVE}/emrActivityInfo", json=ROW)
    assert (refused.status_code, refused.json["result"]) == (403, False)
    assert caller(None).post(f"{RECEIVE}/emrActivityInfo", json=ROW).status_code == 401
    assert caller(permissions=set()).post(f"{RECEIVE}/emrActivityInfo", json=ROW).status_code == 403


def test_what_a_deployment_lacks_is_refused_by_name(caller: Callable[..., CallerClient]) -> None:
    """These ways in run without a person index, as on a hospital's front end."""
    refused = caller().post("/api/v1/records/files", json={"person_id": "1", "division_code": "411502001201"})
    assert (refused.status_code, refused.json["error"]["code"]) == (404, "platform.not_installed")
    assert refused.json["error"]["facts"] == {"part": "PersonIndex"}


def test_the_health_page_is_open(caller: Callable[..., CallerClient]) -> None:
    assert caller(None).get("/status.html").status_code == 200


def test_a_caller_that_sends_too_fast_is_told(ways: Platform, sender: CallerClient) -> None:
    with ways.database.unit_of_work(system_scope("test")) as session:
        parameters.set_value(session, ways, PER_MINUTE.key, 2, "test", "411502")
    try:
        answers = [sender.post(f"{RECEIVE}/emrActivityInfo", json=ROW) for _ in range(3)]
    finally:
        with ways.database.unit_of_work(system_scope("test")) as session:
            parameters.set_value(session, ways, PER_MINUTE.key, None, "test", "411502")
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "60" and answers[2].json["result"] is False


# --- batch API


def upload(sender: CallerClient, body: bytes, message_id: str = "m1", **headers: str) -> Any:
    headers = {"X-Message-Id": message_id, "Content-Type": "application/json", **headers}
    return sender.post("/api/v1/uploads/emr_activity_info", data=body, headers=headers)


def test_an_upload_gets_a_receipt_and_a_repeat_the_same(sender: CallerClient) -> None:
    body = json.dumps([ROW]).encode()
    first, again = upload(sender, body), upload(sender, body)
    assert first.status_code == again.status_code == 202
    assert first.json["batch_id"] == again.json["batch_id"]
    assert (first.json["repeated"], again.json["repeated"]) == (False, True)
    assert upload(sender, b"[]").status_code == 409


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (json.dumps([ROW]).encode(), {}),
        (json.dumps(ROW).encode() + b"\n", {"Content-Type": "application/x-ndjson"}),
        (b"id,patientId,activityTime\nA1,P1,2026-03-01\n", {"Content-Type": "text/csv; charset=utf-8"}),
        (gzip.compress(json.dumps([ROW]).encode(), mtime=0), {"Content-Encoding": "gzip"}),
    ],
)
def test_formats(sender: CallerClient, body: bytes, headers: dict[str, str]) -> None:
    assert upload(sender, body, **headers).status_code == 202


def test_a_body_packed_in_several_members_is_taken_whole(sender: CallerClient, ways: Platform) -> None:
    rows = [json.dumps({**ROW, "id": f"G{number}"}).encode() + b"\n" for number in range(3)]
    packed = b"".join(gzip.compress(row, mtime=0) for row in rows)
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/x-ndjson"}
    receipt = upload(sender, packed, **headers).json
    Worker(ways).drain()
    assert sender.get(f"/api/v1/uploads/{receipt['batch_id']}").json["row_count"] == 3


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"[]", {"X-Message-Id": ""}, 422),
        (gzip.compress(b"[]", mtime=0) + b"trailing", {"Content-Encoding": "gzip"}, 422),
        (gzip.compress(b" " * 90_000, mtime=0) * 3, {"Content-Encoding": "gzip"}, 413),
        (b"", {}, 422),
        (b"x", {"Content-Type": "text/plain"}, 422),
        (b"x", {"Content-Encoding": "br"}, 422),
        (b"x", {"Content-Encoding": "gzip"}, 422),
        (gzip.compress(b"[" * 5_000, mtime=0)[:-8], {"Content-Encoding": "gzip"}, 422),
        (gzip.compress(b" " * 10_000_000, mtime=0), {"Content-Encoding": "gzip"}, 413),
    ],
)
def test_refused_uploads(sender: CallerClient, body: bytes, headers: dict[str, str], status: int) -> None:
    answer = upload(sender, body, **headers)
    assert answer.status_code == status, answer.json
    assert answer.json["error"]["message"]


def test_too_large_bodies_are_refused_while_reading(sender: CallerClient) -> None:
    assert upload(sender, b" " * 11_000_000).status_code == 413


def test_status_and_findings_are_for_the_sender_only(
    sender: CallerClient, ways: Platform, caller: Callable[..., CallerClient]
) -> None:
    receipt = upload(sender, json.dumps([ROW, {**ROW, "id": ""}]).encode()).json
    Worker(ways).drain()
    status = sender.get(f"/api/v1/uploads/{receipt['batch_id']}").json
    assert (status["state"], status["row_count"], status["loaded_count"], status["rejected_count"]) == ("loaded", 2, 1, 1)
    (finding,) = sender.get(f"/api/v1/uploads/{receipt['batch_id']}/findings").json
    assert finding["position"] == 1
    assert finding["faults"][0]["field"] == "id"
    assert json.loads(finding["raw"])["patientId"] == "P1"
    other = caller(kind="client", institution_id=6, permissions={"exchange.upload"})
    assert other.get(f"/api/v1/uploads/{receipt['batch_id']}").status_code == 404
    assert other.get(f"/api/v1/uploads/{receipt['batch_id']}/findings").status_code == 404


def test_the_catalogue_is_served(sender: CallerClient) -> None:
    listed = sender.get("/api/v1/uploads/datasets").json
    assert {"emr_ex_lab", "vaccination"} <= {each["name"] for each in listed}
    schema = sender.get("/api/v1/uploads/datasets/emr_ex_lab").json
    assert schema["properties"]["patient_id"]["maxLength"] == 80
    assert "patient_id" in schema["required"]
