"""Recognises callers of the platform: browsers by their session cookie, systems by token, signed request or certificate."""

from __future__ import annotations

from dataclasses import replace

from flask import Request
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from health_platform.access import setup
from health_platform.access.accounts.models import User
from health_platform.access.accounts.service import usable
from health_platform.access.authority.epochs import MENU_EPOCH, POLICY_EPOCH, Epochs, epochs_of
from health_platform.access.authority.principals import (
    Authority,
    AuthorityCache,
    authority_of,
    client_principal,
    user_principal,
)
from health_platform.access.clients import signatures, tokens
from health_platform.access.clients.models import Client
from health_platform.access.menus.service import MenuBoard
from health_platform.access.policy import PolicyBoard
from health_platform.access.signin.certificates import client_certificate
from health_platform.access.signin.login import settle
from health_platform.access.signin.models import UserSession
from health_platform.access.signin.sessions import csrf_of, end, live_session
from health_platform.access.units import directory_of
from health_platform.kernel import clock
from health_platform.kernel.errors import Unauthenticated
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, Scope

COOKIE = "hp_session"
SECURE_COOKIE = "__Host-hp_session"
_OF_BROWSERS = ("Origin", "Sec-Fetch-Site")
_HOLDER = select(Client).where(Client.certificate == bindparam("fingerprint"), Client.status == "active")


def cookie_name(platform: Platform) -> str:
    """Behind TLS the ``__Host-`` prefix pins the cookie to this host."""
    return SECURE_COOKIE if platform.settings.secure_cookies else COOKIE


class AccountAuthenticator:
    """Makes the principal of a request, afresh each time."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._cache = AuthorityCache()
        self._setup = setup.SetupGuard(platform)
        self._policies = PolicyBoard()
        self.board = MenuBoard()

    def __call__(self, session: Session, request: Request) -> Principal | None:
        self._setup(session)
        epochs = epochs_of(session)
        self.board.refresh(session, epochs.get(MENU_EPOCH, 0))
        header = request.headers.get("Authorization", "")
        if header.startswith("Bearer "):
            return self._by_token(session, header[7:].strip(), epochs)
        if signatures.is_signed(request.headers):
            return self._of_client(session, signatures.signer(session, self._platform, request), epochs)
        if token := request.cookies.get(cookie_name(self._platform)):
            return self._by_cookie(session, token, epochs)
        return self._by_certificate(session, request, epochs)

    def authority(self, session: Session, account: User | Client, epochs: Epochs | None = None) -> Authority:
        """The compiled rights of an account; ``epochs`` are those just read, if they were."""
        known = epochs_of(session) if epochs is None else epochs
        return authority_of(session, account, known, directory_of(self._platform), self._cache)

    def principal_of(self, session: Session, user: User) -> Principal:
        """The principal a request of this account would carry, without a browser session."""
        return user_principal(session, user, self.authority(session, user), clock.now())

    def _by_cookie(self, session: Session, token: str, epochs: Epochs) -> Principal | None:
        found = live_session(session, token)
        if found is None:
            return None
        row, user = found
        if not usable(user, clock.now()):
            end(session, row, "account")
            return None
        authority = self.authority(session, user, epochs)
        policy = self._policies.at(session, epochs.get(POLICY_EPOCH, 0))
        if settle(session, row, user, authority.duties, policy) is not None:
            return None  # a step of the login is left: nobody stands behind the request yet
        return self._of_session(session, row, user, authority, csrf_of(token))

    def _by_certificate(self, session: Session, request: Request, epochs: Epochs) -> Principal | None:
        """The system whose certificate the proxy has checked; nobody when it is a person's, who signs in with it.

        A browser shows its certificate whichever page made it ask, so its requests are never a system's.
        """
        if any(name in request.headers for name in _OF_BROWSERS):
            return None
        shown = client_certificate(request.environ, self._platform.settings.trusted_proxies, clock.now())
        client = session.scalar(_HOLDER, {"fingerprint": shown.fingerprint}) if shown else None
        return replace(self._of_client(session, client, epochs), methods=frozenset({"certificate"})) if client else None

    def _of_session(self, session: Session, row: UserSession, user: User, authority: Authority, csrf: str) -> Principal:
        key = int(row.duty) if row.duty else None
        principal = user_principal(session, user, authority, clock.now(), key)
        if row.patient_id is not None:  # an embedded session is frozen to its patient
            principal = replace(principal, scope=Scope(persons=frozenset({row.patient_id})), person_id=row.patient_id)
        return replace(principal, session_id=str(row.id), methods=frozenset(row.methods), purpose=row.purpose, csrf_token=csrf)

    def _by_token(self, session: Session, token: str, epochs: Epochs) -> Principal:
        """
        Raises:
            Unauthenticated: a bearer that is not good must not fall back to a cookie of the same browser.
        """
        row = tokens.live_token(session, token)
        if row is None:
            raise Unauthenticated("request.unauthenticated")
        if row.user_id is None:
            return self._of_client(session, tokens.active_client(session, row.client_id), epochs)
        return self._delegated(session, row.user_id, row.scope)

    def _delegated(self, session: Session, user_id: int, scope: str | None) -> Principal:
        """A relying system acting for a person: the person's identity, never the person's rights on this platform."""
        user = session.get(User, user_id)
        if user is None or not usable(user, clock.now()):
            raise Unauthenticated("request.unauthenticated")
        principal = user_principal(session, user, Authority((), frozenset()), clock.now())
        facts = {"oauth_scope": scope or ""}
        return replace(principal, scope=Scope(), methods=frozenset({"token"}), facts=facts)

    def _of_client(self, session: Session, client: Client, epochs: Epochs) -> Principal:
        principal = client_principal(client, self.authority(session, client, epochs))
        return replace(principal, methods=frozenset({"token"}))
