"""The OpenID Connect provider: authorisation code with PKCE S256, and client credentials with signed assertions.

Authlib supplies the protocol; here are the platform's choices: no implicit or hybrid grant, exact redirect addresses,
codes that count once and for a minute, assertions under our own rules (``clients.assertions``).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from flask import g
from joserfc.jwk import RSAKey
from sqlalchemy import select, update
from sqlalchemy.orm import Session, undefer

from health_platform.access.accounts.models import User
from health_platform.access.accounts.service import usable
from health_platform.access.clients import tokens
from health_platform.access.clients.assertions import ASSERTION_TYPE, accepted, unverified_issuer
from health_platform.access.clients.models import Client
from health_platform.access.clients.tokens import NewToken, digest_of
from health_platform.access.signin.models import UserSession
from health_platform.access.sso.keys import signing_key
from health_platform.access.sso.models import AuthorizationCode, Participation
from health_platform.kernel import clock
from health_platform.kernel.crypto import same

SCOPES = ("openid", "profile", "phone")
CODE_SECONDS = 60


@dataclass(frozen=True)
class SsoContext:
    """What one request of the provider works with; ``session_id`` is the signed-in browser's."""

    session: Session
    issuer: str
    session_id: int | None = None


def context() -> SsoContext:
    """The context of the running request."""
    found: SsoContext = g.sso_context
    return found


