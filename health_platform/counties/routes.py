"""Virtual counties over HTTP."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from health_platform.counties import service
from health_platform.counties.board import CountyBoard
from health_platform.counties.models import CountySite
from health_platform.kernel.http import Blueprint, Call, FileField, IdField, Schema, endpoint

blp = Blueprint("counties", __name__, url_prefix="/api/v1/counties", description="虚拟县区平台")


class CountyIn(Schema):
    """The one form that opens a county."""

    division_code = fields.String(
        required=True, validate=validate.Regexp(r"^\d{12}$"), metadata={"label": "县区", "kind": "select"}
    )
    name = fields.String(required=True, validate=validate.Length(min=2, max=80), metadata={"label": "平台名称"})
    login_name = fields.String(required=True, validate=validate.Length(min=3, max=40), metadata={"label": "管理员账号"})
    real_name = fields.String(required=True, validate=validate.Length(min=2, max=40), metadata={"label": "管理员姓名"})
    id_no = fields.String(required=True, validate=validate.Length(equal=18), metadata={"label": "管理员身份证号"})
    phone = fields.String(load_default=None, validate=validate.Length(max=20), metadata={"label": "管理员电话", "kind": "tel"})
    menus = fields.List(
        fields.String(validate=validate.Length(max=64)), load_default=list,
        metadata={"label": "开放的功能", "hint": "不选表示全部", "wide": True},
    )  # fmt: skip
    logo = FileField(load_default=None, metadata={"label": "标识", "kind": "file", "hint": "PNG 或 JPEG，不超过 20 KB"})


class CountyChangeIn(Schema):
    name = fields.String(required=True, validate=validate.Length(min=2, max=80), metadata={"label": "平台名称"})
    menus = fields.List(fields.String(validate=validate.Length(max=64)), load_default=list, metadata={"label": "开放的功能"})
    active = fields.Boolean(load_default=False, metadata={"label": "启用"})


class CountyOut(Schema):
    id = IdField()
    division_code = fields.String()
    name = fields.String()
    menus = fields.List(fields.String())
    active = fields.Boolean()
    opened_at = fields.AwareDateTime()


class OpenedOut(Schema):
    """``password`` is the administrator's first one, told once; it must be changed at the first login."""

    county = fields.Nested(CountyOut)
    login_name = fields.String()
    password = fields.String()


@endpoint(blp, "GET", "", permission="registry.county.read", label="已开通的县区", response=CountyOut, many=True)
def listing(call: Call) -> list[CountySite]:
    return service.sites(call.session)


@endpoint(blp, "POST", "", permission="registry.county.open", label="开通县区平台", body=CountyIn, response=OpenedOut, status=201)
def opening(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Open a county in one step: name, logo, menus and its administrator."""
    logo = body["logo"].read(service.LARGEST_LOGO + 1) if body["logo"] else b""
    who = service.Administrator(body["login_name"], body["real_name"], body["id_no"], body["phone"])
    new = service.NewCounty(body["division_code"], body["name"], who, logo, tuple(body["menus"]))
    site, password = service.open_county(call.session, call.principal, new)
    call.platform.service(CountyBoard).read(call.session)
    call.audit(object_id=site.id, division=site.division_code, administrator=who.login_name)
    return {"county": site, "login_name": who.login_name, "password": password}


@endpoint(blp, "POST", "/<int:site_id>", permission="registry.county.open", label="修改县区平台", body=CountyChangeIn,
          response=CountyOut)  # fmt: skip
def changing(call: Call, body: dict[str, Any], site_id: int) -> CountySite:
    """Rename, choose menus, close or reopen."""
    site = service.change_site(call.session, call.principal, site_id, body["name"], tuple(body["menus"]), body["active"])
    call.session.flush()
    call.platform.service(CountyBoard).read(call.session)
    return site
