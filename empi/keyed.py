"""Keyed 63-bit hashes for blocking keys and search tokens.

Resident ids are few enough to try them all, so a plain hash of one is as good as the id. These are HMAC-SM3 under a secret
derived from the oldest blind-index key, which stays the same when keys rotate: stored hashes never have to be rewritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect
from sqlalchemy.orm import Session

from health_platform.kernel.crypto import crypto_of, hmac_sm3

_SECRETS: WeakKeyDictionary[Dialect, bytes] = WeakKeyDictionary()


def hasher(session: Session) -> Callable[[str], int]:
    """The keyed hash of this database."""
    dialect = session.get_bind().dialect
    secret = _SECRETS.get(dialect)
    if secret is None:
        secret = crypto_of(dialect).blind_indexes("search and blocking", "empi.key")[-1].encode()
        _SECRETS[dialect] = secret
    return lambda text: int.from_bytes(hmac_sm3(secret, text.encode())[:8], "big") >> 1


def keyed_all(session: Session, texts: Iterable[str]) -> set[int]:
    """Keyed hashes of several texts."""
    keyed = hasher(session)
    return {keyed(text) for text in texts}
