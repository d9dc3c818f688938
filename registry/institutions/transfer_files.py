"""Institutions in XLSX: the file that is exported can be changed and imported again; the code tells which is which."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from health_platform.kernel.errors import Conflict, Invalid, PlatformError
from health_platform.kernel.parsing import load
from health_platform.kernel.scope import Principal
from health_platform.kernel.sheets import Heading, read_table
from registry.definitions.problems import finding
from registry.identifiers import CDC, CREDIT, WS218, entity_of
from registry.institutions.drafts import InstitutionDraft
from registry.institutions.schemas import InstitutionIn
from registry.institutions.service import KIND, change, draft_of, register, resolve

SHEET: Sequence[Heading] = tuple(
    Heading(name, item.metadata["label"], item.required) for name, item in InstitutionIn().fields.items()
)


@dataclass(slots=True)
class ImportResult:
    """How many rows were added and changed, and what is wrong with the others."""

    added: int = 0
    changed: int = 0
    findings: list[dict[str, Any]] = field(default_factory=list)


def import_file(session: Session, principal: Principal, content: bytes) -> ImportResult:
    """Register or change one institution per row; a wrong row is reported and leaves no trace, the others count."""
    rows = read_table(content, SHEET)
    result = ImportResult()
    for number, row in enumerate(rows, 2):
        try:
            with session.begin_nested():
                _import_row(session, principal, row, result)
        except PlatformError as error:
            result.findings.append({"row": number, "code": error.code, "message": error.message, **error.facts})
    return result


def _import_row(session: Session, principal: Principal, row: dict[str, str], result: ImportResult) -> None:
    given = {key: value for key, value in row.items() if value}
    draft = InstitutionDraft(**load(InstitutionIn(), given, "row"))
    known = _known(session, draft)
    if known is None:
        register(session, principal, draft)
        result.added += 1
        return
    if draft_of(known) != draft:
        change(session, principal, known.id, known.revision, **asdict(draft))
        result.changed += 1


def _known(session: Session, draft: InstitutionDraft) -> Any:
    """The entry a row means. An old row of a merged institution must not overwrite the one it became part of."""
    for scheme, value in ((CREDIT, draft.code), (WS218, draft.code22), (CDC, draft.cdc_code)):
        if value and (found := resolve(session, value, scheme)) is not None:
            if entity_of(session, KIND, value, scheme) != found.id:
                raise Conflict("institution.merged_code", value=value, name=found.name)
            return found
    if not (draft.code or draft.code22 or draft.cdc_code):
        raise Invalid("institution.invalid", findings=[finding("code", "one_code_needed")])
    return None
