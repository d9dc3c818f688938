"""Fuzz the readers of files: python -m tests.fuzz.fuzz_files [-runs=1000000] [corpus folder]

Files put down in an institution's folder (CSV, NDJSON, XLSX, manifest) and tables uploaded in a page. The first byte chooses.
Whatever the bytes: refused with a reason, or read to the end; what is cut out of a file is a format that landing reads. Half of
the sheets are a sound XLSX whose worksheet is the rest of the bytes, since hardly any random bytes are a ZIP archive.
"""

from __future__ import annotations

import io
import sys
import tempfile
import zipfile
from pathlib import Path

import atheris
from openpyxl import Workbook

with atheris.instrument_imports(include=["exchange.folders", "health_platform.kernel.sheets"]):
    from exchange.folders.cutting import pieces
    from exchange.folders.manifest import BadFile, read_manifest, verify
    from health_platform.kernel.errors import PlatformError
    from health_platform.kernel.sheets import Heading, read_table

FOLDER = Path(tempfile.mkdtemp(prefix="hp-fuzz-"))
KINDS = ("csv", "ndjson", "xlsx", "sheet", "manifest", "table", "table of a sheet")
HEADINGS = (Heading("code", "代码", required=True), Heading("name", "名称"))
SHEET = "xl/worksheets/sheet1.xml"


def _sound() -> bytes:
    book = Workbook()
    book.active.append(["代码", "名称"])
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
    """Everything that is done with a file before its rows are landed."""
    kind = KINDS[data[0] % len(KINDS)] if data else "csv"
    content = data[1:]
    try:
        if kind.startswith("table"):
            rows = read_table(with_sheet(content) if kind == "table of a sheet" else content, HEADINGS)
            assert all(set(row) <= {"code", "name"} for row in rows)
        elif kind == "manifest":
            path = FOLDER / "some.csv.manifest.json"
            path.write_bytes(content)
            assert read_manifest(path).message_id
        else:
            _cut(kind, content)
    except (BadFile, PlatformError) as error:
        assert str(error)


def _cut(kind: str, content: bytes) -> None:
    path = FOLDER / f"some.{'xlsx' if kind == 'sheet' else kind}"
    path.write_bytes(with_sheet(content) if kind == "sheet" else content)
    try:
        encoding = verify(path, "0" * 64)
    except BadFile:  # no content has this digest: the encoding is what is asked for
        encoding = "gb18030" if kind == "csv" and len(content) % 2 else "utf-8-sig"
    for format_, piece, rows in pieces(path, encoding):
        assert format_ in ("csv", "ndjson") and rows > 0
        piece.decode()


def main() -> None:
    atheris.Setup(sys.argv, exercise)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
