"""Client assertions signed with the system's private key (RFC 7523, SMART Backend Services).

The algorithm is pinned to RS384 and ES384 and the key to one registered for the client; an assertion lives at most five
minutes and counts once.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, cast

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact
from sqlalchemy.orm import Session

from health_platform.access.clients.models import Client
from health_platform.access.clients.once import use_once
from health_platform.kernel import clock

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ["RS384", "ES384"]
LONGEST_SECONDS = 300


def accepted(session: Session, client: Client, assertion: str, audiences: frozenset[str]) -> bool:
    """Whether the assertion proves the client: signature, issuer, audience, lifetime, first use."""
    claims = _claims(client, assertion)
    if claims is None or claims.get("iss") != client.code or claims.get("sub") != client.code:
        return False
    named = claims.get("aud")
    if not audiences & frozenset([named] if isinstance(named, str) else named or ()):
        return False
    expiry, identifier = claims.get("exp"), claims.get("jti")
    left = expiry - clock.now().timestamp() if isinstance(expiry, int | float) else 0
    if not 0 < left <= LONGEST_SECONDS or not isinstance(identifier, str):
        return False
    return use_once(session, client.id, "jti", identifier, datetime.fromtimestamp(float(cast("float", expiry)), UTC))


def _claims(client: Client, assertion: str) -> dict[str, Any] | None:
    try:
        keys = KeySet.import_key_set(cast("Any", {"keys": (client.keys or {}).get("keys", [])}))
        header = extract_compact(assertion.encode()).headers()
        if header.get("alg") not in ALGORITHMS or "kid" not in header:
            return None
        return dict(jwt.decode(assertion, keys, algorithms=ALGORITHMS).claims)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def unverified_issuer(assertion: str) -> str | None:
    """The issuer an assertion claims, proven by nothing: it only picks whose keys to try."""
    try:
        claims = json.loads(extract_compact(assertion.encode()).payload)
    except (JoseError, ValueError, TypeError):
        return None
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    return issuer if isinstance(issuer, str) else None
