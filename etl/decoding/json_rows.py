"""JSON and NDJSON uploads.

The quick way decodes all rows in one call into structures generated from the dataset (about 3 µs a row) and turns them into
columns. Anything it does not like, from an unknown field to a number for a text, sends the upload, or single rows of it,
the slow way, which reads any spelling of the field names, keeps unknown content and names what is wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, Final

import msgspec
import numpy

from etl.decoding.rows import Malformed, Rows, field_names, fold
from health_platform.datasets.api import Dataset, Fault, camel
from health_platform.kernel.errors import Invalid
from health_platform.kernel.parsing import strict_json

Scalar = str | int | float | bool | None
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_STYLES: Final[dict[str, Callable[[str], str]]] = {"snake": str, "camel": camel, "upper": str.upper}


def decode_json(dataset: Dataset, content: bytes) -> Rows:
    """Rows of a JSON array, of a single object, or of ``{"rows": [...]}``.

    Raises:
        Malformed: not JSON, or of another shape.
    """
    body = content.lstrip()
    if body[:1] == b"{":
        body = _unwrapped(body)
    return _decode(dataset, body, lines=False)


def decode_ndjson(dataset: Dataset, content: bytes) -> Rows:
    """Rows of one JSON object per line; blank lines do not count."""
    return _decode(dataset, content, lines=True)


def _unwrapped(body: bytes) -> bytes:
    try:
        envelope = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"不是有效的 JSON: {error}") from error
    if list(envelope) == ["rows"]:
        return bytes(envelope["rows"]).lstrip()
    return b"[" + body + b"]"


def _decode(dataset: Dataset, body: bytes, *, lines: bool) -> Rows:
    for style in _STYLES:
        try:
            row = _structure(dataset.name, style)
            found = _decoder(row).decode_lines(body) if lines else _decoder(list[row]).decode(body)  # type: ignore[valid-type]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        columns, values = _columns(dataset, found)
        if values != _keys_written(body) or (lines and not _one_in_each_line(body, len(found))):
            break  # a key twice in one row, or two rows in one line: the slow way says where
        return Rows(dataset, columns, len(found), _Written(body, lines=lines))
    return _decode_slowly(dataset, _pieces(body, lines=lines))


@cache
def _structure(name: str, style: str) -> type[msgspec.Struct]:
    """A row of a dataset whose keys are written in one style; an absent field is UNSET."""
    names = dict.fromkeys(field_names(name).values())
    fields = [(each, Scalar | msgspec.UnsetType, msgspec.UNSET) for each in names]
    rename = {each: _STYLES[style](each) for each in names}
    return msgspec.defstruct(f"{name}_{style}", fields, rename=rename, forbid_unknown_fields=True, gc=False)


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _columns(dataset: Dataset, rows: Sequence[Any]) -> tuple[dict[str, list[Any]], int]:
    """Columns of the fields that somebody sent, and how many values were sent altogether."""
    columns: dict[str, list[Any]] = {}
    values = 0
    for name in dataset.by_name:
        column = list(map(attrgetter(name), rows))
        absent = column.count(msgspec.UNSET)
        if absent == len(column):
            continue
        values += len(column) - absent
        columns[name] = [None if value is msgspec.UNSET else value for value in column] if absent else column
    return columns, values


def _keys_written(body: bytes) -> int:
    """How many keys a JSON text of flat objects holds: the colons outside strings."""
    clean = body.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in body else body
    letters = numpy.frombuffer(clean, dtype=numpy.uint8)
    inside = numpy.bitwise_xor.accumulate(letters == ord('"'))
    return int(numpy.count_nonzero((letters == ord(":")) & ~inside))


def _one_in_each_line(body: bytes, count: int) -> bool:
    written = _pieces(body, lines=True)
    return len(written) == count and all(line.lstrip()[:1] == b"{" and line.rstrip()[-1:] == b"}" for line in written)


class _Written:
    """The text of single rows as sent; the upload is cut into rows only when somebody asks."""

    def __init__(self, body: bytes, *, lines: bool) -> None:
        self._body = body
        self._lines = lines

    @cached_property
    def _rows(self) -> list[bytes]:
        return _pieces(self._body, lines=self._lines)

    def __call__(self, position: int) -> str:
        return self._rows[position].decode("utf-8", "replace")


def _pieces(body: bytes, *, lines: bool) -> list[bytes]:
    if lines:
        return [line for line in body.split(b"\n") if line.strip()]
    try:
        return [bytes(piece) for piece in msgspec.json.decode(body, type=list[msgspec.Raw])]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if (found := _cut_out(body)) is None:
            raise Malformed(f"不是有效的 JSON 数组: {error}") from error
        return found


def _cut_out(body: bytes) -> list[bytes] | None:
    """The rows of an array in which one holds what no text can (half of a surrogate pair), so that only that row is refused;
    None when it is no array of values at all."""
    text = body.decode().strip()
    decoder, found, at = json.JSONDecoder(), list[bytes](), 1
    if text[:1] != "[":
        return None
    try:
        while True:
            start = _SPACE.match(text, at).end()  # type: ignore[union-attr]
            _, end = decoder.raw_decode(text, start)
            found.append(text[start:end].encode())
            at = _SPACE.match(text, end).end()  # type: ignore[union-attr]
            if text[at : at + 1] == "]":
                return found if at + 1 == len(text) else None
            if text[at : at + 1] != ",":
                return None
            at += 1
    except (ValueError, RecursionError):
        return None


def _decode_slowly(dataset: Dataset, pieces: Sequence[bytes]) -> Rows:
    read = [_row(dataset, piece) for piece in pieces]
    sent = {name for values, _, _ in read for name in values}
    columns = {name: [values.get(name) for values, _, _ in read] for name in dataset.by_name if name in sent}
    return Rows(
        dataset,
        columns,
        len(pieces),
        lambda position: pieces[position].decode("utf-8", "replace"),
        extras={position: extra for position, (_, extra, _) in enumerate(read) if extra},
        faults={position: (fault,) for position, (_, _, fault) in enumerate(read) if fault},
    )


def _row(dataset: Dataset, piece: bytes) -> tuple[dict[str, Any], dict[str, Any], Fault | None]:
    """Values by field, content without a field, and why the row cannot be read."""
    try:
        row = strict_json(piece)
    except Invalid as error:
        return {}, {}, Fault("", "", "", "json", f"不是有效的 JSON: {error.facts.get('reason', '')}")
    if not isinstance(row, dict):
        return {}, {}, Fault("", "", "", "json", "一行应为一个 JSON 对象")
    names = field_names(dataset.name)
    values: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for key, value in row.items():
        name = names.get(fold(key))
        if name is None:
            extra[key] = value
        elif name in values:
            return {}, {}, Fault(name, dataset.by_name[name].label, "", "duplicate", "字段以不同写法重复出现")
        else:
            values[name] = value
    return values, extra, None
