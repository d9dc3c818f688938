"""Fuzz the reader of tables uploaded in a page as CSV: python -m tests.fuzz.fuzz_tables [-runs=5000000] [corpus folder]

Whatever the bytes: refused with a reason, or rows of the known columns, their cells stripped text and their numbers those of the
file. (Tables as XLSX are read by ``fuzz_sheets``.)
"""

from __future__ import annotations

import atheris

with atheris.instrument_imports(include=["health_platform.kernel.sheets"]):
    from health_platform.kernel.errors import PlatformError
    from health_platform.kernel.sheets import Heading, numbered_table
from tests.fuzz.driving import fuzz

HEADINGS = (Heading("code", "代码", required=True), Heading("name", "名称"))


def exercise(data: bytes) -> None:
    """Read a table; what begins as a ZIP archive does is left to the other target."""
    if data[:2] == b"PK":
        return
    try:
        rows = numbered_table(data, HEADINGS)
    except PlatformError as error:
        assert str(error) and error.status < 500
        return
    assert all(number > 1 for number, _ in rows)
    assert [number for number, _ in rows] == sorted({number for number, _ in rows})
    for _, row in rows:
        assert set(row) <= {"code", "name"} and "code" in row
        assert all(cell == cell.strip() for cell in row.values())


def seeds() -> list[bytes]:
    """Columns in any order, unknown, missing, repeated; blank rows, quotation marks open and closed; both encodings, a mark."""
    texts = (
        "代码,名称\nA,甲\n,\n\nB\n", '名称,代码,其他\r\n"甲\r\n乙"," A ",x\r\n', "名称\n甲\n", '代码\n"A', "代码,代码\nA,B,C\n",
    )  # fmt: skip
    return [text.encode(encoding) for text in texts for encoding in ("utf-8", "utf-8-sig", "gb18030")]


if __name__ == "__main__":
    fuzz(exercise, seeds(), longest=256)
