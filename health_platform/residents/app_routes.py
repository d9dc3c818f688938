"""Servers of mini-programmes: the resident agrees once, the server redeems a code and reads what was agreed to."""

from __future__ import annotations

from typing import Any

from authlib.oauth2 import OAuth2Error
from flask import Response, request
from marshmallow import fields, validate

from health_platform.access.api import issuer_of
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Invalid, register_messages
from health_platform.kernel.http import Blueprint, Call, IdField, Schema, endpoint
from health_platform.launch.oauth.api import RESIDENT_SCOPES, DelegatedToken, Subject, begin, end_tokens, given_by, server_of
from health_platform.residents.family import own_person

TOKEN_PATH = "/api/v1/resident/oauth/token"  # noqa: S105 - an address
SELF = "resident.self"
blp = Blueprint("resident_apps", __name__, url_prefix="/api/v1/resident", description="居民授权第三方应用")

register_messages({"resident.app_request": "授权请求不符合要求：{problem}"})


class AgreementIn(Schema):
    """The request of the app as it came (RFC 6749 §4.1.1, RFC 7636), and what the resident says to it."""

    agreed = fields.Boolean(required=True)
    response_type = fields.String(required=True, validate=validate.Length(max=20))
    client_id = fields.String(required=True, validate=validate.Length(max=48))
    redirect_uri = fields.String(required=True, validate=validate.Length(max=400))
    scope = fields.String(required=True, validate=validate.Length(max=1000))
    state = fields.String(load_default="", validate=validate.Length(max=400))
    code_challenge = fields.String(required=True, validate=validate.Length(max=128))
    code_challenge_method = fields.String(required=True, validate=validate.Length(max=10))


class LocationOut(Schema):
    """Where the browser goes next: back to the app, with a code or with ``access_denied``."""

    location = fields.String()


class GivenOut(Schema):
    """An app the resident lets read."""

    app_id = IdField()
    name = fields.String()
    scopes = fields.List(fields.String())
    since = fields.AwareDateTime()
    until = fields.AwareDateTime()


@endpoint(blp, "POST", "/authorizations", permission=SELF, label="同意或拒绝应用查看", body=AgreementIn, response=LocationOut,
          scope="system", audit="resident.app.agree")  # fmt: skip
def agree(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """The resident agrees to exactly what the page showed, or refuses; only for the own record. Form-encoded, as OAuth is."""
    person_id = own_person(call.principal)
    subject = Subject(person_id=str(person_id), actor_id=str(person_id), name=call.principal.name, kind="resident")
    server = _begin(call)
    try:
        grant = server.get_consent_grant(end_user=subject)
    except OAuth2Error as error:
        raise Invalid("resident.app_request", problem=error.description or error.error) from error
    answer = server.create_authorization_response(grant=grant, grant_user=subject if body["agreed"] else None)
    call.audit(
        person_id=person_id, object_kind="delegated_app", object_id=body["client_id"], agreed=body["agreed"], what=body["scope"]
    )
    return {"location": answer.headers["Location"]}


@endpoint(blp, "POST", "/oauth/token", permission="public", label="应用换取令牌", scope="system", raw=True, csrf=False,
          audit="resident.app.token")  # fmt: skip
def token(call: Call) -> Response:
    """Redeem a code, or renew a token; the server proves itself by secret or key, and by PKCE."""
    answer: Response = _begin(call).create_token_response()
    call.audit(kind="interface", object_kind="delegated_app", object_id=request.form.get("client_id", "")[:48])
    return answer


@endpoint(blp, "GET", "/apps", permission=SELF, label="我授权的应用", response=GivenOut, many=True, scope="system")
def given(call: Call) -> list[dict[str, Any]]:
    """Apps that may read the own record now."""
    return [
        {"app_id": app.id, "name": app.name, "scopes": [RESIDENT_SCOPES.get(one, one) for one in row.scope.split()],
         "since": row.issued_at, "until": row.refresh_until}
        for app, row in given_by(call.session, own_person(call.principal), call.now)
    ]  # fmt: skip


@endpoint(blp, "POST", "/apps/<int:app_id>/end", permission=SELF, label="取消应用授权", status=204, scope="system",
          audit="resident.app.end")  # fmt: skip
def end(call: Call, app_id: int) -> None:
    """The app may not read from now on."""
    person_id = own_person(call.principal)
    with widened(call.session, "end an app's access"):
        mine = [app.client_id for app, _ in given_by(call.session, person_id, call.now) if app.id == app_id]
        end_tokens(call.session, call.now, DelegatedToken.person_id == person_id, DelegatedToken.client_id.in_(mine))


def _begin(call: Call) -> Any:
    issuer = issuer_of(call.platform)
    begin(call.session, issuer, issuer + TOKEN_PATH)
    return server_of("resident")
