"""Single logout: when a session ends, every system that joined it is told (OpenID Connect Back-Channel Logout 1.0)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import urllib3
from joserfc import jwt
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from health_platform.access.clients.models import Client
from health_platform.access.clients.service import exact_address
from health_platform.access.clients.tokens import revoke_tokens_of_session
from health_platform.access.signin.sessions import SessionEnded
from health_platform.access.sso.keys import signing_key
from health_platform.access.sso.models import AuthorizationCode, Participation
from health_platform.kernel import clock
from health_platform.kernel.errors import Upstream, register_messages
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope

register_messages({"access.sso.logout": "{client} 未接受退出通知"})

_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_TIMEOUT = urllib3.Timeout(connect=3, read=5)


@dataclass(frozen=True)
class Notice:
    """One system to be told."""

    client: str
    uri: str
    token: str


class SingleLogout:
    """Consumer of ``access.session_ended``: repeatable, because a logout told twice is one logout."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._pool = urllib3.PoolManager(retries=False)

    def __call__(self, platform: Platform, ended: SessionEnded) -> None:
        """
        Raises:
            Upstream: a system did not accept the notice; the outbox tries again later.
        """
        with platform.database.unit_of_work(system_scope("single logout")) as session:
            revoke_tokens_of_session(session, ended.session_id)
            notices = notices_of(session, ended, issuer_of(platform))
        failed = [notice.client for notice in notices if not self._told(notice)]
        if failed:
            raise Upstream("access.sso.logout", client=", ".join(failed))

    def _told(self, notice: Notice) -> bool:
        try:
            answer = self._pool.request(
                "POST",
                notice.uri,
                fields={"logout_token": notice.token},
                encode_multipart=False,
                redirect=False,
                timeout=_TIMEOUT,
            )
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status in (200, 204)


def issuer_of(platform: Platform) -> str:
    """The issuer address: the public one, or that of the server itself."""
    settings = platform.settings
    return (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")


def notices_of(session: Session, ended: SessionEnded, issuer: str) -> list[Notice]:
    """The signed logout tokens for all systems that joined the session and want to be told."""
    query = (
        select(Client)
        .join(Participation, Participation.client_id == Client.id)
        .where(Participation.session_id == ended.session_id, Client.backchannel_uri.is_not(None))
    )
    rows = session.scalars(query).all()
    return [Notice(row.code, exact_address(row.backchannel_uri or ""), _token(session, row, ended, issuer)) for row in rows]


def _token(session: Session, client: Client, ended: SessionEnded, issuer: str) -> str:
    key, now = signing_key(session), int(clock.now().timestamp())
    claims = {
        "iss": issuer,
        "aud": client.code,
        "sub": str(ended.user_id),
        "sid": str(ended.session_id),
        "iat": now,
        "exp": now + 120,
        "jti": uuid.uuid4().hex,
        "events": {_EVENT: {}},
    }
    header = {"alg": "RS256", "kid": str(key.kid), "typ": "logout+jwt"}
    return jwt.encode(header, claims, key, algorithms=["RS256"])


def forget_old_codes(session: Session, before: datetime) -> None:
    """Drop codes that expired before an instant."""
    session.execute(delete(AuthorizationCode).where(AuthorizationCode.expires_at < before))
