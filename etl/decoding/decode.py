"""Choosing the decoder of an upload."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from typing import Any

import msgspec

from etl.decoding.csv_rows import decode_csv
from etl.decoding.json_rows import decode_json, decode_ndjson
from etl.decoding.rows import Decoder, Malformed, Rows, of_mappings
from health_platform.datasets.api import Dataset, catalogue
from health_platform.kernel.errors import Conflict


class Decoders:
    """The formats the pipeline can read, by name. Ways in of their own format add theirs with ``register``."""

    def __init__(self) -> None:
        self._known: dict[str, Decoder] = {"json": _json, "ndjson": _ndjson, "csv": _csv, "rows": _by_dataset}

    def register(self, name: str, decoder: Decoder) -> None:
        """Let the pipeline read uploads of format ``name``."""
        if self._known.setdefault(name, decoder) is not decoder:
            raise Conflict("upload.format_taken", format=name)

    def decode(self, format_: str, content: bytes, channel: str) -> list[Rows]:
        """The rows of an upload, by dataset.

        Raises:
            Malformed: it cannot be read.
        """
        decoder = self._known.get(format_)
        if decoder is None:
            raise Malformed(f"不支持的格式 {format_}")
        return list(decoder(content, channel))

    def __contains__(self, name: str) -> bool:
        return name in self._known


def as_text(content: bytes) -> str:
    """The text of an upload in UTF-8 (with or without byte order mark) or GB18030.

    Raises:
        Malformed: neither.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Malformed("文字编码应为 UTF-8 或 GB18030")


def _utf8(content: bytes) -> bytes:
    body = content.removeprefix(codecs.BOM_UTF8)
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return as_text(content).encode()
    return body


def _dataset(channel: str) -> Dataset:
    found = catalogue().get(channel)
    if found is None:
        raise Malformed(f"没有数据集 {channel}")
    return found


def _json(content: bytes, channel: str) -> Iterable[Rows]:
    return [decode_json(_dataset(channel), _utf8(content))]


def _ndjson(content: bytes, channel: str) -> Iterable[Rows]:
    return [decode_ndjson(_dataset(channel), _utf8(content))]


def _csv(content: bytes, channel: str) -> Iterable[Rows]:
    return [decode_csv(_dataset(channel), as_text(content))]


def _by_dataset(content: bytes, channel: str) -> Iterable[Rows]:
    """``{"emr_ex_lab": [{...}], "emr_ex_lab_item": [...]}``, as :meth:`Upload.of_rows` writes it."""
    try:
        parts = msgspec.json.decode(content, type=dict[str, list[dict[str, Any]]])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"应为按数据集分组的行: {error}") from error
    return [of_mappings(_dataset(name), rows) for name, rows in parts.items()]
