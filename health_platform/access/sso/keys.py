"""The provider's RSA keys: made at first use, kept encrypted, published while they may still be needed."""

from __future__ import annotations

import json
import uuid
from typing import Any

from joserfc.jwk import RSAKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.access.sso.models import SigningKey
from health_platform.kernel import clock
from health_platform.kernel.db import widened

_BITS = 2048


def signing_key(session: Session) -> RSAKey:
    """The key that signs now."""
    with widened(session, "sso key"):
        newest = select(SigningKey).where(SigningKey.retired_at.is_(None)).order_by(SigningKey.made_at.desc()).limit(1)
        row = session.scalar(newest) or _make(session)
        return RSAKey.import_key(json.loads(row.private_jwk))


def published_keys(session: Session) -> dict[str, Any]:
    """The JWK set of all keys that are not retired, public parts only."""
    signing_key(session)
    with widened(session, "sso key"):
        rows = session.scalars(select(SigningKey).where(SigningKey.retired_at.is_(None)))
        return {"keys": [_public(row) for row in rows]}


def rotate(session: Session) -> str:
    """Sign with a new key from now on; returns its id. The old one stays published until retired."""
    with widened(session, "sso key"):
        return _make(session).kid


def _make(session: Session) -> SigningKey:
    kid = uuid.uuid4().hex
    key = RSAKey.generate_key(_BITS, parameters={"kid": kid, "use": "sig", "alg": "RS256"}, private=True)
    row = SigningKey(kid=kid, private_jwk=json.dumps(key.as_dict(private=True)), made_at=clock.now())
    session.add(row)
    session.flush()
    return row


def _public(row: SigningKey) -> dict[str, Any]:
    return dict(RSAKey.import_key(json.loads(row.private_jwk)).as_dict(private=False))
