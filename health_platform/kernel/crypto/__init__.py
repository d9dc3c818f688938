"""One provider for field encryption, blind indexes and message signatures with SM2, SM3 and SM4."""

from health_platform.kernel.crypto import sm2
from health_platform.kernel.crypto.columns import BlindIndexText, EncryptedText, Fingerprint, bind_crypto, crypto_of
from health_platform.kernel.crypto.errors import (
    CryptoUnavailable,
    DecryptionFailed,
    KeyInvalid,
    KeyRingExposed,
    StoredValueUnreadable,
)
from health_platform.kernel.crypto.keyring import KeyRing, KeyRingFile, Purpose, RingKey
from health_platform.kernel.crypto.normal import normalised
from health_platform.kernel.crypto.primitives import hmac_sm3, hmac_sm3_under, same, sm3
from health_platform.kernel.crypto.provider import CryptoProvider, SoftwareCrypto, signed_content, software_crypto

__all__ = [
    "BlindIndexText",
    "CryptoProvider",
    "CryptoUnavailable",
    "DecryptionFailed",
    "EncryptedText",
    "Fingerprint",
    "KeyInvalid",
    "KeyRing",
    "KeyRingExposed",
    "KeyRingFile",
    "Purpose",
    "RingKey",
    "SoftwareCrypto",
    "StoredValueUnreadable",
    "bind_crypto",
    "crypto_of",
    "hmac_sm3",
    "hmac_sm3_under",
    "normalised",
    "same",
    "signed_content",
    "sm2",
    "sm3",
    "software_crypto",
]