class RelyingParty(ClientMixin):
    """A registered system as Authlib asks about it."""

    def __init__(self, row: Client) -> None:
        self.row = row

    def get_client_id(self) -> str:
        return self.row.code

    def get_default_redirect_uri(self) -> None:
        return None  # a request always names its redirect address

    def get_allowed_scope(self, scope: str | None) -> str:
        return " ".join(one for one in (scope or "").split() if one in SCOPES)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.row.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return bool(self.row.secret) and same((self.row.secret or "").encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """A system with keys proves itself by them and by nothing weaker; one without either is public."""
        if (self.row.keys or {}).get("keys"):
            return method == "private_key_jwt"
        return method != "none" if self.row.secret else method == "none"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and bool(self.row.redirect_uris)

    def check_grant_type(self, grant_type: str) -> bool:
        if grant_type == "authorization_code":
            return bool(self.row.redirect_uris)
        return grant_type == "client_credentials" and bool(self.row.keys or self.row.secret)


class RedeemedCode:
    """An authorisation code as Authlib asks about it."""

    def __init__(self, row: AuthorizationCode) -> None:
        self.row = row
        self.code_challenge = row.challenge
        self.code_challenge_method = "S256"

    def get_redirect_uri(self) -> str:
        return self.row.redirect_uri

    def get_scope(self) -> str:
        return self.row.scope or ""

    def get_nonce(self) -> str | None:
        return self.row.nonce

    def get_auth_time(self) -> int:
        return int(self.row.auth_time.timestamp())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class CodeGrant(AuthorizationCodeGrant):
    """Authorisation codes kept by digest, redeemable once."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("private_key_jwt", "client_secret_basic", "client_secret_post", "none")

    def generate_authorization_code(self) -> str:
        return secrets.token_urlsafe(32)

    def save_authorization_code(self, code: str, request: Any) -> None:
        here, now = context(), clock.now()
        here.session.add(
            AuthorizationCode(
                digest=digest_of(code),
                client_id=request.client.row.id,
                user_id=request.user.id,
                session_id=here.session_id or 0,
                redirect_uri=request.payload.redirect_uri,
                scope=request.scope,
                nonce=request.payload.data.get("nonce"),
                challenge=request.payload.data["code_challenge"],
                auth_time=now,
                expires_at=now + timedelta(seconds=CODE_SECONDS),
            )
        )

    def query_authorization_code(self, code: str, client: RelyingParty) -> RedeemedCode | None:
        """Take the code: of two who bring it at once, one gets it. A second use ends what the first one got."""
        session, now = context().session, clock.now()
        ours = AuthorizationCode.digest == digest_of(code), AuthorizationCode.client_id == client.row.id
        taken = update(AuthorizationCode).where(*ours, AuthorizationCode.used_at.is_(None), AuthorizationCode.expires_at > now)
        first = session.execute(taken.values(used_at=now)).rowcount == 1  # type: ignore[attr-defined]
        row = session.scalar(select(AuthorizationCode).where(*ours).execution_options(populate_existing=True))
        if row is not None and not first:
            tokens.revoke_tokens_of_session(session, row.session_id)
        return RedeemedCode(row) if row is not None and first else None

    def delete_authorization_code(self, authorization_code: RedeemedCode) -> None:
        """The row stays until the nightly cleaning, so that a second use can be noticed."""

    def authenticate_user(self, authorization_code: RedeemedCode) -> User | None:
        """Whose code it is, if the account is still good and the person has not signed out since the code was given."""
        session, row = context().session, authorization_code.row
        signed_in, user = session.get(UserSession, row.session_id), session.get(User, row.user_id)
        if signed_in is None or signed_in.ended_at is not None:
            return None
        return user if user is not None and usable(user, clock.now()) else None


class SystemGrant(ClientCredentialsGrant):
    """Client credentials: by signed assertion, or by shared secret for systems that have no keys."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("private_key_jwt", "client_secret_basic", "client_secret_post")


class OnlyS256(CodeChallenge):
    """PKCE for every code, S256 only."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE with code_challenge_method=S256 is required")
        super().validate_code_challenge(grant, redirect_uri)


class IdToken(OpenIDCode):
    """The id token: who signed in, when, and in which session (``sid``, for single logout)."""

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        known = (
            select(AuthorizationCode.id)
            .join(Client, Client.id == AuthorizationCode.client_id)
            .where(Client.code == request.payload.client_id, AuthorizationCode.nonce == nonce)
        )
        return context().session.scalar(known.limit(1)) is not None

    def resolve_client_private_key(self, client: RelyingParty) -> RSAKey:
        return signing_key(context().session)

    def get_client_algorithm(self, client: RelyingParty) -> str:
        return "RS256"

    def get_encode_header(self, client: RelyingParty) -> dict[str, str]:
        return {"alg": "RS256", "kid": str(signing_key(context().session).kid)}

    def get_client_claims(self, client: RelyingParty) -> dict[str, Any]:
        now = int(clock.now().timestamp())
        return {"iss": context().issuer, "aud": [client.row.code], "iat": now, "exp": now + 600}

    def get_compatible_claims(self, request: Any) -> dict[str, Any]:
        return self.get_client_claims(request.client)

    def generate_user_info(self, user: User, scope: str) -> dict[str, Any]:
        return user_info(user, scope)

    def get_authorization_code_claims(self, authorization_code: RedeemedCode) -> dict[str, Any]:
        claims = dict(super().get_authorization_code_claims(authorization_code))
        return {**claims, "sid": str(authorization_code.row.session_id)}


def user_info(user: User, scope: str) -> dict[str, Any]:
    """The claims of a person for the scopes asked: the national id is never among them."""
    claims: dict[str, Any] = {"sub": str(user.id)}
    if "profile" in scope.split():
        claims |= {
            "name": user.real_name,
            "preferred_username": user.login_name,
            "title": user.title,
            "institution_id": str(user.institution_id) if user.institution_id else None,
            "institution_name": user.institution_name,
            "division_code": user.division_code,
        }
    if "phone" in scope.split():
        claims["phone_number"] = user.phone
    return {name: value for name, value in claims.items() if value is not None}


class Provider(AuthorizationServer):
    """Authlib's server over the platform's tables."""

    def __init__(self) -> None:
        super().__init__(query_client=_find_client, save_token=_save_token)
        self.load_config({"OAUTH2_SCOPES_SUPPORTED": SCOPES})
        self.register_token_generator("default", _bearer)
        self.register_client_auth_method("private_key_jwt", _by_assertion)
        self.register_grant(CodeGrant, [OnlyS256(required=True), IdToken(require_nonce=False)])
        self.register_grant(SystemGrant)


def _find_client(code: str) -> RelyingParty | None:
    query = select(Client).where(Client.code == code, Client.status == "active").options(undefer(Client.secret))
    row = context().session.scalar(query.execution_options(populate_existing=True))
    return RelyingParty(row) if row else None


def _by_assertion(query_client: Callable[[str], RelyingParty | None], request: Any) -> RelyingParty | None:
    form = request.form
    if form.get("client_assertion_type") != ASSERTION_TYPE or not form.get("client_assertion"):
        return None
    here = context()
    party = query_client(form.get("client_id") or unverified_issuer(form["client_assertion"]) or "")
    audiences = frozenset({f"{here.issuer}/oidc/token", here.issuer})
    return party if party and accepted(here.session, party.row, form["client_assertion"], audiences) else None


def _bearer(**asked: Any) -> dict[str, Any]:
    person = asked.get("user") is not None
    seconds = tokens.PERSON_SECONDS if person else tokens.SYSTEM_SECONDS
    token = {"token_type": "Bearer", "access_token": tokens.generate(), "expires_in": seconds}
    return {**token, "scope": asked["scope"]} if asked.get("scope") else token


def _save_token(token: dict[str, Any], request: Any) -> None:
    session = context().session
    code = getattr(request, "authorization_code", None)
    user_id = request.user.id if request.user else None
    session_id = code.row.session_id if code else None
    new = NewToken(request.client.row.id, user_id, session_id, token.get("scope"), token["expires_in"])
    tokens.keep_token(session, token["access_token"], new)
    if session_id and user_id and session.get(Participation, (session_id, request.client.row.id)) is None:
        party = Participation(session_id=session_id, client_id=request.client.row.id, user_id=user_id, joined_at=clock.now())
        session.add(party)
