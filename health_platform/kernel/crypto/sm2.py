"""SM2 signatures and encryption (GB/T 32918) by the system's libcrypto (OpenSSL 3).

``cryptography`` has no SM2 and the pure-Python packages are fifty times slower and not constant-time, so the few
functions needed are called through ctypes. Keys are DER: PKCS#8 private keys, SubjectPublicKeyInfo public keys.
Signatures are the DER SEQUENCE of r and s.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from health_platform.kernel.crypto.errors import CryptoUnavailable, DecryptionFailed, KeyInvalid

DEFAULT_SIGNER = b"1234567812345678"  # the identity used when the parties agree on none (GM/T 0009, clause 10)

_POINTER = ctypes.c_void_p
_BYTES = ctypes.c_char_p
_SIZE = ctypes.c_size_t
_SIZE_OUT = ctypes.POINTER(ctypes.c_size_t)
_INT = ctypes.c_int

_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "EVP_sm3": (_POINTER, []),
    "EVP_PKEY_Q_keygen": (_POINTER, [_POINTER, _BYTES, _BYTES]),
    "EVP_PKEY_free": (None, [_POINTER]),
    "EVP_PKEY_is_a": (_INT, [_POINTER, _BYTES]),
    "EVP_PKEY_CTX_new_from_pkey": (_POINTER, [_POINTER, _POINTER, _BYTES]),
    "EVP_PKEY_CTX_free": (None, [_POINTER]),
    "EVP_PKEY_CTX_set1_id": (_INT, [_POINTER, _BYTES, _INT]),
    "EVP_MD_CTX_new": (_POINTER, []),
    "EVP_MD_CTX_free": (None, [_POINTER]),
    "EVP_MD_CTX_set_pkey_ctx": (None, [_POINTER, _POINTER]),
    "EVP_DigestSignInit": (_INT, [_POINTER, _POINTER, _POINTER, _POINTER, _POINTER]),
    "EVP_DigestSign": (_INT, [_POINTER, _BYTES, _SIZE_OUT, _BYTES, _SIZE]),
    "EVP_DigestVerifyInit": (_INT, [_POINTER, _POINTER, _POINTER, _POINTER, _POINTER]),
    "EVP_DigestVerify": (_INT, [_POINTER, _BYTES, _SIZE, _BYTES, _SIZE]),
    "EVP_PKEY_encrypt_init": (_INT, [_POINTER]),
    "EVP_PKEY_encrypt": (_INT, [_POINTER, _BYTES, _SIZE_OUT, _BYTES, _SIZE]),
    "EVP_PKEY_decrypt_init": (_INT, [_POINTER]),
    "EVP_PKEY_decrypt": (_INT, [_POINTER, _BYTES, _SIZE_OUT, _BYTES, _SIZE]),
    "d2i_AutoPrivateKey": (_POINTER, [_POINTER, ctypes.POINTER(_POINTER), ctypes.c_long]),
    "d2i_PUBKEY": (_POINTER, [_POINTER, ctypes.POINTER(_POINTER), ctypes.c_long]),
    "d2i_X509": (_POINTER, [_POINTER, ctypes.POINTER(_POINTER), ctypes.c_long]),
    "X509_free": (None, [_POINTER]),
    "X509_get_pubkey": (_POINTER, [_POINTER]),
    "i2d_PrivateKey": (_INT, [_POINTER, ctypes.POINTER(_POINTER)]),
    "i2d_PUBKEY": (_INT, [_POINTER, ctypes.POINTER(_POINTER)]),
    "ERR_clear_error": (None, []),
}


@cache
def _library() -> Any:
    library = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
    if not hasattr(library, "EVP_PKEY_Q_keygen"):
        raise CryptoUnavailable("crypto.unavailable", needs="OpenSSL 3 libcrypto with SM2")
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class Key:
    """An SM2 key held by libcrypto. Immutable, so one object serves all threads."""

    def __init__(self, handle: int, private: bool) -> None:
        library = _library()
        if not handle or not library.EVP_PKEY_is_a(handle, b"SM2"):
            library.EVP_PKEY_free(handle)
            library.ERR_clear_error()
            raise KeyInvalid("crypto.key", reason="not an SM2 key")
        self.handle = handle
        self.private = private
        weakref.finalize(self, library.EVP_PKEY_free, handle)

    @property
    def public_der(self) -> bytes:
        return _encoded(_library().i2d_PUBKEY, self.handle)

    @property
    def private_der(self) -> bytes:
        if not self.private:
            raise KeyInvalid("crypto.key", reason="no private part")
        return _encoded(_library().i2d_PrivateKey, self.handle)


def generate() -> Key:
    """A new SM2 key pair."""
    return Key(_library().EVP_PKEY_Q_keygen(None, None, b"SM2"), private=True)


def private_key(der: bytes) -> Key:
    """Load a private key from DER (PKCS#8 or SEC 1)."""
    return Key(_decoded(_library().d2i_AutoPrivateKey, der), private=True)


def public_key(der: bytes) -> Key:
    """Load a public key from its SubjectPublicKeyInfo."""
    return Key(_decoded(_library().d2i_PUBKEY, der), private=False)


def public_key_of_point(point: bytes) -> Key:
    """Load a public key from its curve point, 64 bytes x + y (GM/T 0009, 7.1) or 65 bytes with a leading 04."""
    body = point[1:] if len(point) == 65 and point[:1] == b"\x04" else point
    if len(body) != 64:
        raise KeyInvalid("crypto.key", reason="a point has 64 bytes")
    return public_key(_SPKI_PREFIX + body)


def public_key_of_certificate(der: bytes) -> Key:
    """The public key of an X.509 certificate in DER."""
    library = _library()
    certificate = _decoded(library.d2i_X509, der)
    if not certificate:
        raise KeyInvalid("crypto.key", reason="not a certificate")
    try:
        return Key(library.X509_get_pubkey(certificate), private=False)
    finally:
        library.X509_free(certificate)


# SEQUENCE { SEQUENCE { id-ecPublicKey, sm2p256v1 }, BIT STRING { 04 ...
_SPKI_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")


def sign(key: Key, message: bytes, signer: bytes = DEFAULT_SIGNER) -> bytes:
    """The DER signature of SM3(Z || message), GB/T 32918.2."""
    library = _library()
    if not key.private:
        raise KeyInvalid("crypto.key", reason="no private part")
    with _digest_context(key, signer) as context:
        _check(library.EVP_DigestSignInit(context, None, library.EVP_sm3(), None, key.handle))
        length = ctypes.c_size_t(0)
        _check(library.EVP_DigestSign(context, None, ctypes.byref(length), message, len(message)))
        buffer = ctypes.create_string_buffer(length.value)
        _check(library.EVP_DigestSign(context, buffer, ctypes.byref(length), message, len(message)))
        return buffer.raw[: length.value]


def verify(key: Key, message: bytes, signature: bytes, signer: bytes = DEFAULT_SIGNER) -> bool:
    """Whether ``signature`` is the holder's signature of ``message`` under the identity ``signer``."""
    library = _library()
    with _digest_context(key, signer) as context:
        _check(library.EVP_DigestVerifyInit(context, None, library.EVP_sm3(), None, key.handle))
        accepted = bool(library.EVP_DigestVerify(context, signature, len(signature), message, len(message)) == 1)
    library.ERR_clear_error()
    return accepted


def encrypt(key: Key, plain: bytes) -> bytes:
    """SM2 public-key encryption (GB/T 32918.4, DER form of GM/T 0009); for wrapping keys, not for bulk data."""
    return _public_key_operation(key, plain, "encrypt")


def decrypt(key: Key, sealed: bytes) -> bytes:
    """Undo :func:`encrypt`.

    Raises:
        DecryptionFailed: the bytes were not encrypted for this key or were changed.
    """
    return _public_key_operation(key, sealed, "decrypt")


def _public_key_operation(key: Key, data: bytes, verb: str) -> bytes:
    library = _library()
    context = library.EVP_PKEY_CTX_new_from_pkey(None, key.handle, None)
    operation = getattr(library, f"EVP_PKEY_{verb}")
    try:
        length = ctypes.c_size_t(0)
        _check(getattr(library, f"EVP_PKEY_{verb}_init")(context), DecryptionFailed)
        _check(operation(context, None, ctypes.byref(length), data, len(data)), DecryptionFailed)
        buffer = ctypes.create_string_buffer(length.value)
        _check(operation(context, buffer, ctypes.byref(length), data, len(data)), DecryptionFailed)
        return buffer.raw[: length.value]
    finally:
        library.EVP_PKEY_CTX_free(context)


@contextmanager
def _digest_context(key: Key, signer: bytes) -> Iterator[int]:
    library = _library()
    context = library.EVP_MD_CTX_new()
    key_context = library.EVP_PKEY_CTX_new_from_pkey(None, key.handle, None)
    try:
        _check(library.EVP_PKEY_CTX_set1_id(key_context, signer, len(signer)))
        library.EVP_MD_CTX_set_pkey_ctx(context, key_context)
        yield context
    finally:
        library.EVP_MD_CTX_free(context)
        library.EVP_PKEY_CTX_free(key_context)


def _check(result: int, error: type[DecryptionFailed] | type[CryptoUnavailable] = CryptoUnavailable) -> None:
    if result != 1:
        _library().ERR_clear_error()
        raise error("crypto.operation", algorithm="SM2")


def _decoded(function: Any, der: bytes) -> int:
    start = ctypes.cast(ctypes.create_string_buffer(der, len(der)), _POINTER)
    handle = function(None, ctypes.byref(start), len(der))
    _library().ERR_clear_error()
    return handle or 0


def _encoded(function: Any, handle: int) -> bytes:
    buffer = ctypes.create_string_buffer(function(handle, None))
    start = ctypes.cast(buffer, _POINTER)
    function(handle, ctypes.byref(start))
    return buffer.raw
