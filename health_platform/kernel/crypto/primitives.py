"""The national algorithms as functions: SM3 (GB/T 32905), HMAC-SM3 (GB/T 15852.2), SM4 (GB/T 32907) in GCM."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

from health_platform.kernel.crypto.errors import DecryptionFailed

SM4_KEY_BYTES = 16
NONCE_BYTES = 12
TAG_BYTES = 16


def sm3(data: bytes) -> bytes:
    """The 32-byte SM3 digest of ``data``."""
    return hashlib.new("sm3", data).digest()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """The 32-byte HMAC-SM3 of ``data``."""
    return hmac.digest(key, data, "sm3")


def hmac_sm3_under(key: bytes) -> Callable[[bytes], bytes]:
    """:func:`hmac_sm3` under one key for very many short messages; the key is prepared once."""
    prepared = HMAC(key, SM3())

    def of(data: bytes) -> bytes:
        mac = prepared.copy()
        mac.update(data)
        return mac.finalize()

    return of


def same(left: bytes, right: bytes) -> bool:
    """Compare two secrets in a time that does not depend on where they differ."""
    return hmac.compare_digest(left, right)


def sm4_gcm_seal(key: bytes, plain: bytes, associated: bytes) -> bytes:
    """Encrypt and authenticate: 12-byte random nonce + ciphertext + 16-byte tag.

    A random 96-bit nonce is safe for 2**32 messages under one key (NIST SP 800-38D, 8.3); rotate the key before that.
    """
    nonce = os.urandom(NONCE_BYTES)
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(associated)
    return nonce + encryptor.update(plain) + encryptor.finalize() + encryptor.tag


def sm4_gcm_open(key: bytes, sealed: bytes, associated: bytes) -> bytes:
    """Undo :func:`sm4_gcm_seal`.

    Raises:
        DecryptionFailed: the bytes, the key or the associated data are not those of the sealing.
    """
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise DecryptionFailed("crypto.envelope", reason="too short")
    nonce, body, tag = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:-TAG_BYTES], sealed[-TAG_BYTES:]
    decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(associated)
    try:
        return decryptor.update(body) + decryptor.finalize()
    except InvalidTag as error:
        raise DecryptionFailed("crypto.tampered") from error
