"""Keyed 63-bit hashes for blocking keys and search tokens.

Resident ids are few enough to try them all, so a plain hash of one is as good as the id. These are HMAC-SM3 under a secret
derived from the oldest blind-index key, which stays the same when keys rotate: stored hashes never have to be rewritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect
from sqlalchemy.orm import Session

from health_platform.kernel.crypto import crypto_of, hmac_sm3_under

Hasher = Callable[[str], int]
_HASHERS: WeakKeyDictionary[Dialect, Hasher] = WeakKeyDictionary()
_REMEMBERED = 50_000  # surnames, towns and days come again and again


def hasher(session: Session) -> Hasher:
    """The keyed hash of this database."""
    dialect = session.get_bind().dialect
    found = _HASHERS.get(dialect)
    if found is None:
        found = _HASHERS[dialect] = _hasher(crypto_of(dialect).blind_indexes("search and blocking", "empi.key")[-1].encode())
    return found


def forgetful_hasher(session: Session) -> Hasher:
    """``hasher`` for very many different texts: nothing is remembered, which costs more than it saves where nothing repeats."""
    keyed: Hasher = hasher(session).__wrapped__  # type: ignore[attr-defined]  # where lru_cache keeps it
    return keyed


def _hasher(secret: bytes) -> Hasher:
    mac = hmac_sm3_under(secret)

    @lru_cache(maxsize=_REMEMBERED)
    def keyed(text: str) -> int:
        return int.from_bytes(mac(text.encode())[:8], "big") >> 1

    return keyed


def keyed_all(session: Session, texts: Iterable[str]) -> set[int]:
    """Keyed hashes of several texts."""
    keyed = hasher(session)
    return {keyed(text) for text in texts}
