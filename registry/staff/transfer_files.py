"""Staff in XLSX: rows with the platform's number change that entry, the others register somebody.

The export leaves identity numbers and telephone numbers out; what a file has no column for stays as it is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from health_platform.kernel.errors import Invalid, NotFound
from health_platform.kernel.parsing import load, whole
from health_platform.kernel.scope import Principal
from health_platform.kernel.sheets import Heading
from registry.columns import differences, headings_of, in_words, read_words
from registry.definitions.problems import finding
from registry.importing import ADDED, CHANGED, SAME, Effect, ImportResult, Sheet, import_rows
from registry.staff.drafts import StaffDraft
from registry.staff.models import Staff
from registry.staff.schemas import StaffFields, StaffIn
from registry.staff.service import change, draft_of, own_unit, register, staff

_OWN = Heading("id", "平台编号")
EXPORT: Sequence[Heading] = (_OWN, Heading("institution_id", "所属机构编号"), *headings_of(StaffFields, "phone"))
SHEET: Sequence[Heading] = (_OWN, *headings_of(StaffFields), Heading("id_number", "身份证号"))


def rows_of(people: Iterable[Staff]) -> Iterator[dict[str, Any]]:
    """Staff as rows of the sheet, coded values in words; numbers of 19 digits as text, or a spreadsheet rounds them."""
    for row in people:
        shown = {heading.key: getattr(row, heading.key) for heading in EXPORT}
        yield {**in_words(StaffFields, shown), "id": str(row.id), "institution_id": str(row.institution_id)}


def import_file(session: Session, principal: Principal, institution_id: int, sheet: bytes, apply: bool = True) -> ImportResult:
    """Register or change one person of an institution per row; see ``import_rows``.

    Raises:
        NotFound, Conflict: the institution is not the caller's, or not active.
    """
    own_unit(session, institution_id)

    def act(row: dict[str, str]) -> Effect:
        cells = {name: cell for name, cell in row.items() if name != _OWN.key}
        if own := row.get(_OWN.key):
            return _change(session, principal, _staff(session, institution_id, own), cells)
        values = load(StaffIn(), {**read_words(StaffIn, cells), "institution_id": "0"}, "row")
        del values["institution_id"]
        return Effect(ADDED, register(session, principal, institution_id, StaffDraft(**values)).name)

    return import_rows(session, Sheet(sheet, SHEET, apply), act)


def _staff(session: Session, institution_id: int, own: str) -> Staff:
    number = whole(own)
    row = staff(session, number) if number is not None else None
    if row is None or row.institution_id != institution_id:
        raise NotFound("staff.unknown", staff_id=own)
    return row


def _change(session: Session, principal: Principal, known: Staff, cells: dict[str, str]) -> Effect:
    before = draft_of(known)
    if cells.pop("id_number", "") not in ("", before.id_number):
        raise Invalid("staff.invalid", findings=[finding("id_number", "fixed")])
    values = load(StaffFields(), read_words(StaffFields, cells), "row")
    after = replace(before, **{name: values[name] for name in cells})
    if after == before:
        return Effect(SAME, before.name)
    change(session, principal, known.id, known.revision, **{name: values[name] for name in cells})
    return Effect(CHANGED, before.name, differences(StaffFields, before, after))
