"""What can go wrong with keys and envelopes."""

from __future__ import annotations

from health_platform.kernel.errors import Invalid, PlatformError, Unavailable, register_messages


class CryptoUnavailable(Unavailable):
    """The machine lacks an algorithm, or the library failed."""


class KeyInvalid(Invalid):
    """The bytes are not a key of the algorithm."""


class DecryptionFailed(Invalid):
    """The envelope was changed, is of another context, or its key is unknown."""


class StoredValueUnreadable(PlatformError):
    """A column's envelope cannot be opened: the row was tampered with, or the key ring is not that of this database."""

    status = 500


class KeyRingExposed(PlatformError):
    """The key ring file can be read by others than its owner."""

    status = 500


register_messages(
    {
        "crypto.unavailable": "密码算法不可用:{needs}",
        "crypto.operation": "密码运算失败",
        "crypto.key": "密钥无效",
        "crypto.envelope": "密文格式无效",
        "crypto.tampered": "密文已被改动或密钥不符",
        "crypto.stored": "库中密文无法解开,请联系平台运维",
        "crypto.exposed": "密钥文件权限过宽,应仅属主可读写",
    }
)
