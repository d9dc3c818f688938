"""SMART App Launch over HTTP: configuration, authorise, token, revoke; registering and opening apps."""

from __future__ import annotations

import logging
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from flask import Response, jsonify, request
from sqlalchemy import or_

from health_platform.access.api import NewClient, issuer_of
from health_platform.kernel.db import widened
from health_platform.kernel.errors import NotFound, PlatformError
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.launch import clients, signing
from health_platform.launch.oauth import apps, tokens
from health_platform.launch.oauth.apps import NewApp, Subject, digest
from health_platform.launch.oauth.definitions import FHIR_BASE, HANDLE_LIFE
from health_platform.launch.oauth.models import DelegatedApp, DelegatedToken
from health_platform.launch.oauth.schemas import AppIn, AppOut, NewAppOut, OpenIn, OpenOut
from health_platform.launch.oauth.server import Delegations, begin, server_of
from health_platform.launch.ports import EncounterFinder, PatientFinder
from health_platform.launch.purposes import purpose_label
from health_platform.launch.schemas import LaunchIn
from health_platform.launch.service import use_nonce
from health_platform.records.api import PersonIndex

log = logging.getLogger(__name__)
MANAGE, LIST = "launch.app.manage", "launch.app.list"

blp = Blueprint("smart", __name__, description="SMART App Launch")


def visit_key(client_id: int, visit_no: str) -> str:
    """How a visit of one hospital system is named in tokens."""
    return f"{client_id}:{visit_no}"[:100]


@endpoint(blp, "GET", f"{FHIR_BASE}/.well-known/smart-configuration", permission="public", label="SMART 配置", scope="public",
          raw=True)  # fmt: skip
def configuration(call: Call) -> Response:
    """What this server can do (SMART App Launch 2.0, section 8)."""
    issuer = issuer_of(call.platform)
    return jsonify(
        {
            "issuer": issuer,
            "jwks_uri": f"{issuer}/oidc/jwks",
            "authorization_endpoint": f"{issuer}/smart/authorize",
            "token_endpoint": f"{issuer}/smart/token",
            "revocation_endpoint": f"{issuer}/smart/revoke",
            "grant_types_supported": ["authorization_code"],
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic", "client_secret_post"],
            "scopes_supported": ["launch", "openid", "profile", "patient/*.rs"],
            "capabilities": [
                "launch-ehr", "client-public", "client-confidential-symmetric", "client-confidential-asymmetric",
                "context-ehr-patient", "context-ehr-encounter", "sso-openid-connect", "permission-patient", "permission-v1",
                "permission-v2",
            ],
        }
    )  # fmt: skip


@endpoint(blp, "GET", "/smart/authorize", permission="public", label="SMART 授权端点", scope="system", raw=True,
          audit="smart.authorize")  # fmt: skip
def authorize(call: Call) -> Response:
    """Send the browser back to the app with a code, for the launch the ``launch`` parameter names."""
    server = _begin(call)
    try:
        grant = server.get_consent_grant(end_user=None)
        subject = _subject(call, grant)
    except OAuth2Error as error:
        return server.handle_error_response(server.create_oauth2_request(None), error)  # type: ignore[no-any-return]
    answer: Response = server.create_authorization_response(grant=grant, grant_user=subject)
    call.audit(person_id=int(subject.person_id), object_kind="smart_app", object_id=grant.client.app.code, kind="login",
               actor=subject.name, institution=subject.institution_name)  # fmt: skip
    return answer


def _subject(call: Call, grant: Any) -> Subject:
    """Who opened the app for whom, by the launch handle."""
    address = grant.redirect_uri
    if request.args.get("aud", "").rstrip("/") != f"{issuer_of(call.platform)}{FHIR_BASE}":
        raise InvalidRequestError("aud must be the FHIR base address", redirect_uri=address, state=request.args.get("state"))
    if "launch" not in grant.client.get_allowed_scope(grant.request.payload.scope).split():
        raise InvalidRequestError("the scope launch is required", redirect_uri=address, state=request.args.get("state"))
    try:
        return apps.take_handle(call.session, grant.client.app, request.args.get("launch", ""), call.now)
    except PlatformError as error:
        raise InvalidRequestError("launch", redirect_uri=address, state=request.args.get("state")) from error


@endpoint(blp, "POST", "/smart/token", permission="public", label="SMART 令牌端点", scope="system", raw=True, csrf=False,
          audit="smart.token")  # fmt: skip
def token(call: Call) -> Response:
    """Redeem a code for a token with the patient in context."""
    answer: Response = _begin(call).create_token_response()
    call.audit(kind="interface", object_kind="smart_app", object_id=request.form.get("client_id", "")[:48])
    if answer.status_code >= 400:
        log.info("smart token request refused", extra={"facts": {"status": answer.status_code}})
    return answer


@endpoint(blp, "POST", "/smart/revoke", permission="public", label="吊销应用令牌", scope="system", raw=True, csrf=False,
          audit="smart.revoke")  # fmt: skip
def revoke(call: Call) -> Response:
    """Revoke a token by showing it (RFC 7009); an unknown one is answered alike."""
    shown = digest(request.form.get("token", ""))
    tokens.end_tokens(call.session, call.now, or_(DelegatedToken.digest == shown, DelegatedToken.refresh_digest == shown))
    return Response(status=200)


