"""CSV uploads: one header line, comma-separated, quoted as in RFC 4180."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

from etl.decoding.rows import Malformed, Rows, dump, field_names, fold
from health_platform.datasets.api import Dataset, Fault

MAX_CELL: Final = 1_000_000
"""Characters of one cell. The limit of the csv module is process-wide; nobody else in the platform needs a smaller one."""

csv.field_size_limit(MAX_CELL)


def decode_csv(dataset: Dataset, text: str) -> Rows:
    """Rows of a CSV text whose header names fields by code name, in camel case, or by Chinese name.

    Raises:
        Malformed: no usable header, or a quote that never ends.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, None)
        lines = [line for line in reader if line]
    except csv.Error as error:
        raise Malformed(f"CSV 第 {reader.line_num} 行无法读取: {error}") from error
    if not header:
        raise Malformed("CSV 没有表头")
    return _rows(dataset, header, lines)


def _rows(dataset: Dataset, header: list[str], lines: list[list[str]]) -> Rows:
    names = [field_names(dataset.name).get(fold(title)) for title in header]
    known = [name for name in names if name]
    if not known:
        raise Malformed("CSV 表头中没有数据集的字段")
    if len(set(known)) != len(known):
        raise Malformed("CSV 表头中有重复字段")
    width = len(header)
    faults = {at: (_short(width, len(line)),) for at, line in enumerate(lines) if len(line) != width}
    even = [line if at not in faults else [""] * width for at, line in enumerate(lines)]
    cells: list[Any] = list(map(list, zip(*even, strict=True))) or [[] for _ in header]
    return Rows(
        dataset,
        {name: cells[at] for at, name in enumerate(names) if name},
        len(lines),
        lambda position: dump(_written(header, lines[position])),
        extras=_extras(header, names, even),
        faults=faults,
    )


def _written(header: list[str], line: list[str]) -> dict[str, Any]:
    """A line for people; cells beyond the header, which an unquoted comma makes, are shown under an empty title."""
    shown: dict[str, Any] = dict(zip(header, line, strict=False))
    return {**shown, "": line[len(header) :]} if len(line) > len(header) else shown


def _extras(header: list[str], names: list[str | None], lines: list[list[str]]) -> dict[int, dict[str, Any]]:
    unknown = [(at, title) for at, (title, name) in enumerate(zip(header, names, strict=True)) if not name]
    if not unknown:
        return {}
    found = ({title: line[at] for at, title in unknown if line[at]} for line in lines)
    return {position: extra for position, extra in enumerate(found) if extra}


def _short(expected: int, found: int) -> Fault:
    return Fault("", "", "", "columns", f"应有 {expected} 列，实有 {found} 列")
