"""Source systems in XLSX: what is exported can be changed and imported again; the number of the source tells which is which."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.orm import Session

from health_platform.kernel.parsing import load
from health_platform.kernel.sheets import Heading
from registry.columns import differences, headings_of, in_words, read_words
from registry.importing import ADDED, CHANGED, SAME, Effect, ImportResult, Sheet, import_rows
from registry.institutions.department_files import institutions_of
from registry.institutions.service import by_code
from registry.standards.models import SourceSystem
from registry.standards.schemas import SourceIn
from registry.standards.sources import SourceDraft, draft_of, find_source, register_source

_UNIT = "institution_code"
SHEET: Sequence[Heading] = (
    *headings_of(SourceIn, "institution_id"),
    Heading(_UNIT, "机构代码"),
    Heading("institution_name", "机构名称"),
)


def rows_of(session: Session, sources: Sequence[SourceSystem]) -> Iterator[dict[str, Any]]:
    """Source systems as rows of the sheet."""
    units = institutions_of(session, {row.institution_id for row in sources if row.institution_id is not None})
    for row in sources:
        unit = units.get(row.institution_id or 0)
        named = {_UNIT: unit.code or unit.code22 or unit.cdc_code or str(unit.id), "institution_name": unit.name} if unit else {}
        yield {**in_words(SourceIn, row), **named}


def import_file(session: Session, content: bytes, apply: bool = True) -> ImportResult:
    """Register or change one source system per row; see ``import_rows``."""
    return import_rows(session, Sheet(content, SHEET, apply), lambda row: _put(session, row))


def _put(session: Session, row: dict[str, str]) -> Effect:
    unit = by_code(session, row[_UNIT]) if row.get(_UNIT) else None
    cells = {name: cell for name, cell in row.items() if name not in (_UNIT, "institution_name")}
    values = load(SourceIn(), read_words(SourceIn, cells), "row")
    draft = SourceDraft(**{**values, "institution_id": unit.id if unit else None})
    known = find_source(session, draft.code)
    before = draft_of(known) if known else None
    after = draft_of(register_source(session, draft))
    if before is None:
        return Effect(ADDED, after.name)
    return Effect(SAME if before == after else CHANGED, before.name, differences(SourceIn, before, after))
