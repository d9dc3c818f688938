"""The platform's cryptography behind one interface: a certified module (GM/T 0018) can take the software's place.

Every result is a versioned envelope ``<kind>1.<algorithm>.<key id>.<base64url>``: what made it can be read from it, so
keys and algorithms change while old values stay readable. ``context`` names the use (``user.id_no``); it is
authenticated with the data, so an envelope moved to another column or used for another purpose does not open.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from health_platform.kernel.crypto import sm2
from health_platform.kernel.crypto.errors import DecryptionFailed
from health_platform.kernel.crypto.keyring import KeyRing, KeyRingFile, Purpose
from health_platform.kernel.crypto.normal import normalised
from health_platform.kernel.crypto.primitives import hmac_sm3, same, sm4_gcm_open, sm4_gcm_seal

_SEALED, _MAC, _SIGNED = "e1.sm4gcm", "m1.hmacsm3", "s1.sm2sm3"
_PACKED = "e1.sm4gcmz"
"""The envelope of a text that was compressed (raw deflate, RFC 1951) before it was encrypted."""
_LONG = 512  # bytes from which on packing pays
_FILE_MAGIC = b"HPE1"
INDEX_BYTES = 16  # of the 32 of HMAC-SM3: 10**9 values collide with a chance of 1.5e-21, and the index column halves


class CryptoProvider(Protocol):
    """What the platform asks of a cryptographic module."""

    def encrypt(self, text: str, context: str, packed: bool = False) -> str:
        """Encrypt a field value; equal values give different envelopes.

        Args:
            packed: compress a long text first. The envelope's length then no longer tells the text's.
        """

    def decrypt(self, envelope: str, context: str) -> str:
        """Undo :meth:`encrypt`. Raises DecryptionFailed."""

    def encrypt_bytes(self, data: bytes, context: str) -> bytes:
        """Encrypt a file or message body."""

    def decrypt_bytes(self, envelope: bytes, context: str) -> bytes:
        """Undo :meth:`encrypt_bytes`. Raises DecryptionFailed."""

    def blind_index(self, text: str, context: str) -> str:
        """A keyed fingerprint to find equal values of one context without decrypting (<= 32 characters)."""

    def blind_indexes(self, text: str, context: str) -> tuple[str, ...]:
        """The fingerprints under the active and all older keys, for ``column IN (...)`` during a rotation."""

    def mac(self, message: bytes, context: str = "") -> str:
        """Authenticate a message inside the platform (HMAC-SM3)."""

    def sign(self, message: bytes, context: str = "") -> str:
        """Sign a message so that others can check it with the public key (SM2 with SM3)."""

    def verify(self, message: bytes, envelope: str, context: str = "") -> bool:
        """Whether an envelope of :meth:`mac` or :meth:`sign` belongs to this message and context."""

    def public_key(self, key_id: str | None = None) -> bytes:
        """The SubjectPublicKeyInfo of a signing key (the active one when no id is given)."""


class SoftwareCrypto:
    """SM2, SM3 and SM4 in software; ``ring`` gives the current keys at each call."""

    def __init__(self, ring: Callable[[], KeyRing]) -> None:
        self._ring = ring

    def encrypt(self, text: str, context: str, packed: bool = False) -> str:
        key, data = self._ring().active(Purpose.DATA), text.encode()
        content = zlib.compress(data, level=1, wbits=-zlib.MAX_WBITS) if packed and len(data) >= _LONG else data
        kind, content = (_PACKED, content) if len(content) < len(data) else (_SEALED, data)
        return _envelope(kind, key.id, sm4_gcm_seal(key.secret, content, _bound(kind, key.id, context)))

    def decrypt(self, envelope: str, context: str) -> str:
        kind = _PACKED if envelope.startswith(f"{_PACKED}.") else _SEALED
        key_id, sealed = _opened(envelope, kind)
        key = self._ring().get(key_id, Purpose.DATA)
        content = sm4_gcm_open(key.secret, sealed, _bound(kind, key.id, context))
        return (zlib.decompress(content, wbits=-zlib.MAX_WBITS) if kind == _PACKED else content).decode()

    def encrypt_bytes(self, data: bytes, context: str) -> bytes:
        key = self._ring().active(Purpose.DATA)
        head = _FILE_MAGIC + bytes([len(key.id)]) + key.id.encode()
        return head + sm4_gcm_seal(key.secret, data, head + context.encode())

    def decrypt_bytes(self, envelope: bytes, context: str) -> bytes:
        if envelope[:4] != _FILE_MAGIC or len(envelope) < 5:
            raise DecryptionFailed("crypto.envelope", reason="unknown format")
        end = 5 + envelope[4]
        key = self._ring().get(envelope[5:end].decode("ascii", "replace"), Purpose.DATA)
        return sm4_gcm_open(key.secret, envelope[end:], envelope[:end] + context.encode())

    def blind_index(self, text: str, context: str) -> str:
        return _fingerprint(self._ring(), -1, text, context)

    def blind_indexes(self, text: str, context: str) -> tuple[str, ...]:
        ring = self._ring()
        return tuple(_fingerprint(ring, n, text, context) for n in reversed(range(len(ring.all_of(Purpose.INDEX)))))

    def mac(self, message: bytes, context: str = "") -> str:
        key = self._ring().active(Purpose.MAC)
        return _envelope(_MAC, key.id, hmac_sm3(key.secret, _bound(_MAC, key.id, context) + message))

    def sign(self, message: bytes, context: str = "") -> str:
        key = self._ring().active(Purpose.SIGN)
        return _envelope(_SIGNED, key.id, sm2.sign(_loaded(key.secret), _bound(_SIGNED, key.id, context) + message))

    def verify(self, message: bytes, envelope: str, context: str = "") -> bool:
        kind = _SIGNED if envelope.startswith(_SIGNED) else _MAC
        try:
            key_id, proof = _opened(envelope, kind)
            key = self._ring().get(key_id, Purpose.SIGN if kind == _SIGNED else Purpose.MAC)
        except DecryptionFailed:
            return False
        signed = _bound(kind, key.id, context) + message
        if kind == _SIGNED:
            return sm2.verify(_loaded(key.secret), signed, proof)
        return same(hmac_sm3(key.secret, signed), proof)

    def public_key(self, key_id: str | None = None) -> bytes:
        ring = self._ring()
        key = ring.get(key_id, Purpose.SIGN) if key_id else ring.active(Purpose.SIGN)
        return _loaded(key.secret).public_der


def software_crypto(path: Path) -> SoftwareCrypto:
    """The provider over the key ring file at ``path``, which is made (0600) when absent."""
    return SoftwareCrypto(KeyRingFile(path))


def signed_content(envelope: str, message: bytes, context: str = "") -> tuple[str, bytes, bytes]:
    """Key id, exact signed bytes and DER signature of a :meth:`CryptoProvider.sign` envelope, to check it elsewhere.

    Raises:
        DecryptionFailed: not such an envelope.
    """
    key_id, signature = _opened(envelope, _SIGNED)
    return key_id, _bound(_SIGNED, key_id, context) + message, signature


@lru_cache(maxsize=64)
def _loaded(secret: bytes) -> sm2.Key:
    return sm2.private_key(secret)


def _fingerprint(ring: KeyRing, version: int, text: str, context: str) -> str:
    key = ring.all_of(Purpose.INDEX)[version]
    digest = hmac_sm3(key.secret, f"{context}\x00{normalised(text, context)}".encode())
    return f"{key.id}.{_to_text(digest[:INDEX_BYTES])}"


def _bound(kind: str, key_id: str, context: str) -> bytes:
    """What is authenticated beside the message: a changed head or context makes the proof false."""
    return f"{kind}.{key_id}.{context}\x00".encode()


def _envelope(kind: str, key_id: str, body: bytes) -> str:
    return f"{kind}.{key_id}.{_to_text(body)}"


def _opened(envelope: str, kind: str) -> tuple[str, bytes]:
    head, _, body = envelope.rpartition(".")
    found, _, key_id = head.rpartition(".")
    if found != kind:
        raise DecryptionFailed("crypto.envelope", reason="unknown format")
    return key_id, _from_text(body)


def _to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_text(text: str) -> bytes:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise DecryptionFailed("crypto.envelope", reason="not base64url") from error
    if _to_text(data) != text:  # unused trailing bits would let two texts mean the same bytes
        raise DecryptionFailed("crypto.envelope", reason="not canonical")
    return data
