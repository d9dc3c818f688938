"""Staff in XLSX: one row per person to register; the export leaves the identity number out."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from health_platform.kernel.errors import PlatformError
from health_platform.kernel.parsing import load
from health_platform.kernel.scope import Principal
from health_platform.kernel.sheets import Heading, read_table
from registry.institutions.transfer_files import ImportResult
from registry.staff.drafts import StaffDraft
from registry.staff.schemas import StaffFields, StaffIn
from registry.staff.service import register

EXPORT: Sequence[Heading] = (
    Heading("institution_id", "所属机构编号"),
    *(Heading(name, item.metadata["label"]) for name, item in StaffFields().fields.items() if name != "phone"),
)
SHEET: Sequence[Heading] = tuple(
    Heading(name, item.metadata["label"], item.required and name != "institution_id") for name, item in StaffIn().fields.items()
)


def import_file(session: Session, principal: Principal, institution_id: int, content: bytes) -> ImportResult:
    """Register one person per row at an institution; a wrong row is reported and leaves no trace, the others count."""
    rows = read_table(content, SHEET)
    result = ImportResult()
    for number, row in enumerate(rows, 2):
        try:
            with session.begin_nested():
                register(session, principal, institution_id, _draft(row))
                result.added += 1
        except PlatformError as error:
            result.findings.append({"row": number, "code": error.code, "message": error.message, **error.facts})
    return result


def _draft(row: dict[str, str]) -> StaffDraft:
    given: dict[str, Any] = {key: value for key, value in row.items() if value}
    given["institution_id"] = "0"
    values = load(StaffIn(), given, "row")
    del values["institution_id"]
    return StaffDraft(**values)
