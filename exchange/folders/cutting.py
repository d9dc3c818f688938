"""Cutting a file of any size into uploads, with constant memory.

The cuts depend only on the content, so that a file that is taken up again after a crash is cut alike and every piece meets
its own receipt.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import IO, Any, Final

import msgspec

from exchange.folders.manifest import BadFile, Encoding
from health_platform.kernel.errors import PlatformError
from health_platform.kernel.sheets import sheet_rows

ROWS: Final = 10_000
BYTES: Final = 8 * 1024 * 1024
LINE: Final = 96 * 1024 * 1024  # characters; the longest row that can be loaded has a document of 50 MB in base64
UNPACKED: Final = 8 * 1024 * 1024 * 1024  # bytes; a sheet of a million long rows is smaller


def pieces(file: IO[bytes], format_: str, encoding: Encoding) -> Iterator[tuple[str, bytes, int]]:
    """(format, content, rows) of each piece of a file, in order; it is read from where it stands and may be closed at its end.

    Raises:
        BadFile: the file cannot be read to its end.
    """
    if format_ == "xlsx":
        return _cut("ndjson", _sheet(file), b"")
    return _csv(file, encoding) if format_ == "csv" else _cut("ndjson", _objects(file, encoding), b"")


def _cut(format_: str, lines: Iterable[bytes], head: bytes) -> Iterator[tuple[str, bytes, int]]:
    piece: list[bytes] = []
    size = 0
    for line in lines:
        if piece and (len(piece) >= ROWS or size + len(line) > BYTES):
            yield format_, head + b"".join(piece), len(piece)
            piece, size = [], 0
        piece.append(line)
        size += len(line)
    if piece:
        yield format_, head + b"".join(piece), len(piece)


def _lines(file: IO[bytes], encoding: Encoding, newline: str) -> Iterator[str]:
    """The lines of a text, none so long that a file without line ends would fill the memory."""
    text = io.TextIOWrapper(file, encoding, newline=newline)
    try:
        while line := text.readline(LINE):
            if len(line) == LINE:
                raise BadFile(f"一行超过 {LINE // 1024 // 1024} MB")
            yield line
    except UnicodeDecodeError as error:
        raise BadFile("文字编码应为 UTF-8 或 GB18030") from error


def _objects(file: IO[bytes], encoding: Encoding) -> Iterator[bytes]:
    for line in _lines(file, encoding, "\n"):
        if written := line.encode().strip():
            yield written + b"\n"


def _csv(file: IO[bytes], encoding: Encoding) -> Iterator[tuple[str, bytes, int]]:
    """CSV is read and written again: a quoted cell may hold line ends, so lines are no rows."""
    reader = csv.reader(_lines(file, encoding, ""), strict=True)
    try:
        header = next(reader, None)
        if not header:
            raise BadFile("CSV 没有表头")
        head, *_ = _written([header])
        yield from _cut("csv", _written(row for row in reader if row), head)
    except csv.Error as error:
        raise BadFile(f"CSV 无法读取: {error}") from error


def _written(rows: Iterable[list[str]]) -> Iterator[bytes]:
    line = io.StringIO(newline="")
    writer = csv.writer(line)
    for row in rows:
        writer.writerow(row)
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()


def _sheet(file: IO[bytes]) -> Iterator[bytes]:
    try:
        yield from sheet_lines(sheet_rows(file, UNPACKED))
    except PlatformError as error:
        raise BadFile("XLSX 无法读取") from error


def sheet_lines(rows: Iterator[tuple[Any, ...]]) -> Iterator[bytes]:
    """Rows of cells as lines of JSON by the titles in the first; cells without a title and empty rows are left out.

    Raises:
        BadFile: no row of titles.
    """
    header = [str(title).strip() if title is not None else "" for title in next(rows, ())]
    if not any(header):
        raise BadFile("XLSX 没有表头")
    for row in rows:
        values = {title: _cell(value) for title, value in zip(header, row, strict=False) if title and value is not None}
        if values:
            yield msgspec.json.encode(values) + b"\n"


def _cell(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float | bool) else str(value)
