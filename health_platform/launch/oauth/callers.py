"""Recognises the tokens of apps, holds them to their scopes, and lets the apps' own pages call from another origin."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Request, Response, current_app, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.errors import Denied, Unauthenticated
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, Scope, system_scope
from health_platform.launch.oauth.apps import Subject
from health_platform.launch.oauth.definitions import FHIR_BASE, RESIDENT_PREFIX, SMART_PREFIX
from health_platform.launch.oauth.models import DelegatedApp
from health_platform.launch.oauth.scopes import allows_fhir, allows_resident
from health_platform.launch.oauth.tokens import live, subject_of

_FRESH = timedelta(seconds=60)
_OPEN_TO_APPS = (FHIR_BASE, "/smart/", "/oidc/jwks")


def recognise(session: Session, asked: Request) -> Principal | None:
    """The person behind an app's bearer token, when the token's scopes cover this very request.

    Raises:
        Unauthenticated: the token is over. Denied: the scopes do not reach so far.
    """
    scheme, _, text = asked.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not text.startswith((SMART_PREFIX, RESIDENT_PREFIX)):
        return None
    token = live(session, text, clock.now())
    if token is None:
        raise Unauthenticated("oauth.token")
    names = [*asked.args.keys(), *(asked.form.keys() if asked.path.endswith("/_search") else ())]
    smart = text.startswith(SMART_PREFIX)
    covered = allows_fhir(token.scope, asked.method, asked.path, names) if smart else allows_resident(
        token.scope, asked.method, asked.path
    )  # fmt: skip
    if not covered:
        raise Denied("oauth.scope", scope=token.scope)
    return (_physician if smart else _resident)(subject_of(token), token.id)


def _physician(subject: Subject, token_id: int) -> Principal:
    """The physician who opened the app: a relationship to one person and the right to read its resources."""
    return Principal(
        id=token_id, kind="user", name=subject.name, institution_id=subject.institution_id,
        institution_name=subject.institution_name, division_code=subject.division_code,
        permissions=frozenset({"exchange.fhir.read"}), scope=Scope(persons=frozenset({int(subject.person_id)})),
        session_id=str(token_id), methods=frozenset({"app"}), purpose=subject.purpose or None,
        person_id=int(subject.person_id), facts={"doctor_no": subject.doctor_no, "visit_no": subject.visit_no},
    )  # fmt: skip


def _resident(subject: Subject, token_id: int) -> Principal:
    """The resident who let the app read: only the own record, whoever's record the portal has open."""
    person = int(subject.person_id)
    return Principal(
        id=token_id, kind="resident", name=subject.name, permissions=frozenset({"resident.self"}),
        scope=Scope(persons=frozenset({person})), session_id=str(token_id), methods=frozenset({"app"}), purpose="本人授权应用",
        person_id=person, facts={"own_person": subject.person_id},
    )  # fmt: skip


class Origins:
    """Which pages may call: the origins of registered apps, read again once a minute."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._known: frozenset[str] = frozenset()
        self._read_at: datetime | None = None

    def allow(self, response: Response) -> Response:
        """Tell the browser that an app's page may read this answer. No cookies: apps carry their token in a header."""
        origin = request.headers.get("Origin", "")
        if not origin or not request.path.startswith(_OPEN_TO_APPS) or current_app.extensions["platform"] is not self._platform:
            return response
        response.headers.add("Vary", "Origin")
        if origin in self._origins():
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Accept, Prefer, If-None-Match"
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
            response.headers["Access-Control-Expose-Headers"] = "ETag, Last-Modified, X-Request-Id"
            response.headers["Access-Control-Max-Age"] = "600"
        return response

    def _origins(self) -> frozenset[str]:
        now = clock.now()
        if self._read_at is None or not timedelta() <= now - self._read_at <= _FRESH:
            with self._platform.database.unit_of_work(system_scope("origins of apps")) as session:
                rows = session.scalars(select(DelegatedApp.origins).where(DelegatedApp.active.is_(True))).all()
            self._known, self._read_at = frozenset(origin for row in rows for origin in row), now
        return self._known
