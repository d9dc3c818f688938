"""Column types for encrypted values and their blind indexes.

The provider belongs to the engine (``bind_crypto``), not to a module: two engines in one process, as in a restore
check, keep their own keys.

    id_no: Mapped[str] = mapped_column(EncryptedText("user.id_no"))
    id_no_index: Mapped[str] = mapped_column(BlindIndexText("user.id_no"), unique=True)

    user.id_no = user.id_no_index = "410..."             # both are given the plain text
    select(User).where(User.id_no_index == "410...")     # and so are comparisons
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, Engine, String, Text
from sqlalchemy.types import TypeDecorator

from health_platform.kernel.crypto.errors import CryptoUnavailable, DecryptionFailed, StoredValueUnreadable
from health_platform.kernel.crypto.provider import CryptoProvider

_PROVIDERS: WeakKeyDictionary[Dialect, CryptoProvider] = WeakKeyDictionary()


def bind_crypto(engine: Engine, provider: CryptoProvider) -> None:
    """Let the encrypted columns of ``engine`` use ``provider``."""
    _PROVIDERS[engine.dialect] = provider


def crypto_of(dialect: Dialect) -> CryptoProvider:
    """
    Raises:
        CryptoUnavailable: no provider was bound to the engine of this dialect.
    """
    provider = _PROVIDERS.get(dialect)
    if provider is None:
        raise CryptoUnavailable("crypto.unavailable", needs="bind_crypto(engine, provider)")
    return provider


class EncryptedText(TypeDecorator[str]):
    """Text stored as an SM4-GCM envelope of its context. Empty text is stored as NULL, as everywhere on the platform.

    Encrypting costs about 50 microseconds a value; make a column that lists rarely show ``deferred=True``.

    Args:
        context: names the use; a value of another one does not open.
        packed: compress long values first, which shrinks structured texts to a third (ADR 103).
    """

    impl = Text
    cache_ok = True

    def __init__(self, context: str, packed: bool = False) -> None:
        super().__init__()
        self.context = context
        self.packed = packed

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return crypto_of(dialect).encrypt(value, self.context, self.packed) if value else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if not value:
            return None
        try:
            return crypto_of(dialect).decrypt(value, self.context)
        except DecryptionFailed as error:
            raise StoredValueUnreadable("crypto.stored", context=self.context) from error


class Fingerprint(str):
    """A blind index as read from a row; given back to the database it is stored as it is."""

    __slots__ = ()


class BlindIndexText(TypeDecorator[str]):
    """Stores the blind index of the plain text it is given; comparisons with plain text therefore find equal values."""

    impl = String
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__(32)
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if not value or isinstance(value, Fingerprint):
            return value or None
        return crypto_of(dialect).blind_index(value, self.context)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return Fingerprint(value) if value else None
