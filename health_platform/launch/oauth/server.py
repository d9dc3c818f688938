"""Authorisation code with PKCE (S256 only) for apps that act for a person, by Authlib.

Client registration, client proof, signing keys and issuer are those of the single sign-on.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oidc.core.grants import OpenIDCode
from flask import g
from joserfc.jwk import RSAKey
from sqlalchemy import select, update
from sqlalchemy.orm import Session, undefer

from health_platform.access.api import ASSERTION_TYPE, Client, OnlyS256, RelyingParty, assertion_accepted, signing_key
from health_platform.kernel import clock
from health_platform.launch.oauth.apps import Subject, digest
from health_platform.launch.oauth.definitions import (
    CODE_LIFE,
    REFRESH_LIFE,
    RESIDENT_LIFE,
    RESIDENT_PREFIX,
    SMART_LIFE,
    SMART_PREFIX,
)
from health_platform.launch.oauth.models import DelegatedApp, DelegatedCode, DelegatedToken
from health_platform.launch.oauth.scopes import granted
from health_platform.launch.oauth.tokens import end_tokens

_METHODS = ("private_key_jwt", "client_secret_basic", "client_secret_post", "none")


@dataclass(frozen=True)
class Context:
    """What one request of the server works with."""

    session: Session
    issuer: str
    token_address: str


def context() -> Context:
    found: Context = g.delegation
    return found


def begin(session: Session, issuer: str, token_address: str) -> None:
    """Say what the running request works with."""
    g.delegation = Context(session, issuer, token_address)


class AppClient(RelyingParty):
    """A registered app as Authlib asks about it."""

    def __init__(self, row: Client, app: DelegatedApp) -> None:
        super().__init__(row)
        self.app = app

    def get_allowed_scope(self, scope: str | None) -> str:
        return granted(scope or "", self.app.scopes)

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code" or (grant_type == "refresh_token" and self.app.kind == "resident")


class TakenCode:
    """A code as Authlib asks about it."""

    def __init__(self, row: DelegatedCode) -> None:
        self.row = row
        self.code_challenge = row.challenge
        self.code_challenge_method = "S256"

    def get_redirect_uri(self) -> str:
        return self.row.redirect_uri

    def get_scope(self) -> str:
        return self.row.scope

    def get_nonce(self) -> str | None:
        return self.row.nonce

    def get_auth_time(self) -> int:
        return int(self.row.made_at.timestamp())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class PersonCode(AuthorizationCodeGrant):
    """Codes kept by digest, redeemable once."""

    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    def generate_authorization_code(self) -> str:
        return secrets.token_urlsafe(32)

    def save_authorization_code(self, code: str, request: Any) -> None:
        now = clock.now()
        row = DelegatedCode(
            digest=digest(code), client_id=request.client.row.id, subject=asdict(request.user),
            redirect_uri=request.payload.redirect_uri, scope=request.client.get_allowed_scope(request.payload.scope),
            nonce=request.payload.data.get("nonce"), challenge=request.payload.data["code_challenge"],
            made_at=now, expires_at=now + CODE_LIFE,
        )  # fmt: skip
        context().session.add(row)

    def query_authorization_code(self, code: str, client: AppClient) -> TakenCode | None:
        """Take the code: of two who bring it at once, one gets it. A second use ends what the first one got."""
        session, now = context().session, clock.now()
        ours = DelegatedCode.digest == digest(code), DelegatedCode.client_id == client.row.id
        taken = update(DelegatedCode).where(*ours, DelegatedCode.used_at.is_(None), DelegatedCode.expires_at > now)
        first = session.execute(taken.values(used_at=now)).rowcount == 1  # type: ignore[attr-defined]
        row = session.scalar(select(DelegatedCode).where(*ours).execution_options(populate_existing=True))
        if row is not None and not first:
            end_tokens(session, now, DelegatedToken.code_id == row.id)
        return TakenCode(row) if row is not None and first else None

    def delete_authorization_code(self, authorization_code: TakenCode) -> None:
        """The row stays until the cleaning, so that a second use can be noticed."""

    def authenticate_user(self, authorization_code: TakenCode) -> Subject:
        return Subject(**authorization_code.row.subject)


class PersonRefresh(RefreshTokenGrant):
    """A resident's app renews its token; every refresh token works once."""

    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> RefreshedToken | None:
        now = clock.now()
        mine = (DelegatedToken.refresh_digest == digest(refresh_token), DelegatedToken.refresh_until > now)
        row = context().session.scalar(select(DelegatedToken).where(*mine, DelegatedToken.revoked_at.is_(None)))
        return RefreshedToken(row) if row is not None else None

    def authenticate_user(self, refresh_token: RefreshedToken) -> Subject:
        return Subject(**refresh_token.row.subject)

    def revoke_old_credential(self, refresh_token: RefreshedToken) -> None:
        end_tokens(context().session, clock.now(), DelegatedToken.id == refresh_token.row.id)


