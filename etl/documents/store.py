"""The document store: files by the digest of their content, encrypted in blocks so that parts can be read alone.

A stored file is ``HPD1``, then a block per 64 KiB of content, each sealed by the crypto provider with its number and the
digest as context, so that blocks cannot be exchanged. The same content is stored once. Where the bytes lie (a folder, an S3
bucket) is a :class:`Shelf`.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from health_platform.kernel.crypto import CryptoProvider
from health_platform.kernel.errors import NotFound, register_messages

BLOCK: Final = 64 * 1024
_MAGIC: Final = b"HPD1"
_HEAD: Final = struct.Struct(">4sQI")  # magic, content length, length of a full sealed block

register_messages({"document.unknown": "未找到该文档"})


class Shelf(Protocol):
    """Where sealed files lie, by name."""

    def write(self, name: str, data: bytes) -> None:
        """Store durably; an existing file of that name has the same content and may be left alone."""

    def read(self, name: str, start: int, length: int) -> bytes:
        """Part of a file. Raises FileNotFoundError."""

    def exists(self, name: str) -> bool: ...

    def remove(self, name: str) -> None:
        """Remove a file for good; one that is not there is no error."""


@dataclass(frozen=True)
class StoredFile:
    """A file in the store: SHA-256 of its content in hex, and its size in bytes."""

    digest: str
    size: int


class DocumentStore:
    """Writes and reads whole files and byte ranges."""

    def __init__(self, shelf: Shelf, crypto: CryptoProvider) -> None:
        self._shelf = shelf
        self._crypto = crypto

    def put(self, content: bytes) -> StoredFile:
        """Store a file durably and return its digest; the same content again changes nothing."""
        digest = digest_of(content)
        if not self._shelf.exists(_name(digest)):
            self._shelf.write(_name(digest), self._seal(digest, content))
        return StoredFile(digest, len(content))

    def remove(self, digest: str) -> None:
        """Remove a file for good. Only for who knows that no row has it."""
        self._shelf.remove(_name(digest))

    def size(self, digest: str) -> int:
        """Bytes of a stored file.

        Raises:
            NotFound: ``document.unknown``.
        """
        return self._head(digest)[0]

    def read(self, digest: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes ``start`` … ``start + length`` of a file in pieces of at most 64 KiB.

        Raises:
            NotFound: ``document.unknown``. DecryptionFailed: the stored file was changed.
        """
        size, sealed = self._head(digest)
        end = size if length is None else min(start + length, size)
        for number in range(start // BLOCK, -(-end // BLOCK)):
            block = self._block(digest, number, sealed)
            offset = number * BLOCK
            yield block[max(start - offset, 0) : end - offset]

    def _head(self, digest: str) -> tuple[int, int]:
        if len(digest) != 64 or not all(letter in "0123456789abcdef" for letter in digest):
            raise NotFound("document.unknown")
        try:
            magic, size, sealed = _HEAD.unpack(self._shelf.read(_name(digest), 0, _HEAD.size))
        except (FileNotFoundError, struct.error):
            raise NotFound("document.unknown") from None
        if magic != _MAGIC:
            raise NotFound("document.unknown")
        return size, sealed

    def _block(self, digest: str, number: int, sealed: int) -> bytes:
        stored = self._shelf.read(_name(digest), _HEAD.size + number * sealed, sealed)
        return self._crypto.decrypt_bytes(stored, _context(digest, number))

    def _seal(self, digest: str, content: bytes) -> bytes:
        pieces = [content[start : start + BLOCK] for start in range(0, len(content), BLOCK)]
        blocks = [self._crypto.encrypt_bytes(piece, _context(digest, n)) for n, piece in enumerate(pieces)]
        full = len(blocks[0]) if blocks else 0
        return _HEAD.pack(_MAGIC, len(content), full) + b"".join(blocks)


def digest_of(content: bytes) -> str:
    """The name of a file: SHA-256 of its content in hex."""
    return hashlib.sha256(content).hexdigest()


def _name(digest: str) -> str:
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


def _context(digest: str, number: int) -> str:
    return f"document:{digest}:{number}"
