"""OpenID Connect endpoints: discovery, keys, authorize, token, userinfo, revocation, logout."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any
from urllib.parse import urlencode

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from flask import Response, g, jsonify, redirect, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import select, update
from sqlalchemy.orm import Session, undefer

from health_platform.access.accounts.models import User
from health_platform.access.accounts.service import usable
from health_platform.access.clients.models import Client, Token
from health_platform.access.clients.tokens import digest_of, live_token
from health_platform.access.signin import sessions, web
from health_platform.access.signin.routes import note_login, settled
from health_platform.access.sso.keys import published_keys
from health_platform.access.sso.logout import issuer_of
from health_platform.access.sso.provider import SCOPES, Provider, SsoContext, user_info
from health_platform.kernel import clock
from health_platform.kernel.errors import Unauthenticated
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.parsing import whole

log = logging.getLogger("health_platform.access")
blp = Blueprint("sso", __name__, description="单点登录(OpenID Connect)")


@cache
def _provider() -> Provider:
    return Provider()


def _begin(call: Call, session_id: int | None = None) -> SsoContext:
    here = SsoContext(call.session, issuer_of(call.platform), session_id)
    g.sso_context = here
    return here


@endpoint(blp, "GET", "/.well-known/openid-configuration", permission="public", label="发现文档", scope="public", raw=True)
def discovery(call: Call) -> Response:
    """What this provider is and can do (OpenID Connect Discovery 1.0)."""
    issuer = issuer_of(call.platform)
    addresses = {
        "authorization_endpoint": "/oidc/authorize",
        "token_endpoint": "/oidc/token",
        "userinfo_endpoint": "/oidc/userinfo",
        "jwks_uri": "/oidc/jwks",
        "end_session_endpoint": "/oidc/logout",
        "revocation_endpoint": "/oidc/revoke",
    }
    document = {
        "issuer": issuer,
        **{name: issuer + path for name, path in addresses.items()},
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic", "client_secret_post", "none"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
        "claims_supported": ["sub", "name", "preferred_username", "institution_name", "division_code", "sid"],
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }
    return jsonify(document)


@endpoint(blp, "GET", "/oidc/jwks", permission="public", label="公钥", scope="system", raw=True)
def jwks(call: Call) -> Response:
    """The keys id tokens and logout tokens are signed with."""
    return jsonify(published_keys(call.session))


@endpoint(blp, "GET", "/oidc/authorize", permission="public", label="授权端点", scope="system", raw=True, audit="sso.authorize")
def authorize(call: Call) -> Response:
    """Sends the signed-in person back to the relying system with a code; asks for a login first when needed."""
    found = web.session_of_cookie(call)
    signed_in = found is not None and usable(found[1], clock.now()) and settled(call, found[0], found[1]) is None
    here = _begin(call, found[0].id if found and signed_in else None)
    server = _provider()
    try:
        grant = server.get_consent_grant(end_user=found[1] if found and signed_in else None)
    except OAuth2Error as error:
        return _refused(server, error)
    if found is None or not signed_in or _must_ask_again(found[0]):
        return _to_login()
    note_login(call, found[1], client=grant.client.row.code)
    answer: Response = server.create_authorization_response(grant=grant, grant_user=found[1])
    here.session.flush()
    return answer


def _refused(server: Provider, error: OAuth2Error) -> Response:
    answer: Response = server.handle_error_response(server.create_oauth2_request(None), error)
    return answer


def _must_ask_again(row: Any) -> bool:
    """``prompt=login`` and ``max_age`` (OpenID Connect Core 3.1.2.1): the sign-in must be recent."""
    age = (clock.now() - row.created_at).total_seconds()
    limit = whole(request.args.get("max_age", ""))
    too_old = limit is not None and age > limit
    return too_old or ("login" in request.args.get("prompt", "").split() and age > 60)


def _to_login() -> Response:
    target = request.full_path.rstrip("?")
    answer: Response = redirect("/login?" + urlencode({"next": target}))  # type: ignore[assignment]
    return answer


@endpoint(
    blp,
    "POST",
    "/oidc/token",
    permission="public",
    label="令牌端点",
    scope="system",
    raw=True,
    audit="sso.token",
    csrf=False,
)
def token(call: Call) -> Response:
    """Redeems a code, or gives a system a token for its signed assertion."""
    _begin(call)
    answer: Response = _provider().create_token_response()
    call.audit(kind="interface", object_kind="client", grant=request.form.get("grant_type", "")[:40])
    if answer.status_code >= 400:
        log.info("token request refused", extra={"facts": {"status": answer.status_code}})
    return answer


def _bearer_token(call: Call) -> Token:
    text = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    found = live_token(call.session, text) if text else None
    if found is None or found.user_id is None or "openid" not in (found.scope or "").split():
        raise Unauthenticated("request.unauthenticated")
    return found


@endpoint(blp, "GET", "/oidc/userinfo", permission="public", label="用户信息", scope="system", raw=True)
def userinfo(call: Call) -> Response:
    """Who the token stands for."""
    found = _bearer_token(call)
    user = call.session.get(User, found.user_id, options=[undefer(User.phone)])
    if user is None or not usable(user, clock.now()):
        raise Unauthenticated("request.unauthenticated")
    return jsonify(user_info(user, found.scope or ""))


@endpoint(
    blp,
    "POST",
    "/oidc/revoke",
    permission="public",
    label="吊销令牌",
    scope="system",
    raw=True,
    audit="sso.revoke",
    csrf=False,
)
def revoke(call: Call) -> Response:
    """Revokes a token by showing it (RFC 7009); an unknown one is answered alike."""
    digest = digest_of(request.form.get("token", ""))
    call.session.execute(update(Token).where(Token.digest == digest).values(revoked_at=clock.now()))
    return Response(status=200)


@endpoint(blp, "GET", "/oidc/logout", permission="public", label="单点退出", scope="system", raw=True, audit="sso.logout")
def end_session(call: Call) -> Response:
    """Ends the session named by the id token and goes back to an address registered for exactly that (RP-initiated logout)."""
    claims = _hint(call.session, request.args.get("id_token_hint", ""), issuer_of(call.platform))
    found = web.session_of_cookie(call)
    if claims and found and str(found[0].id) == str(claims.get("sid")):
        note_login(call, found[1])
        sessions.end(call.session, found[0], "sso logout")
    target = _after_logout(call.session, claims)
    answer: Response = redirect(target or "/login")  # type: ignore[assignment]
    return web.drop_cookie(call, answer) if claims else answer


def _hint(session: Session, hint: str, issuer: str) -> dict[str, Any]:
    """The claims of our own id token, expired or not; empty when it is not ours."""
    try:
        claims = dict(jwt.decode(hint, KeySet.import_key_set(published_keys(session)), algorithms=["RS256"]).claims)  # type: ignore[arg-type]
    except (JoseError, ValueError):
        return {}
    return claims if claims.get("iss") == issuer else {}


def _after_logout(session: Session, claims: dict[str, Any]) -> str | None:
    wanted, audience = request.args.get("post_logout_redirect_uri"), claims.get("aud")
    code = audience[0] if isinstance(audience, list) and audience else audience
    client = session.scalar(select(Client).where(Client.code == code)) if code else None
    if not wanted or client is None or wanted not in client.logout_uris:
        return None
    state = request.args.get("state")
    return str(add_params_to_uri(wanted, [("state", state)])) if state else wanted
