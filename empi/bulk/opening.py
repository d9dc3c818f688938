"""Opening a CSV file as it comes: its encoding and its separator are found, not asked for."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv

_SEPARATORS = (",", ";", "\t", "|")
_BLOCK = 1 << 22
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class UnreadableRecords(ValueError):
    """The file cannot be linked; the message says what is wrong with it and what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """A CSV file, how it is written, and the names of its columns."""

    path: Path
    encoding: str
    separator: str
    quoted: bool
    header: tuple[str, ...]

    def read(self, columns: Sequence[str], types: dict[str, pa.DataType]) -> pa.Table:
        """These columns; an empty field reads as "".

        Raises:
            UnreadableRecords: a column occurs twice, or a line has more or fewer fields than the header.
        """
        self._once(columns)
        try:
            whole = pacsv.ReadOptions(encoding=self.encoding)
            return pacsv.read_csv(self.path, read_options=whole, **self._options(columns, types))
        except pa.ArrowInvalid as error:
            raise self._unreadable(error) from error

    def tables(self, columns: Sequence[str], types: dict[str, pa.DataType], rows: int) -> Iterator[pa.Table]:
        """``read`` in tables of ``rows`` lines each, one after the other; the last has what is left.

        Raises:
            UnreadableRecords: as ``read``.
        """
        self._once(columns)
        waiting: list[pa.RecordBatch] = []
        try:
            blocks = pacsv.ReadOptions(encoding=self.encoding, block_size=_BLOCK)
            with pacsv.open_csv(self.path, read_options=blocks, **self._options(columns, types)) as batches:
                schema = batches.schema
                for batch in batches:
                    waiting.append(batch)
                    while sum(map(len, waiting)) >= rows:
                        table = pa.Table.from_batches(waiting, schema)
                        yield table.slice(0, rows)
                        waiting = table.slice(rows).to_batches()
        except pa.ArrowInvalid as error:
            raise self._unreadable(error) from error
        if waiting:
            yield pa.Table.from_batches(waiting, schema)

    def _once(self, columns: Sequence[str]) -> None:
        if twice := sorted({name for name in columns if self.header.count(name) > 1}):
            raise UnreadableRecords(f"{self.path.name} has the column {', '.join(twice)} twice: rename one of them")

    def _options(self, columns: Sequence[str], types: dict[str, pa.DataType]) -> dict[str, Any]:
        return {
            "parse_options": pacsv.ParseOptions(delimiter=self.separator, newlines_in_values=self.quoted),
            "convert_options": pacsv.ConvertOptions(include_columns=list(columns), column_types=types, strings_can_be_null=False),
        }

    def _unreadable(self, error: pa.ArrowInvalid) -> UnreadableRecords:
        return UnreadableRecords(
            f"{self.path.name}: {str(error)[:200]}. Every line needs as many fields as the header; "
            "put fields that contain the separator in double quotes"
        )


def open_source(path: Path) -> Source:
    """Look at a file: UTF-8 (with or without mark), UTF-16 with a mark, else GB 18030; comma, semicolon, tab or bar.

    Raises:
        UnreadableRecords: the file is empty.
    """
    encoding, quoted = _encoding(path)
    with path.open(encoding=encoding, newline="") as lines:
        first = lines.readline().lstrip("\ufeff")
    if not first.strip():
        raise UnreadableRecords(f"{path.name} is empty: the first line must name the columns")
    separator = max(_SEPARATORS, key=first.count)
    header = next(csv.reader([first], delimiter=separator))
    return Source(path, encoding, separator, quoted, tuple(name.rstrip("\r\n") for name in header))


def _encoding(path: Path) -> tuple[str, bool]:
    """The encoding, and whether quotes occur (a quoted field may hold a line end)."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, quoted = "utf-8", False
    for block in _blocks(path):
        if block.startswith(_UTF16):
            return "utf-16", True
        quoted = quoted or b'"' in block
        if encoding == "utf-8":
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                encoding = "gb18030"
    return encoding, quoted


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while block := source.read(_BLOCK):
            yield block