@endpoint(blp, "GET", "/api/v1/launch/apps", permission=LIST, label="已登记的应用", response=AppOut, many=True)
def listing(call: Call) -> Any:
    return apps.apps_of(call.session)


@endpoint(blp, "POST", "/api/v1/launch/apps", permission=MANAGE, label="登记应用", body=AppIn, response=NewAppOut, status=201)
def registering(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Register a SMART app or a resident's mini-programme with its addresses and scopes."""
    client = NewClient(
        body["code"], body["name"], call.principal.division_code, with_secret=body["confidential"],
        redirect_uris=tuple(body["redirect_uris"].split()),
    )  # fmt: skip
    new = NewApp(client, body["kind"], tuple(body["scopes"].split()), body["launch_uri"])
    app, secret = apps.register_app(call.session, new, call.principal.id)
    call.audit(object_kind="delegated_app", object_id=app.id, app=app.code)
    return {"app": app, "login_name": app.code, "password": secret}


@endpoint(blp, "POST", "/api/v1/launch/apps/<int:app_id>/switch", permission=MANAGE, label="启停应用", response=AppOut)
def switching(call: Call, app_id: int) -> DelegatedApp:
    """Switch an app off, which ends its tokens at once, or on again."""
    return apps.switch_app(call.session, app_id)


@endpoint(blp, "POST", "/api/v1/launch/apps/<code>/open", permission="records.view", label="打开 SMART 应用", body=OpenIn,
          response=OpenOut, scope="relationship", audit="smart.open")  # fmt: skip
def opening(call: Call, body: dict[str, Any], code: str) -> dict[str, Any]:
    """A reader of a record opens an app for the same person, with the same reason; from a frame it ends with the visit."""
    person_id, who = body["person_id"], call.principal
    index: PersonIndex = call.platform.service(PersonIndex)
    if not index.pairs(call.session, person_id) or purpose_label(call.session, who, person_id, call.now) is None:
        raise NotFound("record.person_unknown")
    visit_no = who.facts.get("visit_no", "")
    subject = Subject(
        person_id=str(person_id), actor_id=str(who.id), name=who.name, kind="smart", institution_id=who.institution_id,
        institution_name=who.institution_name, division_code=who.division_code, purpose=who.purpose or "",
        visit=who.facts.get("visit", ""), visit_no=visit_no, doctor_no=who.facts.get("doctor_no", ""),
        department=who.facts.get("department", ""), encounter=_encounter(call, who.institution_id, visit_no, person_id),
    )  # fmt: skip
    with widened(call.session, "launch of an app"):
        app = apps.find_app(call.session, code, "smart")
        address = apps.open_app(call.session, app, subject, _fhir_base(call), call.now)
    call.audit(person_id=person_id, object_kind="smart_app", object_id=code)
    return {"launch_url": address, "expires_in": int(HANDLE_LIFE.total_seconds())}


@endpoint(blp, "POST", "/api/v1/launch/apps/<code>/launch", permission="public", label="申请启动 SMART 应用", body=LaunchIn,
          response=OpenOut, status=201, scope="system", audit="smart.launch")  # fmt: skip
def launching(call: Call, body: dict[str, Any], code: str) -> dict[str, Any]:
    """A hospital server, known by its signature, opens an app for doctor, patient and visit."""
    client = clients.signed_by(call.session, body["client"])
    wanted = signing.verify(body["request"], client.keys, f"{issuer_of(call.platform)}/api/v1/launch", call.now)
    finder: PatientFinder = call.platform.service(PatientFinder)
    person_id = clients.patient_of(call.session, finder, client, wanted.patient)
    use_nonce(call.session, client.id, wanted.nonce, call.now)
    subject = Subject(
        person_id=str(person_id), actor_id=f"{client.client_key}/{wanted.doctor_no}", name=wanted.doctor_name, kind="smart",
        institution_id=client.institution_id, institution_name=client.institution_name,
        division_code=client.division_code or "", purpose=wanted.purpose, visit=visit_key(client.id, wanted.visit_no),
        visit_no=wanted.visit_no, doctor_no=wanted.doctor_no, department=wanted.department,
        encounter=_encounter(call, client.institution_id, wanted.visit_no, person_id),
    )  # fmt: skip
    address = apps.open_app(call.session, apps.find_app(call.session, code, "smart"), subject, _fhir_base(call), call.now)
    call.audit(person_id=person_id, object_kind="smart_app", object_id=code, kind="interface", client=client.client_key)
    return {"launch_url": address, "expires_in": int(HANDLE_LIFE.total_seconds())}


def _begin(call: Call) -> Delegations:
    issuer = issuer_of(call.platform)
    begin(call.session, issuer, f"{issuer}/smart/token")
    return server_of("smart")


def _fhir_base(call: Call) -> str:
    return issuer_of(call.platform) + FHIR_BASE


def _encounter(call: Call, institution_id: int | None, visit_no: str, person_id: int) -> str:
    """The FHIR id of the visit, when the hospital has sent it as an Encounter."""
    finder: EncounterFinder | None = call.platform.services.get(EncounterFinder.__qualname__)
    if finder is None or not visit_no or institution_id is None:
        return ""
    return finder(call.session, institution_id, visit_no, person_id) or ""
