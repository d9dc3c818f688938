"""Fuzz the unpacking of bodies and the headers read beside them: python -m tests.fuzz.fuzz_bodies [-runs=5000000] [corpus folder]

The first byte chooses the compression. Whatever the rest: refused with a reason, or unpacked to no more than the limit, and to
what the standard library makes of the whole. Read as a Range header it asks for bytes that exist, or is refused.
"""

from __future__ import annotations

import gzip
import zlib

import atheris

with atheris.instrument_imports(include=["exchange.batch", "etl.documents.reading"]):
    from etl.documents.reading import wanted
    from exchange.batch.bodies import MAX_RATIO, unpacked
    from health_platform.kernel.errors import PlatformError
from tests.fuzz.driving import fuzz

ENCODINGS = ("gzip", "x-gzip", "", "identity", "br")
LIMIT = 4_096
SIZE = 1_000


def exercise(data: bytes) -> None:
    """What stands between the wire and the reader of rows."""
    encoding, body = ENCODINGS[data[0] % len(ENCODINGS)] if data else "gzip", data[1:]
    _part(body)
    try:
        content = unpacked(body, encoding, LIMIT)
    except PlatformError as error:
        assert str(error) and error.status < 500
        return
    if encoding in ("", "identity"):
        assert content == body
    else:
        assert len(content) <= min(LIMIT, max(len(body), 1_000) * MAX_RATIO)
        assert content == gzip.decompress(body)


def _part(header: bytes) -> None:
    try:
        part = wanted(header.decode("latin-1"), SIZE)
    except PlatformError as error:
        assert error.status == 416
        return
    assert part.start >= 0 and part.length > 0 and part.start + part.length <= SIZE


def seeds() -> list[bytes]:
    """Whole, cut, changed, padded, several members, a bomb; ranges."""
    small, bomb = (zlib.compress(text, wbits=31) for text in (b'[{"id":"1"}]', b"0" * 200_000))
    packed = (small, small[:-3], small + small, small + b"\0\0", small + b"x", bomb, b"")
    plain = (b"[]", b"bytes=0-9", b"bytes=-5", b"bytes=9-")
    return [b"\0" + body for body in packed] + [b"\2" + body for body in plain]


if __name__ == "__main__":
    fuzz(exercise, seeds(), longest=320)
