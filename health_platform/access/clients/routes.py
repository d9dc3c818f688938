"""``/api/v1/access/clients``: systems of institutions and systems people sign in to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from marshmallow import fields, validate

from health_platform.access.accounts.opening import reachable_unit, role_cell
from health_platform.access.authority.grants import NewGrant, grant
from health_platform.access.clients import service
from health_platform.access.clients.models import Client
from health_platform.access.units import directory_of
from health_platform.kernel.http import Blueprint, Call, IdField, Schema, endpoint

blp = Blueprint("access_clients", __name__, url_prefix="/api/v1/access/clients", description="接入系统")
BLUEPRINTS = (blp,)


def certificate_field() -> fields.String:
    return fields.String(
        validate=validate.Regexp(r"^[0-9a-f]{64}$", error="应为 64 位小写十六进制"),
        metadata={"label": "数字证书指纹", "hint": "证书 DER 的 SHA-256，64 位小写十六进制", "wide": True},
    )


class SystemIn(Schema):
    """A system to register."""

    code = fields.String(required=True, validate=validate.Length(3, 48), metadata={"label": "系统代码"})
    name = fields.String(required=True, validate=validate.Length(2, 80), metadata={"label": "系统名称"})
    institution_id = IdField(metadata={"label": "机构"})
    keys = fields.Dict(metadata={"label": "公钥集(JWKS)"})
    certificate = certificate_field()
    with_secret = fields.Boolean(load_default=False, metadata={"label": "使用共享密钥"})
    redirect_uris = fields.List(fields.String(), load_default=list, metadata={"label": "登录回调地址"})
    logout_uris = fields.List(fields.String(), load_default=list, metadata={"label": "退出回跳地址"})
    backchannel_uri = fields.String(metadata={"label": "退出通知地址"})
    role = fields.String(metadata={"label": "接口角色"})


class SystemOut(Schema):
    """A registered system; secrets are never shown again."""

    id = IdField()
    code = fields.String()
    name = fields.String()
    institution_id = IdField()
    institution_name = fields.String()
    division_code = fields.String()
    status = fields.String()
    certificate = fields.String()
    redirect_uris = fields.List(fields.String())
    logout_uris = fields.List(fields.String())
    backchannel_uri = fields.String()
    created_at = fields.AwareDateTime()


class NewSystemOut(SystemOut):
    """A system with its shared secret, shown this once."""

    shared_secret = fields.String()


class StatusIn(Schema):
    """Whether a system may act."""

    active = fields.Boolean(required=True)


class CertificateIn(Schema):
    """The client certificate by which a system is known; none when left out."""

    certificate = certificate_field()


@endpoint(blp, "GET", "", permission="access.client.read", label="查询接入系统", response=SystemOut, many=True)
def find(call: Call) -> list[Client]:
    """The systems in the caller's reach."""
    return service.find_clients(call.session)


@endpoint(
    blp,
    "POST",
    "",
    permission="access.client.edit",
    label="登记接入系统",
    body=SystemIn,
    response=NewSystemOut,
    audit="client.create",
    status=201,
)
def create(call: Call, body: dict[str, Any]) -> Client:
    """Registers a system and gives it its interface role."""
    client, secret = register(call, body)
    client.shared_secret = secret  # type: ignore[attr-defined]
    return client


def register(call: Call, body: dict[str, Any]) -> tuple[Client, str | None]:
    """Register a system within the caller's reach, with a role the caller may hand out."""
    directory = directory_of(call.platform)
    unit = reachable_unit(call.session, call.principal.scope, directory, body.get("institution_id"))
    new = service.NewClient(
        body["code"],
        body["name"],
        call.principal.division_code,
        unit,
        body.get("keys"),
        body["with_secret"],
        tuple(body["redirect_uris"]),
        tuple(body["logout_uris"]),
        body.get("backchannel_uri"),
        body.get("certificate"),
    )
    client, secret = service.create_client(call.session, new, call.principal.id)
    if role := body.get("role"):
        cell = replace(role_cell(role, client.division_code or "", unit), below=False)
        grant(call.session, call.principal.id, NewGrant(client.id, cell, role=role), directory)
    call.audit(object_kind="client", object_id=client.id, role=body.get("role"))
    return client, secret


@endpoint(
    blp,
    "PUT",
    "/<int:client_id>/status",
    permission="access.client.edit",
    label="启停接入系统",
    body=StatusIn,
    response=SystemOut,
    audit="client.switch",
)
def switch(call: Call, body: dict[str, Any], client_id: int) -> Client:
    """Lets a system act or stops it at once."""
    return service.switch_client(call.session, client_id, body["active"])


@endpoint(
    blp,
    "PUT",
    "/<int:client_id>/certificate",
    permission="access.client.edit",
    label="绑定接入系统证书",
    body=CertificateIn,
    response=SystemOut,
    audit="client.certificate",
)
def bind(call: Call, body: dict[str, Any], client_id: int) -> Client:
    """Knows a system by another client certificate, or by none; the one before is void at once."""
    return service.bind_certificate(call.session, client_id, body.get("certificate"))


@endpoint(
    blp,
    "POST",
    "/<int:client_id>/secret",
    permission="access.client.edit",
    label="更换共享密钥",
    response=NewSystemOut,
    audit="client.secret",
)
def renew(call: Call, client_id: int) -> Client:
    """Gives a new shared secret; the old one is void."""
    client, secret = service.renew_secret(call.session, client_id)
    client.shared_secret = secret  # type: ignore[attr-defined]
    return client
