"""The launch over HTTP: hospital server asks, frame redeems, hospital server ends the visit."""

from __future__ import annotations

from typing import Any

from flask import request

from health_platform.access.api import directory_of, reachable_unit
from health_platform.kernel.errors import Invalid, NotFound
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.parsing import strict_json
from health_platform.launch import clients, service, signing
from health_platform.launch.models import LaunchClient
from health_platform.launch.oauth.routes import visit_key
from health_platform.launch.oauth.tokens import end_of_visit
from health_platform.launch.ports import PatientFinder
from health_platform.launch.schemas import ClientIn, ClientOut, EndOut, LaunchIn, LaunchOut, RedeemIn, RedeemOut

blp = Blueprint("launch", __name__, url_prefix="/api/v1/launch", description="从医生工作站打开健康档案")


@endpoint(
    blp, "POST", "", permission="public", label="申请启动凭证", body=LaunchIn, response=LaunchOut, status=201,
    scope="system", audit="launch.issue",
)  # fmt: skip
def launch(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """A hospital server, known by its signature, asks for a one-time ticket for doctor, patient and visit."""
    client = clients.signed_by(call.session, body["client"])
    wanted = signing.verify(body["request"], client.keys, audience(call), call.now)
    person_id = clients.patient_of(call.session, call.platform.service(PatientFinder), client, wanted.patient)
    issued = service.issue(call.session, client, wanted, person_id, call.now)
    call.audit(
        person_id=person_id, object_kind="launch_ticket", object_id=issued.ticket_id, kind="interface",
        client=client.client_key, doctor_no=wanted.doctor_no, visit_no=wanted.visit_no, purpose=wanted.purpose,
    )  # fmt: skip
    frame_url = f"{_base_url(call)}/embed/{client.client_key}#t={issued.ticket}"
    return {"ticket": issued.ticket, "frame_url": frame_url, "expires_in": issued.expires_in}


@endpoint(
    blp, "POST", "/redeem", permission="public", label="兑换启动凭证", body=RedeemIn, response=RedeemOut,
    scope="system", audit="launch.redeem",
)  # fmt: skip
def redeem(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """The frame exchanges its ticket for a token. Exactly one of any number of attempts succeeds."""
    client = service.active_client(clients.find_client(call.session, body["client"]))
    opened = service.redeem(call.session, client, body["ticket"], call.now)
    call.audit(
        person_id=opened.session.person_id, object_kind="launch_session", object_id=opened.session.id, kind="login",
        principal=service.principal_of(opened.session),
    )  # fmt: skip
    return {
        "token": opened.token,
        "person_id": opened.session.person_id,
        "record_url": f"/record/{opened.session.person_id}",
        "ends_at": opened.session.ends_at,
    }


@endpoint(
    blp, "POST", "/visits/end", permission="public", label="结束就诊", body=LaunchIn, response=EndOut, scope="system",
    audit="launch.end",
)  # fmt: skip
def end_visit(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """The hospital server says that the visit is over; its frames close. Signed like a launch request."""
    client = clients.signed_by(call.session, body["client"])
    wanted = signing.verify(body["request"], client.keys, audience(call), call.now)
    ended = service.end_visit(call.session, client, wanted.visit_no, call.now)
    end_of_visit(call.session, visit_key(client.id, wanted.visit_no), call.now)
    call.audit(object_kind="visit", object_id=wanted.visit_no, kind="interface", client=client.client_key, ended=ended)
    return {"ended": ended}


@endpoint(blp, "POST", "/close", permission="session", label="关闭档案窗口", response=EndOut, scope="system",
          audit="launch.close")  # fmt: skip
def close(call: Call) -> dict[str, Any]:
    """The doctor closes the frame."""
    if "ticket" not in call.principal.methods:
        return {"ended": 0}
    return {"ended": service.close_session(call.session, call.principal.id, call.now)}


@endpoint(blp, "GET", "/clients", permission="launch.client.list", label="接入系统列表", response=ClientOut, many=True)
def list_clients(call: Call) -> list[LaunchClient]:
    return clients.list_clients(call.session)


@endpoint(
    blp, "POST", "/clients", permission="launch.client.create", label="登记接入系统", body=ClientIn, response=ClientOut,
    status=201,
)  # fmt: skip
def create_client(call: Call, body: dict[str, Any]) -> LaunchClient:
    """Register a hospital system with its public keys and the origins of its workstation pages."""
    keys = strict_json(body.pop("keys").encode())
    if not isinstance(keys, dict):
        raise Invalid("launch.keys")
    unit = reachable_unit(call.session, call.principal.scope, directory_of(call.platform), body["institution_id"])
    if unit is None:
        raise NotFound("request.not_found")
    new = clients.NewClient(
        body["client_key"], body["name"], unit.id, unit.name, unit.division_code, tuple(body["origins"].split()), keys
    )
    client = clients.register_client(call.session, new)
    call.audit(object_id=client.id, client=client.client_key)
    return client


@endpoint(blp, "POST", "/clients/<int:client_id>/switch", permission="launch.client.create", label="启停接入系统",
          response=ClientOut)  # fmt: skip
def switch_client(call: Call, client_id: int) -> LaunchClient:
    """Switch a hospital system off, which ends its open frames, or on again."""
    return clients.switch_client(call.session, client_id)


def audience(call: Call) -> str:
    """What a signed request must name as its audience: the public address of this platform."""
    return f"{_base_url(call)}/api/v1/launch"


def _base_url(call: Call) -> str:
    return str(call.settings.public_url or request.host_url).rstrip("/")
