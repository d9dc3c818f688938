"""The list of code systems in XLSX: out with what is in force, in to add systems or to change what is said of them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from health_platform.kernel.parsing import load
from health_platform.kernel.sheets import Heading
from registry.columns import differences, headings_of, in_words, read_words
from registry.divisions.answering import must_answer_for_region
from registry.importing import ADDED, CHANGED, SAME, Effect, ImportResult, Sheet, import_rows
from registry.standards.models import CodeSystem
from registry.standards.schemas import CodeSystemIn
from registry.standards.systems import SystemDraft, change_system, create_system, draft_of, find_system, in_force

SHEET: Sequence[Heading] = headings_of(CodeSystemIn)
EXPORT: Sequence[Heading] = (
    *SHEET,
    Heading("version", "现行版本"),
    Heading("size", "条数"),
    Heading("valid_from", "启用日期"),
)


def rows_of(session: Session, systems: Sequence[CodeSystem]) -> list[dict[str, Any]]:
    """Code systems as rows of the sheet, with the version in force where there is one."""
    versions = in_force(session, [row.id for row in systems])
    rows = []
    for row in systems:
        version = versions.get(row.id)
        facts = {"version": version.label, "size": version.size, "valid_from": version.valid_from} if version else {}
        rows.append({**in_words(CodeSystemIn, row), **facts})
    return rows


def import_file(session: Session, content: bytes, apply: bool = True) -> ImportResult:
    """Add or change one code system per row; see ``import_rows``. Their codes are loaded by version, not here.

    Raises:
        Denied: the caller does not answer for the region.
    """
    must_answer_for_region(session)
    return import_rows(session, Sheet(content, SHEET, apply), lambda row: _put(session, row))


def _put(session: Session, row: dict[str, str]) -> Effect:
    draft = SystemDraft(**load(CodeSystemIn(), read_words(CodeSystemIn, row), "row"))
    known = find_system(session, draft.code)
    if known is None:
        create_system(session, draft)
        return Effect(ADDED, draft.title)
    before = draft_of(known)
    if before == draft:
        return Effect(SAME, draft.title)
    change_system(session, draft.code, draft)
    return Effect(CHANGED, before.title, differences(CodeSystemIn, before, draft))
