"""Fuzz the reading of XLSX files: python -m tests.fuzz.fuzz_sheets [-runs=100000] [corpus folder]

openpyxl reads them; what is tried is that whatever it trips over is told as a reason. The first byte chooses: the rest is the
file, or the one worksheet of a sound file, since hardly any random bytes are a ZIP archive; and whether the file lies in a
watched folder or is uploaded in a page.
"""

from __future__ import annotations

import io
import zipfile

import atheris
from openpyxl import Workbook

with atheris.instrument_imports(include=["exchange.folders", "health_platform.kernel.sheets"]):
    from exchange.folders.cutting import pieces
    from exchange.folders.manifest import BadFile
    from health_platform.kernel.errors import PlatformError
    from health_platform.kernel.sheets import Heading, read_table
from tests.fuzz.driving import fuzz

HEADINGS = (Heading("code", "代码", required=True), Heading("name", "名称"))
SHEET = "xl/worksheets/sheet1.xml"


def _sound() -> bytes:
    book = Workbook()
    for row in (["代码", "名称"], ["A", 1.5], [True, None], ["B", "=1+1"]):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


SOUND = _sound()


def with_sheet(xml: bytes) -> bytes:
    """A sound XLSX file whose one worksheet is ``xml``."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(SOUND)) as sound, zipfile.ZipFile(content, "w") as made:
        for name in sound.namelist():
            made.writestr(name, xml if name == SHEET else sound.read(name))
    return content.getvalue()


def exercise(data: bytes) -> None:
    """Everything that is done with a sheet before its rows are landed or imported."""
    choice, content = data[0] if data else 0, data[1:]
    book = with_sheet(content) if choice % 2 else content
    try:
        if choice % 4 < 2:
            rows = read_table(b"PK" + book[2:], HEADINGS)
            assert all(set(row) <= {"code", "name"} for row in rows)
        else:
            for format_, piece, count in pieces(io.BytesIO(book), "xlsx", "utf-8-sig"):
                assert format_ == "ndjson" and piece.decode().count("\n") == count > 0
    except (BadFile, PlatformError) as error:
        assert str(error)


def seeds() -> list[bytes]:
    """A sound file, and its worksheet, in both places."""
    sheet = zipfile.ZipFile(io.BytesIO(SOUND)).read(SHEET)
    return [bytes([choice]) + (sheet if choice % 2 else SOUND) for choice in range(4)]


if __name__ == "__main__":
    fuzz(exercise, seeds(), longest=8_192)