class RefreshedToken:
    """A refresh token as Authlib asks about it."""

    def __init__(self, row: DelegatedToken) -> None:
        self.row = row

    def check_client(self, client: AppClient) -> bool:
        return self.row.client_id == client.row.id

    def get_scope(self) -> str:
        return self.row.scope


class PhysicianToken(OpenIDCode):
    """The id token of a SMART app: who opened it."""

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        known = select(DelegatedCode.id).join(Client, Client.id == DelegatedCode.client_id)
        mine = (Client.code == request.payload.client_id, DelegatedCode.nonce == nonce)
        return context().session.scalar(known.where(*mine).limit(1)) is not None

    def resolve_client_private_key(self, client: AppClient) -> RSAKey:
        return signing_key(context().session)

    def get_client_algorithm(self, client: AppClient) -> str:
        return "RS256"

    def get_encode_header(self, client: AppClient) -> dict[str, str]:
        return {"alg": "RS256", "kid": str(signing_key(context().session).kid)}

    def get_client_claims(self, client: AppClient) -> dict[str, Any]:
        now = int(clock.now().timestamp())
        return {"iss": context().issuer, "aud": [client.row.code], "iat": now, "exp": now + 600}

    def get_compatible_claims(self, request: Any) -> dict[str, Any]:
        return self.get_client_claims(request.client)

    def generate_user_info(self, user: Subject, scope: str) -> dict[str, Any]:
        about = {"name": user.name, "institution_name": user.institution_name, "doctor_no": user.doctor_no}
        return {"sub": user.actor_id, **({k: v for k, v in about.items() if v} if "profile" in scope.split() else {})}


class Delegations(AuthorizationServer):
    """Authlib's server for one kind of apps."""

    def __init__(self, kind: str) -> None:
        super().__init__(query_client=_client_of(kind), save_token=_save)
        self.load_config({})
        self.register_token_generator("default", _smart_token if kind == "smart" else _resident_token)
        self.register_client_auth_method("private_key_jwt", _by_assertion)
        extensions = [OnlyS256(required=True)] + ([PhysicianToken(require_nonce=False)] if kind == "smart" else [])
        self.register_grant(PersonCode, extensions)
        if kind == "resident":
            self.register_grant(PersonRefresh)


@cache
def server_of(kind: str) -> Delegations:
    """The server of one kind of apps: smart or resident."""
    return Delegations(kind)


def _client_of(kind: str) -> Callable[[str], AppClient | None]:
    def find(code: str) -> AppClient | None:
        query = (
            select(Client, DelegatedApp)
            .join(DelegatedApp, DelegatedApp.client_id == Client.id)
            .where(Client.code == code, Client.status == "active", DelegatedApp.active.is_(True), DelegatedApp.kind == kind)
            .options(undefer(Client.secret))
        )
        row = context().session.execute(query.execution_options(populate_existing=True)).first()
        return AppClient(row[0], row[1]) if row else None

    return find


def _by_assertion(query_client: Callable[[str], AppClient | None], request: Any) -> AppClient | None:
    form, here = request.form, context()
    if form.get("client_assertion_type") != ASSERTION_TYPE or not form.get("client_assertion"):
        return None
    party = query_client(form.get("client_id") or "")
    audiences = frozenset({here.token_address, here.issuer})
    return party if party and assertion_accepted(here.session, party.row, form["client_assertion"], audiences) else None


def _smart_token(**asked: Any) -> dict[str, Any]:
    user: Subject = asked["user"]
    told = {"patient": f"person-{user.person_id}", "need_patient_banner": False}
    if user.encounter:
        told["encounter"] = user.encounter
    seconds = int(SMART_LIFE.total_seconds())
    return {"token_type": "Bearer", "access_token": SMART_PREFIX + secrets.token_urlsafe(32), "expires_in": seconds,
            "scope": asked["scope"], **told}  # fmt: skip


def _resident_token(**asked: Any) -> dict[str, Any]:
    token = {"token_type": "Bearer", "access_token": RESIDENT_PREFIX + secrets.token_urlsafe(32),
             "expires_in": int(RESIDENT_LIFE.total_seconds()), "scope": asked["scope"]}  # fmt: skip
    if asked.get("include_refresh_token", True):
        token["refresh_token"] = RESIDENT_PREFIX + secrets.token_urlsafe(48)
    return token


def _save(token: dict[str, Any], request: Any) -> None:
    now, user = clock.now(), request.user
    source = getattr(request, "authorization_code", None) or getattr(request, "refresh_token", None)
    refresh = token.get("refresh_token")
    row = DelegatedToken(
        digest=digest(token["access_token"]), refresh_digest=digest(refresh) if refresh else None,
        code_id=source.row.code_id if isinstance(source, RefreshedToken) else source.row.id if source else 0,
        client_id=request.client.row.id, person_id=int(user.person_id), subject=asdict(user), scope=token["scope"],
        visit=user.visit or None, issued_at=now, expires_at=now + (SMART_LIFE if user.kind == "smart" else RESIDENT_LIFE),
        refresh_until=now + REFRESH_LIFE if refresh else None,
    )  # fmt: skip
    context().session.add(row)
    context().session.flush()
