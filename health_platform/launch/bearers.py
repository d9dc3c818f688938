"""Registered hospital systems that sign every request with a bearer token (CDS Hooks 2.0, "Trusting CDS Clients").

The issuer is one of the client's registered origins, the key one of its registered keys; a key address in the header
(``jku``) is not followed, because keys are exchanged when the system is registered. ``tenant``, when given, is the client's
code: it decides between hospitals that share one origin.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact
from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel.errors import Unauthenticated
from health_platform.launch.definitions import CLOCK_SKEW, SIGNING_ALGORITHMS
from health_platform.launch.models import LaunchClient
from health_platform.launch.service import use_nonce

LONGEST: Final = timedelta(minutes=5)


def bearer_client(session: Session, token: str, audience: str, at: datetime) -> LaunchClient:
    """The hospital system that signed a token for ``audience``; a token counts once. The session sees every client.

    Raises:
        Unauthenticated: unknown issuer, wrong signature, audience or time. Conflict: used before.
    """
    fitting = [(client, claims) for client in _clients(session) if (claims := _claims(client, token)) is not None]
    fitting = [(client, claims) for client, claims in fitting if claims.get("tenant") in (None, client.client_key)]
    if len(fitting) != 1:  # nobody, or two hospitals with one key: neither may speak for the other
        raise Unauthenticated("launch.signature")
    client, claims = fitting[0]
    named = claims.get("aud")
    if audience not in ([named] if isinstance(named, str) else named or []) or not _in_time(claims, at):
        raise Unauthenticated("launch.signature")
    identity = claims.get("jti")
    if not isinstance(identity, str) or not 0 < len(identity) <= 64:
        raise Unauthenticated("launch.signature")
    use_nonce(session, client.id, identity, at)
    return client


def _clients(session: Session) -> list[LaunchClient]:
    return list(session.scalars(select(LaunchClient).where(LaunchClient.active.is_(True))))


def _claims(client: LaunchClient, token: str) -> dict[str, Any] | None:
    """The claims, when a key of this client signed them and the client is their issuer."""
    try:
        header = extract_compact(token.encode()).headers()
        keys = KeySet.import_key_set(cast("Any", client.keys))
        if header.get("alg") not in SIGNING_ALGORITHMS or not _holds(client, header.get("kid")):
            return None
        claims = dict(jwt.decode(token, keys, algorithms=list(SIGNING_ALGORITHMS)).claims)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    issuer = claims.get("iss")
    return claims if isinstance(issuer, str) and issuer.rstrip("/") in client.origins else None


def _holds(client: LaunchClient, kid: Any) -> bool:
    """Whether the client registered a key of this id; with a single key without an id, any id stands for it."""
    ids = [key.get("kid") for key in client.keys["keys"]]
    return kid in ids or ids == [None]


def _in_time(claims: dict[str, Any], at: datetime) -> bool:
    issued, expires = _instant(claims.get("iat")), _instant(claims.get("exp"))
    if issued is None or expires is None:
        return False
    return issued - CLOCK_SKEW <= at < expires and expires - issued <= LONGEST


def _instant(seconds: Any) -> datetime | None:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds < 2**33:
        return None
    return datetime.fromtimestamp(seconds, UTC)
