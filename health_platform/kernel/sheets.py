"""Tables as files: XLSX and CSV in and out, with Chinese headings for the columns."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import quote

from flask import Response
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

from health_platform.kernel.errors import Invalid, PlatformError, TooLarge, register_messages

register_messages(
    {
        "sheet.columns": "文件缺少必需的列:{missing}",
        "sheet.preview": "文件超过 {limit} MB,请分成几个文件导入",
        "sheet.rows": "文件超过 {limit} 行",
        "sheet.unpacked": "文件解压后过大",
        "sheet.unreadable": "无法读取文件,请使用 XLSX 或 CSV",
    }
)

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_ROWS: Final = 500_000
_MAX_UNPACKED: Final = 400_000_000  # bytes; a small file that unpacks to more is an attack, not a table


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: the key of our own and the Chinese heading in the file. Required columns must be present."""

    key: str
    label: str
    required: bool = False


def read_table(content: bytes, headings: Sequence[Heading]) -> list[dict[str, str]]:
    """Rows of an XLSX or CSV file by our own keys; cells are stripped text, blank rows are left out.

    Columns are found by heading, in any order; unknown columns are ignored. CSV may be UTF-8 or GB 18030.

    Raises:
        Invalid: the file cannot be read, or a required column is missing.
        TooLarge: more than 500,000 rows, or unpacked more than 400 MB.
    """
    return [row for _, row in numbered_table(content, headings)]


def numbered_table(content: bytes, headings: Sequence[Heading]) -> list[tuple[int, dict[str, str]]]:
    """As :func:`read_table`, each row with its number in the file: the heading is row 1, blank rows count."""
    return table_of(_xlsx_rows(content) if content[:2] == b"PK" else _csv_rows(content), headings)


def table_of(rows: Iterator[list[str]], headings: Sequence[Heading]) -> list[tuple[int, dict[str, str]]]:
    """As :func:`numbered_table`, of rows that have been read."""
    first = next(rows, [])
    places = {heading.key: first.index(heading.label) for heading in headings if heading.label in first}
    if missing := [heading.label for heading in headings if heading.required and heading.key not in places]:
        raise Invalid("sheet.columns", missing=missing)
    found: list[tuple[int, dict[str, str]]] = []
    for number, cells in enumerate(rows, 2):
        if not any(cells):
            continue
        if len(found) >= MAX_ROWS:
            raise TooLarge("sheet.rows", limit=MAX_ROWS)
        found.append((number, {key: cells[at] if at < len(cells) else "" for key, at in places.items()}))
    return found


def write_xlsx(title: str, headings: Sequence[Heading], rows: Iterable[Any]) -> bytes:
    """An XLSX file of one sheet. Rows are mappings or objects; text that looks like a formula stays text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.append([heading.label for heading in headings])
    for row in rows:
        sheet.append([_cell(sheet, _value(row, heading.key)) for heading in headings])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def write_csv(headings: Sequence[Heading], rows: Iterable[Any]) -> bytes:
    """A CSV file in UTF-8 with a mark, as spreadsheet programs expect it; formulas are defused by a quote."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([heading.label for heading in headings])
    for row in rows:
        writer.writerow([_defused(str(_value(row, heading.key) or "")) for heading in headings])
    return out.getvalue().encode("utf-8-sig")


def download(content: bytes, filename: str, kind: str = XLSX) -> Response:
    """A file to save, under a Chinese name."""
    answer = Response(content, mimetype=kind)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(filename)}"
    return answer


def sheet_rows(file: Path | IO[bytes], largest: int | None = None) -> Iterator[tuple[Any, ...]]:
    """Cells of the first sheet of an XLSX file, row by row in constant memory.

    Raises:
        Invalid: ``sheet.unreadable``. TooLarge: its parts unpack to more than ``largest`` bytes (unset: 400 MB).
    """
    limit = _MAX_UNPACKED if largest is None else largest
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(item.file_size for item in archive.infolist()) > limit:
                raise TooLarge("sheet.unpacked", limit=limit)
        book = load_workbook(file, read_only=True, data_only=True)
        yield from book.worksheets[0].iter_rows(values_only=True)
    except PlatformError:
        raise
    except Exception as error:  # openpyxl lets out whatever its parts trip over, and does so rows after the beginning
        raise Invalid("sheet.unreadable") from error


def _xlsx_rows(content: bytes) -> Iterator[list[str]]:
    for row in sheet_rows(io.BytesIO(content)):
        yield texts(row)


def _csv_rows(content: bytes) -> Iterator[list[str]]:
    text = _decoded(content)
    try:
        for row in csv.reader(io.StringIO(text, newline="")):
            yield [cell.strip() for cell in row]
    except csv.Error as error:  # a cell longer than any column, most often after a quotation mark that nothing closes
        raise Invalid("sheet.unreadable") from error


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("sheet.unreadable")


def texts(row: Iterable[Any]) -> list[str]:
    """Cells of a sheet as stripped text."""
    return [_text(value) for value in row]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _value(row: Any, key: str) -> Any:
    return row.get(key) if isinstance(row, Mapping) else getattr(row, key, None)


def _cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if value is None or isinstance(value, int | float | date):
        return value
    cell = WriteOnlyCell(sheet, str(value))
    cell.data_type = "s"
    return cell


def _defused(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text
