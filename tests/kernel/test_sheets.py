"""Tables in and out: headings, encodings, blank rows, and files that are not what they say."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from health_platform.kernel.errors import PlatformError
from health_platform.kernel.sheets import Heading, read_table, write_csv, write_xlsx

pytestmark = pytest.mark.system("B04", "B06", "B07")

SHEET = (Heading("code", "代码", True), Heading("name", "名称", True), Heading("note", "说明"))
cells = st.text(st.characters(categories=("L", "N"), max_codepoint=0xFFFF), min_size=1, max_size=12)


@given(st.lists(st.fixed_dictionaries({"code": cells, "name": cells, "note": cells}), max_size=8))
def test_what_is_written_is_read_back(rows: list[dict[str, str]]) -> None:
    assert read_table(write_xlsx("表", SHEET, rows), SHEET) == rows
    assert read_table(write_csv(SHEET, rows), SHEET) == rows


def test_columns_are_found_by_heading_in_any_order_and_encoding() -> None:
    text = "名称,多余,代码\n 甲 ,x,1\n,,\n乙,,2\n"
    for content in (text.encode("utf-8-sig"), text.encode("gb18030")):
        assert read_table(content, SHEET) == [{"code": "1", "name": "甲"}, {"code": "2", "name": "乙"}]


def test_text_that_looks_like_a_formula_stays_text() -> None:
    rows = [{"code": "=1+1", "name": "@SUM(A1)", "note": None}]
    sheet = load_workbook(io.BytesIO(write_xlsx("表", SHEET, rows))).worksheets[0]
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("=1+1", "s")
    assert "'=1+1,'@SUM(A1)" in write_csv(SHEET, rows).decode("utf-8-sig")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff\xfe\x00garbage\x81", "sheet"),
        (b"PK\x03\x04 broken", "sheet.unreadable"),
        ("代码\n1\n".encode(), "sheet.columns"),
        (b"", "sheet.columns"),
    ],
)
def test_a_wrong_file_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(PlatformError) as refused:
        read_table(content, SHEET)
    assert refused.value.code.startswith(code)


def test_a_cell_that_never_ends_is_refused(request: pytest.FixtureRequest) -> None:
    before = csv.field_size_limit(100)  # of the process: whoever reads uploads sets a larger one
    request.addfinalizer(lambda: csv.field_size_limit(before))
    with pytest.raises(PlatformError, match=r"sheet\.unreadable"):
        read_table('代码,名称\n1,"'.encode() + b"x" * 200, SHEET)


def broken_sheet(xml: bytes) -> bytes:
    """A sound XLSX file whose worksheet is ``xml``."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(write_xlsx("表", SHEET, []))) as sound, zipfile.ZipFile(out, "w") as made:
        for name in sound.namelist():
            made.writestr(name, xml if "worksheets" in name else sound.read(name))
    return out.getvalue()


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"<worksheet><sheetData><row>",
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="s">'
        b"<v>99</v></c></row></sheetData></worksheet>",
    ],
)
def test_a_sheet_that_breaks_after_its_beginning_is_refused(xml: bytes) -> None:
    with pytest.raises(PlatformError, match=r"sheet\.unreadable"):
        read_table(broken_sheet(xml), SHEET)


def test_a_file_that_unpacks_to_far_more_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("health_platform.kernel.sheets._MAX_UNPACKED", 1_000_000)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.xml", b"0" * 2_000_000)
    with pytest.raises(PlatformError, match=r"sheet\.unpacked"):
        read_table(out.getvalue(), SHEET)
