"""The body of a batch upload: which format it is in, and unpacking it within limits."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import Final

from health_platform.kernel.errors import Invalid, TooLarge, register_messages

MEDIA_TYPES: Final = {
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "text/csv": "csv",
}
MAX_RATIO: Final = 100
"""A body that unpacks to more than this many times its size is a bomb."""

register_messages(
    {
        "upload.media_type": "不支持的内容类型 {media_type}，应为 JSON、NDJSON 或 CSV",
        "upload.encoding": "不支持的压缩方式 {encoding}，应为 gzip",
        "upload.gzip": "gzip 内容无法解压",
    }
)


def format_of(media_type: str) -> str:
    """The decoder's name for a media type.

    Raises:
        Invalid: ``upload.media_type``.
    """
    found = MEDIA_TYPES.get(media_type.lower())
    if found is None:
        raise Invalid("upload.media_type", media_type=media_type)
    return found


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The body without its transfer compression.

    Raises:
        Invalid: unknown or broken compression. TooLarge: more than ``limit`` bytes, or a bomb.
    """
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise Invalid("upload.encoding", encoding=encoding)
    return _gunzipped(body, min(limit, max(len(body), 1_000) * MAX_RATIO))


def _gunzipped(body: bytes, allowed: int) -> bytes:
    """Every member of the body: tools that pack in parallel, or join packed files, write several one after another."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed:
            content = packed.read(allowed + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Invalid("upload.gzip") from error
    if len(content) > allowed:
        raise TooLarge("upload.too_large", limit=allowed)
    return content
