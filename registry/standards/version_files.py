"""The content of a version as a file: read with every wrong cell named, and written as it was read."""

from collections.abc import Iterator, Mapping, Sequence

from health_platform.kernel.errors import Invalid
from health_platform.kernel.sheets import Heading, numbered_table
from registry.definitions.problems import finding
from registry.refusals import Told, in_cells
from registry.standards.terms import Term, faults

SHEET = (Heading("code", "代码", True), Heading("name", "名称", True), Heading("parent", "上级代码"), Heading("note", "说明"))
TOLD = 100
"""Wrong cells that are told one by one; all of them are counted."""


def read_terms(content: bytes) -> tuple[list[Term], list[Told]]:
    """The terms of an uploaded file, and its wrong cells: row in the file, column, value, rule."""
    rows = numbered_table(content, SHEET)
    terms = [Term(row["code"], row["name"], row.get("parent") or None, row.get("note") or None) for _, row in rows]
    return terms, list(_told(rows, terms))


def terms_in(content: bytes) -> list[Term]:
    """The terms of an uploaded file.

    Raises:
        Invalid: ``standard.faults`` with the first wrong cells, and how many there are.
    """
    terms, wrong = read_terms(content)
    if wrong:
        raise Invalid("standard.faults", findings=wrong[:TOLD], count=len(wrong))
    return terms


def _told(rows: Sequence[tuple[int, Mapping[str, str]]], terms: Sequence[Term]) -> Iterator[Told]:
    for fault in faults(terms):
        number, cells = rows[fault.row - 1]
        yield {"row": number, **in_cells([finding(fault.field, fault.rule)], SHEET, cells)[0]}
