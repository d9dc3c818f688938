"""Fuzz what is made of the cells of an XLSX file: python -m tests.fuzz.fuzz_cells [-runs=5000000] [corpus folder]

openpyxl reads the file (``fuzz_sheets``); here are its cells, of every type it gives, in any order: as rows of a watched folder
and of a table uploaded in a page. Nothing may be refused but a sheet without titles, and no value may be lost.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import Any

import atheris

with atheris.instrument_imports(include=["exchange.folders", "health_platform.kernel.sheets"]):
    from exchange.folders.cutting import sheet_lines
    from exchange.folders.manifest import BadFile
    from health_platform.kernel.errors import Invalid
    from health_platform.kernel.sheets import Heading, table_of, texts
from tests.fuzz.driving import fuzz

TITLES = ("代码", "名称", " 代码 ", "", None, 1, datetime.combine(date(2026, 1, 1), time()))
HEADINGS = (Heading("code", "代码", required=True), Heading("name", "名称"))
READ = (
    lambda given: None,
    lambda given: given.ConsumeUnicodeNoSurrogates(8),
    lambda given: given.ConsumeInt(8),
    lambda given: given.ConsumeRegularFloat(),
    lambda given: given.ConsumeFloat(),
    lambda given: given.ConsumeBool(),
    lambda given: datetime.combine(date(given.ConsumeIntInRange(1, 9999), 1, 31), time(given.ConsumeIntInRange(0, 23))),
    lambda given: date(given.ConsumeIntInRange(1, 9999), 12, 31),
    lambda given: time(given.ConsumeIntInRange(0, 23), 5),
    lambda given: timedelta(seconds=given.ConsumeIntInRange(-(10**9), 10**9)),
)
"""What openpyxl makes of a cell, by its kind."""


def exercise(data: bytes) -> None:
    """Up to four titles, then rows until the bytes are used up."""
    given = atheris.FuzzedDataProvider(data)
    titles = tuple(TITLES[given.ConsumeIntInRange(0, len(TITLES) - 1)] for _ in range(given.ConsumeIntInRange(0, 4)))
    rows = [titles]
    while given.remaining_bytes() and len(rows) < 6:
        rows.append(tuple(READ[given.ConsumeIntInRange(0, len(READ) - 1)](given) for _ in range(given.ConsumeIntInRange(0, 5))))
    in_folder(rows)
    in_page(rows)


def in_folder(rows: list[tuple[Any, ...]]) -> None:
    """Each row with a value under a title is a line, and holds the values under its titles."""
    titles = [str(title).strip() if title is not None else "" for title in rows[0]]
    stated = [{title for title, cell in zip(titles, row, strict=False) if title and cell is not None} for row in rows[1:]]
    try:
        lines = [json.loads(line) for line in sheet_lines(iter(rows))]
    except BadFile:
        assert not any(titles)
    else:
        assert [set(line) for line in lines] == [names for names in stated if names]


def in_page(rows: list[tuple[Any, ...]]) -> None:
    """Rows that are not blank are kept under their numbers."""
    written = [texts(row) for row in rows]
    try:
        found = table_of(iter(written), HEADINGS)
    except Invalid:
        assert "代码" not in written[0]
    else:
        assert [number for number, _ in found] == [number for number, row in enumerate(written[1:], 2) if any(row)]


def seeds() -> list[bytes]:
    """FuzzedDataProvider takes numbers from the end of the bytes, so examples are only bytes of several lengths."""
    return [bytes(range(start, start + 64)) for start in (0, 64, 128, 192)] + [b"\x04" * 40, b"\x00\x01\x02" * 20]


if __name__ == "__main__":
    fuzz(exercise, seeds(), longest=128)
