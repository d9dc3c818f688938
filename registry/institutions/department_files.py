"""Departments in XLSX, those of many institutions in one file: what is exported can be changed and imported again."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel.parsing import load
from health_platform.kernel.sheets import Heading
from registry.columns import differences, headings_of, in_words, read_words
from registry.importing import ADDED, CHANGED, SAME, Effect, ImportResult, Sheet, import_rows
from registry.institutions.departments import DepartmentDraft, draft_of, find_department, put_department
from registry.institutions.models import Department, Institution
from registry.institutions.schemas import DepartmentIn
from registry.institutions.service import by_code

_UNIT = "institution_code"
SHEET: Sequence[Heading] = (Heading(_UNIT, "机构代码", True), Heading("institution_name", "机构名称"), *headings_of(DepartmentIn))


def rows_of(session: Session, departments: Sequence[Department]) -> Iterator[dict[str, Any]]:
    """Departments as rows of the sheet, each after the one it belongs to, so that the file can be imported in its order."""
    units = institutions_of(session, {row.institution_id for row in departments})
    for row in parents_first(departments):
        unit = units.get(row.institution_id)
        code = (unit and (unit.code or unit.code22 or unit.cdc_code)) or str(row.institution_id)
        yield {_UNIT: code, "institution_name": unit.name if unit else "", **in_words(DepartmentIn, row)}


def import_file(session: Session, content: bytes, apply: bool = True) -> ImportResult:
    """Enter or change one department per row; see ``import_rows``."""
    return import_rows(session, Sheet(content, SHEET, apply), lambda row: _put(session, row))


def institutions_of(session: Session, ids: Iterable[int]) -> dict[int, Institution]:
    """The institutions of some ids that the caller may see."""
    wanted = sorted(ids)
    found: dict[int, Institution] = {}
    for start in range(0, len(wanted), 500):
        rows = session.scalars(select(Institution).where(Institution.id.in_(wanted[start : start + 500])))
        found.update((row.id, row) for row in rows)
    return found


def parents_first(departments: Iterable[Department]) -> list[Department]:
    """Departments in their order, but none before the one it belongs to."""
    rows = list(departments)
    parents = {(row.institution_id, row.code): row.parent_code for row in rows}

    def depth(row: Department) -> int:
        steps, code = 0, row.parent_code
        while code is not None and (row.institution_id, code) in parents and steps < len(rows):
            steps, code = steps + 1, parents[row.institution_id, code]
        return steps

    return sorted(rows, key=depth)


def _put(session: Session, row: dict[str, str]) -> Effect:
    unit = by_code(session, row[_UNIT])
    cells = {name: cell for name, cell in row.items() if name not in (_UNIT, "institution_name")}
    draft = DepartmentDraft(**load(DepartmentIn(), read_words(DepartmentIn, cells), "row"))
    name = f"{unit.name} {draft.name}"
    known = find_department(session, unit.id, draft.code)
    before = draft_of(known) if known else None
    if before == draft:
        return Effect(SAME, name)
    put_department(session, unit.id, draft)
    return Effect(CHANGED, name, differences(DepartmentIn, before, draft)) if before else Effect(ADDED, name)
