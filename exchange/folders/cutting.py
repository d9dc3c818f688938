"""Cutting a file of any size into uploads, with constant memory.

The cuts depend only on the content, so that a file that is taken up again after a crash is cut alike and every piece meets
its own receipt.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from exchange.folders.manifest import BadFile, Encoding, format_of
from health_platform.kernel.errors import PlatformError
from health_platform.kernel.sheets import sheet_rows

ROWS: Final = 10_000
BYTES: Final = 8 * 1024 * 1024
UNPACKED: Final = 8 * 1024 * 1024 * 1024  # bytes; a sheet of a million long rows is smaller


def pieces(path: Path, encoding: Encoding) -> Iterator[tuple[str, bytes, int]]:
    """(format, content, rows) of each piece of a file, in order.

    Raises:
        BadFile: the file cannot be read to its end.
    """
    format_ = format_of(path)
    if format_ == "xlsx":
        lines = _sheet(path)
        return _cut("ndjson", lines, b"")
    if format_ == "csv":
        return _csv(path, encoding)
    return _cut("ndjson", _lines(path, encoding), b"")


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


def _lines(path: Path, encoding: Encoding) -> Iterator[bytes]:
    try:
        with open(path, encoding=encoding, newline="\n") as file:
            for line in file:
                if line.strip():
                    yield line.rstrip("\n").encode() + b"\n"
    except UnicodeDecodeError as error:
        raise BadFile("文字编码应为 UTF-8 或 GB18030") from error


def _csv(path: Path, encoding: Encoding) -> Iterator[tuple[str, bytes, int]]:
    """CSV is read and written again: a quoted cell may hold line ends, so lines are no rows."""
    try:
        with open(path, encoding=encoding, newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, None)
            if not header:
                raise BadFile("CSV 没有表头")
            yield from _cut("csv", (_csv_line(row) for row in reader if row), _csv_line(header))
    except UnicodeDecodeError as error:
        raise BadFile("文字编码应为 UTF-8 或 GB18030") from error
    except csv.Error as error:
        raise BadFile(f"CSV 无法读取: {error}") from error


def _csv_line(row: list[str]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(row)
    return line.getvalue().encode()


def _sheet(path: Path) -> Iterator[bytes]:
    try:
        yield from _sheet_lines(sheet_rows(path, UNPACKED))
    except PlatformError as error:
        raise BadFile("XLSX 无法读取") from error


def _sheet_lines(rows: Iterator[tuple[Any, ...]]) -> Iterator[bytes]:
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
