"""The key ring: versioned keys by purpose in one private file, made at first run and never shipped.

Each purpose has one active key (new envelopes) and any number of older ones (old envelopes stay readable). A ring is a
frozen value; rotation writes a new file in one atomic step, and running processes notice it by the file's identity.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from health_platform.kernel import clock
from health_platform.kernel.crypto import sm2
from health_platform.kernel.crypto.errors import DecryptionFailed, KeyRingExposed
from health_platform.kernel.crypto.primitives import SM4_KEY_BYTES


class Purpose(StrEnum):
    """What a key may be used for; one key never serves two purposes."""

    DATA = "data"  # SM4-GCM of fields and files
    INDEX = "index"  # HMAC-SM3 of blind indexes
    MAC = "mac"  # HMAC-SM3 of rows and messages
    SIGN = "sign"  # SM2 signatures


_NEW_SECRET: dict[Purpose, Callable[[], bytes]] = {
    Purpose.DATA: lambda: secrets.token_bytes(SM4_KEY_BYTES),
    Purpose.INDEX: lambda: secrets.token_bytes(32),
    Purpose.MAC: lambda: secrets.token_bytes(32),
    Purpose.SIGN: lambda: sm2.generate().private_der,
}


@dataclass(frozen=True)
class RingKey:
    """One version of one key. ``id`` is the purpose's first letter and a running number, as in ``d2``."""

    id: str
    purpose: Purpose
    made_at: datetime
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class KeyRing:
    """All keys, oldest first. The newest key of a purpose is the active one."""

    keys: tuple[RingKey, ...]

    @classmethod
    def generate(cls) -> KeyRing:
        """A fresh ring with one key for every purpose."""
        ring = cls(())
        for purpose in Purpose:
            ring = ring.rotated(purpose)
        return ring

    @cached_property
    def _by_purpose(self) -> dict[Purpose, tuple[RingKey, ...]]:
        return {purpose: tuple(key for key in self.keys if key.purpose is purpose) for purpose in Purpose}

    def active(self, purpose: Purpose) -> RingKey:
        return self.all_of(purpose)[-1]

    def all_of(self, purpose: Purpose) -> tuple[RingKey, ...]:
        return self._by_purpose[purpose]

    def get(self, key_id: str, purpose: Purpose) -> RingKey:
        """
        Raises:
            DecryptionFailed: the ring has no such key for the purpose.
        """
        for key in self.keys:
            if key.id == key_id and key.purpose is purpose:
                return key
        raise DecryptionFailed("crypto.tampered", key_id=key_id)

    def rotated(self, purpose: Purpose) -> KeyRing:
        """The ring with a new active key for ``purpose``."""
        number = len(self.all_of(purpose)) + 1
        made = RingKey(f"{purpose.value[0]}{number}", purpose, clock.now(), _NEW_SECRET[purpose]())
        return replace(self, keys=(*self.keys, made))


class KeyRingFile:
    """Calls give the current ring of a file; the file is made at the first call."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: tuple[tuple[int, int], KeyRing] | None = None

    def __call__(self) -> KeyRing:
        """
        Raises:
            KeyRingExposed: group or others may read the file.
        """
        stamp = self._stamp() or self._create()
        known = self._known
        if known is None or known[0] != stamp:
            known = (stamp, self._read())
            self._known = known
        return known[1]

    def rotate(self, purpose: Purpose) -> RingKey:
        """Add a new active key and return it; other processes use it from their next call on."""
        self()
        with self._locked():
            ring = self._read().rotated(purpose)
            os.replace(self._write_beside(ring), self.path)
            _sync_folder(self.path.parent)
        return ring.active(purpose)

    def _stamp(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        if status.st_mode & 0o077:
            raise KeyRingExposed("crypto.exposed", path=str(self.path), mode=oct(status.st_mode & 0o777))
        return status.st_ino, status.st_mtime_ns

    def _create(self) -> tuple[int, int]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked():
            if (stamp := self._stamp()) is None:
                os.replace(self._write_beside(KeyRing.generate()), self.path)
                _sync_folder(self.path.parent)
                stamp = self._stamp()
        assert stamp is not None  # noqa: S101  the file was just written under the lock
        return stamp

    def _read(self) -> KeyRing:
        return KeyRing(tuple(_key_from(item) for item in json.loads(self.path.read_text())["keys"]))

    def _write_beside(self, ring: KeyRing) -> Path:
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        text = json.dumps({"format": 1, "keys": [_key_to(key) for key in ring.keys]}, indent=1)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        return beside

    @contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self.path.with_name(f".{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """A rename is durable only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _key_to(key: RingKey) -> dict[str, str]:
    secret = base64.b64encode(key.secret).decode()
    return {"id": key.id, "purpose": key.purpose.value, "made_at": key.made_at.isoformat(), "secret": secret}


def _key_from(item: dict[str, str]) -> RingKey:
    made_at = datetime.fromisoformat(item["made_at"])
    return RingKey(item["id"], Purpose(item["purpose"]), made_at, base64.b64decode(item["secret"]))
