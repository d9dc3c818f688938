"""The edge: every route passes authentication, authorisation, parsing and audit; every fault is a clear answer."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from typing import Any

import pytest
from flask import Response
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import fields, validate
from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from health_platform.app import application
from health_platform.kernel.audit import AuditEntry
from health_platform.kernel.db import MustWrite, about_to_write, start_writing
from health_platform.kernel.errors import Conflict, DefinitionError, Invalid
from health_platform.kernel.http import Blueprint, Call, IdField, Schema, endpoint, keep
from health_platform.kernel.parsing import strict_json, whole
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from tests.support.models import Clinic
from tests.support.principals import client_for, principal

pytestmark = pytest.mark.system("A19", "A20")


class ClinicIn(Schema):
    name = fields.String(required=True, validate=validate.Length(1, 40))
    division_code = fields.String(required=True)
    beds = fields.Integer()


class ClinicOut(Schema):
    id = IdField()
    name = fields.String()


def clinics() -> Blueprint:
    blueprint = Blueprint("clinics", __name__, url_prefix="/api/v1/clinics")

    @endpoint(blueprint, "POST", "", permission="test.clinic.create", label="新建", body=ClinicIn, response=ClinicOut, status=201)
    def create(call: Call, body: dict[str, Any]) -> Clinic:
        clinic = Clinic(**body)
        call.session.add(clinic)
        call.session.flush()
        call.audit(object_id=clinic.id)
        return clinic

    @endpoint(blueprint, "POST", "/<int:clinic_id>/fail", permission="test.clinic.create", label="失败")
    def fail(call: Call, clinic_id: int) -> None:
        call.session.add(Clinic(id=clinic_id, division_code="411500"))
        error = Conflict("test.conflict", clinic_id=clinic_id)
        raise keep(error) if clinic_id % 2 else error

    @endpoint(blueprint, "GET", "/<int:clinic_id>", permission="session", label="查看", response=ClinicOut)
    def view(call: Call, clinic_id: int) -> Clinic | None:
        return call.session.get(Clinic, clinic_id)

    @endpoint(
        blueprint,
        "GET",
        "/<int:clinic_id>/seen",
        permission="session",
        label="查看并留痕",
        audit="test.clinic.seen",
        response=ClinicOut,
    )
    def seen(call: Call, clinic_id: int) -> Clinic | None:
        return call.session.get(Clinic, clinic_id)

    @endpoint(blueprint, "GET", "/<int:clinic_id>/made", permission="session", label="查看即建", response=ClinicOut)
    def made_by_looking(call: Call, clinic_id: int) -> Clinic:
        clinic = call.session.get(Clinic, clinic_id) or Clinic(id=clinic_id, division_code="411500", name="新")
        call.session.add(clinic)
        return clinic

    @endpoint(blueprint, "POST", "/asked", permission="session", label="查找", body=ClinicIn, response=ClinicOut, reads=True)
    def asked(call: Call, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "name": "reads" if call.session.scalar(text("PRAGMA query_only")) else "may write"}

    @endpoint(blueprint, "POST", "/echo", permission="public", label="回声", scope="public", body=ClinicIn, response=ClinicOut)
    def echo(call: Call, body: dict[str, Any]) -> dict[str, Any]:
        return body

    @endpoint(blueprint, "GET", "/bug", permission="public", label="故障", scope="public", raw=True)
    def bug(call: Call) -> Response:
        raise RuntimeError("secret detail")

    return blueprint


@pytest.fixture
def made(platform: Platform) -> Any:
    platform.blueprint(clinics())
    app = application(platform)
    return lambda who=None, **changes: client_for(
        app, platform, platform.services["test.shelf"], who or (principal(**changes) if changes else None)
    )


def test_a_created_row_is_answered_audited_and_its_id_is_a_string(made: Any) -> None:
    client = made(permissions={"test.clinic.create", "audit.entry.view"})
    answer = client.post("/api/v1/clinics", json={"name": "城东", "division_code": "411502"})
    assert answer.status_code == 201 and isinstance(answer.json["id"], str)
    (line,) = client.get("/api/v1/audit?action=test.clinic.create").json
    assert (line["object_id"], line["outcome"]) == (answer.json["id"], "ok")


@pytest.mark.parametrize(("who", "status"), [({}, 401), ({"permissions": {"other"}}, 403)])
def test_strangers_and_the_unauthorised_are_refused(made: Any, who: dict[str, Any], status: int) -> None:
    assert made(**who).post("/api/v1/clinics", json={}).status_code == status


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"division_code": "411502"}, "name"),
        ({"name": "", "division_code": "411502"}, "name"),
        ({"name": "x", "division_code": "411502", "extra": 1}, "extra"),
        ({"name": 5, "division_code": "411502"}, "name"),
        ([], "_schema"),
    ],
)
def test_a_fault_names_the_field_and_the_problem(made: Any, body: Any, field: str) -> None:
    answer = made(permissions={"test.clinic.create"}).post("/api/v1/clinics", json=body)
    assert answer.status_code == 422
    assert [finding["field"] for finding in answer.json["error"]["facts"]["findings"]] == [field]


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a":1,"a":2}', b'{"a":NaN}', b"[" * 5000, b"\xff", b'{"a":' * 70 + b"1" + b"}" * 70]
)
def test_json_that_parsers_disagree_about_is_refused(made: Any, body: bytes) -> None:
    answer = made(permissions={"test.clinic.create"}).post("/api/v1/clinics", data=body)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "request.json")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_strict_json_reads_what_json_writes(value: Any) -> None:
    try:
        assert strict_json(json.dumps(value).encode()) == value
    except Invalid as error:
        assert "digits" in error.facts["reason"]


@given(st.integers() | st.text("0123456789²٣-+_ ") | st.just(2**63))
def test_whole_reads_what_a_column_holds_and_nothing_else(written: int | str) -> None:
    text = str(written)
    plain = 0 < len(text) < 20 and set(text) <= set("0123456789")
    assert whole(text) == (int(text) if plain and int(text) < 2**63 else None)


def test_a_number_that_no_database_holds_is_refused(made: Any) -> None:
    client = made(permissions={"test.clinic.create"})
    assert client.get(f"/api/v1/clinics/{2**63 - 1}").status_code == 204
    assert client.get(f"/api/v1/clinics/{2**63}").status_code == 404
    answer = client.post("/api/v1/clinics", json={"name": "x", "division_code": "411502", "beds": 10**30})
    assert answer.status_code == 422
    assert [finding["field"] for finding in answer.json["error"]["facts"]["findings"]] == ["beds"]


def test_a_refused_act_leaves_nothing_unless_it_is_kept(made: Any) -> None:
    client = made(division="4115")
    assert [client.post(f"/api/v1/clinics/{n}/fail").status_code for n in (2, 3)] == [409, 409]
    assert client.get("/api/v1/clinics/2").status_code == 204
    assert client.get("/api/v1/clinics/3").json["id"] == "3"


def test_bugs_are_answered_without_their_details(made: Any) -> None:
    answer = made().get("/api/v1/clinics/bug")
    assert answer.status_code == 500 and "secret" not in answer.text and answer.json["error"]["request_id"]


def test_cookie_sessions_must_prove_that_the_page_asked(made: Any) -> None:
    client = made(principal(csrf_token="t0ken"))
    body = {"name": "x", "division_code": "411502"}
    assert client.post("/api/v1/clinics", json=body).json["error"]["code"] == "request.csrf"
    assert client.post("/api/v1/clinics", json=body, headers={"X-CSRF-Token": "t0ken"}).status_code == 201


def test_large_bodies_are_refused(platform: Platform, made: Any) -> None:
    body = b" " * (platform.settings.max_upload_bytes + 1)
    assert made(permissions={"test.clinic.create"}).post("/api/v1/clinics", data=body).status_code == 413


def test_a_slow_sender_holds_up_nobody(platform: Platform, made: Any) -> None:
    """SQLite has one writer: a transaction that waits for the rest of a body would stop everybody for a minute."""
    server = make_server("127.0.0.1", 0, made().application, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    head = b"POST /api/v1/clinics/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
    with socket.create_connection(("127.0.0.1", server.server_port)) as slow:
        slow.sendall(head)
        time.sleep(1)
        began = time.monotonic()
        with platform.database.unit_of_work(system_scope("test")) as session:
            session.add(Clinic(name="x", division_code="411502"))
        assert time.monotonic() - began < 30
    server.shutdown()
    server.server_close()


def test_a_route_without_declaration_keeps_the_platform_from_starting(platform: Platform) -> None:
    bare = Blueprint("bare", __name__)
    bare.route("/bare")(lambda: "hello")
    platform.blueprint(bare)
    with pytest.raises(DefinitionError, match="/bare"):
        application(platform)


def test_answers_carry_the_protective_headers(client: Any) -> None:
    headers = client.get("/healthz").headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert (headers["Cache-Control"], headers["Referrer-Policy"], headers["X-Content-Type-Options"]) == (
        "no-store",
        "no-referrer",
        "nosniff",
    )


def test_the_api_document_covers_every_json_endpoint(client: Any, app: Any) -> None:
    document = client.get("/openapi.json").json
    documented = {(method.upper(), path) for path, item in document["paths"].items() for method in item if method != "parameters"}
    declared = {
        (spec.method, re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule.rule))
        for rule, spec in app.extensions["platform"].endpoints
        if not spec.raw and not spec.template
    }
    assert declared <= documented


def test_metrics_count_requests_by_endpoint(client: Any) -> None:
    client.get("/healthz")
    assert 'hp_request_seconds_count{endpoint="probes.healthz",method="GET",status="200"}' in client.get("/metrics").text


def _clinic(platform: Platform) -> int:
    with platform.database.unit_of_work(system_scope("test")) as session:
        clinic = Clinic(name="中心", division_code="411500")
        session.add(clinic)
        session.flush()
        return clinic.id


def test_a_reader_does_not_wait_for_a_writer(made: Any, platform: Platform) -> None:
    number, caller = _clinic(platform), made(division_code="411500")
    with platform.database.unit_of_work(system_scope("a long act")) as session:
        session.execute(text("SELECT 1"))
        answer = caller.get(f"/api/v1/clinics/{number}")
    assert answer.status_code == 200 and answer.json["name"] == "中心"


def test_what_was_read_is_answered_only_with_its_entry(made: Any, platform: Platform) -> None:
    number, caller = _clinic(platform), made(division_code="411500")
    assert caller.get(f"/api/v1/clinics/{number}/seen").status_code == 200
    with platform.database.unit_of_work(system_scope("test")) as session:
        seen = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "test.clinic.seen")
        assert session.scalar(seen) == 1
        session.execute(text("DROP TABLE audit_entry"))
    unwritten = caller.get(f"/api/v1/clinics/{number}/seen")
    assert unwritten.status_code == 503 and "中心" not in unwritten.text


def test_a_question_with_a_body_reads_only_and_leaves_its_entry(made: Any, platform: Platform) -> None:
    answer = made(division_code="411500").post("/api/v1/clinics/asked", json={"name": "中心", "division_code": "411500"})
    assert answer.json["name"] == "reads"
    with platform.database.unit_of_work(system_scope("test")) as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "session")) == 1


def test_a_look_that_writes_is_begun_again_and_written_once(made: Any, platform: Platform) -> None:
    caller = made(division_code="411500")
    assert [caller.get("/api/v1/clinics/77/made").status_code for _ in range(2)] == [200, 200]
    with platform.database.unit_of_work(system_scope("test")) as session:
        assert session.scalar(select(func.count()).select_from(Clinic).where(Clinic.id == 77)) == 1


def test_a_unit_that_says_it_reads_cannot_write(platform: Platform) -> None:
    with pytest.raises(MustWrite), platform.database.unit_of_work(system_scope("test"), reading=True) as session:
        session.execute(insert(Clinic), {"id": 78, "division_code": "411500", "name": "新"})
    with platform.database.unit_of_work(system_scope("test")) as session:
        assert session.get(Clinic, 78) is None


def test_a_caller_who_would_write_waits_for_no_writer_until_his_question_is_understood(made: Any, platform: Platform) -> None:
    caller = made(division_code="411500")
    with platform.database.unit_of_work(system_scope("a long act")) as session:
        session.execute(text("SELECT 1"))
        assert caller.post("/api/v1/clinics", json={"name": ""}).status_code == 422
    assert caller.post("/api/v1/clinics", json={"name": "中心", "division_code": "411500"}).status_code == 201


def test_rows_read_before_a_unit_writes_are_read_again(platform: Platform) -> None:
    number = _clinic(platform)
    with platform.database.unit_of_work(system_scope("test"), writes_later=True) as session:
        before = session.get_one(Clinic, number)
        with platform.database.unit_of_work(system_scope("another")) as other:
            other.get_one(Clinic, number).class_code = "N"
        start_writing(session)
        assert (before.class_code, session.get_one(Clinic, number).class_code) == (None, "N")
        session.get_one(Clinic, number).name = "改"
    with platform.database.unit_of_work(system_scope("test")) as session:
        assert (session.get_one(Clinic, number).name, session.get_one(Clinic, number).class_code) == ("改", "N")


def test_work_that_seldom_writes_is_done_reading_and_again_only_when_it_writes(platform: Platform) -> None:
    number, scope, reads = _clinic(platform), system_scope("test"), list[Any]()

    def name(session: Session) -> str:
        reads.append(session.get_bind())
        clinic = session.get(Clinic, number)
        if clinic is None:
            clinic = Clinic(id=number, name="新", division_code="411500")
            session.add(clinic)
        return clinic.name

    with platform.database.unit_of_work(scope) as session:  # somebody else is the writer
        session.execute(text("SELECT 1"))
        assert platform.database.read_first(scope, name) == "中心"
    with platform.database.unit_of_work(scope) as session:
        session.delete(session.get_one(Clinic, number))
    assert [platform.database.read_first(scope, name) for _ in range(2)] == ["新", "新"]
    assert [bind is platform.database.engine for bind in reads] == [False, False, True, False]


def test_work_that_knows_it_will_write_says_so_before_it_begins(platform: Platform) -> None:
    begun = list[str]()

    def work(session: Session) -> int:
        begun.append("looked")
        about_to_write(session)
        begun.append("worked")
        return 1

    assert platform.database.read_first(system_scope("test"), work) == 1
    assert begun == ["looked", "looked", "worked"]
